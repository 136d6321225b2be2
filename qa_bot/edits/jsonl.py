"""Change lines of JSON; keys stay in their order, and other lines as they were written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from qa_bot.edits.editor import TextFile
from qa_bot.edits.written import differing, new_headings, to_values
from qa_bot.sources.fields import FIELDS
from qa_bot.sources.jsonl import split_objects

if TYPE_CHECKING:
    from qa_bot.knowledge import Entry
    from qa_bot.mistakes import Location


class JsonlEditor:
    """A file of JSON lines that is being changed."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of a file that can be read; empty: a new one."""
        self._file = TextFile(data, name)
        self._lines: list[str | None] = list(split_objects(self._file.text))
        self._added: list[str] = []

    def change(self, place: Location, old: Entry, new: Entry) -> None:
        """Write the values that differ under the keys that are there."""
        line = self._lines[place.line - 1] or ""
        values = to_values(new)
        data = json.loads(line)
        keys = {FIELDS[key.strip().lower()]: key for key in data}
        changed = differing(old, new)
        keys |= new_headings((name for name in changed if name not in keys), list(data))
        for name in changed:
            data[keys[name]] = values[name]
            if not values[name]:
                del data[keys[name]]
        self._lines[place.line - 1] = to_json(data) + ("\r" if line.endswith("\r") else "")

    def remove(self, place: Location) -> None:
        """Take the line out."""
        self._lines[place.line - 1] = None

    def append(self, entry: Entry) -> None:
        """Add a line."""
        data = {name: value for name, value in to_values(entry).items() if value}
        self._added.append(to_json(data) + self._file.line_end)

    def content(self) -> bytes | None:
        """Give the file, or None where no line is left."""
        kept = [line for line in self._lines if line is not None]
        if not any(map(str.strip, kept)) and not self._added:
            return None
        text = "\n".join(kept)
        if self._added and text and not text.endswith("\n"):
            text += self._file.line_end
        return self._file.encode("".join((text, *self._added)))


def to_json(data: object) -> str:
    """Write a value on one line."""
    return json.dumps(data, ensure_ascii=False)
