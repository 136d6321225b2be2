"""Find the words of a knowledge base that its own titles show to be words."""

from __future__ import annotations

import math
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.text import CHINESE, normalize_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

SHORTEST, LONGEST = 3, 6
END = "\n"
"""Stands after each run."""
HALF = 32
"""Two numbers are one of 64 bits, the first moved by so many."""
TIMES = 5
"""A word stands in at least so many titles."""
COHESION = 4.5
"""Least pointwise mutual information, in nats, of the parts at a word's weakest seam."""
FREEDOM = 1.2
"""Least entropy, in nats, of the characters beside a word, on its poorer side."""
SAMPLE = 20_000
"""How many titles are looked at: words that matter show early, and memory stays bounded."""


class Pieces(NamedTuple):
    """All pieces of so many characters, numbered."""

    places: Numbers
    """Where a piece begins in the row of all runs."""
    numbers: Numbers
    """For each place in the row the piece that begins there; meaningless where none does."""
    counts: Numbers
    """For each piece how often it stands there …"""
    somewhere: Numbers
    """… and one of its places."""


def mine_words(titles: Iterable[str]) -> tuple[str, ...]:
    """Give character runs that hold together and stand freely, in order.

    The criteria are the usual ones of unsupervised word discovery: mutual information inside,
    branching entropy at both ends (Jin and Tanaka-Ishii 2006).
    """
    normal = normalize_all(islice(titles, SAMPLE))
    runs = list(chain.from_iterable(map(CHINESE.findall, normal)))
    row = "".join(f"{run}{END}" for run in runs)
    codes = np.frombuffer(row.encode("utf-32-le"), "<u4").astype(np.int64)
    ends = np.flatnonzero(codes == ord(END))
    lengths = np.diff(ends, prepend=-1) - 1
    # The end of a run is another one than that of a run of another length.
    behind = codes.copy()
    behind[ends] = -lengths
    pieces = list(_pieces(codes, np.repeat(ends, lengths + 1) - np.arange(len(codes))))
    words = []
    for length in range(SHORTEST, LONGEST + 1):
        own = pieces[length - 1]
        held = _held_together(pieces[:length], int(lengths.sum()))
        places = own.places[held[own.numbers[own.places]]]
        numbers = own.numbers[places]
        left = _entropies(numbers, codes[places - 1])
        right = _entropies(numbers, behind[places + length])
        free = (own.somewhere[n] for n in left if min(left[n], right[n]) >= FREEDOM)
        words += [row[place : place + length] for place in free]
    return tuple(sorted(words))


def _pieces(codes: Numbers, room: Numbers) -> Iterator[Pieces]:
    """Give the pieces of one, two … characters; `room` is how many are left of each run."""
    _, characters = np.unique(codes, return_inverse=True)
    shorter = np.zeros_like(codes)
    for length in range(1, LONGEST + 1):
        places = np.flatnonzero(room >= length)
        both = (shorter[places] << HALF) | characters[places + length - 1]
        _, which, counts = np.unique(both, return_inverse=True, return_counts=True)
        numbers = np.zeros_like(codes)
        numbers[places] = which
        somewhere = np.zeros_like(counts)
        somewhere[which] = places
        yield Pieces(places, numbers, counts, somewhere)
        shorter = numbers


def _held_together(pieces: Sequence[Pieces], total: int) -> NDArray[np.bool_]:
    """Tell which of the longest pieces stand often enough and hold together at every seam."""
    *shorter, own = pieces
    often = np.flatnonzero(own.counts >= TIMES)
    places = own.somewhere[often]
    apart = np.zeros_like(often)
    for cut, (before, after) in enumerate(zip(shorter, reversed(shorter), strict=True), start=1):
        left = before.counts[before.numbers[places]]
        apart = np.maximum(apart, left * after.counts[after.numbers[places + cut]])
    pairs = zip(own.counts[often].tolist(), apart.tolist(), strict=True)
    held = np.zeros(len(own.counts), np.bool_)
    held[often] = [math.log(count * total / product) >= COHESION for count, product in pairs]
    return held


def _entropies(pieces: Numbers, beside: Numbers) -> dict[int, float]:
    """Give for each piece the entropy of what stands beside it."""
    _, firsts, counts = np.unique((pieces << HALF) + beside, return_index=True, return_counts=True)
    of_pieces: dict[int, list[int]] = {}
    for piece, count in zip(pieces[firsts].tolist(), counts.tolist(), strict=True):
        of_pieces.setdefault(piece, []).append(count)
    return {piece: _entropy(counts) for piece, counts in of_pieces.items()}


def _entropy(counts: Sequence[int]) -> float:
    total = sum(counts)
    return -sum(n / total * math.log(n / total) for n in counts)
