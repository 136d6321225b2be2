"""Change an article in Markdown: its fields each by itself, its body as a whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from qa_bot.edits.editor import TextFile, unwritable
from qa_bot.edits.written import COLUMNS, differing, to_values
from qa_bot.mistakes import Location
from qa_bot.sources.fields import BETWEEN_HEADINGS, heading_of
from qa_bot.sources.markdown import FENCE, field_lines
from qa_bot.sources.titles import BULLET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qa_bot.knowledge import Entry, Passage

PLAIN = re.compile(r"[\w《（【“][^:#'\"\n\\]*(?<!\s)")
"""Texts that YAML takes as they are."""
MARKS = re.compile(r"([\\`*_\[\]<>&])")
AT_START = re.compile(r"([#+\-=~]|\d+(?=[.)]))")
TITLE = re.compile(r"[ \t]*#(?!#)")


class MarkdownEditor:
    """An article that is being changed."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of an article that can be read; empty: a new one."""
        self._file = TextFile(data, name)
        self._lines: list[str] | None = self._file.text.splitlines()
        self._ends = self._file.text.endswith(("\n", "\r"))

    def change(self, place: Location, old: Entry, new: Entry) -> None:  # noqa: ARG002
        """Write the fields that differ, and the body where the answer does."""
        changed = differing(old, new)
        if "answer" in changed:
            self._write_body(new)
        for name in COLUMNS:
            if name in changed and name != "answer":
                self._write_field(name, new)

    def remove(self, place: Location) -> None:  # noqa: ARG002 - a file holds one article
        """Take the article out."""
        self._lines = None

    def append(self, entry: Entry) -> None:
        """Write the first article of a new file."""
        if self._lines:
            remedy = "name a file that isn't there yet, or a table"
            unwritable(Location(self._file.name), "an .md file holds one article", remedy)
        self._lines, self._ends = [FENCE, FENCE], True
        self._write_body(entry)
        values = to_values(entry)
        for name in COLUMNS:
            if values[name] and name != "answer":
                self._write_field(name, entry)

    def content(self) -> bytes | None:
        """Give the article, or None where it was taken out."""
        if self._lines is None:
            return None
        end = self._file.line_end
        return self._file.encode(end.join(self._lines) + (end if self._ends else ""))

    def _fields(self) -> tuple[dict[str, int], int]:
        return field_lines("\n".join(self._lines or ()))

    def _write_field(self, name: str, entry: Entry) -> None:
        fields, fence = self._fields()
        lines = self._lines or []
        titled = next((n for n, line in enumerate(lines) if n >= fence and TITLE.match(line)), None)
        if name == "question" and name not in fields and titled is not None:
            lines[titled] = f"# {entry.question}"
            return
        if not fence:
            lines[:0] = [FENCE, FENCE]
            fence = 2
        if name in fields:
            start = fields[name] - 1
            key = lines[start].split(":", 1)[0]
            end = (
                min((at for at in (*fields.values(), fence) if at > fields[name]), default=fence)
                - 1
            )
            while end > start + 1 and not _says_something(lines[end - 1]):
                end -= 1
        else:
            start = end = fence - 1
            chinese = any(not lines[at - 1].split(":", 1)[0].isascii() for at in fields.values())
            key = "title" if name == "question" else heading_of(name, chinese=chinese)
        lines[start:end] = _field(key, to_values(entry)[name])

    def _write_body(self, entry: Entry) -> None:
        fields, fence = self._fields()
        head = (self._lines or [])[:fence]
        if "question" not in fields and self._file.text:
            head += [f"# {entry.question}", ""]
        self._lines, self._ends = [*head, *_body(entry.passages)], True


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _field(key: str, value: object) -> Iterator[str]:
    """Yield the lines of a field; one that states nothing has none."""
    match value:
        case list() if value:
            yield f"{key}:"
            yield from (f"  - {_scalar(text)}" for text in value)
        case dict() if value:
            yield f"{key}:"
            for name, values in value.items():
                texts = ", ".join(map(_scalar, values))
                yield f"  {_scalar(name)}: {texts if len(values) == 1 else f'[{texts}]'}"
        case str() if value:
            yield f"{key}: {_scalar(value)}"


def _scalar(text: str) -> str:
    plain = PLAIN.fullmatch(text) and not set(text) & set(",[]{}")
    return text if plain else json.dumps(text, ensure_ascii=False)


def _body(passages: Sequence[Passage]) -> Iterator[str]:
    """Yield Markdown that is read as these passages."""
    section: list[str] = []
    for number, passage in enumerate(passages):
        wanted = passage.section.split(BETWEEN_HEADINGS) if passage.section else []
        if number:
            yield ""
        if wanted != section:
            same = next((n for n, part in enumerate(section) if wanted[n : n + 1] != [part]), 0)
            same = same if wanted[:same] == section[:same] and same < len(wanted) else 0
            for level, part in enumerate(wanted[same:] or [""], start=same + 2):
                yield f"{'#' * level} {_escaped(part)}".rstrip()
                yield ""
            section = wanted
        yield from _paragraph(passage.text.split("\n"))


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if line.startswith(BULLET):
            if number and not lines[number - 1].startswith(BULLET):
                yield ""
            yield BULLET + _escaped(line.removeprefix(BULLET))
        else:
            follows = number + 1 < len(lines) and not lines[number + 1].startswith(BULLET)
            yield _escaped(line) + ("\\" if follows else "")


def _escaped(text: str) -> str:
    marked = MARKS.sub(r"\\\1", text)
    start = AT_START.match(marked)
    if not start:
        return marked
    if start[1].isdigit():
        return f"{start[1]}\\{marked[start.end() :]}"
    return f"\\{marked}"
