"""Weigh the terms of a text in the forms in which texts are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.analyzer import FACET, WORD
from qa_bot.index import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index import Candidate, Index

WORDING_FORMS = ("written", "canonical")
QUERIES = 64
"""How many questions' weights are remembered."""


@dataclass(frozen=True, slots=True)
class TextWeights:
    """The terms of a text and their weights, in the forms in which texts are compared."""

    written: Mapping[str, float]
    canonical: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a question asks beside its typed facets, in canonical terms.

    In a base of near-identical titles the permit's name says little about whether the rest fits.
    """

    terms: tuple[str, ...]
    weights: NDArray[np.float64]
    total: float
    words: NDArray[np.bool_]
    """Which of the terms are words."""
    numbers: Mapping[int, str]
    """Those that some wording holds, by their numbers …"""
    known: NDArray[np.intp]
    """… and their places among the terms."""
    columns: Columns
    """The columns of their numbers."""
    said: NDArray[np.intp]
    """The places of those that some sentence holds …"""
    said_columns: Columns
    """… and the columns of the numbers that they have there."""


class Sense(NamedTuple):
    """How near an entry lies to a question by what the words of both mean, however written."""

    meant: float
    """As the wordings of the base teach; see `Latent.nearness`."""
    foretold: float
    """As they foretell of any words of general Chinese; see `Latent.foretell`."""
    alike: float
    """As the words of its wordings are used in general Chinese; see `Index.alike`."""


class Told(NamedTuple):
    """What candidates' wordings hold of what a question asks beside its typed facets."""

    by_nearest: NDArray[np.bool_]
    """Candidates × terms: those that the nearest wording holds."""
    shares: NDArray[np.float64]
    """The shares, by weight, that the wordings of each hold together; 1 where nothing is asked."""


class Overlap(NamedTuple):
    """What a question and a wording share in one form, by weight."""

    shared: float
    asked: float
    """What the whole question weighs …"""
    held: float
    """… and the whole wording."""


class Frame(NamedTuple):
    """What a wording says beside its typed facets, by weight, and what of it was not asked."""

    held: float
    telling: float
    """Of words and facet values."""
    lacked: float
    """Of those that the question lacks …"""
    most_lacked: float
    """… and the weightiest of them."""


