"""Read postings with compiled loops, as `plain` does with NumPy; the owner of Numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from qa_bot.index.likeness import Likeness, Sought
from qa_bot.index.nearest import FIRST, SLACK, Nearest

PROBE = 2048
"""How many postings are read at most to learn how near the nearest texts are at least; compiled
loops do with fewer than `plain`."""
SLOTS = 32
"""How many slots there are at least for each term of a query."""
LINE = 64
"""How many bytes are brought from memory at once, at least."""
BLOCK = 1 << 17
"""How many texts are summed up at once: so many stay at hand for the processor."""
STEPS = 128
"""Into how many parts bounds are sorted to see which are the highest."""
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
    # Tuples, because Numba calls by position and knows no objects.
    Lists = tuple[Places, Numbers, Counts, Floats, Floats]
    """starts, texts, times, norms, mass: see `Postings`."""
    Texts = tuple[Places, Numbers, Counts, Floats, Floats]
    """text_starts, terms, counts, norms, mass: see `Postings`."""
    Whose = tuple[Numbers, Places]
    """Rank → number; owner → its first number."""
    Of = tuple[float, float, float]
    """asked, unasked, worth: see `Likeness`."""
    Terms = tuple[Numbers, Weights, Places, Of]
    """terms, weights, views, and how they are compared: see `Sought`."""
    Table = tuple[Numbers, Weights, Places, Of, Numbers]
    """The same, and the slots of the terms: see `_slots`."""
    Best = tuple[Places, Floats]
    """The nearest owners, and how near they are."""
    Tuned = tuple[int, int, int, float, int]
    """probe, first, comparing, slack, block."""


class CompiledKernel:
    """Reads the postings of one form; finds what `PlainKernel` finds, in the same way."""

    block = BLOCK

    def __init__(self, postings: Postings, starts: NDArray[np.int64]) -> None:
        """Take the postings; owner `n` has the texts from `starts[n]` up to `starts[n + 1]`."""
        both = postings.norms, postings.mass
        self._lists = _quick(postings.starts, postings.texts, postings.times, *both)
        self._texts = _quick(postings.text_starts, postings.terms, postings.counts, *both)
        self._whose = _quick(postings.numbers, starts)
        self._peaks = postings.peaks
        self._most = postings.weighting.most
        if postings.size and len(postings.asked):
            # Compiled, or taken from what was compiled before, now and not at the first question.
            one = np.zeros(1, np.int32), np.ones(1), np.zeros(1, np.int64)
            sought = Sought(Likeness(asked=1.0, unasked=0.0), *one)
            self.find(sought, Nearest(1), np.zeros(postings.size, np.float32))

    def find(self, sought: Sought, nearest: Nearest, sums: NDArray[np.float32]) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others."""
        best = np.zeros(nearest.k, np.int64), np.zeros(nearest.k, np.float32)
        known = len(nearest.best)
        if known:
            best[0][:known], best[1][:known] = zip(*nearest.best, strict=True)
        upper = sought.weights * self._peaks[sought.terms]
        # What was compiled before would not notice that a constant is another now.
        tuned = PROBE, FIRST, COMPARING, SLACK, self.block
        known = _find(
            self._lists, self._texts, self._whose, self._most,
            _terms(sought), upper, best, known, sums, tuned,
        )  # fmt: skip
        owners, nearness = best
        nearest.best = list(zip(owners[:known].tolist(), nearness[:known].tolist(), strict=True))

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""
        nearness: Floats = _nearness(self._texts, _terms(sought), ranks)
        return nearness


def make_ready() -> None:
    """Have Numba load what it needs to take any compiled function from what is kept."""
    _share(np.float32(1), np.float32(1), np.float32(1))


