"""Say how near a text is to a query by what they share, and what the query looks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

FLOAT = np.float32


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near a text is to a query by the weight they share: Tversky's index (1977).

    worth × shared / (shared + asked but not held + unasked × held but not asked): it grows with
    what is shared and falls with the text's mass. A term that no text holds is asked in vain.
    """

    asked: float
    """The weight of all terms of the query."""
    unasked: float
    """How much what a text says beyond the query counts against it (Tversky's beta)."""
    worth: float = 1.0

    def of(self, shared: NDArray[np.float32], mass: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give how near texts are."""
        beyond = FLOAT(self.unasked) * np.maximum(mass - shared, FLOAT(0))
        whole = np.maximum(shared, FLOAT(self.asked)) + beyond
        nearness: NDArray[np.float32] = FLOAT(self.worth) * shared / np.maximum(whole, FLOAT(1e-9))
        return nearness

    def masses(self, least: float, shared: float, most: float) -> tuple[float, float]:
        """Give the least and the most mass of texts that may be as near as `least`.

        They share at most `shared`, and at most `most` times their mass.
        """
        lightest = least * self.asked / (self.worth * most)
        if not (self.unasked and least):
            return lightest, np.inf
        room = self.worth * shared / least - max(self.asked, shared)
        return lightest, shared + room / self.unasked


@dataclass(frozen=True, slots=True)
class Sought:
    """What a query looks for in the texts of one form."""

    likeness: Likeness
    terms: NDArray[np.int32]
    """The terms that some text holds, ascending."""
    weights: NDArray[np.float64]
    """The most that a text may share by each of them: the term's weight × most."""
    views: NDArray[np.int64]
    """The places of the terms' views among those of the weighting."""

    @classmethod
    def of(cls, terms: Iterable[tuple[int, float, int]], likeness: Likeness, most: float) -> Sought:
        """Take terms by their numbers (-1: no text holds it), weights and views.

        In a text a term weighs at most `most` times what it weighs in a query.
        """
        held = sorted(term for term in terms if term[0] >= 0)
        numbers, asked, views = zip(*held, strict=True) if held else ((), (), ())
        weights = np.array(asked, np.float64) * most
        return cls(likeness, np.array(numbers, np.int32), weights, np.array(views, np.int64))

    def part(self, chosen: NDArray[np.intp]) -> Sought:
        """Give some of the terms, in the order in which they are chosen."""
        terms, weights, views = self.terms[chosen], self.weights[chosen], self.views[chosen]
        return Sought(self.likeness, terms, weights, views)
