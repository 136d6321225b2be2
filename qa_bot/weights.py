"""Weigh the terms of a text in the forms in which texts are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.analyzer import FACET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index import Candidate, Index

REMEMBERED = 4096
"""How many texts' weights are remembered."""

QUERIES = 64
"""How many questions' weights are remembered."""


@dataclass(frozen=True, slots=True)
class TextWeights:
    """The terms of a text and their weights, in the forms in which texts are compared."""

    written: Mapping[str, float]
    canonical: Mapping[str, float]
    residual: Mapping[str, float]
    """The canonical ones, but for the values of typed facets: in a base of near-identical titles
    the permit's name says little about whether the rest fits."""


class Weigher:
    """Text → the weights of its terms."""

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        """Weigh as the index does."""
        self._index = index
        self._analyzer = analyzer
        self.of = lru_cache(maxsize=REMEMBERED)(lambda text: self._weigh(analyzer.read(text)))
        """Text of the base → its weights; the last few are remembered."""
        self.weigh = lru_cache(maxsize=QUERIES)(self._weigh)
        """Reading of a question → the weights of its terms; once for all it is compared with."""

    def told(self, candidate: Candidate, weights: Mapping[str, float]) -> float:
        """Give the share of canonical weights that an entry's wordings, taken together, hold."""
        total = sum(weights.values())
        held = self._index.told(candidate, weights, self._analyzer)
        return sum(weights[term] for term in held) / total if total else 1.0

    def _weigh(self, reading: Reading) -> TextWeights:
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
