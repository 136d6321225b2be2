"""Join the blocks of an article, Markdown or HTML, into passages under their headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.knowledge import Passage
from qa_bot.mistakes import Location
from qa_bot.sources.fields import BETWEEN_HEADINGS, Field

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a list item, in plain text."""

    text: str
    line: int
    heading: int = 0
    """The heading's level; 0: no heading."""
    item: bool = False


def join_blocks(blocks: Iterable[Block], name: str) -> tuple[Field | None, list[Passage]]:
    """Give the level 1 heading, if any, and a passage a paragraph, with the list that follows."""
    title: Field | None = None
    sections: list[str] = []
    groups: list[tuple[str, list[Block]]] = []
    for block in blocks:
        if block.heading == 1 and title is None:
            title = Field((block.text,), Location(name, line=block.line))
        elif block.heading:
            sections[max(block.heading - 2, 0) :] = [block.text]
        section = BETWEEN_HEADINGS.join(sections)
        if block.heading or not block.item or not groups:
            groups.append((section, []))
        if not block.heading:
            groups[-1][1].append(block)
    passages = [
        Passage(
            "\n".join(f"- {block.text}" if block.item else block.text for block in members),
            Location(name, line=members[0].line),
            section,
        )
        for section, members in groups
        if members
    ]
    return title, passages
