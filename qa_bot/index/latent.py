"""Say what is asked about, as the base's own wordings teach it: terms → a place in a small space.

Where an entry is asked in several wordings, these show which words mean the same: that 没信儿 and
审批时限 are about one matter is learned, not written down. See `learning` for how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

UNDECIDED = 0.5
"""Cosine at which it speaks neither for an entry nor against it."""


class Latent:
    """Places of terms and of entries in a space in which what means the same lies together."""

    def __init__(
        self,
        terms: NDArray[np.int32],
        places: NDArray[np.float16],
        entries: NDArray[np.float16],
        foretold: NDArray[np.float32],
    ) -> None:
        """Take the canonical terms that were learned, in order of their numbers, and the places.

        `places` is terms × dimensions, `entries` is entries × dimensions, of length 1 or 0;
        `foretold` leads the embedding of a text to its place: dimensions there × dimensions here.
        Where nothing was learned there are no terms, and no dimension.
        """
        self._terms, self._places, self._entries = terms, places, entries
        self._foretold = foretold

    @classmethod
    def unlearned(cls, size: int) -> Latent:
        """Make that of a base of so many entries that teaches nothing."""
        return cls(
            np.zeros(0, np.int32),
            np.zeros((0, 0), np.float16),
            np.zeros((size, 0), np.float16),
            np.zeros((0, 0), np.float32),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays that are saved."""
        return {
            "terms": self._terms,
            "places": self._places,
            "entries": self._entries,
            "foretold": self._foretold,
        }

    @property
    def learned(self) -> bool:
        """Tell whether the base taught anything."""
        return len(self._terms) > 0

    def nearness(
        self, asked: Mapping[int, float], whole: float, entries: Sequence[int]
    ) -> list[float]:
        """Say how near entries lie to a question: about -1 to 0.5; below 0 speaks against one.

        `asked` holds the numbers of its terms and their weights, `whole` is what all of it weighs.
        Nearness is the cosine of the two places less `UNDECIDED`, times the share of the question
        that was learned: of what nobody taught it nothing is said.
        """
        numbers = np.fromiter(asked, np.int32, len(asked))
        rows = np.searchsorted(self._terms, numbers)
        known = rows < len(self._terms)
        known[known] = self._terms[rows[known]] == numbers[known]
        if not known.any():
            return [0.0] * len(entries)
        weights = np.fromiter(asked.values(), np.float32, len(asked))[known]
        image = weights @ self._places[rows[known]].astype(np.float32)
        learned = weights.sum() / whole
        nearness: list[float] = (learned * (self._cosines(image, entries) - UNDECIDED)).tolist()
        return nearness

    def foretell(self, embedding: NDArray[np.int8], entries: Sequence[int]) -> list[float]:
        """Say how near entries lie to where a question's embedding leads: a cosine, -1 to 1.

        It is 0 where nothing was learned, or nothing is known of the question's words.
        """
        if not self._foretold.size:
            return [0.0] * len(entries)
        image = embedding.astype(np.float32) @ self._foretold
        foretold: list[float] = self._cosines(image, entries).tolist()
        return foretold

    def _cosines(self, image: NDArray[np.float32], entries: Sequence[int]) -> NDArray[np.float32]:
        """Give the cosines of the places of entries to where a question lies."""
        image = image / (np.linalg.norm(image) or 1.0)
        found: NDArray[np.float32] = self._entries[entries].astype(np.float32) @ image
        return found
