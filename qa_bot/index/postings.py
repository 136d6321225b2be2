"""Weigh the terms of stored texts, and find which texts share terms with a query.

The owner of scikit-learn and SciPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

PRIOR = 100.0
"""How many texts of general Chinese are added to a base when it is judged how rare a term is."""
COMMONEST = 0.999
TYPICAL_LENGTH = 15
"""Terms of a text beyond so many do not count when its typical length is taken."""
LEAST_SHARE = 1e-7


@dataclass(frozen=True, slots=True)
class Weighting:
    """How the terms of one kind of text are weighed."""

    views: Mapping[str, float]
    """View → its weight."""
    saturation: float
    """BM25's k1: how much a term's second occurrence adds."""
    length: float
    """BM25's b: how much long texts are held back, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term, the texts that hold it and its weight there.

    Term `t` stands in `texts[starts[t]:starts[t + 1]]`. A weight is TF-IDF:
    view weight × idf × (k1 + 1) tf / (tf + k1 (1 - b + b length / mean length)), BM25's
    saturation (Robertson and Zaragoza 2009), with
    idf = -ln((df + m p) / (N + m)), where p is the chance that a text of general Chinese of
    typical length holds the term and m is `PRIOR`: in a small base a word that is common
    everywhere is not taken for a rare one.
    """

    weighting: Weighting
    vocabulary: Mapping[str, int]
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    weights: NDArray[np.float32]
    asked: NDArray[np.float32]
    """The weight of each term in a query: view weight × idf."""
    mass: NDArray[np.float32]
    """For each text, what a query of just its terms would weigh."""
    lengths: Mapping[str, float]
    """View → the typical number of terms of a text."""

    @property
    def size(self) -> int:
        """Count the texts."""
        return len(self.mass)

    @classmethod
    def build(
        cls,
        texts: Iterable[Sequence[str]],
        weighting: Weighting,
        background: Callable[[str], float],
    ) -> Postings:
        """Weigh the terms of texts; `background` tells a term's share in general Chinese."""
        vectorizer = CountVectorizer(analyzer=list, dtype=np.float32)
        # An empty vocabulary is refused: one more text holds a term that no query has.
        counts = vectorizer.fit_transform([*texts, [next(iter(weighting.views))]])[:-1]
        vocabulary = {str(term): int(n) for term, n in vectorizer.vocabulary_.items()}
        names = sorted(vocabulary, key=vocabulary.__getitem__)
        columns = {view: np.array([name[0] == view for name in names]) for view in weighting.views}
        per_view = {view: counts @ held.astype(np.float32) for view, held in columns.items()}
        lengths = {
            view: float(np.minimum(n, TYPICAL_LENGTH).mean()) if n.size and n.any() else 1.0
            for view, n in per_view.items()
        }
        postings = counts.tocsc()
        frequency = np.diff(postings.indptr)
        asked = np.array(
            [
                _weight(name, frequency[n], counts.shape[0], weighting, lengths, background)
                for n, name in enumerate(names)
            ],
            np.float32,
        )
        tf = postings.data
        term = np.repeat(np.arange(len(names)), frequency)
        relative = np.ones(len(tf), np.float32)
        if weighting.length:
            for view, held in columns.items():
                mean = float(per_view[view].mean()) if per_view[view].size else 0.0
                mean = mean or 1.0
                own = held[term]
                relative[own] = per_view[view][postings.indices[own]] / mean
        k1, b = weighting.saturation, weighting.length
        saturated = (k1 + 1) * tf / (tf + k1 * (1 - b + b * relative))
        mass = np.zeros(counts.shape[0], np.float32)
        np.add.at(mass, postings.indices, asked[term])
        return cls(
            weighting,
            vocabulary,
            postings.indptr.astype(np.int64),
            postings.indices.astype(np.int32),
            (saturated * asked[term]).astype(np.float32),
            asked,
            mass,
            lengths,
        )

    def weight(self, term: str, background: Callable[[str], float]) -> float:
        """Give the weight of a term in a query, also of one that no text holds."""
        number = self.vocabulary.get(term)
        if number is not None:
            return float(self.asked[number])
        return _weight(term, 0, self.size, self.weighting, self.lengths, background)

    def shared(self, terms: Iterable[str]) -> NDArray[np.float32]:
        """Give, for each text, the weight of the terms it shares with a query."""
        found = (self.vocabulary.get(term) for term in terms)
        numbers = [number for number in found if number is not None]
        if not numbers:
            return np.zeros(self.size, np.float32)
        starts, ends = self.starts[numbers].tolist(), self.starts[1:][numbers].tolist()
        parts = [slice(*bounds) for bounds in zip(starts, ends, strict=True)]
        texts = np.concatenate([self.texts[part] for part in parts])
        weights = np.concatenate([self.weights[part] for part in parts])
        # Counting is several times as fast as adding to chosen places of an array.
        return np.bincount(texts, weights, self.size).astype(np.float32)


def _weight(
    term: str,
    frequency: int,
    size: int,
    weighting: Weighting,
    lengths: Mapping[str, float],
    background: Callable[[str], float],
) -> float:
    chance = 1 - math.exp(-(background(term) + LEAST_SHARE) * lengths[term[0]])
    share = (frequency + PRIOR * chance) / (size + PRIOR)
    return -weighting.views[term[0]] * math.log(min(share, COMMONEST))
