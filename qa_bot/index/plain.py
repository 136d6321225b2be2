"""Read postings with NumPy: the kernel that is always there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from qa_bot.index.likeness import FLOAT
from qa_bot.index.nearest import FIRST, PROBE, SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa_bot.index.likeness import Sought
    from qa_bot.index.nearest import Nearest
    from qa_bot.index.postings import Postings


class PlainKernel:
    """Reads the postings of one form."""

    def __init__(self, postings: Postings, starts: NDArray[np.int64]) -> None:
        """Take the postings; owner `n` has the texts from `starts[n]` up to `starts[n + 1]`."""
        self._postings = postings
        self._starts = starts

    def find(self, sought: Sought, nearest: Nearest, sums: NDArray[np.float32]) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others.

        `sums` is room for one number a text, all zero before and after.
        """
        postings, likeness, terms = self._postings, sought.likeness, sought.terms
        frequency = postings.starts[terms + 1] - postings.starts[terms]
        most = sought.weights * postings.peaks[terms]
        # First those that tell most for what they cost to read.
        order = np.argsort(frequency / most, kind="stable")
        if frequency.sum() > PROBE:
            self._probe(sought, order, frequency[order], nearest, sums)
        rests = np.append(np.cumsum(most[order][::-1])[::-1], 0.0).astype(FLOAT)
        own_most = FLOAT(postings.weighting.most)
        edges = likeness.masses(nearest.least, float(rests[0]), float(own_most))
        low = int(np.searchsorted(postings.mass, FLOAT(edges[0] * SLACK)))
        high = int(np.searchsorted(postings.mass, FLOAT(edges[1] / SLACK), "right"))
        if low >= high:
            return
        # A text that holds only terms from here on is not near enough.
        mass = np.maximum(postings.mass[low], rests / own_most)
        needed = likeness.of(rests, mass) >= nearest.least
        count = len(terms) if needed[-1] else int(np.argmin(needed))
        found = self._reaching(
            sought.part(order[:count]),
            0,
            (low, high),
            float(rests[count]),
            nearest.least,
            sums,
        )
        ranks, rest, bounds = _parted(*found, FIRST * nearest.k)
        self._add(ranks, sought, nearest)
        self._add(rest[bounds >= nearest.least], sought, nearest)

    def _probe(
        self,
        sought: Sought,
        order: NDArray[np.intp],
        frequency: NDArray[np.int64],
        nearest: Nearest,
        sums: NDArray[np.float32],
    ) -> None:
        """Compare texts that are likely near: with rare terms, or of about the query's mass."""
        postings = self._postings
        costs = np.cumsum(frequency)
        width = int(PROBE * postings.size / costs[-1]) + 1
        centre = int(np.searchsorted(postings.mass, FLOAT(sought.likeness.asked)))
        found = self._reaching(
            sought.part(order),
            int(np.searchsorted(costs, PROBE, "right")),
            (max(centre - width // 2, 0), min(centre + width, postings.size)),
            0.0,
            nearest.least,
            sums,
        )
        self._add(_parted(*found, FIRST * nearest.k)[0], sought, nearest)

    def _add(self, ranks: NDArray[np.int32], sought: Sought, nearest: Nearest) -> None:
        if len(ranks):
            numbers = self._postings.numbers[ranks]
            owners = np.searchsorted(self._starts, numbers, "right") - 1
            nearest.add(owners, self.nearness(ranks, sought))

    def _reaching(
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
        nearest = sought.likeness.of(sums[texts] + FLOAT(rest), postings.mass[texts])
        sums[texts] = 0
        near = nearest >= FLOAT(least)
        return texts[near], nearest[near]

    def _shared(self, own: slice, weight: np.float64, view: np.int64) -> NDArray[np.float32]:
        """Give what texts share by a term, for some of its postings."""
        postings = self._postings
        times = postings.times[own].astype(np.float32)
        norms = postings.norms[view]
        norm = norms[postings.texts[own]] if len(norms) > 1 else norms
        shared: NDArray[np.float32] = FLOAT(weight) * times / (times + norm)
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


def _parted(
    ranks: NDArray[np.int32], bounds: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Give the texts with the highest bounds, and the others with theirs."""
    if len(ranks) <= count:
        return ranks, ranks[:0], bounds[:0]
    order = np.argpartition(bounds, len(ranks) - count)
    best, others = order[-count:], order[:-count]
    return ranks[best], ranks[others], bounds[others]
