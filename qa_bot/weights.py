"""Weigh the terms of a text in the forms in which texts are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from qa_bot.analyzer import WORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index import Candidate, Index

REMEMBERED = 4096
"""How many texts' weights are remembered."""

HELD = 1024
"""Of how many sets of wordings it is remembered which terms they hold."""

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


class Told(NamedTuple):
    """What an entry's wordings hold of a question's canonical terms beside its typed facets."""

    by_nearest: list[str]
    """Those that the nearest wording holds."""
    share: float
    """The share, by weight, that the wordings hold together; 1 where there is nothing to hold."""


class Weigher:
    """Text → the weights of its terms."""

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        """Weigh as the index does."""
        self._index = index
        self._analyzer = analyzer
        self.weigh = lru_cache(maxsize=QUERIES)(self._of_query)
        """Reading of a question → the weights of its terms; once for all it is compared with."""
        self._numbered = lru_cache(maxsize=QUERIES)(self._number)
        """Reading of a question → its residual terms that some wording holds, by their numbers."""
        self._held = lru_cache(maxsize=HELD)(index.terms_of_wordings)
        """Places of wordings → the numbers of the canonical terms that they hold."""
        self.told = lru_cache(maxsize=QUERIES)(self._told)
        """Reading of a question, candidate → what the candidate's wordings hold of it."""
        self.of_wording = lru_cache(maxsize=REMEMBERED)(self._of_wording)
        """Place of a wording in the index → its weights, as the index holds them."""

    def _told(self, reading: Reading, candidate: Candidate) -> Told:
        asked, weights = self._numbered(reading), self.weigh(reading).residual
        place = self._index.place_of_wording(candidate)
        nearest = self._held(range(place, place + 1))
        together = self._held(self._index.telling(candidate))
        held = [weights[asked[number]] for number in filter(together.__contains__, asked)]
        total = sum(weights.values())
        by_nearest = [asked[number] for number in filter(nearest.__contains__, asked)]
        return Told(by_nearest, sum(held) / total if total else 1.0)

    def meant(self, reading: Reading, entries: Sequence[int]) -> list[float]:
        """Say how near entries lie to a question, as the base teaches; see `Latent.nearness`."""
        weights = self.weigh(reading).residual
        asked = {number: weights[term] for number, term in self._numbered(reading).items()}
        return self._index.latent.nearness(asked, sum(weights.values()), entries)

    def words_of(self, reading: Reading) -> list[int]:
        """Give the numbers of the words of a question that some wording holds, beside its facets.

        They are those of the canonical terms.
        """
        return [number for number, term in self._numbered(reading).items() if term[0] == WORD]

    def _number(self, reading: Reading) -> Mapping[int, str]:
        return self._index.numbered("canonical", self.weigh(reading).residual, self._analyzer)

    def _of_wording(self, number: int) -> TextWeights:
        written = self._index.weights_of_text("written", number)
        canonical = self._index.weights_of_text("canonical", number)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def _of_query(self, reading: Reading) -> TextWeights:
        written = self._index.form_weights("written", reading, self._analyzer)
        canonical = self._index.form_weights("canonical", reading, self._analyzer)
        return TextWeights(written, canonical, self._beside_facets(canonical))

    def _beside_facets(self, weights: Mapping[str, float]) -> dict[str, float]:
        typed = self._analyzer.names_typed_facet
        return {term: weight for term, weight in weights.items() if not typed(term)}
