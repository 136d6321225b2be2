"""Read a FAQ table from CSV, as Excel and WPS write it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.table import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qa_bot.knowledge import Entry

DELIMITERS = ",\t;"


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


def _rows(text: str, name: str, broken: list[Mistake]) -> Iterator[Row]:
    heading = text.lstrip().split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=heading.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(table, None)
        except csv.Error as error:
            remedy = 'put a cell that holds quotes or line ends in "…", quotes inside it doubled'
            broken.append(Mistake(Location(name, line=line), f"broken row ({error})", remedy))
            return
        if cells is None:
            return
        yield Location(name, line=line), [cell.strip() for cell in cells]
        line = table.line_num + 1
