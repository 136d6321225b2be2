"""Count the terms of many texts at once: the same terms as `forms` gives of one, by arrays."""

from __future__ import annotations

import sys
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.analyzer import CHARACTER, FACET, PAIR, SOUND, WORD, facet_terms, pair_term, sound_term
from qa_bot.index.forms import FORMS
from qa_bot.index.ranges import within
from qa_bot.text import joined_units, syllable
from qa_bot.text import units as units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer, Reading

    Numbers = NDArray[np.int32]
    Found = tuple[NDArray[np.int64], Numbers]
    """Texts, and beside each the number of a term that stands there."""

MOST_COUNTED = np.iinfo(np.uint16).max
"""How often a term counts in one text at most."""
END = 0
"""The number of the end of a text among the units."""
NONE, UNSEEN = -1, -2
"""What stands for marks, and for characters that were not met before."""
HALF = 32
"""Two numbers are one of 64 bits, the first moved by so many."""
LOWER = (1 << HALF) - 1


class Chunk(NamedTuple):
    """How often each term stands in each of some texts."""

    known: int
    """How many terms got their numbers with earlier chunks of the same source."""
    names: list[str]
    """The terms that are numbered from `known` on."""
    lengths: NDArray[np.int64]
    """Of each text how many different terms it has …"""
    terms: Numbers
    """… text by text, the numbers of these …"""
    counts: NDArray[np.uint16]
    """… and how often each stands there."""


class Numbered(dict[str, int]):
    """Name → its number; what is asked for the first time gets the next one."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number

    def of(self, names: Sequence[str]) -> Numbers:
        """Give the numbers of names."""
        return np.fromiter(map(self.__getitem__, names), np.int32, len(names))

    def since(self, known: int) -> list[str]:
        """Give the names that got their numbers after so many."""
        return list(islice(reversed(self), len(self) - known))[::-1]


def count(texts: Sequence[Sequence[str]]) -> Chunk:
    """Count the terms of texts, each given by all of its terms."""
    numbered = Numbered()
    terms = numbered.of(list(chain.from_iterable(texts)))
    return Chunk(0, list(numbered), *_count(_each(map(len, texts)), terms, len(texts)))


class Units:
    """Numbers the characters, Latin words and numbers of texts, and the ends of texts."""

    def __init__(self) -> None:
        """Begin with nothing but the end of a text."""
        self.names = Numbered({"\n": END})
        self._of_codes = np.full(sys.maxunicode + 1, UNSEEN, np.int32)

    def of(self, texts: Sequence[str]) -> Numbers:
        """Give the units of normalised texts, one text after another, each with its end."""
        row = "\n".join([*texts, ""])
        codes = np.frombuffer(row.encode("utf-32-le"), "<u4")
        units = self._of_codes[codes]
        if (unseen := np.unique(codes[units == UNSEEN])).size:
            for character in map(chr, unseen.tolist()):
                counts = character == "\n" or units_of(character)
                self._of_codes[ord(character)] = self.names[character] if counts else NONE
            units = self._of_codes[codes]
        for start, end in joined_units(row):
            units[start:end] = NONE
            units[start] = self.names[row[start:end]]
        kept: Numbers = units[units != NONE]
        return kept


class Pairs:
    """Terms of two neighbours, by the neighbours' numbers."""

    def __init__(self) -> None:
        """Begin without terms."""
        self._pairs = np.full(1, -1, np.int64)
        """Two numbers as one, in order …"""
        self._terms = np.zeros(1, np.int32)
        """… and beside them their term."""

    def of(self, first: Numbers, second: Numbers, make: Callable[[int, int], int]) -> Numbers:
        """Give the terms of neighbours; `make` gives the term of a pair that was not met before."""
        both: NDArray[np.int64] = (first.astype(np.int64) << HALF) | second
        distinct, which = np.unique(both, return_inverse=True)
        places = np.searchsorted(self._pairs, distinct)
        unknown = self._pairs[np.minimum(places, len(self._pairs) - 1)] != distinct
        if unknown.any():
            pairs = distinct[unknown]
            terms = [make(pair >> HALF, pair & LOWER) for pair in pairs.tolist()]
            self._pairs = np.insert(self._pairs, places[unknown], pairs)
            self._terms = np.insert(self._terms, places[unknown], terms)
            places = np.searchsorted(self._pairs, distinct)
        found: Numbers = self._terms[places][which]
        return found


