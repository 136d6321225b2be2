"""Give each candidate one confidence: how likely it is that it answers the query.

Two small linear models, whose coefficients are data (`data/ranking.json`, made by
`bench/fit_ranking.py`): one orders the candidates, one says how far the first is to be trusted.
Every feature is a share or a difference that means the same in any knowledge base.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index import Candidate, Index
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query

EXACT = 1.0
"""The confidence of an entry that has the question among its wordings."""
SUPPORT = 0.3
"""What the likeness of an entry's further wordings adds to that of its nearest."""
TRUST_IN_PASSAGE = 0.85
"""How far a passage that holds the whole query says that its entry answers it."""
RAREST = 1e-7
"""The share of general Chinese that a word is taken to have at least."""

TIE = 0.15
"""Hits whose order is within this of another's fit as well (in nats of strength)."""
RIVALS = 5
"""How many rivals tell the shape of the field behind a hit."""
WEAKEST = 0.1
"""A hit that lacks rivals is measured against some of this strength."""

STATES = ("agree", "partial", "missing", "extra", "conflict")
STATE_FEATURES = tuple(f"{kind}_{state}" for kind in ("typed", "loose") for state in STATES)
ORDER_FEATURES = ("strength", *STATE_FEATURES)
CONFIDENCE_FEATURES: Mapping[str, tuple[str, ...]] = {
    "wording": (
        "bias",
        "strength",
        "cover",
        "reverse",
        "missing",
        "margin",
        "shape",
        "overshadowed",
        "unaddressed",
        "size",
        *STATE_FEATURES,
    ),
    "passage": (
        "bias",
        "passage",
        "several",
        "cover",
        "missing",
        "margin",
        "shape",
        "overshadowed",
        "unaddressed",
        *STATE_FEATURES,
    ),
}
"""What confidence is made of, for hits by wording and for hits by passage."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The two linear models, feature → coefficient."""

    order: Mapping[str, float]
    confidence: Mapping[str, Mapping[str, float]]
    """One model for hits by wording, one for hits by passage."""


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
    confidence: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def by(self) -> str:
        """Tell what it was found by: `exact`, `wording` or `passage`."""
        if self.candidate.exact:
            return "exact"
        return "passage" if self.candidate.passage > self.candidate.wording else "wording"


def read_coefficients(path: Path) -> Coefficients:
    """Read the models; raise MistakesError when a coefficient is missing or not a number."""
    try:
        data = json.loads(read_text(path, path.name))
        models = Coefficients(
            {name: float(data["order"][name]) for name in ORDER_FEATURES},
            {
                by: {name: float(data["confidence"][by][name]) for name in names}
                for by, names in CONFIDENCE_FEATURES.items()
            },
        )
    except (ValueError, KeyError, TypeError) as error:
        problem = f"the coefficients cannot be read ({error!r})"
        remedy = "make them anew: python bench/fit_ranking.py"
        raise MistakesError([Mistake(Location(path.name), problem, remedy)]) from None
    return models


