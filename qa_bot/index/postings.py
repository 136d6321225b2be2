"""Hold the terms of texts and their weights, laid out to be searched and mapped from files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.index.held import Contents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from qa_bot.vocabulary import Vocabulary

PRIOR = 100.0
"""How many texts of general Chinese are added to a base when it is judged how rare a term is."""
COMMONEST = 0.999
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

    @property
    def most(self) -> float:
        """Give how many times its weight in a query a term can weigh in a text at most."""
        return self.saturation + 1


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term the texts that hold it, and for each text its terms.

    Texts are ranked by their mass, the lightest first, and known by their rank here. Term `t`
    stands in the texts `texts[starts[t]:starts[t + 1]]`; the text of rank `r` has the terms
    `terms[text_starts[r]:text_starts[r + 1]]`, each so often as `counts` says. A term's weight in
    a text is TF-IDF: view weight × idf × (k1 + 1) tf / (tf + k1 (1 - b + b length / mean
    length)), BM25's saturation (Robertson and Zaragoza 2009), with
    idf = -ln((df + m p) / (N + m)), where p is the chance that a text of general Chinese of
    typical length holds the term and m is `PRIOR`: in a small base a word that is common
    everywhere is not taken for a rare one.
    """

    weighting: Weighting
    lengths: Mapping[str, float]
    """View → the typical number of terms of a text."""
    vocabulary: Vocabulary
    asked: NDArray[np.float32]
    """The weight of each term in a query: view weight × idf."""
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    times: NDArray[np.unsignedinteger[Any]]
    """Beside `texts`, how often the term stands there."""
    peaks: NDArray[np.float32]
    """For each term, the largest tf / (tf + norm)."""
    text_starts: NDArray[np.int64]
    terms: NDArray[np.int32]
    counts: NDArray[np.unsignedinteger[Any]]
    norms: NDArray[np.float32]
    """View (in the order of `weighting`) × text: k1 (1 - b + b length / mean length); one column
    where it is the same for all texts."""
    mass: NDArray[np.float32]
    """For each text, what a query of just its terms would weigh."""
    numbers: NDArray[np.int32]
    """Rank → the text's number in the order in which the texts were given."""
    ranks: NDArray[np.int32]
    """Number → rank."""

    @property
    def size(self) -> int:
        """Count the texts."""
        return len(self.mass)

    @property
    def contents(self) -> Contents:
        """Give the terms of each text, by its rank."""
        return Contents(self.text_starts, self.terms)

    @property
    def count_terms(self) -> int:
        """Count the terms."""
        return len(self.asked)

    def terms_of(self, number: int) -> NDArray[np.int32]:
        """Give the numbers of the terms of a text, ascending."""
        rank = self.ranks.item(number)
        return self.terms[self.text_starts.item(rank) : self.text_starts.item(rank + 1)]

    def look_up(self, term: str, background: Callable[[str], float]) -> tuple[int, float, int]:
        """Give a term's number, its weight in a query and the place of its view.

        The number is -1 if no text holds it.
        """
        number = self.vocabulary.number(term)
        view = list(self.weighting.views).index(term[0])
        if number >= 0:
            return number, float(self.asked[number]), view
        weight = term_weight(term, 0, self.size, self.weighting, self.lengths, background)
        return number, weight, view


def term_weight(
    term: str,
    frequency: int,
    size: int,
    weighting: Weighting,
    lengths: Mapping[str, float],
    background: Callable[[str], float],
) -> float:
    """Give the weight in a query of a term that `frequency` of `size` texts hold.

    `background` tells a term's share in general Chinese.
    """
    chance = 1 - math.exp(-(background(term) + LEAST_SHARE) * lengths[term[0]])
    share = (frequency + PRIOR * chance) / (size + PRIOR)
    return -weighting.views[term[0]] * math.log(min(share, COMMONEST))
