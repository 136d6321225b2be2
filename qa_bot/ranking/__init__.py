"""Order the candidates, and give each hit one confidence: how likely it is to be the answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qa_bot.index import log_strength
from qa_bot.ranking.agreement import Agreement
from qa_bot.ranking.coefficients import Coefficients as Coefficients  # noqa: TC001 - re-exported
from qa_bot.ranking.coefficients import read_coefficients as read_coefficients
from qa_bot.ranking.confidence import ConfidenceModel

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from qa_bot.analyzer import Analyzer
    from qa_bot.index import Candidate, Index
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query

EXACT = 1.0
"""The confidence of an entry that has the question among its wordings."""
VETOED = 0.05
"""The most that an entry about something else can get: it may be suggested, never said."""
TIE = 0.15
"""Hits whose order is within this of another's fit as well (in nats of strength)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found for a query, how likely it is to answer it, and why."""

    entry: Entry
    passage: Passage | None
    """What would be shown of it; None: it holds no answer."""
    candidate: Candidate
    facets: Mapping[str, frozenset[str]]
    contradicted: tuple[str, ...]
    """Facets in which it is about something else than the query asks for: a veto."""
    order: float
    """What the hits are ordered by: log strength and the facets' say, in nats."""
    confidence: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def by(self) -> str:
        """Tell what it was found by: `exact`, `wording` or `passage`."""
        if self.candidate.exact:
            return "exact"
        return "passage" if self.candidate.passage > self.candidate.wording else "wording"


class Ranker:
    """Candidates → hits, the likeliest first."""

    def __init__(self, index: Index, analyzer: Analyzer, coefficients: Coefficients) -> None:
        """Read the facets of every entry of the index once."""
        self.index = index
        self.coefficients = coefficients
        self.facets = analyzer.facets
        self.agreement = Agreement(index.base, analyzer.facets)
        self._model = ConfidenceModel(index, analyzer, self.agreement, coefficients.confidence)
        self.analyzer = analyzer
        self.weigh = self._model.weigh
        self.weights_of = self._model.weights_of

    def rank(self, query: Query, candidates: Iterable[Candidate], k: int) -> list[Hit]:
        """Give the hits in order, those that contradict the query last, and weigh the first k.

        No hit gets a higher confidence than one before it; those beyond k get none.
        """
        hits = self.order(query, candidates)
        asked = self._model.weigh(query.reading)
        vetoed = [hit for hit in hits if hit.contradicted]
        weighed: list[Hit] = []
        most = EXACT
        for hit in hits[:k]:
            # Hits that only a clarifying question can tell apart do not speak against each other.
            tied = {other.entry.id for other in self.tied(query, hit, hits)}
            rivals = [h for h in hits if h.entry.id not in tied and not h.contradicted]
            features = self._model.features(query, asked, hit, rivals, vetoed)
            if hit.by != "exact":
                chance = self._model.confidence(hit.by, features)
                most = min(most, VETOED if hit.contradicted else chance)
            weighed.append(replace(hit, confidence=most, features=features))
        return weighed + hits[k:]

    def order(self, query: Query, candidates: Iterable[Candidate]) -> list[Hit]:
        """Order the candidates, exact ones first, vetoed ones last; confidence is not given yet."""
        say: dict[Hashable, tuple[float, tuple[str, ...]]] = {}
        hits = [self._hit(query, candidate, say) for candidate in candidates]
        return sorted(
            hits, key=lambda hit: (not hit.candidate.exact, bool(hit.contradicted), -hit.order)
        )

    def order_features(self, query: Query, candidate: Candidate) -> dict[str, float]:
        """Give what the order of a candidate is made of."""
        states = self.agreement.states(query, candidate.number)
        return {"strength": log_strength(candidate), **states}

    def _hit(
        self, query: Query, candidate: Candidate, say: dict[Hashable, tuple[float, tuple[str, ...]]]
    ) -> Hit:
        """Make the hit of a candidate; `say` remembers what the facets say, for all alike."""
        number = candidate.number
        alike = self.agreement.alike(query, number)
        if alike not in say:
            states = self.agreement.states(query, number)
            value = sum(self.coefficients.order[name] * count for name, count in states.items())
            say[alike] = value, self.agreement.contradicted(query, number)
        facets_say, contradicted = say[alike]
        return Hit(
            self.index.base.entries[number],
            self.index.passage(candidate),
            candidate,
            self.agreement.of_entries[number],
            () if candidate.exact else contradicted,
            self.coefficients.order["strength"] * log_strength(candidate) + facets_say,
        )

    def tied(self, query: Query, first: Hit, hits: Iterable[Hit]) -> list[Hit]:
        """Give the hits that fit as well as the first, but for a typed facet the query leaves open.

        The first is among them.
        """
        return [
            hit
            for hit in hits
            if hit is first
            or (
                not hit.contradicted
                and abs(first.order - hit.order) <= TIE
                and self._differ_in_open_facet(query, first, hit)
            )
        ]

    def _differ_in_open_facet(self, query: Query, one: Hit, other: Hit) -> bool:
        """Tell whether two hits have other values of one open facet, and agree in all others."""
        names = one.facets.keys() | other.facets.keys()
        differing = [name for name in names if one.facets.get(name) != other.facets.get(name)]
        if len(differing) != 1 or differing[0] in query.facets:
            return False
        (name,) = differing
        values = self.facets.facets[name].vetoes and one.facets.get(name) and other.facets.get(name)
        return bool(values)
