"""Read FAQ tables from the sheets of an XLSX workbook; the owner of openpyxl."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from qa_bot.mistakes import Location, Mistake
from qa_bot.sources.table import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from openpyxl.worksheet._read_only import ReadOnlyWorksheet
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet
    from openpyxl.worksheet.worksheet import Worksheet as Worksheet  # noqa: PLC0414 - editors use it

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
LIKE_FORMULAS = ("=", "+", "-", "@", "'")
"""How texts begin that a spreadsheet would take for something else."""
CELL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
"""How a formula begins in a sheet's XML; only sheets that hold one are read twice."""

LOST = {
    re.compile("xl/(drawings/drawing|media/|charts/|diagrams/)"): "its charts and pictures",
    re.compile("xl/(pivot|slicer)"): "its pivot tables",
    re.compile("xl/(vbaProject|ctrlProps|activeX|embeddings)"): "its macros and controls",
    re.compile("xl/threadedComments"): "its conversations",
}
"""Parts of a workbook that openpyxl leaves out when it writes it, and what they are."""


def read_workbook(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the entries of every sheet; a sheet without any cell is passed over."""
    try:
        # Opened here: openpyxl leaves a file open that it can't read.
        with path.open("rb") as file, path.open("rb") as again:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(again, read_only=True) if _calculates(path) else None
            found = list(_read_sheets(workbook, formulas, name))
    except BROKEN as error:
        problem = f"not an XLSX workbook ({error})"
        yield Mistake(Location(name), problem, "open it in Excel or WPS and save it as .xlsx")
        return
    yield from found


def sheet_rows(path: Path) -> Iterator[tuple[str, int, list[object]]]:
    """Yield every row of a workbook that can be read: its sheet, its number, what cells hold."""
    with path.open("rb") as file:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for sheet in workbook.worksheets:
            for number, values in enumerate(_values(sheet), start=1):
                yield sheet.title, number, list(values)


def write_sheets(path: Path, sheets: Mapping[str, Iterable[Sequence[object]]]) -> None:
    """Write a new workbook of rows; a text is a text, also where it looks like a formula."""
    workbook = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = cast("WriteOnlyWorksheet", workbook.create_sheet(title))
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    workbook.save(path)


def _cell(sheet: WriteOnlyWorksheet, value: object) -> object:
    if not isinstance(value, str) or not value.startswith(LIKE_FORMULAS):
        return value
    cell = WriteOnlyCell(sheet, value)
    write_text(cell, value)
    return cell


def write_text(cell: Any, text: str) -> None:  # noqa: ANN401 - openpyxl's kinds of cells
    """Let a cell hold a text, whatever a spreadsheet would make of it when it is typed."""
    cell.value = text or None
    if text.startswith(LIKE_FORMULAS):
        cell.data_type = "s"
        cell.quotePrefix = True


def _calculates(workbook: Path | io.BytesIO) -> bool:
    with zipfile.ZipFile(workbook) as archive:
        sheets = (name for name in archive.namelist() if name.startswith("xl/worksheets/"))
        return any(FORMULA.search(archive.read(name)) for name in sheets)


def _read_sheets(
    workbook: openpyxl.Workbook, formulas: openpyxl.Workbook | None, name: str
) -> Iterator[Entry | Mistake]:
    for number, sheet in enumerate(workbook.worksheets):
        written = formulas.worksheets[number] if formulas else None
        errors: list[Mistake] = []
        yield from read_rows(_rows(sheet, written, name, errors))
        yield from errors


def _rows(
    sheet: Worksheet, written: Worksheet | None, name: str, errors: list[Mistake]
) -> Iterator[Row]:
    headings: list[str] = []
    sources = _values(written) if written else repeat(())
    for number, (values, formulas) in enumerate(zip(_values(sheet), sources, strict=False), 1):
        location = Location(name, sheet.title, number)
        width = len(headings)
        if width and values[width:].count(None) == len(values) - width:
            # Files may claim thousands of empty columns.
            values = values[:width]  # noqa: PLW2901
        cells = [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        headings = headings or cells
        errors += _errors(cells, formulas, headings, location)
        yield location, cells


def _values(sheet: Worksheet) -> Iterator[tuple[object, ...]]:
    """Give what each row's cells hold, as far as the row goes, whatever size the sheet claims."""
    cast("ReadOnlyWorksheet", sheet).reset_dimensions()
    return cast("Iterator[tuple[object, ...]]", sheet.iter_rows(values_only=True))


def _errors(
    cells: Sequence[str], sources: Sequence[object], headings: Sequence[str], location: Location
) -> Iterator[Mistake]:
    """Tell cells that show an error, or hold a formula without its result."""
    for column, cell in enumerate(cells):
        if cell in CELL_ERRORS:
            problem = f"a cell shows the error {cell}"
            place = _place(location, headings, column, cell)
            yield Mistake(place, problem, "mend its formula, or write the text")
    for column, source in enumerate(sources):
        cell = cells[column] if column < len(cells) else ""
        if not cell and isinstance(source, str) and source.startswith("="):
            problem = "a formula that was never calculated"
            place = _place(location, headings, column, cell)
            yield Mistake(place, problem, "open the file in Excel or WPS and save it")


def _place(location: Location, headings: Sequence[str], column: int, cell: str) -> Location:
    heading = headings[column] if column < len(headings) else ""
    return replace(location, column="" if heading == cell else heading)


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


def open_workbook(data: bytes) -> openpyxl.Workbook:
    """Open a workbook to change it; empty: a new one."""
    return openpyxl.load_workbook(io.BytesIO(data)) if data else openpyxl.Workbook()


def lost_by_writing(data: bytes) -> str:
    """Name what openpyxl would not write again of a workbook; empty: it holds nothing else."""
    if not data:
        return ""
    if _calculates(io.BytesIO(data)):
        return "the results of its formulas"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    return next((what for part, what in LOST.items() if any(map(part.match, names))), "")
