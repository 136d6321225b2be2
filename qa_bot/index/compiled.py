"""Read postings with compiled loops, as `plain` does with NumPy; the owner of Numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from qa_bot.index.likeness import Likeness, Sought
from qa_bot.index.nearest import FIRST, PROBE, SLACK, Nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from qa_bot.index.postings import Postings

    Numbers = NDArray[np.int32]
    Places = NDArray[np.int64]
    Counts = NDArray[np.unsignedinteger[Any]]
    Floats = NDArray[np.float32]
    Weights = NDArray[np.float64]


class CompiledKernel:
    """Reads the postings of one form; finds what `PlainKernel` finds, in the same way."""

    def __init__(self, postings: Postings, starts: NDArray[np.int64]) -> None:
        """Take the postings; owner `n` has the texts from `starts[n]` up to `starts[n + 1]`."""
        lists = postings.starts, postings.texts, postings.times, postings.peaks
        texts = postings.text_starts, postings.terms, postings.counts
        both = postings.norms, postings.mass
        self._all = _quick(*lists, postings.numbers, starts, *texts, *both)
        self._texts = _quick(*texts, *both)
        self._most = postings.weighting.most
        if postings.size and len(postings.asked):
            # Compiled, or taken from what was compiled before, now and not at the first question.
            one = np.zeros(1, np.int32), np.ones(1), np.zeros(1, np.int64)
            sought = Sought(Likeness(asked=1.0, unasked=0.0), *one)
            self.find(sought, Nearest(1), np.zeros(postings.size, np.float32))

    def find(self, sought: Sought, nearest: Nearest, sums: NDArray[np.float32]) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others."""
        owners = np.zeros(nearest.k, np.int64)
        nearness = np.zeros(nearest.k, np.float32)
        for place, (owner, near) in enumerate(nearest.best):
            owners[place], nearness[place] = owner, near
        known = len(nearest.best)
        # What was compiled before would not notice that a constant is another now.
        tuned = PROBE, FIRST, SLACK
        known = _find(
            *self._all, self._most, *_parts(sought), owners, nearness, known, sums, *tuned
        )
        found = zip(owners[:known].tolist(), nearness[:known].tolist(), strict=True)
        nearest.best = list(found)

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""
        nearness: Floats = _nearness(*self._texts, *_parts(sought), ranks)
        return nearness


def _parts(sought: Sought) -> tuple[Numbers, Weights, Places, float, float, float]:
    likeness = sought.likeness
    of = likeness.asked, likeness.unasked, likeness.worth
    return sought.terms, sought.weights, sought.views, *of


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; it runs beside other threads, and is kept for the next start."""
    compiled: Callable[..., Any] = njit(nogil=True, cache=True)(function)
    return compiled


def _quick(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Give views that Numba recognises at once; it is slow with arrays that are read-only."""
    views = tuple(array.view() for array in arrays)
    for view in views:
        view.setflags(write=True)
    return views


@_compiled
def _likeness(
    shared: np.float32, mass: np.float32, asked: float, unasked: float, worth: float
) -> np.float32:
    beyond = np.float32(unasked) * max(mass - shared, np.float32(0))
    whole = max(shared, np.float32(asked)) + beyond
    nearness: np.float32 = np.float32(worth) * shared / max(whole, np.float32(1e-9))
    return nearness


