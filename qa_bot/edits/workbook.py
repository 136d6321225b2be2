"""Change rows of the sheets of an XLSX workbook; other sheets and cells stay."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from qa_bot.edits.editor import unwritable
from qa_bot.edits.written import COLUMNS, differing, new_headings, to_cells
from qa_bot.mistakes import Location
from qa_bot.sources.fields import FIELDS
from qa_bot.sources.workbook import lost_by_writing, open_workbook, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.knowledge import Entry
    from qa_bot.sources.workbook import Worksheet


class WorkbookEditor:
    """A workbook that is being changed."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of a workbook that can be read; empty: a new one."""
        if lost := lost_by_writing(data):
            remedy = "change it in Excel or WPS"
            unwritable(Location(name), f"writing the workbook would lose {lost}", remedy)
        self._workbook = open_workbook(data)
        self._sheets = {sheet.title: _Sheet(sheet) for sheet in self._workbook.worksheets}

    def change(self, place: Location, old: Entry, new: Entry) -> None:
        """Write the cells that differ, in a new column where there is none for a field."""
        self._sheets[place.sheet].write(place.line, differing(old, new))

    def remove(self, place: Location) -> None:
        """Take the row out."""
        self._sheets[place.sheet].removed.add(place.line)

    def append(self, entry: Entry) -> None:
        """Add a row to the first sheet that is a table."""
        sheets = self._sheets.values()
        sheet = next((sheet for sheet in sheets if sheet.columns), next(iter(sheets)))
        texts = {name: text for name, text in to_cells(entry).items() if text}
        sheet.last += 1
        sheet.write(sheet.last, texts)

    def content(self) -> bytes | None:
        """Give the workbook, or None where no row is left in any sheet."""
        if not sum(sheet.close() for sheet in self._sheets.values()):
            return None
        data = io.BytesIO()
        self._workbook.save(data)
        return data.getvalue()


class _Sheet:
    """A sheet: where its headings stand, and what is taken out of it."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self.removed: set[int] = set()
        self.columns: dict[str, int] = {}
        """Field → number of its column."""
        self._headings: list[str] = []
        filled = [
            (number, row)
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
            if any(value is not None for value in row)
        ]
        self._top, heading = filled[0] if filled else (1, ())
        for value in heading:
            text = str(value or "").strip()
            self._headings.append(text)
            if text.lower() in FIELDS:
                self.columns[FIELDS[text.lower()]] = len(self._headings)
        self.last = filled[-1][0] if filled else self._top
        """The last row that holds anything."""

    def write(self, line: int, texts: Mapping[str, str]) -> None:
        missing = [
            name for name in (texts if self._headings else COLUMNS) if name not in self.columns
        ]
        for name, heading in new_headings(missing, self._headings).items():
            while self._headings and not self._headings[-1]:
                self._headings.pop()
            self._headings.append(heading)
            self.columns[name] = len(self._headings)
            self._sheet.cell(self._top, len(self._headings), heading)
        for name, text in texts.items():
            write_text(self._sheet.cell(line, self.columns[name]), text)

    def close(self) -> int:
        """Take out what is to be; count the rows left below the headings."""
        for line in sorted(self.removed, reverse=True):
            self._sheet.delete_rows(line)
        rows = self._sheet.iter_rows(min_row=self._top + 1, values_only=True)
        return sum(any(value is not None for value in row) for row in rows)
