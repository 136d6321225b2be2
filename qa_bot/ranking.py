"""Give each candidate one confidence: how likely it is that it answers the query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qa_bot.facets import FacetReader
    from qa_bot.index import Candidate, Index
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query

EXACT = 1.0
"""The confidence of an entry that has the question among its wordings."""
CLOSEST = 0.99
"""The most that a candidate which is not exact can reach."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found for a query, how likely it is to answer it, and why."""

    entry: Entry
    passage: Passage | None
    """What would be shown of it; None: it holds no answer."""
    confidence: float
    by: str
    """What it was found by: `exact`, `wording` or `passage`."""
    facets: Mapping[str, frozenset[str]]
    contradicted: tuple[str, ...] = ()
    """Facets in which it is about something else than the query asks for: a veto."""


class Ranker:
    """Candidates → hits, the likeliest first."""

    def __init__(self, index: Index, facets: FacetReader) -> None:
        """Read the facets of every entry of the index once."""
        self.index = index
        self.facets = facets
        self.entry_facets = [_facets_of(entry, facets) for entry in index.base.entries]
        self._held = {
            name: frozenset({facet.default}).union(
                *(values.get(name, ()) for values in self.entry_facets)
            )
            for name, facet in facets.facets.items()
        }

    def rank(self, query: Query, candidates: Iterable[Candidate]) -> list[Hit]:
        """Order the candidates by confidence; those that contradict the query come last."""
        hits = [self._hit(query, candidate) for candidate in candidates]
        return sorted(hits, key=lambda hit: (bool(hit.contradicted), -hit.confidence))

    def _hit(self, query: Query, candidate: Candidate) -> Hit:
        entry = self.index.base.entries[candidate.number]
        stored = self.entry_facets[candidate.number]
        by = "passage" if candidate.passage > candidate.wording else "wording"
        confidence = min(max(candidate.wording, candidate.passage), CLOSEST)
        if candidate.exact:
            by, confidence = "exact", EXACT
        contradicted = () if candidate.exact else self._contradicted(query, stored)
        passage = self.index.passage(candidate)
        return Hit(entry, passage, confidence, by, stored, contradicted)

    def _contradicted(self, query: Query, stored: dict[str, frozenset[str]]) -> tuple[str, ...]:
        return tuple(
            name
            for name, asked in query.facets.items()
            if self.facets.facets[name].vetoes
            and self.facets.contradicts(name, asked, stored.get(name, frozenset()))
        )

    def unknown_values(self, query: Query) -> list[str]:
        """Give the values asked for of which the base holds nothing, nor anything around them."""
        unknown: list[str] = []
        for name, asked in query.facets.items():
            facet = self.facets.facets[name]
            if facet.vetoes and not any(facet.lineage(value) & self._held[name] for value in asked):
                unknown += sorted(asked)
        return unknown

    def served_generally(self, query: Query, hit: Hit) -> list[str]:
        """Give the values asked for that the hit serves only by holding for all of them."""
        values: list[str] = []
        for name, asked in query.facets.items():
            default = self.facets.facets[name].default
            if default and not hit.facets.get(name, frozenset()) and asked != {default}:
                values += sorted(asked)
        return values


def _facets_of(entry: Entry, reader: FacetReader) -> dict[str, frozenset[str]]:
    """Give the facets that the owner states, else those the question names."""
    values = reader.read(entry.question)
    for name, stated in entry.facets.items():
        values[name] = frozenset(reader.value_of(name, value) for value in stated)
    return values
