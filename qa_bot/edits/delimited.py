"""Change rows of a CSV table; every other row, and every other cell, stays as it was written."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from qa_bot.edits.editor import TextFile, end_of
from qa_bot.edits.written import COLUMNS, differing, new_headings, to_cells
from qa_bot.sources.delimited import delimiter_of, parse, split_lines
from qa_bot.sources.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from qa_bot.knowledge import Entry
    from qa_bot.mistakes import Location

TO_GUARD = re.compile(r"'*[=+\-@]")
"""What a spreadsheet would take for a formula, or what would be read as if it were guarded."""


class CsvEditor:
    """A CSV file that is being changed."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of a table that can be read; empty: a new table."""
        if not data.strip():
            data = format_row(new_headings(COLUMNS, ()).values()).encode("utf-8-sig")
        self._file = TextFile(data, name)
        self._delimiter = delimiter_of(self._file.text)
        self._lines = split_lines(self._file.text)
        filled = [row for row in parse(self._file.text) if any(map(str.strip, row.cells))]
        self._heading, *rows = filled
        self._headings = [cell.strip() for cell in self._heading.cells]
        self._fields = {
            FIELDS[text.lower()]: column
            for column, text in enumerate(self._headings)
            if text.lower() in FIELDS
        }
        self._rows = {row.line: row for row in rows}
        self._written: dict[int, str] = {}
        """The first line of a row → what is written in its place."""
        self._added: list[str] = []

    def change(self, place: Location, old: Entry, new: Entry) -> None:
        """Write the cells that differ, in a new column where there is none for a field."""
        row = self._rows[place.line]
        cells = self._filled(row.cells, differing(old, new))
        end = end_of(self._lines[row.end - 2])
        self._written[row.line] = self._format(cells, end)

    def remove(self, place: Location) -> None:
        """Take the row out."""
        self._written[place.line] = ""

    def append(self, entry: Entry) -> None:
        """Add a row; columns that nothing is stated in are not made."""
        stated = {name: text for name, text in to_cells(entry).items() if text}
        cells = self._filled([""] * len(self._headings), stated)
        self._added.append(self._format(cells, self._file.line_end))

    def content(self) -> bytes | None:
        """Give the table, or None where no row is left."""
        left = sum(self._written.get(line, "kept") != "" for line in self._rows)
        if not left and not self._added:
            return None
        parts = []
        line = 1
        for row in (self._heading, *(self._rows[first] for first in sorted(self._written))):
            parts += self._lines[line - 1 : row.line - 1]
            parts.append(self._written.get(row.line, "") if row.line in self._rows else self._top())
            line = row.end
        text = "".join((*parts, *self._lines[line - 1 :]))
        if self._added and text and not text.endswith(("\n", "\r")):
            text += self._file.line_end
        return self._file.encode("".join((text, *self._added)))

    def _filled(self, cells: Sequence[str], texts: Mapping[str, str]) -> list[str]:
        """Put texts into the columns of their fields, beside what stands in the others."""
        missing = [name for name in texts if name not in self._fields]
        for name, heading in new_headings(missing, self._headings).items():
            self._fields[name] = len(self._headings)
            self._headings.append(heading)
        columns = {self._fields[name]: guarded(text) for name, text in texts.items()}
        width = max((len(cells), *(column + 1 for column in columns)))
        padded = [*cells, *[""] * (width - len(cells))]
        return [columns.get(column, cell) for column, cell in enumerate(padded)]

    def _top(self) -> str:
        lines = self._lines[self._heading.line - 1 : self._heading.end - 1]
        if len(self._headings) == len(self._heading.cells):
            return "".join(lines)
        cells = [*self._heading.cells, *self._headings[len(self._heading.cells) :]]
        return self._format(cells, end_of(lines[-1]) or self._file.line_end)

    def _format(self, cells: Iterable[str], end: str) -> str:
        return format_row(cells, self._delimiter, end)


def format_row(cells: Iterable[str], delimiter: str = ",", end: str = "\n") -> str:
    """Write a row of a CSV table."""
    row = io.StringIO(newline="")
    csv.writer(row, delimiter=delimiter, lineterminator=end).writerow(cells)
    return row.getvalue()


def guarded(text: str) -> str:
    """Keep a text from being taken for a formula; readers take the quote away."""
    return f"'{text}" if TO_GUARD.match(text) else text
