"""Change the lines of title lists and of documents; a title is all that such a line can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.edits.editor import TextFile, end_of, unwritable
from qa_bot.edits.written import differing, to_cells
from qa_bot.mistakes import Location
from qa_bot.sources.titles import BULLET, COMMENT

if TYPE_CHECKING:
    from qa_bot.knowledge import Entry

FIELDLESS = "a line of text holds a title and nothing else"
REMEDY = "write it into a table, or an .md file"


class TitlesEditor:
    """A list of titles, or a document, that is being changed."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of a file that can be read; empty: a new list."""
        self._file = TextFile(data, name)
        self._lines: list[str] = self._file.text.splitlines(keepends=True)
        self._added: list[str] = []

    def change(self, place: Location, old: Entry, new: Entry) -> None:
        """Write another title."""
        if differing(old, new).keys() - {"question"}:
            unwritable(place, FIELDLESS, REMEDY)
        line = self._lines[place.line - 1]
        self._lines[place.line - 1] = line.replace(old.question, new.question, 1)

    def remove(self, place: Location) -> None:
        """Take the line out, and the body below it where it is a document's title."""
        end = self._list_below(place) if self._is_document(place) else place.line
        self._lines[place.line - 1 : end] = [""] * (end - place.line + 1)

    def append(self, entry: Entry) -> None:
        """Add a title; in a document it joins the list at the end."""
        if any(text for name, text in to_cells(entry).items() if name != "question"):
            unwritable(Location(self._file.name), FIELDLESS, REMEDY)
        bullet = "" if self._file.name.lower().endswith(".titles.txt") else BULLET
        self._added.append(f"{bullet}{entry.question}{self._file.line_end}")

    def content(self) -> bytes | None:
        """Give the file, or None where no title is left in it."""
        titles = (line for line in self._lines if not line.startswith(COMMENT))
        if not any(map(str.strip, titles)) and not self._added:
            return None
        text = "".join(self._lines)
        if self._added and text and not end_of(text):
            text += self._file.line_end
        return self._file.encode("".join((text, *self._added)))

    def _list_below(self, place: Location) -> int:
        """Give the number of the last line before the titles at a document's end."""
        end = len(self._lines)
        while end > place.line and not self._lines[end - 1].strip():
            end -= 1
        while end > place.line and self._lines[end - 1].strip().startswith(BULLET):
            end -= 1
        return end

    def _is_document(self, place: Location) -> bool:
        if self._file.name.lower().endswith(".titles.txt"):
            return False
        line = self._lines[place.line - 1].strip()
        return not line.startswith(BULLET)
