"""Tell how a query and the entries agree in facets, and what the base has nothing about."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from qa_bot.facets import FacetReader
    from qa_bot.index import Profiles
    from qa_bot.knowledge import KnowledgeBase
    from qa_bot.query import Query

KINDS = ("typed", "loose")
"""Facets in which a contradiction is a veto, and those in which it only weighs."""
STATES = ("agree", "partial", "missing", "extra", "conflict")
MANY, MANY_OF = 20, 0.01
"""More entries than this, and than this share of a base, are many, …"""
FEW, MANY_OF_FEW = 2, 0.05
"""… and in a base of less than some hundred entries, more than this and this share of it."""
NOTHING: frozenset[str] = frozenset()
STATE_FEATURES = tuple(f"{kind}_{state}" for kind in KINDS for state in STATES)


class Agreement:
    """The facets of every entry of a base, and what they mean for a query."""

    def __init__(self, base: KnowledgeBase, profiles: Profiles, facets: FacetReader) -> None:
        """Take the facets of every entry, as they were read when the base was indexed."""
        self.base = base
        self.facets = facets
        self.of_entries = profiles
        # A facet that no entry of this base names is none of its business.
        self.vetoing = {name for name, _ in profiles.values if facets.facets[name].vetoes}
        named = facets.facets.items()
        self._weighing = {name for name, kind in named if not (kind.vetoes or kind.needed)}
        # What many entries of a base name is its business, and not beside it; and where few entries
        # name a subject (a permit), the base is about something else, and nobody knows what beside.
        count = len(base.entries)
        many = max(min(MANY, max(FEW, MANY_OF_FEW * count)), MANY_OF * count)
        self._usual = {
            name: frozenset(value for value, n in profiles.counts(name).items() if n > many)
            for name, kind in named
            if kind.needed and self._named_by_most(profiles, count)
        }
        self._held = {name: self._values_held(name) for name in facets.facets}
        self.read = lru_cache(maxsize=2048)(lambda text: facets.read(normalize(text)))
        self._contradicts = lru_cache(maxsize=1 << 14)(facets.contradicts)

    def _named_by_most(self, profiles: Profiles, count: int) -> bool:
        """Tell whether most entries name a value of a facet that an entry must not be silent of."""
        return any(profiles.counts(name).total() > count / 2 for name in self.facets.subjects)

    def alike(self, query: Query, number: int) -> Hashable:
        """Identify the entries for which the facets say the same of a query."""
        profile = self.of_entries.number(number)
        held = self.of_entries.profile(profile)
        for name in query.facets:
            if name not in held and not self.facets.facets[name].silence_serves:
                return (profile, number)
        return profile

    def contradicted(self, query: Query, number: int) -> tuple[str, ...]:
        """Give the facets in which an entry is about something else than the query: a veto."""
        return tuple(
            name
            for name, asked in query.facets.items()
            if name in self.vetoing
            and self._contradicts(name, asked, self._speaks_of(number, name))
        )

    def states(self, query: Query, number: int) -> dict[str, float]:
        """Count in how many facets query and entry agree, differ, or only one of them speaks."""
        stored = self.of_entries[number]
        states = dict.fromkeys(STATE_FEATURES, 0.0)
        for name in query.facets.keys() | stored.keys():
            facet = self.facets.facets[name]
            if facet.needed:
                continue
            # Who names the default (来中国开演唱会) says no more than who names nothing.
            asked = query.facets.get(name, NOTHING) - {facet.default}
            held = stored.get(name, NOTHING) - {facet.default}
            kind = KINDS[not facet.vetoes]
            if not held and not asked:
                continue
            if not held:
                states[f"{kind}_missing"] += 1
            elif not asked:
                states[f"{kind}_extra"] += 1
            elif self._contradicts(name, asked, held):
                states[f"{kind}_conflict"] += 1
            else:
                states[f"{kind}_agree"] += 1
                states[f"{kind}_partial"] += 1 - len(asked & held) / len(asked | held)
        return states

    def _values_held(self, name: str) -> frozenset[str]:
        """Give the values that the base has something about: an entry names them, and no other.

        A permit that only ever stands beside another (要不要先办食品经营许可) is not held, unless
        the owner states that the entry is about both.
        """
        facet = self.facets.facets[name]
        held = frozenset({facet.default} - {""}) | self.of_entries.told.get(name, NOTHING)
        return held.union(*map(facet.lineage, held)) if facet.narrower_serves else held

    def _held_together(self, name: str, asked: frozenset[str]) -> bool:
        """Tell whether some entry names several values of a facet, these among them."""
        return len(asked) > 1 and any(map(asked.issubset, self.of_entries.named(name)))

    def unknown_values(self, query: Query) -> list[str]:
        """Give the values asked for of which the base holds nothing, nor anything around them."""
        unknown: list[str] = []
        for name, asked in query.facets.items():
            facet = self.facets.facets[name]
            held = any(facet.lineage(value) & self._held[name] for value in asked)
            exists = asked.isdisjoint(facet.absent)
            general = facet.silence_serves and not facet.default and exists
            if name in self.vetoing and not (general or held or self._held_together(name, asked)):
                unknown += sorted(asked)
        return unknown

    def unaddressed(self, query: Query, number: int, shown: Callable[[], str]) -> float:
        """Count the loose values asked for that neither the entry nor the text shown names."""
        asked = {name: v for name, v in query.facets.items() if name in self._weighing}
        if not asked:
            return 0.0  # Most questions: then the text need not be read.
        stored, named = self.of_entries[number], self.read(shown())
        return float(
            sum(
                value not in stored.get(name, ()) and value not in named.get(name, ())
                for name, values in asked.items()
                for value in values
            )
        )

    def unmet_needs(
        self, query: Query, number: int, texts: Callable[[], Iterable[str]]
    ) -> list[str]:
        """Give the values asked for that an answer must name, and neither entry nor texts name."""
        stored = self.of_entries[number]
        return [
            value
            for name, asked in query.facets.items()
            if name in self._usual
            for value in sorted(asked - stored.get(name, NOTHING) - self._usual[name])
            if not any(value in self.read(text).get(name, NOTHING) for text in texts())
        ]

    def served_generally(self, query: Query, number: int) -> list[str]:
        """Give the values asked for that an entry serves only by holding for all of them."""
        values: list[str] = []
        for name, asked in query.facets.items():
            default = self.facets.facets[name].default
            if (
                default
                and not self.of_entries[number].get(name, frozenset())
                and asked != {default}
            ):
                values += sorted(asked)
        return values

    def _speaks_of(self, number: int, name: str) -> frozenset[str]:
        """Give the values an entry is about; where its question is silent, that of its answer.

        An answer that names several is about none of them in particular.
        """
        values = self.of_entries[number].get(name, frozenset())
        if values or self.facets.facets[name].silence_serves:
            return values
        entry = self.base.entries[number]
        text = "\n".join((entry.basis, *(passage.text for passage in entry.passages)))
        named = self.read(text).get(name, NOTHING)
        return named if len(named) == 1 else NOTHING
