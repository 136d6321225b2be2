"""Hold the terms of a base by how they sound, and find those that a mistyped text may mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_bot.repair.vocabulary import LOOKED_AT, MISCOUNTED, OFTEN, SHORT, domain_terms
from qa_bot.text import syllable, units
from qa_bot.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer
    from qa_bot.repair.vocabulary import Unit

ROOT = 0
REMEMBERED = 1 << 14
"""How many nodes, and how many sounds of units, are remembered once they were looked up."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that may be meant, in a trie of sounds; arrays, mapped once they are saved.

    From node `n` the sounds `sounds[edges[n]:edges[n + 1]]`, ascending, lead to the nodes `to`
    beside them; the terms that end there are `ended[ends[n]:ends[n + 1]]`.
    """

    names: Vocabulary
    """The terms."""
    own: NDArray[np.bool_]
    """Beside them, which are mended; others are only read from pinyin."""
    known: Vocabulary
    """The sounds."""
    edges: NDArray[np.int32]
    sounds: NDArray[np.int32]
    to: NDArray[np.int32]
    ends: NDArray[np.int32]
    ended: NDArray[np.int32]
    longest: NDArray[np.uint8]
    """How many units the longest term has from a node on."""

    @classmethod
    def of(cls, analyzer: Analyzer, words: Mapping[str, int]) -> Terms:
        """Take the terms of a base by its words, with the number of wordings they stand in."""
        own = set(domain_terms(analyzer, words))
        often = (word for word, count in words.items() if count >= OFTEN)
        names = sorted(own.union(often), key=str.encode)
        sounding = [tuple(map(syllable, units(name))) for name in names]
        known = sorted({sound for sounds in sounding for sound in sounds}, key=str.encode)
        numbers = {sound: number for number, sound in enumerate(known)}
        rows = [
            (tuple(numbers[sound] for sound in sounds), number)
            for number, sounds in enumerate(sounding)
            if len(sounds) >= SHORT
        ]
        return cls(
            Vocabulary.of(names),
            np.array([name in own for name in names], np.bool_),
            Vocabulary.of(known),
            *_lay_out(rows),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        parts = {"names": self.names.arrays(), "known": self.known.arrays()}
        named = {f"{part}_{name}": v for part, own in parts.items() for name, v in own.items()}
        return named | {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Terms:
        """Take what `arrays` gave."""
        names, known = (
            {name.removeprefix(part): v for name, v in arrays.items() if name.startswith(part)}
            for part in ("names_", "known_")
        )
        own, *trie = (arrays[name] for name in ARRAYS)
        return cls(Vocabulary.from_arrays(names), own, Vocabulary.from_arrays(known), *trie)

    def __contains__(self, term: object) -> bool:
        """Tell whether a term is mended."""
        number = self.names.number(term) if isinstance(term, str) else -1
        return number >= 0 and bool(self.own[number])


ARRAYS = ("own", "edges", "sounds", "to", "ends", "ended", "longest")


def _lay_out(rows: Sequence[tuple[tuple[int, ...], int]]) -> tuple[NDArray[Any], ...]:
    """Lay out terms, given their sounds and numbers, as a trie; the root comes first."""
    nodes: list[dict[int, int]] = [{}]
    ended: list[list[int]] = [[]]
    longest = [0]
    for sounds, number in rows:
        node = ROOT
        for depth, sound in enumerate(sounds):
            longest[node] = max(longest[node], len(sounds) - depth)
            if sound not in nodes[node]:
                nodes[node][sound] = len(nodes)
                nodes.append({})
                ended.append([])
                longest.append(0)
            node = nodes[node][sound]
        ended[node].append(number)
    return (
        np.cumsum([0, *map(len, nodes)], dtype=np.int32),
        np.array([sound for node in nodes for sound in sorted(node)], np.int32),
        np.array([node[sound] for node in nodes for sound in sorted(node)], np.int32),
        np.cumsum([0, *map(len, ended)], dtype=np.int32),
        np.array([number for numbers in ended for number in numbers], np.int32),
        np.minimum(longest, np.iinfo(np.uint8).max).astype(np.uint8),
    )


class Trie:
    """Walks along the sounds of what was typed."""

    def __init__(self, terms: Terms, lookalikes: Mapping[str, frozenset[str]]) -> None:
        """Take the terms, and for each character those that look like it."""
        self._lookalikes = lookalikes
        self._terms = terms
        # Single items of a memoryview are several times as quick to take as those of an array.
        self._ends, self._longest = terms.ends.data, terms.longest.data
        self._onward = lru_cache(maxsize=REMEMBERED)(self._read_node)
        """Node → sound → node; the last few are remembered."""
        self._term = lru_cache(maxsize=REMEMBERED)(self._read_term)
        """Place among those where terms end → the term; the last few are remembered."""
        self._beyond = lru_cache(maxsize=REMEMBERED)(self._read_beyond)
        """Node → sound → the nodes it leads to after any other sound; the last few are remembered.
        """
        self.sound = lru_cache(maxsize=REMEMBERED)(self._number)
        """Unit → the number of how it sounds; -1: no term has that sound."""

    def _number(self, unit: str) -> int:
        return self._terms.known.number(syllable(unit))

    def _read_node(self, node: int) -> dict[int, int]:
        own = slice(self._terms.edges[node], self._terms.edges[node + 1])
        return dict(
            zip(self._terms.sounds[own].tolist(), self._terms.to[own].tolist(), strict=True)
        )

    def _read_term(self, place: int) -> str:
        return self._terms.names.name(self._terms.ended[place])

    def _read_beyond(self, node: int) -> dict[int, list[int]]:
        beyond: dict[int, list[int]] = {}
        for other in self._onward(node).values():
            for sound, after in self._onward(other).items():
                beyond.setdefault(sound, []).append(after)
        return beyond

    def walk(self, parts: Sequence[Unit], first: int) -> Iterator[tuple[int, str]]:
        """Give the terms that units from `first` on may mean, each with the unit after them.

        Homophones are followed as such; one other mistake is allowed.
        """
        ends, longest, onward = self._ends, self._longest, self._onward
        agenda = [(ROOT, first, False)]
        while agenda:
            node, at, mistaken = agenda.pop()
            for place in range(ends[node], ends[node + 1]):
                yield at, self._term(place)
            if at == len(parts):
                continue
            part, known = parts[at], onward(node)
            if part.sound in known:
                agenda.append((known[part.sound], at + 1, mistaken))
            if part.sounds and not mistaken and at - first + longest[node] >= LOOKED_AT:
                agenda += self._past_mistake(node, parts, first, at)

    def _past_mistake(
        self, node: int, parts: Sequence[Unit], first: int, at: int
    ) -> list[tuple[int, int, bool]]:
        """Give where a walk goes on if the unit is a look-alike, swapped, too much or one behind.

        The first character of a term is taken to be there.
        """
        known, sound = self._onward(node), parts[at].sound
        onward = [
            (known.get(self.sound(character)), at + 1)
            for character in self._lookalikes.get(parts[at].text, ())
        ]
        miscounted = at > first and at - first + self._longest[node] >= MISCOUNTED
        then = known.get(parts[at + 1].sound) if at + 1 < len(parts) else None
        if then is not None:
            onward.append((self._onward(then).get(sound), at + 2))
            if miscounted:
                onward.append((then, at + 2))
        if miscounted:
            onward += [(other, at + 1) for other in self._beyond(node).get(sound, ())]
        return [(other, after, True) for other, after in onward if other is not None]
