"""Hold what an import would do: each row read, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import Entry, KnowledgeBase
    from qa_bot.mistakes import Location, Mistake


WRONG = "wrong"
"""What names of files of wrong rows hold between two dots, or begin with."""


class State(StrEnum):
    """What becomes of a row; REMOVED is an entry that no row is about any more."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read (an article is one, too), or an entry to remove."""

    state: State
    location: Location
    """Where it stands in the file that comes in; of an entry to remove, in the knowledge."""
    old: Entry | None = None
    """The entry as the knowledge holds it now."""
    new: Entry | None = None
    """The entry as it would be."""
    mistakes: tuple[Mistake, ...] = ()
    joined: Location | None = None
    """The row, or the entry, that says the same."""
    source: int = 0
    """The number of the source it came from."""

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON shows it."""
        entry = self.new or self.old
        return {
            "state": str(self.state),
            "location": str(self.location),
            "question": entry.question if entry else None,
            "joined": str(self.joined) if self.joined else None,
            "mistakes": [
                {
                    "file": mistake.location.file,
                    "sheet": mistake.location.sheet or None,
                    "row": mistake.location.line or None,
                    "column": mistake.location.column or None,
                    "problem": mistake.problem,
                    "remedy": mistake.remedy,
                }
                for mistake in self.mistakes
            ],
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder that comes in."""

    path: Path
    table: str
    """The file of the knowledge folder that its new entries are written to."""

    @property
    def partial(self) -> bool:
        """Tell whether it holds rows that were wrong: what it is silent of is not gone."""
        return WRONG in self.path.name.lower().split(".")


@dataclass(frozen=True)
class Plan:
    """All rows, and the knowledge as it would be."""

    root: Path
    facets: FacetReader
    base: KnowledgeBase
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    """Each row read, in the order of the files; then the entries to remove."""
    result: tuple[Entry, ...]
    """What the knowledge would hold if nothing were removed."""
    stamps: Mapping[str, str] = field(repr=False)
    """What the files of the knowledge held when the plan was made."""

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Count the rows by state; `rows` is how many were read: all states but REMOVED."""
        found = Counter(row.state for row in self.rows)
        read = sum(found[state] for state in State if state is not State.REMOVED)
        return {"rows": read, **{str(state): found[state] for state in State}}

    @cached_property
    def wrong(self) -> tuple[Row, ...]:
        """Give the rows that are wrong."""
        return tuple(row for row in self.rows if row.state is State.WRONG)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Give every mistake in the rows, in their order."""
        return tuple(mistake for row in self.wrong for mistake in row.mistakes)

    def changes_anything(self, *, remove: bool) -> bool:
        """Tell whether the knowledge would be another."""
        counts = self.counts
        return bool(counts["new"] + counts["changed"] + (counts["removed"] if remove else 0))

    def to_dict(self) -> dict[str, Any]:
        """Give counts, and every row that isn't the same, as JSON shows them."""
        told = (row for row in self.rows if row.state is not State.SAME or row.joined)
        return {"counts": dict(self.counts), "rows": [row.to_dict() for row in told]}
