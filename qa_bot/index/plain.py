"""Read postings with NumPy: the kernel that is always there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_bot.index.likeness import FLOAT
from qa_bot.index.nearest import FIRST, PROBE, SLACK
from qa_bot.index.ranges import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa_bot.index.likeness import Likeness, Sought
    from qa_bot.index.nearest import Nearest
    from qa_bot.index.postings import Postings


COMPARING = 300
"""How many postings can be read while a text is compared."""


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
        ordered = sought.part(order)
        if frequency.sum() > PROBE:
            self._probe(sought, ordered, frequency[order], nearest, sums)
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
        parts = self._parts(ordered.terms, 0, (low, high))
        texts = self._read(ordered, parts[:count], sums)
        texts = self._add_first(texts, rests[count], sought, nearest, sums)
        self._add_others(texts, count, ordered, parts, rests, sought, nearest, sums)

    def _probe(
        self,
        sought: Sought,
        ordered: Sought,
        frequency: NDArray[np.int64],
        nearest: Nearest,
        sums: NDArray[np.float32],
    ) -> None:
        """Compare texts that are likely near: with rare terms, or of about the query's mass."""
        postings = self._postings
        costs = np.cumsum(frequency)
        width = int(PROBE * postings.size / costs[-1]) + 1
        centre = int(np.searchsorted(postings.mass, FLOAT(sought.likeness.asked)))
        window = max(centre - width // 2, 0), min(centre + width, postings.size)
        whole = int(np.searchsorted(costs, PROBE, "right"))
        texts = self._read(ordered, self._parts(ordered.terms, whole, window), sums)
        sums[self._add_first(texts, FLOAT(0), sought, nearest, sums)] = 0

    def _parts(self, terms: NDArray[np.int32], whole: int, window: tuple[int, int]) -> list[slice]:
        """Give which postings of terms are read.

        Of the first `whole` all, of the others those in texts of ranks within the window.
        """
        postings, edges = self._postings, np.array(window, np.int32)
        begins, ends = postings.starts[terms].tolist(), postings.starts[terms + 1].tolist()
        parts = [slice(begin, end) for begin, end in zip(begins, ends, strict=True)]
        for place, own in enumerate(parts[whole:], whole):
            low, high = np.searchsorted(postings.texts[own], edges).tolist()
            parts[place] = slice(own.start + low, own.start + high)
        return parts

    def _read(
        self, ordered: Sought, parts: list[slice], sums: NDArray[np.float32]
    ) -> NDArray[np.int32]:
        """Sum up what texts share by the first terms; give the texts that share anything."""
        touched = [np.zeros(0, np.int32)]
        for place, own in enumerate(parts):
            texts = self._postings.texts[own]
            touched.append(texts[sums[texts] == 0])
            times = self._postings.times[own]
            sums[texts] += self._shared(texts, times, ordered, place)
        return np.concatenate(touched)

    def _add_first(
        self,
        texts: NDArray[np.int32],
        rest: np.float32,
        sought: Sought,
        nearest: Nearest,
        sums: NDArray[np.float32],
    ) -> NDArray[np.int32]:
        """Compare the texts that can be nearest; give the others that can be near enough.

        Texts may share `rest` besides.
        """
        texts, bounds = self._sifted(texts, rest, sought.likeness, nearest.least, sums)
        best, others = _parted(texts, bounds, FIRST * nearest.k)
        sums[best] = 0
        self._add(best, sought, nearest)
        return others

    def _add_others(
        self,
        texts: NDArray[np.int32],
        count: int,
        ordered: Sought,
        parts: list[slice],
        rests: NDArray[np.float32],
        sought: Sought,
        nearest: Nearest,
        sums: NDArray[np.float32],
    ) -> None:
        """Compare texts, after reading what else they share as long as that rules out more."""
        for place, own in enumerate(parts[count:], count):
            texts, _ = self._sifted(texts, rests[place], sought.likeness, nearest.least, sums)
            if len(texts) * COMPARING <= own.stop - own.start:
                break
            read = self._postings.texts[own]
            met = np.flatnonzero(sums[read])
            times = self._postings.times[own][met]
            sums[read[met]] += self._shared(read[met], times, ordered, place)
        sums[texts] = 0
        self._add(texts, sought, nearest)

    def _add(self, ranks: NDArray[np.int32], sought: Sought, nearest: Nearest) -> None:
        if len(ranks):
            numbers = self._postings.numbers[ranks]
            owners = np.searchsorted(self._starts, numbers, "right") - 1
            nearest.add(owners, self.nearness(ranks, sought))

    def _sifted(
        self,
        texts: NDArray[np.int32],
        rest: np.float32,
        likeness: Likeness,
        least: float,
        sums: NDArray[np.float32],
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give the texts that can be as near as `least` if they share `rest` too, and how near."""
        nearest = likeness.of(sums[texts] + rest, self._postings.mass[texts])
        near = nearest >= FLOAT(least)
        sums[texts[~near]] = 0
        return texts[near], nearest[near]

    def _shared(
        self,
        texts: NDArray[np.int32],
        times: NDArray[np.unsignedinteger[Any]],
        sought: Sought,
        place: int,
    ) -> NDArray[np.float32]:
        """Give what texts share by a term that stands in them so many times."""
        times = times.astype(np.float32)
        norms = self._postings.norms[sought.views[place]]
        norm = norms[texts] if len(norms) > 1 else norms
        shared: NDArray[np.float32] = FLOAT(sought.weights[place]) * times / (times + norm)
        return shared

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""
        postings, terms = self._postings, sought.terms
        if not (len(terms) and len(ranks)):
            return np.zeros(len(ranks), np.float32)
        begins = postings.text_starts[ranks]
        lengths = postings.text_starts[ranks + 1] - begins
        places = within(begins, lengths)
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
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the texts with the highest bounds, and the others."""
    if len(ranks) <= count:
        return ranks, ranks[:0]
    order = np.argpartition(bounds, len(ranks) - count)
    return ranks[order[-count:]], ranks[order[:-count]]
