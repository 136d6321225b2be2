"""Weigh the terms of a text in the forms in which texts are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.index import form_terms

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
        self.weigh = lru_cache(maxsize=QUERIES)(self._of_query)
        """Reading of a question → the weights of its terms; once for all it is compared with."""
        self.of_wording = lru_cache(maxsize=REMEMBERED)(self._of_wording)
        """Place of a wording in the index → its weights, as the index holds them."""

    def told(self, candidate: Candidate, weights: Mapping[str, float]) -> float:
        """Give the share of canonical weights that an entry's wordings, taken together, hold."""
        total = sum(weights.values())
        held = self._index.told(candidate, weights, self._analyzer)
        return sum(weights[term] for term in held) / total if total else 1.0

    def told_by_wording(self, candidate: Candidate, weights: Mapping[str, float]) -> list[str]:
        """Give those of the weighed canonical terms that a candidate's nearest wording holds."""
        return self._index.told_by_wording(candidate, weights, self._analyzer)

    def _of_wording(self, number: int) -> TextWeights:
        written = self._index.weights_of_text("written", number)
        canonical = self._index.weights_of_text("canonical", number)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def residual_of(self, reading: Reading) -> dict[str, float]:
        """Weigh the terms of a text of the base beside its typed facets."""
        return self._beside_facets(self._index.read_weights("canonical", reading, self._analyzer))

    def residual_terms(self, reading: Reading) -> frozenset[str]:
        """Give the terms of a text of the base beside its typed facets."""
        terms = frozenset(form_terms("canonical", reading, self._analyzer))
        return terms.difference(filter(self._analyzer.names_typed_facet, terms))

    def _of_query(self, reading: Reading) -> TextWeights:
        written = self._index.form_weights("written", reading, self._analyzer)
        canonical = self._index.form_weights("canonical", reading, self._analyzer)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def _beside_facets(self, weights: Mapping[str, float]) -> dict[str, float]:
        beside = dict(weights)
        for term in filter(self._analyzer.names_typed_facet, weights):
            del beside[term]
        return beside