class Weigher:
    """Text → the weights of its terms."""

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        """Weigh as the index does."""
        self._index = index
        self._analyzer = analyzer
        self.beside = lru_cache(maxsize=QUERIES)(self._beside)
        """Reading of a question → what it asks beside its typed facets; once for all candidates."""
        self._embedding = lru_cache(maxsize=QUERIES)(lambda reading: analyzer.embed([reading])[0])
        """Reading of a question → its embedding."""
        self._columns = lru_cache(maxsize=QUERIES)(self._make_columns)
        """Form, reading of a question → the terms of it that some text holds, and their columns."""
        names = index.postings["canonical"].vocabulary
        first, after = names.beginning_with(FACET)
        self._bounds = np.array([first, after, *names.beginning_with(WORD)], np.int32)
        """The first facet value, what follows the last one, and the same of words."""
        typed = map(analyzer.names_typed_facet, map(names.name, range(first, after)))
        self._typed = np.fromiter(typed, np.bool_, after - first)
        """Which of the facet values are of a typed facet."""

    def weigh(self, reading: Reading) -> TextWeights:
        """Weigh the terms of a question."""
        written = self._index.form_weights("written", reading, self._analyzer)
        return TextWeights(written, self._index.form_weights("canonical", reading, self._analyzer))

    def of_wording(self, place: int) -> TextWeights:
        """Weigh the terms of a wording, by its place in the index."""
        written = self._index.weights_of_text("written", place)
        return TextWeights(written, self._index.weights_of_text("canonical", place))

    def senses(self, reading: Reading, entries: Sequence[int]) -> list[Sense]:
        """Say how near entries lie to a question by what its words mean."""
        asked, embedding = self.beside(reading), self._embedding(reading)
        known = dict(zip(asked.numbers, asked.weights[asked.known].tolist(), strict=True))
        meant = self._index.latent.nearness(known, asked.total, entries)
        foretold = self._index.latent.foretell(embedding, entries)
        alike = self._index.alike(embedding, entries)
        return list(map(Sense, meant, foretold, alike))

    def words_of(self, reading: Reading) -> list[int]:
        """Give the numbers of the words of a question that some wording holds, beside its facets.

        They are those of the canonical terms.
        """
        return [n for n, term in self.beside(reading).numbers.items() if term[0] == WORD]

    def told(self, reading: Reading, candidates: Sequence[Candidate]) -> Told:
        """Tell what the wordings of some candidates hold of a question."""
        asked = self.beside(reading)
        telling = list(map(self._index.telling, candidates))
        nearest = list(map(self._index.place_of_wording, candidates))
        firsts = list(accumulate(map(len, telling), initial=0))
        places = [*chain.from_iterable(telling), *nearest]
        held = self._index.hold("canonical", places, asked.columns)
        if not asked.total:
            return Told(held[firsts[-1] :], np.ones(len(candidates)))
        together = np.logical_or.reduceat(held[: firsts[-1]], firsts[:-1])
        return Told(held[firsts[-1] :], together @ asked.weights[asked.known] / asked.total)

    def overlaps(self, reading: Reading, places: Sequence[int]) -> list[tuple[Overlap, Overlap]]:
        """Tell what a question and each of some wordings share, as written and in canonical words.

        Wordings are given by their places.
        """
        return list(
            zip(*(self._overlaps(form, reading, places) for form in WORDING_FORMS), strict=True)
        )

    def _overlaps(self, form: str, reading: Reading, places: Sequence[int]) -> list[Overlap]:
        columns, weights = self._columns(form, reading)
        shared = self._index.hold(form, places, columns) @ weights
        asked = sum(self._index.form_weights(form, reading, self._analyzer).values())
        masses = self._index.masses(form, places)
        return [
            Overlap(common, asked, held)
            for common, held in zip(shared.tolist(), masses.tolist(), strict=True)
        ]

    def _make_columns(self, form: str, reading: Reading) -> tuple[Columns, NDArray[np.float64]]:
        weights = self._index.form_weights(form, reading, self._analyzer)
        numbers = self._index.numbered(form, weights, self._analyzer)
        columns = self._index.columns(form, list(numbers))
        return columns, np.array([weights[term] for term in numbers.values()])

    def frame(self, reading: Reading, place: int) -> Frame:
        """Tell what a wording says beside its typed facets, by its place in the index."""
        terms, weights = self._index.weighed("canonical", place)
        # In order, the terms of a view stand together.
        facet, after, word, end = terms.searchsorted(self._bounds).tolist()
        loose = ~self._typed[terms[facet:after] - self._bounds[0]]
        telling = np.concatenate([weights[facet:after][loose], weights[word:end]])
        own = np.concatenate([terms[facet:after][loose], terms[word:end]])
        lacked = telling[self.beside(reading).columns.of(own) == 0]
        return Frame(
            float(weights.sum() - weights[facet:after][~loose].sum()),
            float(telling.sum()),
            float(lacked.sum()),
            float(lacked.max(initial=0.0)),
        )

    def _beside(self, reading: Reading) -> Beside:
        typed, index = self._analyzer.names_typed_facet, self._index
        asked = index.form_weights("canonical", reading, self._analyzer)
        weights = {term: weight for term, weight in asked.items() if not typed(term)}
        terms = tuple(weights)
        place_of = {term: place for place, term in enumerate(terms)}
        numbers = index.numbered("canonical", terms, self._analyzer)
        said = {n: place_of[term] for term in terms if (n := index.sentences.number(term)) >= 0}
        return Beside(
            terms,
            np.array(list(weights.values()), np.float64),
            sum(weights.values()),
            np.array([term[0] == WORD for term in terms], np.bool_),
            numbers,
            np.array([place_of[term] for term in numbers.values()], np.intp),
            index.columns("canonical", list(numbers)),
            np.array(list(said.values()), np.intp),
            Columns(list(said), len(index.sentences.vocabulary)),
        )
