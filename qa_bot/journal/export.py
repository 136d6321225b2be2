"""Write what the journal keeps as a table for Excel and WPS, or as JSON lines."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from qa_bot.dialogue.context import JOINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TextIO

    from qa_bot.journal.kept import Kept

COLUMNS = (
    *("asked_at", "question", "understood", "outcome", "confidence", "entry", "rule"),
    *("nearest", "nearest_confidence", "margin", "facets", "clarify", "release"),
    *("rating", "reasons", "comment", "id"),
)
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""A cell that begins so is counted out by a spreadsheet; an apostrophe before it keeps it text."""


def write_csv(replies: Iterable[Kept], file: TextIO) -> int:
    """Write a table with a byte order mark, times in this machine's zone; give its rows."""
    return write_table(COLUMNS, map(_row, replies), file)


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], file: TextIO) -> int:
    """Write a table as Excel and WPS read it; give its rows."""
    file.write("\ufeff")
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    count = 0
    for row in rows:
        count += 1
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return count


def write_jsonl(replies: Iterable[Kept], file: TextIO) -> int:
    """Write an object a line, with all that is kept; give how many."""
    count = 0
    for kept in replies:
        count += 1
        file.write(json.dumps(kept.to_dict(), ensure_ascii=False) + "\n")
    return count


FORMATS: dict[str, Callable[[Iterable[Kept], TextIO], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def _row(kept: Kept) -> dict[str, Any]:
    vote = kept.vote
    values = {name: getattr(kept, name) for name in COLUMNS if hasattr(kept, name)}
    return values | {
        "asked_at": f"{kept.asked_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "facets": "; ".join(f"{name}={value}" for name, value in kept.facets.items()),
        "rating": vote.rating if vote else None,
        "reasons": JOINED.join(vote.reasons) if vote else None,
        "comment": vote.comment if vote else None,
    }


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return round(value, 4) if isinstance(value, float) else value
