"""Tell which of the terms asked for stand in which texts, for many texts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.index.ranges import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Columns:
    """Number of a term asked for → the column that stands for it."""

    def __init__(self, asked: Sequence[int], known: int) -> None:
        """Take terms by their numbers, in the order of their columns; all are below `known`."""
        self.count = len(asked)
        # The first column is for what is not asked for.
        self._of = np.zeros(known, np.int16)
        self._of[asked] = np.arange(1, self.count + 1)

    def of(self, terms: NDArray[np.int32]) -> NDArray[np.int16]:
        """Give the column after that of each of some terms; 0: it is not asked for."""
        found: NDArray[np.int16] = self._of[terms]
        return found


class Contents(NamedTuple):
    """Text `n` holds the terms of the numbers `terms[starts[n]:starts[n + 1]]`."""

    starts: NDArray[np.int64]
    terms: NDArray[np.int32]

    def hold(self, texts: NDArray[np.integer], columns: Columns) -> NDArray[np.bool_]:
        """Tell which texts hold which of the terms asked for: texts × columns."""
        begins = self.starts[texts]
        lengths = self.starts[texts + 1] - begins
        held = np.zeros((len(texts), columns.count + 1), np.bool_)
        rows = np.repeat(np.arange(len(texts)), lengths)
        held[rows, columns.of(self.terms[within(begins, lengths)])] = True
        return held[:, 1:]
