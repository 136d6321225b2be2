"""Read a FAQ table from CSV, as Excel and WPS write it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.table import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from qa_bot.knowledge import Entry

DELIMITERS = ",\t;"
GUARD = re.compile(r"\A'(?='*[=+\-@])")
"""The quote before what a spreadsheet would take for a formula; it is no part of the text."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row as it was written: its cells, or why they can't be told apart."""

    line: int
    end: int
    """The line after its last one."""
    cells: Sequence[str]
    error: str = ""


def read_csv(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the entries of a comma, tab or semicolon separated table."""
    text = read_text(path, name)
    if not text.strip():
        yield Mistake(
            Location(name), "the file is empty", "add a heading row and rows, or delete it"
        )
        return
    broken: list[Mistake] = []
    yield from read_rows(_rows(text, name, broken))
    yield from broken


def delimiter_of(text: str) -> str:
    """Tell what stands between the cells: what the heading row holds most of."""
    heading = text.lstrip().split("\n", 1)[0]
    return max(DELIMITERS, key=heading.count)


def split_lines(text: str) -> list[str]:
    """Cut a table's text into its lines, each with its end."""
    return list(io.StringIO(text, newline=""))


def parse(text: str) -> Iterator[CsvRow]:
    """Yield every row; after a broken one, reading goes on at the next line."""
    lines, delimiter = split_lines(text), delimiter_of(text)
    start = 0
    while start < len(lines):
        table = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True)
        first = end = start
        try:
            for cells in table:
                end = start + table.line_num
                yield CsvRow(first + 1, end + 1, cells)
                first = end
        except csv.Error as error:
            yield CsvRow(first + 1, first + 2, (), str(error))
            end = first + 1
        start = end


def _rows(text: str, name: str, broken: list[Mistake]) -> Iterator[Row]:
    remedy = 'put a cell that holds quotes or line ends in "…", quotes inside it doubled'
    for row in parse(text):
        location = Location(name, line=row.line)
        if row.error:
            broken.append(Mistake(location, f"broken row ({row.error})", remedy))
        else:
            yield location, [_text(cell) for cell in row.cells]


def _text(cell: str) -> str:
    text = cell.strip()
    return GUARD.sub("", text) if text.startswith("'") else text
