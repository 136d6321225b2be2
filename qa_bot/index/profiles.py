"""Keep the facets of entries: each profile once, and which entry has which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from qa_bot.facets import FacetReader, Facets
    from qa_bot.knowledge import Entry

REMEMBERED = 4096
"""How many profiles are remembered once they were asked for."""


class Profiles(Sequence["Facets"]):
    """The facets of each entry, in order: those its owner states, else those its question names."""

    def __init__(
        self,
        values: Iterable[tuple[str, Iterable[str]]],
        told: Mapping[str, Iterable[str]],
        members: NDArray[np.int32],
        ends: NDArray[np.int64],
        numbers: NDArray[np.int32],
    ) -> None:
        """Take the different values that facets have, and what profiles are made of.

        Profile `p` is made of the values numbered `members[ends[p]:ends[p + 1]]`; entry `n` has
        the profile `numbers[n]`. `told` says for each facet which values entries are about.
        """
        self.values = tuple((name, frozenset(found)) for name, found in values)
        """Facet, and the values that some entry has of it."""
        self.told = {name: frozenset(found) for name, found in told.items()}
        """Facet → the values that an entry names alone, or its owner states."""
        self.numbers = numbers
        self._members, self._ends = members, ends
        # Single items of a memoryview are several times as quick to take as those of an array.
        self.number = numbers.data.__getitem__
        """Entry → the number of its profile."""
        self.profile = lru_cache(maxsize=REMEMBERED)(self._profile)
        """Number of a profile → its facets; the last few are remembered."""

    @classmethod
    def of(cls, entries: Iterable[Entry], reader: FacetReader) -> Profiles:
        """Read the facets of entries."""
        values: dict[tuple[str, frozenset[str]], int] = {}
        profiles: dict[tuple[int, ...], int] = {}
        told: dict[str, set[str]] = {}
        numbers = []
        for entry in entries:
            facets = facets_of(entry, reader)
            for name, found in facets.items():
                if len(found) == 1 or name in entry.facets:
                    told.setdefault(name, set()).update(found)
            profile = tuple(values.setdefault(item, len(values)) for item in facets.items())
            numbers.append(profiles.setdefault(profile, len(profiles)))
        return cls(
            values,
            told,
            np.array([number for profile in profiles for number in profile], np.int32),
            np.cumsum([0, *map(len, profiles)], dtype=np.int64),
            np.array(numbers, np.int32),
        )

    def counts(self, name: str) -> Counter[str]:
        """Count the entries that have each value of a facet."""
        entries = np.bincount(self.numbers, minlength=len(self._ends) - 1)
        by_member = np.repeat(entries, np.diff(self._ends))
        having = np.bincount(self._members, by_member, minlength=len(self.values)).tolist()
        counted: Counter[str] = Counter()
        for (facet, values), count in zip(self.values, having, strict=True):
            if facet == name:
                counted.update(dict.fromkeys(values, int(count)))
        return counted

    def facts(self) -> dict[str, Any]:
        """Give what is saved beside the arrays."""
        return {
            "values": [[name, sorted(found)] for name, found in self.values],
            "told": {name: sorted(found) for name, found in sorted(self.told.items())},
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays that are saved."""
        return {"members": self._members, "ends": self._ends, "numbers": self.numbers}

    @classmethod
    def from_arrays(cls, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Profiles:
        """Take what `facts` and `arrays` gave."""
        return cls(facts["values"], facts["told"], **arrays)

    def named(self, name: str) -> list[frozenset[str]]:
        """Give the different values that entries have of a facet."""
        return [found for facet, found in self.values if facet == name]

    def _profile(self, number: int) -> Facets:
        members = self._members[self._ends[number] : self._ends[number + 1]].tolist()
        return MappingProxyType(dict(self.values[member] for member in members))

    @overload
    def __getitem__(self, number: int) -> Facets: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Facets, ...]: ...
    def __getitem__(self, number: int | slice) -> Facets | tuple[Facets, ...]:
        if isinstance(number, slice):
            return tuple(map(self.profile, self.numbers[number].tolist()))
        return self.profile(self.number(number))

    def __len__(self) -> int:
        return len(self.numbers)


def facets_of(entry: Entry, reader: FacetReader) -> dict[str, frozenset[str]]:
    """Give the facets that the owner states, else those the question names."""
    values = reader.read(normalize(entry.question))
    for name, stated in entry.facets.items():
        values[name] = frozenset(reader.value_of(name, value) for value in stated)
    return values
