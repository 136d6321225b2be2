"""Keep the nearest owners of texts while they are being searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROBE = 4096
"""About how many postings `plain` reads to learn how near the nearest texts are at least."""
FIRST = 3
"""For each of the k that are sought, so many texts are compared first."""
SLACK = 1 - 1e-5
"""What rounding may take off: a text that is as near but for this is looked at."""


class Nearest:
    """The k nearest owners of texts so far, each as near as its nearest text."""

    def __init__(self, k: int) -> None:
        """Begin with none."""
        self.k = k
        self.best: list[tuple[int, float]] = []
        """Owners and how near they are, of equally near ones the lower number first."""

    @property
    def least(self) -> float:
        """Tell how near a text must be to matter."""
        return self.best[-1][1] * SLACK if len(self.best) == self.k else 0.0

    def add(self, owners: NDArray[np.int64], nearness: NDArray[np.float32]) -> None:
        """Take in texts by their owners."""
        known, least = dict(self.best), self.least
        for owner, near in zip(owners.tolist(), nearness.tolist(), strict=True):
            if near >= least and near > known.get(owner, 0.0):
                known[owner] = near
        self.best = sorted(known.items(), key=lambda item: (-item[1], item[0]))[: self.k]