class Ranker:
    """Candidates → hits, the likeliest first."""

    def __init__(self, index: Index, analyzer: Analyzer, coefficients: Coefficients) -> None:
        """Read the facets of every entry of the index once."""
        self.index = index
        self.analyzer = analyzer
        self.coefficients = coefficients
        self.facets = analyzer.facets
        self.entry_facets = [self._facets_of(entry) for entry in index.base.entries]
        self._held = {name: self._values_held(name) for name in self.facets.facets}
        self._read = lru_cache(maxsize=4096)(analyzer.read)
        self._read_facets = lru_cache(maxsize=4096)(lambda text: self.facets.read(normalize(text)))

    def rank(self, query: Query, candidates: Iterable[Candidate], k: int) -> list[Hit]:
        """Give the k likeliest hits in order; those that contradict the query come last.

        No hit gets a higher confidence than one before it.
        """
        hits = self.order(query, candidates)
        weighed: list[Hit] = []
        most = EXACT
        for hit in hits[:k]:
            # Hits that only a clarifying question can tell apart do not speak against each other.
            tied = {other.entry.id for other in self.tied(query, hit, hits)}
            rivals = [h for h in hits if h.entry.id not in tied and not h.contradicted]
            vetoed = [h for h in hits if h.contradicted]
            features = self.features(query, hit, rivals, vetoed)
            if hit.by != "exact":
                model = self.coefficients.confidence[hit.by]
                trust = _logistic(sum(model[name] * features[name] for name in model))
                most = min(most, trust)
            weighed.append(replace(hit, confidence=most, features=features))
        return weighed

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

    def order(self, query: Query, candidates: Iterable[Candidate]) -> list[Hit]:
        """Order the candidates, exact ones first, vetoed ones last; confidence is not given yet."""
        hits = [self._hit(query, candidate) for candidate in candidates]
        return sorted(
            hits, key=lambda hit: (not hit.candidate.exact, bool(hit.contradicted), -hit.order)
        )

    def order_features(self, query: Query, hit: Hit) -> dict[str, float]:
        """Give what the order of a hit is made of."""
        return {"strength": _log(strength(hit.candidate)), **self._states(query, hit.facets)}

    def _hit(self, query: Query, candidate: Candidate) -> Hit:
        stored = self.entry_facets[candidate.number]
        contradicted = () if candidate.exact else self._contradicted(query, candidate.number)
        features = {"strength": _log(strength(candidate)), **self._states(query, stored)}
        order = sum(self.coefficients.order[name] * value for name, value in features.items())
        return Hit(
            self.index.base.entries[candidate.number],
            self.index.passage(candidate),
            candidate,
            stored,
            contradicted,
            order,
        )

    def _contradicted(self, query: Query, number: int) -> tuple[str, ...]:
        return tuple(
            name
            for name, asked in query.facets.items()
            if self.facets.facets[name].vetoes
            and self.facets.contradicts(name, asked, self._speaks_of(number, name))
        )

    def _speaks_of(self, number: int, name: str) -> frozenset[str]:
        """Give the values an entry is about; where its question is silent, those of its answer."""
        values = self.entry_facets[number].get(name, frozenset())
        if values or self.facets.facets[name].silence_serves:
            return values
        entry = self.index.base.entries[number]
        text = "\n".join((entry.basis, *(passage.text for passage in entry.passages)))
        return self._read_facets(text).get(name, frozenset())

    def _states(self, query: Query, stored: Mapping[str, frozenset[str]]) -> dict[str, float]:
        """Count in how many facets query and entry agree, differ, or only one of them speaks."""
        states = dict.fromkeys(STATE_FEATURES, 0.0)
        for name, facet in self.facets.facets.items():
            asked = query.facets.get(name, frozenset())
            held = stored.get(name, frozenset())
            kind = "typed" if facet.vetoes else "loose"
            if asked and not held:
                states[f"{kind}_missing"] += 1
            elif held and not asked:
                states[f"{kind}_extra"] += 1
            elif asked and self.facets.contradicts(name, asked, held):
                states[f"{kind}_conflict"] += 1
            elif asked:
                shared = len(asked & held) / len(asked | held)
                states[f"{kind}_agree"] += 1
                states[f"{kind}_partial"] += 1 - shared
        return states

    def features(
        self, query: Query, hit: Hit, others: Sequence[Hit], vetoed: Sequence[Hit]
    ) -> dict[str, float]:
        """Give what the confidence of a hit is made of; `others` are its rivals, best first.

        A vetoed hit that is much stronger says that the question is about what the veto is about.
        """
        candidate = hit.candidate
        rival = others[0].order if others else math.log(WEAKEST)
        rivals = [strength(other.candidate) for other in others[:RIVALS]]
        rivals += [WEAKEST] * (RIVALS - len(rivals))
        shadow = max((_log(strength(other.candidate)) for other in vetoed), default=-math.inf)
        wording = self._read(hit.entry.asked_as()[candidate.wording_number])
        cover, reverse = self.index.overlap(query, wording, self.analyzer)
        texts = [wording]
        if hit.passage:
            texts.append(self._read(f"{hit.passage.section}\n{hit.passage.text}"))
        return {
            "bias": 1.0,
            "strength": _log(strength(candidate)),
            "passage": candidate.passage,
            "several": float(len(hit.entry.passages) > 1),
            "cover": cover,
            "reverse": reverse,
            "missing": self._missing(query, texts),
            "margin": min(max(hit.order - max(rival, math.log(WEAKEST)), -1.0), 1.0),
            "shape": strength(candidate) - sum(rivals) / RIVALS,
            "overshadowed": max(shadow - _log(strength(candidate)), 0.0),
            "unaddressed": self._unaddressed(query, hit),
            "size": math.log(len(self.index.exact) + 1),
            **self._states(query, hit.facets),
        }

    def _unaddressed(self, query: Query, hit: Hit) -> float:
        """Count the facet values asked for that neither the entry's question nor its text names."""
        shown = self._read_facets(hit.passage.text) if hit.passage else {}
        return float(
            sum(
                value not in hit.facets.get(name, ()) and value not in shown.get(name, ())
                for name, asked in query.facets.items()
                if not self.facets.facets[name].vetoes
                for value in asked
            )
        )

    def _missing(self, query: Query, texts: Iterable[Reading]) -> float:
        """Give the share of the query's words, by how telling they are, that the texts lack."""
        held: set[str] = set()
        for reading in texts:
            held.update(word for run in reading.canonical for word in run)
            held.update(f"{m.facet}={m.value}" for m in reading.mentions)
            held.update(reading.words)
        weights = {}
        for run in query.reading.canonical:
            for word in run:
                share = self.analyzer.background("w" + word)
                weights[word] = math.log(max(share, RAREST)) / math.log(RAREST)
        for mention in query.reading.mentions:
            weights[f"{mention.facet}={mention.value}"] = 1.0
        lacked = sum(weight for name, weight in weights.items() if name not in held)
        return lacked / (sum(weights.values()) or 1)

    def _values_held(self, name: str) -> frozenset[str]:
        """Give the values that the base has something about: an entry names them, and no other.

        A permit that only ever stands beside another (要不要先办食品经营许可) is not held.
        """
        facet = self.facets.facets[name]
        alone = (
            values[name] for values in self.entry_facets if len(values.get(name, frozenset())) == 1
        )
        around = (facet.lineage(value) for (value,) in alone) if facet.narrower_serves else alone
        return frozenset({facet.default} - {""}).union(*around)

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

    def _facets_of(self, entry: Entry) -> dict[str, frozenset[str]]:
        """Give the facets that the owner states, else those the question names."""
        values = self.facets.read(normalize(entry.question))
        for name, stated in entry.facets.items():
            values[name] = frozenset(self.facets.value_of(name, value) for value in stated)
        return values


def strength(candidate: Candidate) -> float:
    """Join what speaks for a candidate: its wordings, and independently its best passage."""
    by_passage = 1 - TRUST_IN_PASSAGE * candidate.passage
    return 1 - (1 - candidate.wording) * by_passage + SUPPORT * candidate.support


def _log(value: float) -> float:
    return math.log(max(value, 1e-3))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
