"""Hold the owner's files as they are now, which what is answered from may be behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.edits import read_base
from qa_bot.facets import FacetReader, read_facets
from qa_bot.index import is_saved_index
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import file_names

if TYPE_CHECKING:
    from pathlib import Path

    from qa_bot.knowledge import Entry, KnowledgeBase
    from qa_bot.web.live import LiveBot

    Stamp = tuple[tuple[str, int, int], ...]
    """Name, time and size of every file."""


class Files:
    """The files that the console changes, read anew whenever one of them is another."""

    def __init__(self, live: LiveBot) -> None:
        """Take the knowledge that the server was started with."""
        self.root: Path = live.path or live.settings.knowledge
        self._facets = live.settings.lexicon / "facets"
        self._read: tuple[Stamp, FacetReader, KnowledgeBase] | None = None

    def base(self) -> KnowledgeBase:
        """Give what the files hold; raise MistakesError where they hold mistakes."""
        return self._now()[2]

    def facets(self) -> FacetReader:
        """Give the facets as the lexicon has them now; raise MistakesError likewise."""
        return self._now()[1]

    def entry(self, id_: str) -> Entry | None:
        """Give the entry of an id; None: the files hold none."""
        return next((entry for entry in self.base().entries if entry.id == id_), None)

    def tables(self) -> list[str]:
        """Give the tables that an entry can be added to."""
        names = file_names(self.root) if self.root.is_dir() else {self.root.name: self.root}
        return [name for name in names if name.endswith((".csv", ".jsonl"))]

    def _now(self) -> tuple[Stamp, FacetReader, KnowledgeBase]:
        if is_saved_index(self.root):
            problem = "the server answers from a saved index"
            remedy = "start it on the files that the index was built from"
            raise MistakesError([Mistake(Location(str(self.root)), problem, remedy)])
        stamp = _stamp(self.root) + _stamp(self._facets)
        if self._read is None or self._read[0] != stamp:
            facets = read_facets(self._facets)
            self._read = (stamp, facets, read_base(self.root, facets))
        return self._read


def _stamp(place: Path) -> Stamp:
    if not place.exists():
        return ()
    states = ((name, path.stat()) for name, path in file_names(place).items() if path.exists())
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)
