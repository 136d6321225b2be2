"""Turn the rows of a FAQ table into entries: what CSV files and workbooks have in common."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake
from qa_bot.sources.fields import Field, field_name, make_entry
from qa_bot.sources.passages import read_passages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qa_bot.knowledge import Entry

LISTED = {"wordings": re.compile(r"(?<!\\)[|｜\n]"), "facets": re.compile(r"[|｜;；\n]")}
"""Fields of several values, and what stands between these in a cell."""
ESCAPED_BAR = re.compile(r"\\([|｜])")
"""A bar that parts nothing, as it stands in a wording."""

Row = tuple[Location, "Sequence[str]"]


def read_rows(rows: Iterator[Row]) -> Iterator[Entry | Mistake]:
    """Take the first row that is not blank as headings; yield the entries of the others."""
    filled = ((location, cells) for location, cells in rows if any(cells))
    heading = next(filled, None)
    if heading is None:
        return
    headings, wrong = read_headings(*heading)
    if wrong:
        yield from wrong
        return
    for location, cells in filled:
        extra = [cell for cell in cells[len(headings) :] if cell]
        if extra:
            problem = f"a cell beyond the last heading: {extra[0]!r}"
            yield Mistake(location, problem, "give it a heading; quote cells that hold commas")
        else:
            yield from _read_row(location, cells, headings)


def read_headings(
    location: Location, cells: Sequence[str]
) -> tuple[list[tuple[str, str]], list[Mistake]]:
    """Give each column's (field, heading as written), and every mistake in the headings."""
    headings: list[tuple[str, str]] = []
    taken: dict[str, str] = {}
    wrong: list[Mistake] = []
    for cell in cells:
        place = replace(location, column=cell)
        found = field_name(cell, place) if cell else ""
        if isinstance(found, str) and found in taken:
            problem = f"{cell!r} and {taken[found]!r} are the same field"
            found = Mistake(place, problem, "keep one of the columns")
        if isinstance(found, Mistake):
            wrong.append(found)
            continue
        headings.append((found, cell))
        if found:
            taken[found] = cell
    if "question" not in taken:
        problem = "no column is headed question"
        wrong.append(Mistake(location, problem, "head the columns: question, answer, wordings …"))
    return headings, wrong


def _read_row(
    location: Location, cells: Sequence[str], headings: Sequence[tuple[str, str]]
) -> Iterator[Entry | Mistake]:
    fields = {}
    # Cells beyond the last heading were refused, so what zip leaves out is empty.
    for text, (name, heading) in zip(cells, headings, strict=False):
        if not text:
            # Most cells of large tables are empty.
            continue
        place = Location(location.file, location.sheet, location.line, heading)
        if name:
            fields[name] = Field(cell_values(name, text), place)
        else:
            problem = f"a cell without a heading: {text!r}"
            yield Mistake(location, problem, "give its column a heading, or empty it")
    if "question" not in fields:
        heading = next(heading for name, heading in headings if name == "question")
        fields["question"] = Field((), replace(location, column=heading))
    answer = fields.pop("answer", None)
    passages = read_passages(answer.text, answer.location) if answer else []
    yield from make_entry(fields, location, passages)


def cell_values(name: str, text: str) -> tuple[str, ...]:
    """Give the values that a field's cell holds."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if name not in LISTED:
        return (text.strip(),) if text.strip() else ()
    parts = LISTED[name].split(text)
    if name == "wordings" and "\\" in text:
        parts = [ESCAPED_BAR.sub(r"\1", part) for part in parts]
    return tuple(part.strip() for part in parts if part.strip())