@_compiled
def _find(
    starts: Places,
    lists: Numbers,
    times: Counts,
    peaks: Floats,
    numbers: Numbers,
    owner_starts: Places,
    text_starts: Places,
    held: Numbers,
    counts: Counts,
    norms: Floats,
    mass: Floats,
    most: float,
    terms: Numbers,
    weights: Weights,
    views: Places,
    asked: float,
    unasked: float,
    worth: float,
    owners: Places,
    nearness: Floats,
    known: int,
    sums: Floats,
    probe: int,
    first: int,
    slack: float,
) -> int:
    """Bring the nearest owners up to date; give how many there are."""
    frequency = starts[terms + 1] - starts[terms]
    upper = weights * peaks[terms]
    # First those that tell most for what they cost to read.
    order = np.argsort(frequency / upper)
    costs = np.cumsum(frequency[order])
    for probing in (True, False):
        least = nearness[-1] * slack if known == len(owners) else 0.0
        rests = np.zeros(len(terms) + 1, np.float32)
        for n in range(len(terms) - 1, -1, -1):
            rests[n] = rests[n + 1] + upper[order[n]]
        if probing:
            # Texts that are likely near: with rare terms, or of about the query's mass.
            if costs[-1] <= probe:
                continue
            width = probe * len(mass) // costs[-1] + 1
            centre = np.searchsorted(mass, np.float32(asked))
            low, high = max(centre - width // 2, 0), min(centre + width, len(mass))
            whole, read = int(np.searchsorted(costs, probe, "right")), len(terms)
        else:
            lightest, heaviest = _masses(least, rests[0], most, asked, unasked, worth)
            low = np.searchsorted(mass, np.float32(lightest * slack))
            high = np.searchsorted(mass, np.float32(heaviest / slack), "right")
            if low >= high:
                break
            whole = read = 0
            # A text that holds only terms from here on is not near enough.
            while read < len(terms) and least <= _likeness(
                rests[read], max(mass[low], rests[read] / most), asked, unasked, worth
            ):
                read += 1
        ranks, bounds = _reaching(
            starts, lists, times, norms, mass,
            terms[order[:read]], weights[order[:read]], views[order[:read]], asked, unasked, worth,
            whole, low, high, 0.0 if probing else rests[read], least, sums,
        )  # fmt: skip
        known = _take_in(
            text_starts, held, counts, norms, mass,
            terms, weights, views, asked, unasked, worth,
            owner_starts, numbers, ranks, bounds, probing, owners, nearness, known,
            first * len(owners), slack,
        )  # fmt: skip
    return known


@_compiled
def _take_in(
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
    owner_starts: Places,
    numbers: Numbers,
    ranks: Numbers,
    bounds: Floats,
    best_only: bool,  # noqa: FBT001 - Numba calls by position
    owners: Places,
    nearness: Floats,
    known: int,
    first: int,
    slack: float,
) -> int:
    """Compare texts, those with the highest bounds first; give how many owners there are."""
    floor = np.float32(0)
    if len(bounds) > first:
        floor = np.partition(bounds, len(bounds) - first)[len(bounds) - first]
    for early in (True, False):
        if best_only and not early:
            break
        for n, rank in enumerate(ranks):
            least = nearness[-1] * slack if known == len(owners) else 0.0
            if (bounds[n] >= floor) != early or bounds[n] < least:
                continue
            near = _near(
                text_starts, held, counts, norms, mass,
                terms, weights, views, asked, unasked, worth,
                rank,
            )  # fmt: skip
            if near > 0 and near >= least:
                owner = np.searchsorted(owner_starts, numbers[rank], "right") - 1
                known = _insert(owners, nearness, known, owner, near)
    return known


@_compiled
def _masses(
    least: float, shared: float, most: float, asked: float, unasked: float, worth: float
) -> tuple[float, float]:
    lightest = least * asked / (worth * most)
    if unasked == 0 or least == 0:
        return lightest, np.inf
    return lightest, shared + (worth * shared / least - max(asked, shared)) / unasked


@_compiled
def _insert(owners: Places, nearness: Floats, known: int, owner: int, near: np.float32) -> int:
    """Put an owner in its place, if it is among the nearest; give how many there are."""
    place = known
    for n in range(known):
        if owners[n] == owner:
            place = n
    if place < known and near <= nearness[place]:
        return known
    if place == len(owners):
        place -= 1
        if near < nearness[place] or (near == nearness[place] and owner > owners[place]):
            return known
    known = max(known, place + 1)
    while place > 0 and (
        nearness[place - 1] < near or (nearness[place - 1] == near and owners[place - 1] > owner)
    ):
        owners[place], nearness[place] = owners[place - 1], nearness[place - 1]
        place -= 1
    owners[place], nearness[place] = owner, near
    return known


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
def _near(
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
    rank: int,
) -> np.float32:
    """Compare a text with a query: both have their terms in order."""
    wide = norms.shape[1] > 1
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
    near: np.float32 = _likeness(np.float32(shared), mass[rank], asked, unasked, worth)
    return near


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
    for n, rank in enumerate(ranks):
        nearness[n] = _near(
            text_starts, held, counts, norms, mass,
            terms, weights, views, asked, unasked, worth,
            rank,
        )  # fmt: skip
    return nearness
