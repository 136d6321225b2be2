"""Say how far a hit is to be trusted: features → the chance that it answers the query.

Every feature is a share or a difference that means the same in any knowledge base.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.analyzer import FACET, WORD
from qa_bot.index import log_strength, shared_weight, strength, tversky
from qa_bot.ranking.agreement import STATE_FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index import Index
    from qa_bot.query import Query
    from qa_bot.ranking import Hit
    from qa_bot.ranking.agreement import Agreement

FEATURES = (
    "bias",
    "strength",
    "passage",
    "several",
    "cover",
    "reverse",
    "margin",
    "shape",
    "overshadowed",
    "size",
    "residual",
    "residual_passage",
    "residual_held",
    "residual_asked",
    "residual_mass",
    "wording_mass",
    "unasked",
    "unaddressed",
    *STATE_FEATURES,
)
"""What confidence is made of. `residual` is what is left of a text beside its typed facets: in a
base of near-identical titles the permit's name says little about whether the rest fits."""

WEAKEST = 0.1
"""A hit that lacks rivals is measured against some of this strength."""
RIVALS = 5
"""How many rivals tell the shape of the field behind a hit."""
TELLING_VIEWS = (WORD, FACET)
QUERY_MASS, WORDING_MASS, TERM_MASS = 60.0, 40.0, 6.0
"""Weights that count as much, of a query, a wording and a term: they bring features near 1."""
MOST_MASS = 2.0


@dataclass(frozen=True, slots=True)
class TextWeights:
    """The terms of a text and their weights, in the forms in which texts are compared."""

    written: Mapping[str, float]
    canonical: Mapping[str, float]
    residual: Mapping[str, float]
    """The canonical ones, but for the values of typed facets."""


class ConfidenceModel:
    """Two linear models, one for hits by wording and one for hits by passage."""

    def __init__(
        self,
        index: Index,
        analyzer: Analyzer,
        agreement: Agreement,
        coefficients: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Take the coefficients: `wording` and `passage` → feature → coefficient."""
        self._index = index
        self._analyzer = analyzer
        self._agreement = agreement
        self._coefficients = coefficients
        self._size = math.log(len(index.exact) + 1)
        self.weights_of = lru_cache(maxsize=4096)(lambda text: self.weigh(analyzer.read(text)))

    def confidence(self, by: str, features: Mapping[str, float]) -> float:
        """Give the chance, 0 to 1, that a hit with these features is right."""
        model = self._coefficients[by]
        return 1 / (1 + math.exp(-sum(model[name] * features[name] for name in FEATURES)))

    def weigh(self, reading: Reading) -> TextWeights:
        """Weigh the terms of a text, once for all that it is compared with."""
        index, analyzer = self._index, self._analyzer
        written = index.form_weights("written", reading, analyzer)
        canonical = index.form_weights("canonical", reading, analyzer)
        facets = analyzer.facets.facets
        typed = {
            f"{FACET}{mention.facet}={mention.value}"
            for mention in reading.mentions
            if facets[mention.facet].vetoes
        }
        residual = {term: weight for term, weight in canonical.items() if term not in typed}
        return TextWeights(written, canonical, residual)

    def features(
        self,
        query: Query,
        asked: TextWeights,
        hit: Hit,
        rivals: Sequence[Hit],
        vetoed: Iterable[Hit],
    ) -> dict[str, float]:
        """Give what the confidence of a hit is made of; `rivals` are other hits, best first.

        A vetoed hit that is much stronger says that the question is about what the veto is about.
        """
        own = strength(hit.candidate)
        behind = [strength(rival.candidate) for rival in rivals[:RIVALS]]
        behind += [WEAKEST] * (RIVALS - len(behind))
        rival = max([math.log(WEAKEST), *(rival.order for rival in rivals[:1])])
        shadow = max((strength(other.candidate) for other in vetoed), default=own)
        stored = self.weights_of(hit.entry.asked_as()[hit.candidate.wording_number])
        forms = ((asked.written, stored.written), (asked.canonical, stored.canonical))
        cover, reverse = max((_overlap(*form) for form in forms), key=min)
        shown = hit.passage.text if hit.passage else ""
        number = hit.candidate.number
        return {
            "bias": 1.0,
            "strength": log_strength(hit.candidate),
            "passage": hit.candidate.passage,
            "several": float(len(hit.entry.passages) > 1),
            "cover": cover,
            "reverse": reverse,
            "margin": min(max(hit.order - rival, -1.0), 1.0),
            "shape": own - sum(behind) / RIVALS,
            "overshadowed": max(math.log(max(shadow, 1e-3) / max(own, 1e-3)), 0.0),
            "size": self._size,
            **_residual_features(asked.residual, stored.residual, self.weights_of(shown).residual),
            "unaddressed": self._agreement.unaddressed(query, number, shown),
            **self._agreement.states(query, number),
        }


def _overlap(asked: Mapping[str, float], stored: Mapping[str, float]) -> tuple[float, float]:
    """Give the shares, by weight, of the query that a text holds, and of the text asked for."""
    common = shared_weight(asked, stored)
    return common / (sum(asked.values()) or 1.0), common / (sum(stored.values()) or 1.0)


def _residual_features(
    asked: Mapping[str, float], stored: Mapping[str, float], shown: Mapping[str, float]
) -> dict[str, float]:
    total, own = sum(asked.values()) or 1e-9, sum(stored.values()) or 1e-9
    telling = {t: w for t, w in stored.items() if t[0] in TELLING_VIEWS}
    lacked = [weight for term, weight in telling.items() if term not in asked]
    return {
        "residual": tversky(asked, stored),
        "residual_passage": shared_weight(asked, shown) / total,
        "residual_held": sum(w for t, w in asked.items() if t in shown or t in stored) / total,
        "residual_asked": 1 - sum(lacked) / (sum(telling.values()) or 1e-9),
        "residual_mass": min(total / QUERY_MASS, MOST_MASS),
        "wording_mass": min(own / WORDING_MASS, MOST_MASS),
        "unasked": max(lacked, default=0.0) / TERM_MASS,
    }
