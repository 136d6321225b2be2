"""Find the words of a knowledge base that its own titles show to be words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from qa_bot.text import CHINESE, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHORTEST, LONGEST = 3, 6
TIMES = 5
"""A word stands in at least so many titles."""
COHESION = 4.5
"""Least pointwise mutual information, in nats, of the parts at a word's weakest seam."""
FREEDOM = 1.2
"""Least entropy, in nats, of the characters beside a word, on its poorer side."""
SAMPLE = 20_000
"""How many titles are looked at: words that matter show early, and memory stays bounded."""


def mine_words(titles: Iterable[str]) -> tuple[str, ...]:
    """Give character runs that hold together and stand freely, in order.

    The criteria are the usual ones of unsupervised word discovery: mutual information inside,
    branching entropy at both ends (Jin and Tanaka-Ishii 2006).
    """
    runs = [run for title in islice(titles, SAMPLE) for run in CHINESE.findall(normalize(title))]
    counts = Counter(run[start:end] for run in runs for start, end in _pieces(run))
    total = sum(map(len, runs))
    # Most pieces stand in one title: what stands beside them would fill the memory for nothing.
    found = {
        piece
        for piece, count in counts.items()
        if count >= TIMES and len(piece) >= SHORTEST and _cohesion(piece, counts, total) >= COHESION
    }
    left: dict[str, Counter[str]] = defaultdict(Counter)
    right: dict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        for start, end in _pieces(run):
            if (piece := run[start:end]) in found:
                left[piece][run[start - 1] if start else f"^{start}"] += 1
                right[piece][run[end] if end < len(run) else f"${end}"] += 1
    free = (p for p in found if min(_entropy(left[p]), _entropy(right[p])) >= FREEDOM)
    return tuple(sorted(free))


def _pieces(run: str) -> Iterator[tuple[int, int]]:
    """Give where each piece of a run begins and ends that may be a word, or a part of one."""
    for start in range(len(run)):
        for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
            yield start, end


def _cohesion(piece: str, counts: Mapping[str, int], total: int) -> float:
    seams = (counts[piece[:cut]] * counts[piece[cut:]] for cut in range(1, len(piece)))
    return min(math.log(counts[piece] * total / product) for product in seams)


def _entropy(neighbours: Counter[str]) -> float:
    total = neighbours.total()
    return -sum(n / total * math.log(n / total) for n in neighbours.values())
