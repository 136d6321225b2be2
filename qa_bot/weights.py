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
        self.of = lru_cache(maxsize=REMEMBERED)(self._of_text)
        """Text of the base → its weights; the last few are remembered."""
        self.weigh = lru_cache(maxsize=QUERIES)(self._of_query)
        """Reading of a question → the weights of its terms; once for all it is compared with."""
        self.of_wording = lru_cache(maxsize=REMEMBERED)(self._of_wording)
        """Place of a wording in the index → its weights, as the index holds them."""

    def told(self, candidate: Candidate, weights: Mapping[str, float]) -> float:
        """Give the share of canonical weights that an entry's wordings, taken together, hold."""
        total = sum(weights.values())
        held = self._index.told(candidate, weights, self._analyzer)
        return sum(weights[term] for term in held) / total if total else 1.0

    def _of_wording(self, number: int) -> TextWeights:
        written = self._index.weights_of_text("written", number)
        canonical = self._index.weights_of_text("canonical", number)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def residual_of(self, reading: Reading) -> dict[str, float]:
        """Weigh the terms of a text of the base beside its typed facets."""
        return self._beside_facets(self._index.read_weights("canonical", reading, self._analyzer))

    def _of_text(self, text: str) -> TextWeights:
        reading = self._analyzer.read(text)
        written = self._index.read_weights("written", reading, self._analyzer)
        canonical = self._index.read_weights("canonical", reading, self._analyzer)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def _of_query(self, reading: Reading) -> TextWeights:
        written = self._index.form_weights("written", reading, self._analyzer)
        canonical = self._index.form_weights("canonical", reading, self._analyzer)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def _beside_facets(self, weights: Mapping[str, float]) -> dict[str, float]:
        facets = self._analyzer.facets.facets
        return {
            term: weight
            for term, weight in weights.items()
            if term[0] != FACET or not facets[term[1:].partition("=")[0]].vetoes
        }
