"""Read postings with NumPy: the kernel that is always there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa_bot.index.likeness import Sought
    from qa_bot.index.postings import Postings


class PlainKernel:
    """Reads the postings of one form."""

    def __init__(self, postings: Postings) -> None:
        """Take the postings."""
        self._postings = postings

    def reaching(
        self,
        sought: Sought,
        whole: int,
        window: tuple[int, int],
        rest: float,
        least: float,
        sums: NDArray[np.float32],
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give the texts with some of the terms that can be as near as `least`, and how near.

        Of the first `whole` terms all postings are read, of the others those in texts of ranks
        within the window. A text may share `rest` besides. `sums` is room for one number a text,
        all zero before and after.
        """
        postings, terms = self._postings, sought.terms
        edges = np.array(window, np.int32)
        begins, ends = postings.starts[terms].tolist(), postings.starts[terms + 1].tolist()
        touched = [np.zeros(0, np.int32)]
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            own = slice(begin, end)
            if place >= whole:
                low, high = np.searchsorted(postings.texts[own], edges).tolist()
                own = slice(begin + low, begin + high)
            texts = postings.texts[own]
            touched.append(texts[sums[texts] == 0])
            sums[texts] += self._shared(own, sought.weights[place], sought.views[place])
        texts = np.concatenate(touched)
        nearest = sought.likeness.of(sums[texts] + np.float32(rest), postings.mass[texts])
        sums[texts] = 0
        near = nearest >= np.float32(least)
        return texts[near], nearest[near]

    def _shared(self, own: slice, weight: np.float64, view: np.int64) -> NDArray[np.float32]:
        """Give what texts share by a term, for some of its postings."""
        postings = self._postings
        times = postings.times[own].astype(np.float32)
        norms = postings.norms[view]
        norm = norms[postings.texts[own]] if len(norms) > 1 else norms
        shared: NDArray[np.float32] = np.float32(weight) * times / (times + norm)
        return shared

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""
        postings, terms = self._postings, sought.terms
        if not (len(terms) and len(ranks)):
            return np.zeros(len(ranks), np.float32)
        begins = postings.text_starts[ranks]
        lengths = postings.text_starts[ranks + 1] - begins
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(begins - ends + lengths, lengths)
        held = postings.terms[places]
        asked = np.searchsorted(terms, held)
        asked[asked == len(terms)] = 0
        met = np.flatnonzero(terms[asked] == held)
        asked, owner = asked[met], np.repeat(np.arange(len(ranks)), lengths)[met]
        counts = postings.counts[places[met]].astype(np.float64)
        norms = self._norms(sought.views[asked], ranks[owner])
        parts = sought.weights[asked] * counts / (counts + norms)
        shared = np.bincount(owner, parts, len(ranks)).astype(np.float32)
        return sought.likeness.of(shared, postings.mass[ranks])

    def scan(self, sought: Sought) -> NDArray[np.float32]:
        """Compare all texts with a query, in the order of their ranks."""
        postings, terms = self._postings, sought.terms
        bounds = zip(
            postings.starts[terms].tolist(), postings.starts[terms + 1].tolist(), strict=True
        )
        own = [slice(*pair) for pair in bounds]
        if not own:
            return np.zeros(postings.size, np.float32)
        texts = np.concatenate([postings.texts[part] for part in own])
        weights = np.concatenate([self._weights[part] for part in own])
        # Counting is several times as fast as adding to chosen places of an array.
        shared = np.bincount(texts, weights, postings.size).astype(np.float32)
        return sought.likeness.of(shared, postings.mass)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """What each posting weighs: eight bytes each, which only small bases can spare."""
        postings = self._postings
        terms = np.repeat(np.arange(len(postings.asked)), np.diff(postings.starts))
        view_of = {view: place for place, view in enumerate(postings.weighting.views)}
        views = np.array([view_of[term[0]] for term in postings.vocabulary], np.int64)
        norms = self._norms(views[terms], postings.texts)
        weights = postings.asked.astype(np.float64) * postings.weighting.most
        counts = postings.times.astype(np.float64)
        parts: NDArray[np.float64] = weights[terms] * counts / (counts + norms)
        return parts

    def _norms(self, views: NDArray[np.int64], ranks: NDArray[np.int32]) -> NDArray[np.float32]:
        norms = self._postings.norms
        chosen: NDArray[np.float32] = norms[views, ranks if norms.shape[1] > 1 else 0]
        return chosen
