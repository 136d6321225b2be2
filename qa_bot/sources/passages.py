"""Part an answer that is one text into passages, and write passages as one text.

A line `## heading` begins a passage under that heading, `##` alone one without; a line of text that
looks like either begins with a backslash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa_bot.knowledge import Passage
from qa_bot.sources.fields import BETWEEN_HEADINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qa_bot.mistakes import Location

HEADING = re.compile(r"##(?:[ \t]+(.*))?")
ESCAPED = re.compile(r"\\+##(?:[ \t].*)?")


def read_passages(text: str, location: Location) -> list[Passage]:
    """Give the passages of an answer, all at its place; headings in a row are joined."""
    if "##" not in text:
        return [Passage(text, location)] if text else []
    found: list[tuple[list[str], list[str]]] = [([], [])]
    for line in text.split("\n"):
        if heading := HEADING.fullmatch(line):
            section, lines = found[-1]
            below = section if not any(lines) else []
            found.append(([*below, heading[1].strip()] if heading[1] else [], []))
        else:
            found[-1][1].append(line[1:] if ESCAPED.fullmatch(line) else line)
    if not any(found[-1][1]):
        # A heading with nothing below it is not a heading.
        section, lines = found[-1]
        lines.extend(section)
    passages = [
        Passage("\n".join(lines).strip(), location, BETWEEN_HEADINGS.join(section))
        for section, lines in found
        if any(lines)
    ]
    # Marks without a word are what somebody typed, too.
    return passages or [Passage(text, location)]


def write_passages(passages: Iterable[Passage]) -> str:
    """Give the text that `read_passages` reads as these passages."""
    parts = []
    for number, passage in enumerate(passages):
        if number or passage.section:
            parts.append(f"## {passage.section}".rstrip())
        parts += [_escaped(line) for line in passage.text.split("\n")]
    return "\n".join(parts)


def _escaped(line: str) -> str:
    marked = HEADING.fullmatch(line) or ESCAPED.fullmatch(line)
    return f"\\{line}" if marked else line
