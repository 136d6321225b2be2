"""Find what is nearest a query: exact, and reading no more postings than can matter."""

from __future__ import annotations

import itertools
import logging
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from qa_bot.index.likeness import FLOAT
from qa_bot.index.plain import PlainKernel
from qa_bot.index.ranges import within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from qa_bot.index.likeness import Sought
    from qa_bot.index.nearest import Nearest
    from qa_bot.index.postings import Postings

log = logging.getLogger(__name__)

COMPILED_FROM = 100_000
"""Of fewer texts the plain kernel finds the nearest before the other has started."""
COMPILED_ALONG = 5_000
"""From so many texts on it is quicker once another form has started it."""
COMPILED_AFTER = 16
"""After so many searches the compiled kernel is made ready: a single question is answered before
it would be."""


class Kernel(Protocol):
    """What reads the postings of one form: compiled, or plain."""

    def find(self, sought: Sought, nearest: Nearest, sums: NDArray[np.float32]) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others.

        `sums` is room for one number a text, all zero before and after.
        """

    def nearness(self, ranks: NDArray[np.int32], sought: Sought) -> NDArray[np.float32]:
        """Compare texts with a query."""


def kernel_for(postings: Postings, starts: NDArray[np.int64], least: int = COMPILED_FROM) -> Kernel:
    """Give the compiled kernel from so many texts on where Numba is there, else the plain."""
    if postings.size >= least:
        try:
            from qa_bot.index.compiled import CompiledKernel  # noqa: PLC0415 - slow, may be missing

            return CompiledKernel(postings, starts)
        except (ImportError, RuntimeError) as error:
            # Numba is not installed, or finds no folder to keep what it compiles in.
            log.info("the index is searched by NumPy alone: %s", error)
    return PlainKernel(postings, starts)


def preload() -> None:
    """Load what any compiled kernel takes, 70 MB: processes that are forked then share it."""
    try:
        from qa_bot.index.compiled import make_ready  # noqa: PLC0415 - slow, may be missing

        make_ready()
    except (ImportError, RuntimeError) as error:
        log.info("all indexes are searched by NumPy alone: %s", error)


class Hastening:
    """Has searches go on by the compiled kernel after some questions, without one waiting for it.

    What a kernel finds does not depend on which it is.
    """

    def __init__(self, searches: Iterable[Search]) -> None:
        """Take the searches of all forms."""
        found = list(searches)
        self._searches = found if any(search.may_be_faster for search in found) else []
        self._count = itertools.count(1)

    def count(self) -> None:
        """Take note of a question; any number of threads may do so."""
        if self._searches and next(self._count) == COMPILED_AFTER:
            threading.Thread(target=self._hasten, daemon=True).start()

    def _hasten(self) -> None:
        for search in self._searches:
            search.hasten()


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

    @property
    def may_be_faster(self) -> bool:
        """Tell whether the compiled kernel pays here, where it can be had."""
        return self._postings.size >= COMPILED_FROM

    def hasten(self) -> None:
        """Search by the compiled kernel from now on, where it can be had."""
        self._kernel = kernel_for(self._postings, self._starts, COMPILED_ALONG)

    def find(self, sought: Sought, nearest: Nearest) -> None:
        """Add the texts whose owners are among the nearest, and perhaps others."""
        if len(sought.terms):
            self._kernel.find(sought, nearest, self._room.sums(self._postings.size))

    def of_owners(self, owners: NDArray[np.int64], sought: Sought) -> NDArray[np.float32]:
        """Compare all texts of some owners with a query, in order."""
        begins = self._starts[owners]
        lengths = self._starts[owners + 1] - begins
        return self._kernel.nearness(self._postings.ranks[within(begins, lengths)], sought)
