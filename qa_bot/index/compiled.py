"""Read postings with compiled loops, as `plain` does with NumPy; the owner of Numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from qa_bot.index.likeness import Likeness, Sought
from qa_bot.index.nearest import FIRST, PROBE, SLACK, Nearest

COMPARING = 2
"""How many postings can be read while one term of a text or a query is compared."""

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
    rests = np.zeros(len(terms) + 1, np.float32)
    for n in range(len(terms) - 1, -1, -1):
        rests[n] = rests[n + 1] + upper[order[n]]
    terms_first, weights_first, views_first = terms[order], weights[order], views[order]
    for probing in (True, False):
        least = nearness[-1] * slack if known == len(owners) else 0.0
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
        begins, ends = _within(starts, lists, terms_first, whole, low, high)
        texts = _read(lists, times, norms, weights_first, views_first, begins, ends, read, sums)
        rest = rests[read] if not probing else np.float32(0)
        texts, bounds = _sift(texts, sums, rest, mass, asked, unasked, worth, least)
        # Those that can be nearest are compared first: then it is known what the others must reach.
        floor = np.float32(0)
        if len(bounds) > first * len(owners):
            floor = np.partition(bounds, len(bounds) - first * len(owners))[-first * len(owners)]
        known = _compare(
            text_starts, held, counts, norms, mass,
            terms, weights, views, asked, unasked, worth,
            owner_starts, numbers, texts[bounds >= floor], owners, nearness, known, slack,
        )  # fmt: skip
        sums[texts[bounds >= floor]] = 0
        texts = texts[bounds < floor]
        if not probing:
            least = nearness[-1] * slack if known == len(owners) else 0.0
            per_text = COMPARING * (len(held) // len(mass) + len(terms))
            for n in range(read, len(terms)):
                texts, _ = _sift(texts, sums, rests[n], mass, asked, unasked, worth, least)
                if len(texts) * per_text <= ends[n] - begins[n]:
                    break
                _add(lists, times, norms, weights_first, views_first, begins, ends, n, sums)
            known = _compare(
                text_starts, held, counts, norms, mass,
                terms, weights, views, asked, unasked, worth,
                owner_starts, numbers, texts, owners, nearness, known, slack,
            )  # fmt: skip
        sums[texts] = 0
    return known


@_compiled
def _compare(
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
    texts: Numbers,
    owners: Places,
    nearness: Floats,
    known: int,
    slack: float,
) -> int:
    """Take in the owners of texts; give how many there are."""
    for rank in texts:
        near = _near(
            text_starts, held, counts, norms, mass,
            terms, weights, views, asked, unasked, worth,
            rank,
        )  # fmt: skip
        if near > 0 and (known < len(owners) or near >= nearness[-1] * slack):
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
def _within(
    starts: Places, lists: Numbers, terms: Numbers, whole: int, low: int, high: int
) -> tuple[Places, Places]:
    """Give where the postings of terms begin and end: of the first `whole` terms all of them, of
    the others those in texts of ranks within `low` and `high`."""
    begins, ends = starts[terms], starts[terms + 1]
    for n in range(whole, len(terms)):
        begin, end = begins[n], ends[n]
        begins[n] = begin + np.searchsorted(lists[begin:end], low)
        ends[n] = begin + np.searchsorted(lists[begin:end], high)
    return begins, ends


@_compiled
def _read(
    lists: Numbers,
    times: Counts,
    norms: Floats,
    weights: Weights,
    views: Places,
    begins: Places,
    ends: Places,
    read: int,
    sums: Floats,
) -> Numbers:
    """Sum up what texts share by the first `read` terms; give the texts that share anything."""
    texts = np.empty((ends[:read] - begins[:read]).sum(), np.int32)
    wide = norms.shape[1] > 1
    count = 0
    for n in range(read):
        weight, norm = np.float32(weights[n]), norms[views[n]]
        for place in range(begins[n], ends[n]):
            text = lists[place]
            if sums[text] == 0:
                texts[count] = text
                count += 1
            tf = np.float32(times[place])
            sums[text] += weight * tf / (tf + norm[text if wide else 0])
    return texts[:count]


@_compiled
def _add(
    lists: Numbers,
    times: Counts,
    norms: Floats,
    weights: Weights,
    views: Places,
    begins: Places,
    ends: Places,
    n: int,
    sums: Floats,
) -> None:
    """Add what texts that share something share by one more term."""
    wide = norms.shape[1] > 1
    weight, norm = np.float32(weights[n]), norms[views[n]]
    for place in range(begins[n], ends[n]):
        text = lists[place]
        if sums[text] > 0:
            tf = np.float32(times[place])
            sums[text] += weight * tf / (tf + norm[text if wide else 0])


@_compiled
def _sift(
    texts: Numbers,
    sums: Floats,
    rest: np.float32,
    mass: Floats,
    asked: float,
    unasked: float,
    worth: float,
    least: float,
) -> tuple[Numbers, Floats]:
    """Give the texts that can be as near as `least` if they share `rest` besides, and how near."""
    bounds = np.empty(len(texts), np.float32)
    kept = 0
    for text in texts:
        near = _likeness(sums[text] + rest, mass[text], asked, unasked, worth)
        if near >= np.float32(least):
            texts[kept], bounds[kept] = text, near
            kept += 1
        else:
            sums[text] = 0
    return texts[:kept], bounds[:kept]


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
