"""Read postings with compiled loops, as `plain` does with NumPy; the owner of Numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from qa_bot.index.likeness import Sought
    from qa_bot.index.postings import Postings

    Numbers = NDArray[np.int32]
    Places = NDArray[np.int64]
    Counts = NDArray[np.unsignedinteger[Any]]
    Floats = NDArray[np.float32]
    Weights = NDArray[np.float64]


class CompiledKernel:
    """Reads the postings of one form; gives what `PlainKernel` gives."""

    def __init__(self, postings: Postings) -> None:
        """Take the postings."""
        lists = postings.starts, postings.texts, postings.times
        texts = postings.text_starts, postings.terms, postings.counts
        both = postings.norms, postings.mass
        self._lists = tuple(_quick(array) for array in (*lists, *both))
        self._texts = tuple(_quick(array) for array in (*texts, *both))

    def reaching(
        self,
        sought: Sought,
        whole: int,
        window: tuple[int, int],
        rest: float,
        least: float,
        sums: NDArray[np.float32],
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give the texts with some of the terms that can be as near as `least`, and how near."""
        parts = sought.terms, sought.weights, sought.views
        like = sought.likeness.asked, sought.likeness.unasked, sought.likeness.worth
        found: tuple[Numbers, Floats] = _reaching(
            *self._lists, *parts, *like, whole, *window, rest, least, sums
        )
        return found

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""
        parts = sought.terms, sought.weights, sought.views
        like = sought.likeness.asked, sought.likeness.unasked, sought.likeness.worth
        nearness: Floats = _nearness(*self._texts, *parts, *like, ranks)
        return nearness


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; it runs beside other threads, and is kept for the next start."""
    compiled: Callable[..., Any] = njit(nogil=True, cache=True)(function)
    return compiled


def _quick(array: NDArray[Any]) -> NDArray[Any]:
    """Give a view that Numba recognises at once; it is slow with arrays that are read-only."""
    view = array.view()
    view.setflags(write=True)
    return view


@_compiled
def _likeness(
    shared: np.float32, mass: np.float32, asked: float, unasked: float, worth: float
) -> np.float32:
    beyond = np.float32(unasked) * max(mass - shared, np.float32(0))
    whole = max(shared, np.float32(asked)) + beyond
    return np.float32(worth) * shared / max(whole, np.float32(1e-9))


@_compiled
def _reaching(
    starts: Places,
    lists: Numbers,
    times: Counts,
    norms: Floats,
    mass: Floats,
    terms: Numbers,
    weights: Weights,
    views: Places,
    asked: float,
    unasked: float,
    worth: float,
    whole: int,
    low: int,
    high: int,
    rest: float,
    least: float,
    sums: Floats,
) -> tuple[Numbers, Floats]:
    begins, ends = starts[terms], starts[terms + 1]
    for n in range(whole, len(terms)):
        begin, end = begins[n], ends[n]
        begins[n] = begin + np.searchsorted(lists[begin:end], low)
        ends[n] = begin + np.searchsorted(lists[begin:end], high)
    texts = np.empty((ends - begins).sum(), np.int32)
    wide = norms.shape[1] > 1
    count = 0
    for n in range(len(terms)):
        weight, norm = np.float32(weights[n]), norms[views[n]]
        for place in range(begins[n], ends[n]):
            text = lists[place]
            if sums[text] == 0:
                texts[count] = text
                count += 1
            tf = np.float32(times[place])
            sums[text] += weight * tf / (tf + norm[text if wide else 0])
    nearest = np.empty(count, np.float32)
    kept = 0
    for text in texts[:count]:
        near = _likeness(sums[text] + np.float32(rest), mass[text], asked, unasked, worth)
        sums[text] = 0
        if near >= np.float32(least):
            texts[kept] = text
            nearest[kept] = near
            kept += 1
    return texts[:kept], nearest[:kept]


@_compiled
def _nearness(
    text_starts: Places,
    held: Numbers,
    counts: Counts,
    norms: Floats,
    mass: Floats,
    terms: Numbers,
    weights: Weights,
    views: Places,
    asked: float,
    unasked: float,
    worth: float,
    ranks: Numbers,
) -> Floats:
    nearness = np.empty(len(ranks), np.float32)
    wide = norms.shape[1] > 1
    for n, rank in enumerate(ranks):
        shared = 0.0
        at = 0
        for place in range(text_starts[rank], text_starts[rank + 1]):
            while at < len(terms) and terms[at] < held[place]:
                at += 1
            if at == len(terms):
                break
            if terms[at] == held[place]:
                tf = np.float64(counts[place])
                shared += weights[at] * tf / (tf + norms[views[at], rank if wide else 0])
        nearness[n] = _likeness(np.float32(shared), mass[rank], asked, unasked, worth)
    return nearness
