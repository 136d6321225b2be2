"""Read the document form: line 1 the title, then the body, then `- ` lines of related titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa_bot.knowledge import Passage
from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.fields import BETWEEN_HEADINGS, Field, make_entry
from qa_bot.sources.titles import BULLET, title_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from qa_bot.knowledge import Entry

LONGEST_HEADING = 45
GOES_ON = re.compile(r"[。:：;；,，、….]$")
"""How a line ends that is not a heading."""
NUMBERED = re.compile(r"[0-9]+[.、)\uff09]|[(\uff08][0-9]+[)\uff09]|[①-⑳]")

Line = tuple[int, str]
"""Line number, stripped text."""


def read_document(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the article, answered by its paragraphs, and the titles listed below it."""
    lines = [(n, raw.strip()) for n, raw in enumerate(read_text(path, name).splitlines(), start=1)]
    filled = [line for line in lines if line[1]]
    if not filled:
        yield Mistake(Location(name), "the file is empty", "write a title and a body, or delete it")
        return
    if all(text.startswith(BULLET) for _, text in filled):
        for number, text in filled:
            yield from title_entry(text, Location(name, line=number))
        return
    first = filled[0]
    rest = lines[first[0] :]
    body, titles = _split(rest)
    yield from _read_article(first, body, name)
    for number, text in titles:
        yield from title_entry(text, Location(name, line=number))


def _split(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Part the body from the last unbroken run of `- ` lines, if the file ends with one."""
    end = len(lines)
    while end and not lines[end - 1][1]:
        end -= 1
    start = end
    while start and lines[start - 1][1].startswith(BULLET):
        start -= 1
    return [line for line in lines[:start] if line[1]], list(lines[start:end])


def _read_article(title: Line, body: list[Line], name: str) -> Iterator[Entry | Mistake]:
    location = Location(name, line=title[0])
    if not body:
        problem = "a title without a body"
        remedy = "write the body, or name a list of titles NAME.titles.txt"
        yield Mistake(location, problem, remedy)
    elif all(text.endswith(("?", "？")) for _, text in body):
        problem = "every line is a question"
        yield Mistake(location, problem, "name a list of titles NAME.titles.txt")
    else:
        fields = {"question": Field((title[1],), location)}
        yield from make_entry(fields, location, list(_passages(body, name)))


def _passages(body: list[Line], name: str) -> Iterator[Passage]:
    """Yield a passage a paragraph, with the list that follows it, under its heading."""
    section: list[str] = []
    paragraph: list[Line] = []
    for index, (number, text) in enumerate(body):
        follower = body[index + 1][1] if index + 1 < len(body) else BULLET
        if text.startswith(BULLET) or _is_numbered_item(body, index):
            paragraph.append((number, text))
            continue
        if paragraph:
            yield _passage(paragraph, section, name)
            paragraph = []
        if _is_heading(text) and not follower.startswith(BULLET):
            after_heading = index and _is_heading(body[index - 1][1])
            section = [*section, text] if after_heading else [text]
        else:
            paragraph = [(number, text)]
    if paragraph:
        yield _passage(paragraph, section, name)


def _is_numbered_item(body: list[Line], index: int) -> bool:
    """Tell a list's numbered line from a numbered heading: another one stands next to it."""
    beside = (body[n][1] for n in (index - 1, index + 1) if 0 <= n < len(body))
    return bool(NUMBERED.match(body[index][1])) and any(map(NUMBERED.match, beside))


def _is_heading(text: str) -> bool:
    inside = text[:-1]
    short = len(text) <= LONGEST_HEADING
    return short and not text.startswith(BULLET) and not GOES_ON.search(text) and "。" not in inside


def _passage(paragraph: list[Line], section: list[str], name: str) -> Passage:
    text = "\n".join(line for _, line in paragraph)
    return Passage(text, Location(name, line=paragraph[0][0]), BETWEEN_HEADINGS.join(section))
