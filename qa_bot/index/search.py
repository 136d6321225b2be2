"""Find what is nearest a query: exact, and reading no more postings than can matter."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qa_bot.index.likeness import FLOAT
from qa_bot.index.plain import PlainKernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa_bot.index.likeness import Sought
    from qa_bot.index.postings import Postings

log = logging.getLogger(__name__)

PROBE = 4096
"""About how many postings are read to learn how near the nearest texts are at least."""
COMPILED_FROM = 100_000
"""Of fewer texts the plain kernel finds the nearest before the other has started."""
SLACK = 1 - 1e-5
"""What rounding may take off: a text that is as near but for this is looked at."""
FIRST = 3
"""For each of the k that are sought, so many texts are compared first."""


class Kernel(Protocol):
    """What reads the postings of one form: compiled, or plain."""

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

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""


def kernel_for(postings: Postings) -> Kernel:
    """Give the compiled kernel where it pays for its start and Numba is there, else the plain."""
    if postings.size >= COMPILED_FROM:
        try:
            from qa_bot.index.compiled import CompiledKernel  # noqa: PLC0415 - slow, may be missing
        except ImportError:
            log.info("Numba is not installed: the index is searched by NumPy")
        else:
            return CompiledKernel(postings)
    return PlainKernel(postings)


class Nearest:
    """The k nearest owners of texts so far, each as near as its nearest text."""

    def __init__(self, k: int) -> None:
        """Begin with none."""
        self.k = k
        self._nearness: dict[int, float] = {}
        self.least = 0.0
        """How near a text must be to matter."""

    def add(self, owners: NDArray[np.integer], nearness: NDArray[np.float32]) -> None:
        """Take in texts by their owners; of equally near owners all are kept."""
        known = self._nearness
        for owner, own in zip(owners.tolist(), nearness.tolist(), strict=True):
            if own >= self.least and own > known.get(owner, 0.0):
                known[owner] = own
        if len(known) >= self.k:
            self.least = sorted(known.values(), reverse=True)[self.k - 1] * SLACK

    def best(self) -> list[tuple[int, float]]:
        """Give the k nearest, of equally near ones the lower number first."""
        return sorted(self._nearness.items(), key=lambda item: (-item[1], item[0]))[: self.k]


class Room(threading.local):
    """Room for one number a text, all zero between searches; each thread has its own."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums = np.zeros(0, FLOAT)

    def sums(self, size: int) -> NDArray[np.float32]:
        """Give room for so many texts at least."""
        if len(self._sums) < size:
            self._sums = np.zeros(size, FLOAT)
        return self._sums


class Search:
    """Finds texts of one form."""

    def __init__(
        self, postings: Postings, starts: NDArray[np.int64], room: Room, kernel: Kernel
    ) -> None:
        """Take the postings; owner `n` has the texts from `starts[n]` up to `starts[n + 1]`."""
        self._postings = postings
        self._starts = starts
        self._room = room
        self._kernel = kernel

    def of_owners(self, owners: NDArray[np.int64], sought: Sought) -> NDArray[np.float32]:
        """Compare all texts of some owners with a query, in order."""
        begins = self._starts[owners]
        lengths = self._starts[owners + 1] - begins
        ends = np.cumsum(lengths)
        numbers = np.arange(lengths.sum()) + np.repeat(begins - ends + lengths, lengths)
        return self._kernel.nearness(self._postings.ranks[numbers], sought)

    def find(self, sought: Sought, nearest: Nearest) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others."""
        postings, likeness, terms = self._postings, sought.likeness, sought.terms
        if not len(terms):
            return
        frequency = postings.starts[terms + 1] - postings.starts[terms]
        most = sought.weights * postings.peaks[terms]
        # First those that tell most for what they cost to read.
        order = np.argsort(frequency / most, kind="stable")
        if frequency.sum() > PROBE:
            self._probe(sought, order, frequency[order], nearest)
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
        found = self._kernel.reaching(
            sought.part(order[:count]),
            0,
            (low, high),
            float(rests[count]),
            nearest.least,
            self._room.sums(postings.size),
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
    ) -> None:
        """Compare texts that are likely near: with rare terms, or of about the query's mass."""
        postings = self._postings
        costs = np.cumsum(frequency)
        width = int(PROBE * postings.size / costs[-1]) + 1
        centre = int(np.searchsorted(postings.mass, FLOAT(sought.likeness.asked)))
        found = self._kernel.reaching(
            sought.part(order),
            int(np.searchsorted(costs, PROBE, "right")),
            (max(centre - width // 2, 0), min(centre + width, postings.size)),
            0.0,
            nearest.least,
            self._room.sums(postings.size),
        )
        self._add(_parted(*found, FIRST * nearest.k)[0], sought, nearest)

    def _add(self, ranks: NDArray[np.int32], sought: Sought, nearest: Nearest) -> None:
        if len(ranks):
            numbers = self._postings.numbers[ranks]
            owners = np.searchsorted(self._starts, numbers, "right") - 1
            nearest.add(owners, self._kernel.nearness(ranks, sought))


def _parted(
    ranks: NDArray[np.int32], bounds: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Give the texts with the highest bounds, and the others with theirs."""
    if len(ranks) <= count:
        return ranks, ranks[:0], bounds[:0]
    order = np.argpartition(bounds, len(ranks) - count)
    best, others = order[-count:], order[:-count]
    return ranks[best], ranks[others], bounds[others]
