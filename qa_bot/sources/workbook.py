"""Read FAQ tables from the sheets of an XLSX workbook; the owner of openpyxl."""

from __future__ import annotations

import datetime
import zipfile
from typing import TYPE_CHECKING

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from qa_bot.mistakes import Location, Mistake
from qa_bot.sources.table import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from qa_bot.knowledge import Entry

CELL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


def read_workbook(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the entries of every sheet; a sheet without any cell is passed over."""
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        problem = f"not an XLSX workbook ({error})"
        yield Mistake(Location(name), problem, "open it in Excel or WPS and save it as .xlsx")
        return
    try:
        for sheet in workbook.worksheets:
            errors: list[Mistake] = []
            yield from read_rows(_rows(sheet, name, errors))
            yield from errors
    finally:
        workbook.close()


def _rows(sheet: Worksheet, name: str, errors: list[Mistake]) -> Iterator[Row]:
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        location = Location(name, sheet.title, number)
        cells = [_text(value) for value in values]
        # Files may claim a thousand empty columns.
        while cells and not cells[-1]:
            cells.pop()
        for cell in cells:
            if cell in CELL_ERRORS:
                problem = f"a cell shows the error {cell}"
                errors.append(Mistake(location, problem, "mend its formula, or write the text"))
        yield location, cells


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime.datetime():
            return value.date().isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()
