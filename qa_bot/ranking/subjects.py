"""Tell whether a question that names no subject (a permit) is about one all the same, by its words.

注册资本要求 may be asked of any permit; 拍卖师离职了怎么办 is asked of one alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from qa_bot.facets import FacetReader
    from qa_bot.index import Index

CLEAR = 0.5
"""Chance of a subject from which on it is clear that a question is about it."""
HARDLY = 0.05
"""Chance of a subject under which a question is hardly about it."""
SHRUNK = 0.05
"""To a subject's entries some that are as the whole base's are added, since few tell little: this
share of what a subject has in the mean."""
REMEMBERED = 4096
"""Of how many terms it is remembered how they are shared out."""


class Shares(NamedTuple):
    """How the entries of a base are shared out among its subjects."""

    of_profile: NDArray[np.int64]
    """Number of a profile → that of its subject; -1: it has none, or several."""
    counts: NDArray[np.float64]
    """How many entries each subject has."""


class Subjects:
    """Words of a question → the subject that they speak of: naive Bayes, by the base's wordings."""

    def __init__(self, index: Index, facets: FacetReader) -> None:
        """Take the base; nothing is counted before it is asked for."""
        self._index, self._facets = index, facets
        self._shares = lru_cache(maxsize=None)(self._share_out)
        """Name of a facet → how the entries are shared out among its values."""
        self._held = lru_cache(maxsize=REMEMBERED)(self._count)
        """Name of a facet, number of a term → how many entries of each subject hold the term, of
        each entry the share of its wordings that does."""

    def clear(self, name: str, terms: Iterable[int], entry: int) -> bool:
        """Tell whether a question is about one subject, and that of an entry can be it.

        `name` is that of the facet, `terms` are the numbers of the question's canonical terms. An
        entry that is about several subjects can be about any.
        """
        of_profile, counts = self._shares(name)
        if len(counts) < 2:  # noqa: PLR2004 - of a single one it is clear
            return True
        total, added = counts.sum(), SHRUNK * counts.mean()
        nats = np.log(counts / total)
        for term in terms:
            held = self._held(name, term)
            if share := held.sum() / total:
                nats += np.log((held + added * share) / (counts + added) / share)
        chances = np.exp(nats - nats.max())
        chances /= chances.sum()
        own = of_profile[self._index.profiles.number(entry)]
        return bool(chances.max() >= CLEAR and (own < 0 or chances[own] >= HARDLY))

    def _share_out(self, name: str) -> Shares:
        """Count the entries of each subject; subjects that lie within one count as that one."""
        profiles, facet = self._index.profiles, self._facets.facets[name]
        numbers: dict[str, int] = {}
        of_profile = []
        for profile in range(profiles.different):
            values = profiles.profile(profile).get(name, ())
            roots = {root for value in values for root in facet.roots(value)}
            known = len(roots) == 1
            of_profile.append(numbers.setdefault(roots.pop(), len(numbers)) if known else -1)
        found = np.array(of_profile, np.int64)
        of_entries = found[self._index.profiles.numbers]
        counts = np.bincount(of_entries + 1, minlength=len(numbers) + 1)[1:]
        return Shares(found, counts.astype(np.float64))

    def _count(self, name: str, term: int) -> NDArray[np.float64]:
        of_profile, counts = self._shares(name)
        entries, each = self._index.asked_with(term)
        starts = self._index.wording_starts
        # An entry's wordings together count one, however many they are.
        weights = 1 / (starts[entries + 1] - starts[entries])
        found = of_profile[self._index.profiles.numbers[entries]]
        held = np.bincount(found + 1, weights, len(counts) + 1)[1:]
        return held * np.float64(each)
