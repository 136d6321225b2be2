"""Write figures as a Markdown table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "–"
"""What stands for the share of nothing."""


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """Write a table whose first column is text and whose others are figures."""
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1)]
    lines += [[_cell(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.3f}" if isinstance(value, float) else str(value)
