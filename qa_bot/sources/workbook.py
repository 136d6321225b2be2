"""Read FAQ tables from the sheets of an XLSX workbook; the owner of openpyxl."""

from __future__ import annotations

import datetime
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from qa_bot.mistakes import Location, Mistake
from qa_bot.sources.table import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from qa_bot.knowledge import Entry

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    KeyError,
    OSError,
    ValueError,
)
CELL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


def read_workbook(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the entries of every sheet; a sheet without any cell is passed over."""
    try:
        # Opened here: openpyxl leaves a file open that it can't read.
        with path.open("rb") as file, path.open("rb") as again:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(again, read_only=True)
            found = list(_read_sheets(workbook, formulas, name))
    except BROKEN as error:
        problem = f"not an XLSX workbook ({error})"
        yield Mistake(Location(name), problem, "open it in Excel or WPS and save it as .xlsx")
        return
    yield from found


def _read_sheets(
    workbook: openpyxl.Workbook, formulas: openpyxl.Workbook, name: str
) -> Iterator[Entry | Mistake]:
    for sheet, written in zip(workbook.worksheets, formulas.worksheets, strict=True):
        errors: list[Mistake] = []
        yield from read_rows(_rows(sheet, written, name, errors))
        yield from errors


def _rows(sheet: Worksheet, written: Worksheet, name: str, errors: list[Mistake]) -> Iterator[Row]:
    headings: list[str] = []
    rows = zip(sheet.iter_rows(values_only=True), written.iter_rows(values_only=True), strict=True)
    for number, (values, sources) in enumerate(rows, start=1):
        location = Location(name, sheet.title, number)
        cells = [_text(value) for value in values]
        # Files may claim a thousand empty columns.
        while cells and not cells[-1]:
            cells.pop()
        headings = headings or cells
        for column, source in enumerate(sources):
            cell = cells[column] if column < len(cells) else ""
            heading = headings[column] if column < len(headings) else ""
            place = replace(location, column="" if heading == cell else heading)
            if cell in CELL_ERRORS:
                problem = f"a cell shows the error {cell}"
                errors.append(Mistake(place, problem, "mend its formula, or write the text"))
            elif not cell and isinstance(source, str) and source.startswith("="):
                problem = "a formula that was never calculated"
                errors.append(Mistake(place, problem, "open the file in Excel or WPS and save it"))
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
