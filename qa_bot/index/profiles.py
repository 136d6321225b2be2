"""Keep the facets of entries: each profile once, and which entry has which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from qa_bot.facets import values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from qa_bot.facets import FacetReader, Facets, Mention
    from qa_bot.knowledge import Entry

    ReadProfile = tuple[tuple[tuple[str, frozenset[str]], ...], tuple[str, ...]]
    """The facets of an entry, and those of which it tells what it is about."""
    Distinct = tuple[list[ReadProfile], NDArray[np.int32]]
    """Different profiles, and for each entry of a range which of them it has."""

NOTHING_TOLD: ReadProfile = ((), ())
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

    @property
    def different(self) -> int:
        """Count the different profiles."""
        return len(self._ends) - 1

    def counts(self, name: str) -> Counter[str]:
        """Count the entries that have each value of a facet."""
        entries = np.bincount(self.numbers, minlength=self.different)
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


def read_profile(entry: Entry, mentions: Iterable[Mention], reader: FacetReader) -> ReadProfile:
    """Give the facets that the owner states, else those that the question mentions."""
    values = values_of(mentions)
    if not (values or entry.facets):
        return NOTHING_TOLD
    for name, stated in entry.facets.items():
        values[name] = frozenset(reader.value_of(name, value) for value in stated)
    told = (name for name, found in values.items() if len(found) == 1 or name in entry.facets)
    return tuple(values.items()), tuple(told)


def distinct(profiles: Iterable[ReadProfile]) -> Distinct:
    """Give each of some profiles once, and which of them each is."""
    numbers: dict[ReadProfile, int] = {}
    which = [numbers.setdefault(profile, len(numbers)) for profile in profiles]
    return list(numbers), np.array(which, np.int32)


class ProfilesMaker:
    """Joins the profiles of ranges of entries, one range after another."""

    def __init__(self) -> None:
        """Begin without entries."""
        self._values: dict[tuple[str, frozenset[str]], int] = {}
        self._profiles: dict[tuple[int, ...], int] = {}
        self._told: dict[str, set[str]] = {}
        self._numbers: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]

    def add(self, profiles: Iterable[ReadProfile], which: NDArray[np.int32]) -> None:
        """Add a range of entries; see `distinct`."""
        numbers = []
        for facets, told in profiles:
            for name in told:
                self._told.setdefault(name, set()).update(dict(facets)[name])
            members = tuple(self._values.setdefault(item, len(self._values)) for item in facets)
            numbers.append(self._profiles.setdefault(members, len(self._profiles)))
        self._numbers.append(np.array(numbers, np.int32)[which])

    def done(self) -> Profiles:
        """Give the profiles of all entries."""
        return Profiles(
            self._values,
            self._told,
            np.array([number for profile in self._profiles for number in profile], np.int32),
            np.cumsum([0, *map(len, self._profiles)], dtype=np.int64),
            np.concatenate(self._numbers),
        )
