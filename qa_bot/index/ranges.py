"""Give the places within many ranges at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def within(begins: NDArray[np.integer], lengths: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give the places from each beginning on, so many as its length says, one range after another.

    `within([5, 0], [2, 3])` gives 5, 6, 0, 1, 2.
    """
    ends = np.cumsum(lengths)
    places: NDArray[np.int64] = np.arange(lengths.sum())
    places += np.repeat(begins - ends + lengths, lengths)
    return places
