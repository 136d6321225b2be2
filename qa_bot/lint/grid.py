"""Lay the entries out by the facets that the owner marks as axes, to show what is missing."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

    from qa_bot.facets import Facet, FacetReader, Facets
    from qa_bot.knowledge import KnowledgeBase

    Place = tuple[str, str, str]
    """Page, row, column."""

ANSWERED, LISTED, HOLE = "#", "o", "."
"""How the table marks a cell that is answered, listed without an answer, or empty."""
CELL_WIDTH = 2
"""As wide as a Chinese character on a terminal."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How many entries are answered, and how many only listed, at each page, row and column."""

    axes: Mapping[str, str]
    """`page`, `row` and `column` → the facet; a grid without a page facet has one page."""
    general: str
    """The page whose answers serve all others: that of the page facet's default."""
    pages: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    answered: Mapping[Place, int]
    listed: Mapping[Place, int]
    outside: int
    """How many entries name no row or no column."""

    def holes(self, page: str, row: str) -> list[str]:
        """Give the columns of which nothing is held, nor answered on the general page."""
        return [
            column
            for column in self.columns
            if self._mark(page, row, column) == HOLE
            and not self.answered.get((self.general, row, column))
        ]

    def rows_of(self, page: str) -> list[str]:
        """Give the rows that a page has something of."""
        held = {place[1] for place in (*self.answered, *self.listed) if place[0] == page}
        return [row for row in self.rows if row in held]

    def to_dict(self) -> dict[str, Any]:
        """Give every cell that is not empty, and the holes of every row that has some cell."""
        return {
            "axes": dict(self.axes),
            "columns": list(self.columns),
            "general": self.general,
            "outside": self.outside,
            "pages": {
                page: {row: self._row(page, row) for row in self.rows_of(page)}
                for page in self.pages
            },
        }

    def _row(self, page: str, row: str) -> dict[str, Any]:
        places = {column: (page, row, column) for column in self.columns}
        cells = {
            column: {"answered": self.answered.get(at, 0), "listed": self.listed.get(at, 0)}
            for column, at in places.items()
            if at in self.answered or at in self.listed
        }
        return {"cells": cells, "holes": self.holes(page, row)}

    def __str__(self) -> str:
        """Write the general page as a table, and of each other page a line a row."""
        legend = f"{ANSWERED} answered, {LISTED} listed without an answer, {HOLE} nothing held"
        lines = [f"{' x '.join(self.axes.values())}: {legend}"]
        lines.append(f"{self.outside} entries name no {self.axes['row']} or {self.axes['column']}")
        lines += ["", *self._table(self.general)]
        for page in self.pages:
            if page != self.general:
                lines += ["", page]
                lines += [self._line(page, row) for row in self.rows_of(page)]
        return "\n".join(lines)

    def _table(self, page: str) -> list[str]:
        """Write the columns' names downwards, as Chinese may be, above a mark a cell."""
        rows = self.rows_of(page)
        width = max((_width(row) for row in rows), default=0) + CELL_WIDTH
        deepest = max(map(len, self.columns), default=0)
        heads = [
            _padded(page if depth == 0 else "", width)
            + "".join(_padded(column[depth : depth + 1], CELL_WIDTH) for column in self.columns)
            for depth in range(deepest)
        ]
        body = [
            _padded(row, width)
            + "".join(_padded(self._mark(page, row, column), CELL_WIDTH) for column in self.columns)
            for row in rows
        ]
        return [line.rstrip() for line in (*heads, *body)]

    def _line(self, page: str, row: str) -> str:
        marks = {column: self._mark(page, row, column) for column in self.columns}
        held = " ".join(mark + column for column, mark in marks.items() if mark != HOLE)
        return f"  {row}: {held}; {len(self.holes(page, row))} holes"

    def _mark(self, page: str, row: str, column: str) -> str:
        if self.answered.get((page, row, column)):
            return ANSWERED
        return LISTED if self.listed.get((page, row, column)) else HOLE


def lay_out(
    base: KnowledgeBase, values: Sequence[Facets], facets: FacetReader, today: datetime.date
) -> Grid | None:
    """Count the entries by axis; `values` are their facets. None: no facet is a row or a column.

    An answer that has expired counts as listed. An entry of several values counts for each.
    """
    axes = {facet.grid: facet for facet in facets.facets.values() if facet.grid}
    if not {"row", "column"} <= axes.keys():
        return None
    page = axes.get("page")
    general = page.default if page else ""
    answered: Counter[Place] = Counter()
    listed: Counter[Place] = Counter()
    outside = 0
    for entry, held in zip(base.entries, values, strict=True):
        rows, columns = (held.get(axes[axis].name, frozenset()) for axis in ("row", "column"))
        pages = held.get(page.name, frozenset({general})) if page else {general}
        outside += not (rows and columns)
        counted = answered if entry.answered and not entry.expired(today) else listed
        counted.update(product(pages, rows, columns))
    places = [*answered, *listed]
    return Grid(
        {axis: axes[axis].name for axis in ("page", "row", "column") if axis in axes},
        general,
        _in_order((place[0] for place in places), page),
        _in_order((place[1] for place in places), axes["row"]),
        _in_order((place[2] for place in places), axes["column"]),
        answered,
        listed,
        outside,
    )


def _in_order(values: Iterable[str], facet: Facet | None) -> tuple[str, ...]:
    """Give the values as their owner orders them; those that cannot be listed come last."""
    order = {value: number for number, value in enumerate(facet.parents if facet else ())}
    return tuple(sorted(set(values), key=lambda value: (order.get(value, len(order)), value)))


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