class TermCounter:
    """Counts the terms of readings in one form, and remembers what it has met."""

    def __init__(self, analyzer: Analyzer, form: str, units: Units) -> None:
        """Take what the readings are made by, the form, and the units, which forms share."""
        self._analyzer, self._canonical, self._units = analyzer, form == "canonical", units
        self._views = frozenset(FORMS[form].views)
        self._terms, self._words, self._syllables = Numbered(), Numbered(), Numbered()
        self._of_words = np.zeros(0, np.int32)
        self._bounds = np.zeros(1, np.int64)
        """Word `w` has the terms `of_words[bounds[w]:bounds[w + 1]]`."""
        self._characters = np.zeros(0, np.int32)
        """Beside the units, the terms that they are …"""
        self._sounds = np.full(1, END, np.int32)
        """… and their syllables."""
        self._pairs, self._neighbours = Pairs(), Pairs()
        """The terms of two units, and of two syllables."""

    def count(self, readings: Sequence[Reading]) -> Chunk:
        """Count the terms of texts; new terms are numbered after those of earlier calls."""
        known = len(self._terms)
        if self._canonical:
            runs = [run for reading in readings for run in reading.canonical]
            texts = _each(len(reading.canonical) for reading in readings)
            lines = list(map(" ".join, runs))
        else:
            runs = [reading.words for reading in readings]
            texts = np.arange(len(readings))
            lines = [reading.normal for reading in readings]
        found = [*self._of_units(lines, texts)]
        if WORD in self._views:
            found.append(self._of_runs(runs, texts))
        if FACET in self._views:
            named = [facet_terms(reading) for reading in readings]
            terms = self._terms.of(list(chain.from_iterable(named)))
            found.append((_each(map(len, named)), terms))
        of_texts, terms = map(np.concatenate, zip(*found, strict=True))
        counted = _count(of_texts, terms, len(readings))
        return Chunk(known, self._terms.since(known), *counted)

    def _of_runs(self, runs: Sequence[Sequence[str]], texts: NDArray[np.int64]) -> Found:
        """Find the terms of words, given in runs, and the text that each run stands in."""
        known = len(self._words)
        words = self._words.of(list(chain.from_iterable(runs)))
        if new := self._words.since(known):
            own = [self._analyzer.terms_of_word(word) for word in new]
            ends = self._bounds[-1] + np.cumsum(list(map(len, own)))
            self._bounds = np.concatenate([self._bounds, ends])
            more = self._terms.of(list(chain.from_iterable(own)))
            self._of_words = np.concatenate([self._of_words, more])
        starts = self._bounds[words]
        sizes = self._bounds[words + 1] - starts
        of_words = np.repeat(texts, list(map(len, runs)))
        return np.repeat(of_words, sizes), self._of_words[within(starts, sizes)]

    def _of_units(self, lines: Sequence[str], texts: NDArray[np.int64]) -> Iterator[Found]:
        """Find the terms of characters in lines, and the text that each line stands in."""
        units, terms = self._units.of(lines), self._terms
        ends = units == END
        of_units = texts[np.cumsum(ends) - ends]
        first = np.flatnonzero(~(ends[:-1] | ends[1:]))
        if CHARACTER in self._views:
            yield of_units[~ends], self._of_characters(units[~ends])
        if PAIR in self._views:
            names = list(self._units.names)
            neighbours = self._pairs.of(
                units[first],
                units[first + 1],
                lambda one, other: terms[pair_term(names[one], names[other])],
            )
            yield of_units[first], neighbours
        if SOUND in self._views:
            new = self._units.names.since(len(self._sounds))
            more = self._syllables.of(list(map(syllable, new)))
            self._sounds = np.concatenate([self._sounds, more])
            sounds = self._sounds[units]
            syllables = list(self._syllables)
            neighbours = self._neighbours.of(
                sounds[first],
                sounds[first + 1],
                lambda one, other: terms[sound_term(syllables[one], syllables[other])],
            )
            yield of_units[first], neighbours

    def _of_characters(self, units: Numbers) -> Numbers:
        """Give the terms that units are."""
        more = np.full(len(self._units.names) - len(self._characters), UNSEEN, np.int32)
        self._characters = np.concatenate([self._characters, more])
        terms = self._characters[units]
        # Other forms may have met units that this one has not.
        if (unseen := np.unique(units[terms == UNSEEN])).size:
            names = list(self._units.names)
            new = [CHARACTER + names[unit] for unit in unseen.tolist()]
            self._characters[unseen] = self._terms.of(new)
            terms = self._characters[units]
        return terms


def _each(counts: Iterable[int]) -> NDArray[np.int64]:
    """Give each text's number as often as something stands in it."""
    listed = list(counts)
    return np.repeat(np.arange(len(listed)), listed)


def _count(
    texts: NDArray[np.int64], terms: Numbers, size: int
) -> tuple[NDArray[np.int64], Numbers, NDArray[np.uint16]]:
    """Count how often each term stands beside each of so many texts."""
    both = np.sort((texts << HALF) | terms)
    begins = np.flatnonzero(np.diff(both, prepend=-1))
    counts = np.minimum(np.diff(begins, append=len(both)), MOST_COUNTED).astype(np.uint16)
    distinct = both[begins]
    lengths = np.bincount(distinct >> HALF, minlength=size)
    return lengths, (distinct & LOWER).astype(np.int32), counts