def _terms(sought: Sought) -> Terms:
    likeness = sought.likeness
    of = likeness.asked, likeness.unasked, likeness.worth
    return sought.terms, sought.weights, sought.views, of


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
def _find(
    lists: Lists,
    texts: Texts,
    whose: Whose,
    most: float,
    sought: Terms,
    upper: Weights,
    best: Best,
    known: int,
    sums: Floats,
    tuned: Tuned,
) -> int:
    """Bring the nearest owners up to date; give how many there are."""
    mass, (terms, weights, views, of) = lists[4], sought
    table = terms, weights, views, of, _slots(terms)
    ordered, costs, rests = _order(lists, sought, upper)
    # One more than are touched: `_read` writes each before it knows whether it is new.
    touched = np.empty(min(costs[-1], max(tuned[4], tuned[0]), len(mass)) + 1, np.int32)
    known = _probe(lists, texts, whose, table, ordered, costs, best, known, sums, touched, tuned)
    block, first = tuned[4], tuned[1] * len(best[0])
    if len(mass) > block:
        # Texts of about the query's mass are likely near: then it is known what others must reach.
        centre = int(np.searchsorted(mass, np.float32(of[0])))
        low, high = max(centre - block // 8, 0), min(centre + block // 8, len(mass))
        known = _find_within(
            lists, texts, whose, most, table, ordered, rests, _places(lists, ordered[0], low),
            low, high, first, best, known, sums, touched, tuned,
        )  # fmt: skip
        first = 0
    low, high = _window(_least(best, known, tuned), rests[0], most, mass, of, tuned)
    places = _places(lists, ordered[0], low)
    while low < high:
        end = min(low + block, high)
        known = _find_within(
            lists, texts, whose, most, table, ordered, rests, places,
            low, end, first, best, known, sums, touched, tuned,
        )  # fmt: skip
        # The nearer the nearest, the less mass a text may have beyond what is asked.
        high = min(high, _window(_least(best, known, tuned), rests[0], most, mass, of, tuned)[1])
        low = end
    return known


@_compiled
def _find_within(
    lists: Lists,
    texts: Texts,
    whose: Whose,
    most: float,
    table: Table,
    ordered: Terms,
    rests: Floats,
    places: Places,
    low: int,
    high: int,
    first: int,
    best: Best,
    known: int,
    sums: Floats,
    touched: Numbers,
    tuned: Tuned,
) -> int:
    """Bring the nearest owners up to date by texts of ranks from `low` up to `high`.

    The `first` that can be nearest are compared before it is read what the others share besides.
    `places` are those of each term's first posting that was not passed by; they are moved on.
    """
    mass, of = lists[4], ordered[3]
    least = _least(best, known, tuned)
    read, count = _gather(lists, most, ordered, rests, places, low, high, least, sums, touched)
    if first:
        count, known = _compare_first(
            texts, whose, table, rests[read], touched, count, first, best, known, sums, tuned
        )
    # Of those that can be near enough, it is read what else they share while that is the quicker
    # way to rule them out.
    least = _least(best, known, tuned)
    per_text = tuned[2] * (len(texts[1]) // len(mass) + len(ordered[0]))
    for n in range(read, len(ordered[0]) + 1):
        count = _sift(touched, count, sums, rests[n], mass, of, least)
        if n == len(ordered[0]):
            break
        begin, end = _part(lists, ordered[0][n], places[n], low, high)
        if count * per_text <= end - begin:
            break
        _add(lists, ordered, n, begin, end, sums)
        places[n] = end
    return int(_compare(texts, whose, table, touched, count, best, known, sums, tuned))


@_compiled
def _places(lists: Lists, terms: Numbers, low: int) -> Places:
    """Give the places of the first postings of terms in texts of ranks from `low`."""
    starts, of_term = lists[0], lists[1]
    places = starts[terms]
    if low:
        for n, term in enumerate(terms):
            places[n] += np.searchsorted(of_term[places[n] : starts[term + 1]], low)
    return places


@_compiled
def _order(lists: Lists, sought: Terms, upper: Weights) -> tuple[Terms, Places, Floats]:
    """Put first the terms that tell most for what they cost to read.

    Give them so, what each and those before it cost, and what a text can share by each and those
    after it.
    """
    starts, (terms, weights, views, of) = lists[0], sought
    frequency = starts[terms + 1] - starts[terms]
    order = np.argsort(frequency / upper)
    rests = np.zeros(len(terms) + 1, np.float32)
    for n in range(len(terms) - 1, -1, -1):
        rests[n] = rests[n + 1] + upper[order[n]]
    ordered = terms[order], weights[order], views[order], of
    return ordered, np.cumsum(frequency[order]), rests


@_compiled
def _probe(
    lists: Lists,
    texts: Texts,
    whose: Whose,
    table: Table,
    ordered: Terms,
    costs: Places,
    best: Best,
    known: int,
    sums: Floats,
    touched: Numbers,
    tuned: Tuned,
) -> int:
    """Compare texts that share most by the rarest terms; give how many owners there are."""
    count = 0
    for n in range(np.searchsorted(costs, tuned[0], "right")):
        term = ordered[0][n]
        begin, end = lists[0][term], lists[0][term + 1]
        count = _read(lists, ordered, n, begin, end, sums, touched, count)
    count, known = _compare_first(
        texts, whose, table, np.float32(0), touched, count, len(best[0]), best, known, sums, tuned
    )
    for text in touched[:count]:
        sums[text] = 0
    return known


@_compiled
def _gather(
    lists: Lists,
    most: float,
    ordered: Terms,
    rests: Floats,
    places: Places,
    low: int,
    high: int,
    least: float,
    sums: Floats,
    touched: Numbers,
) -> tuple[int, int]:
    """Sum up what texts share by terms until a text that has only the others is not near enough.

    Give how many terms were read and how many texts share any of them.
    """
    lightest, of = lists[4][low], ordered[3]
    count = read = 0
    while read < len(ordered[0]) and least <= _likeness(
        rests[read], max(lightest, rests[read] / most), of
    ):
        begin, end = _part(lists, ordered[0][read], places[read], low, high)
        count = _read(lists, ordered, read, begin, end, sums, touched, count)
        places[read] = end
        read += 1
    return read, count


@_compiled
def _window(
    least: float, shared: float, most: float, mass: Floats, of: Of, tuned: Tuned
) -> tuple[int, int]:
    """Give the ranks of the texts whose mass lets them be as near as `least`."""
    asked, unasked, worth = of
    low = int(np.searchsorted(mass, np.float32(least * asked / (worth * most) * tuned[3])))
    if unasked == 0 or least == 0:
        return low, len(mass)
    heaviest = shared + (worth * shared / least - max(asked, shared)) / unasked
    return low, int(np.searchsorted(mass, np.float32(heaviest / tuned[3]), "right"))


@_compiled
def _least(best: Best, known: int, tuned: Tuned) -> float:
    """Tell how near a text must be to matter."""
    least: float = best[1][-1] * tuned[3] if known == len(best[1]) else 0.0
    return least


@_compiled
def _part(lists: Lists, term: int, place: int, low: int, high: int) -> tuple[int, int]:
    """Give where a term's postings are that stand in texts of ranks within `low` and `high`.

    None before `place` does.
    """
    of_term, stop = lists[1], lists[0][term + 1]
    begin = _passed(of_term, place, stop, low)
    return begin, _passed(of_term, begin, stop, high)


@_compiled
def _passed(of_term: Numbers, place: int, stop: int, rank: int) -> int:
    """Give the place of the first posting, from `place` on, that is in no text before `rank`.

    Steps are doubled until they lead too far: what is near is found without looking far.
    """
    step = 1
    while place + step <= stop and of_term[place + step - 1] < rank:
        place += step
        step *= 2
    end = min(place + step, stop)
    return place + int(np.searchsorted(of_term[place:end], rank))


@_compiled
def _read(
    lists: Lists,
    sought: Terms,
    n: int,
    begin: int,
    end: int,
    sums: Floats,
    touched: Numbers,
    count: int,
) -> int:
    """Add what texts share by one more term; give how many share anything."""
    _, of_term, times, norms, _ = lists
    weight, norm = np.float32(sought[1][n]), norms[sought[2][n]]
    wide = norms.shape[1] > 1
    once = _share(weight, np.float32(1), norm[0])
    for place in range(begin, end):
        text = of_term[place]
        # Without a branch, which would be guessed wrong often.
        touched[count] = text
        count += sums[text] == 0
        if wide:
            sums[text] += _share(weight, np.float32(times[place]), norm[text])
        elif times[place] == 1:
            sums[text] += once
        else:
            sums[text] += _share(weight, np.float32(times[place]), norm[0])
    return count


@_compiled
def _add(lists: Lists, sought: Terms, n: int, begin: int, end: int, sums: Floats) -> None:
    """Add what those texts that share anything share by one more term."""
    _, of_term, times, norms, _ = lists
    weight, norm = np.float32(sought[1][n]), norms[sought[2][n]]
    wide = norms.shape[1] > 1
    for place in range(begin, end):
        text = of_term[place]
        share = _share(weight, np.float32(times[place]), norm[text if wide else 0])
        # Without a branch, as in `_read`.
        sums[text] += share * (sums[text] > 0)


@_compiled
def _sift(
    touched: Numbers,
    count: int,
    sums: Floats,
    rest: np.float32,
    mass: Floats,
    of: Of,
    least: float,
) -> int:
    """Keep the texts that can be as near as `least` if they share `rest` besides."""
    asked, unasked, worth = np.float32(of[0]), np.float32(of[1]), np.float32(of[2])
    needed = np.float32(least)
    kept = 0
    for text in touched[:count]:
        shared = sums[text] + rest
        # `_likeness` without the division, and kept without a branch.
        whole = max(shared, asked) + unasked * max(mass[text] - shared, np.float32(0))
        near = worth * shared >= needed * whole
        touched[kept] = text
        kept += near
        sums[text] *= near
    return kept


@_compiled
def _compare_first(
    texts: Texts,
    whose: Whose,
    table: Table,
    rest: np.float32,
    touched: Numbers,
    count: int,
    first: int,
    best: Best,
    known: int,
    sums: Floats,
    tuned: Tuned,
) -> tuple[int, int]:
    """Compare the `first` texts that can be nearest.

    Give how many others can be near enough, and how many owners there are. Texts may share `rest`
    besides.
    """
    mass, of = texts[4], table[3]
    count = _sift(touched, count, sums, rest, mass, of, _least(best, known, tuned))
    if count <= first:
        return 0, _compare(texts, whose, table, touched, count, best, known, sums, tuned)
    bounds = np.empty(count, np.float32)
    for n, text in enumerate(touched[:count]):
        bounds[n] = _likeness(sums[text] + rest, mass[text], of)
    floor = _floor(bounds, first)
    chosen, others = np.empty(count, np.int32), 0
    for n, text in enumerate(touched[:count]):
        if bounds[n] < floor:
            touched[others] = text
            others += 1
        else:
            chosen[n - others] = text
    known = _compare(texts, whose, table, chosen, count - others, best, known, sums, tuned)
    return others, known


@_compiled
def _floor(bounds: Floats, first: int) -> float:
    """Give a bound that `first` bounds or some more reach, by counting, which is soonest done."""
    lowest = bounds.min()
    step = max((bounds.max() - lowest) / np.float32(STEPS), np.float32(1e-9))
    counts = np.zeros(STEPS + 1, np.int64)
    for bound in bounds:
        counts[int((bound - lowest) / step)] += 1
    place = STEPS
    reach = counts[place]
    while reach < first:
        place -= 1
        reach += counts[place]
    floor: float = lowest + place * step
    return floor


@_compiled
def _compare(
    texts: Texts,
    whose: Whose,
    table: Table,
    touched: Numbers,
    count: int,
    best: Best,
    known: int,
    sums: Floats,
    tuned: Tuned,
) -> int:
    """Take in the owners of texts, and forget what these share; give how many owners there are."""
    numbers, owner_starts = whose
    if _fetch(texts, touched[:count]) < 0:  # Never: what is of no use would not be compiled.
        return known
    for rank in touched[:count]:
        sums[rank] = 0
        near = _near(texts, table, rank)
        if near > 0 and near >= _least(best, known, tuned):
            owner = np.searchsorted(owner_starts, numbers[rank], "right") - 1
            known = _insert(best, known, owner, near)
    return known


@_compiled
def _insert(best: Best, known: int, owner: int, near: np.float32) -> int:
    """Put an owner in its place, if it is among the nearest; give how many there are."""
    owners, nearness = best
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
def _nearness(texts: Texts, sought: Terms, ranks: Numbers) -> Floats:
    terms, weights, views, of = sought
    table = terms, weights, views, of, _slots(terms)
    nearness = np.empty(len(ranks), np.float32)
    if _fetch(texts, ranks) < 0:
        return nearness
    for n, rank in enumerate(ranks):
        nearness[n] = _near(texts, table, rank)
    return nearness


@_compiled
def _fetch(texts: Texts, ranks: Numbers) -> int:
    """Have all that is read of texts brought near at once; one after another takes twice as long.

    The sum of what was read is of no use.
    """
    text_starts, terms, counts, _, mass = texts
    total = 0
    for rank in ranks:
        total += text_starts[rank] + int(mass[rank])
    for rank in ranks:
        for place in range(text_starts[rank], text_starts[rank + 1], LINE // 4):
            total += terms[place]
        for place in range(text_starts[rank], text_starts[rank + 1], LINE):
            total += counts[place]
    return total


@_compiled
def _slots(terms: Numbers) -> Numbers:
    """Lay out a query's terms to be found by their numbers: slot → place of the term; -1: none.

    A term's slot is that of its lowest bits, or the next that was free. Nearly all are free: one
    look tells of most terms of a text that they are not asked for.
    """
    size = SLOTS
    while size < SLOTS * len(terms):
        size *= 2
    slots = np.full(size, -1, np.int32)
    for place, term in enumerate(terms):
        slot = term & (size - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = place
    return slots


@_compiled
def _near(texts: Texts, table: Table, rank: int) -> np.float32:
    """Compare a text with a query."""
    text_starts, held, counts, norms, mass = texts
    terms, weights, views, of, slots = table
    wide, last = norms.shape[1] > 1, len(slots) - 1
    shared = 0.0
    for place in range(text_starts[rank], text_starts[rank + 1]):
        term = held[place]
        slot = term & last
        while slots[slot] >= 0 and terms[slots[slot]] != term:
            slot = (slot + 1) & last
        at = slots[slot]
        if at >= 0:
            tf = np.float64(counts[place])
            shared += weights[at] * tf / (tf + norms[views[at], rank if wide else 0])
    near: np.float32 = _likeness(np.float32(shared), mass[rank], of)
    return near


@_compiled
def _share(weight: np.float32, tf: np.float32, norm: np.float32) -> np.float32:
    """Give what a term adds to what a text shares."""
    share: np.float32 = weight * tf / (tf + norm)
    return share


@_compiled
def _likeness(shared: np.float32, mass: np.float32, of: Of) -> np.float32:
    asked, unasked, worth = of
    beyond = np.float32(unasked) * max(mass - shared, np.float32(0))
    whole = max(shared, np.float32(asked)) + beyond
    nearness: np.float32 = np.float32(worth) * shared / max(whole, np.float32(1e-9))
    return nearness
