"""Lay out the characters of all questions and wordings by how they are typed."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qa_bot.text import NOT_A_WORD, match_key, normalize, readings
from qa_bot.vocabulary import Keys, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from qa_bot.knowledge import Entry

    Numbers = NDArray[np.int32]

SKIPPED, END = 0, 1
"""The units of what is no letter, digit or character, and of the end of a text."""


class Sounding(NamedTuple):
    """The units that a piece typed may mean; 0 where it is their whole sound, else 1."""

    units: Numbers
    costs: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Characters:
    """All texts as one row of units, the numbers of their characters without marks and spaces.

    A unit is typed as the character itself or by the beginning of one of its sounds. It takes some
    16 bytes a character, all of it mapped from a file once it is saved.
    """

    symbols: Keys
    """Character → its unit."""
    pieces: Vocabulary
    """What units are typed by: characters, and the beginnings of their sounds."""
    piece_ends: NDArray[np.int64]
    piece_units: Numbers
    piece_costs: NDArray[np.int8]
    """Piece `p` may mean the units `piece_units[piece_ends[p]:piece_ends[p + 1]]`."""
    units: NDArray[Any]
    text_of: Numbers
    """Beside `units`, the text that each stands in …"""
    places: NDArray[Any]
    """… and at which character of it."""
    order: Numbers
    bounds: NDArray[np.int64]
    """Unit `u` stands at the places `order[bounds[u]:bounds[u + 1]]` of the row."""
    firsts: Numbers
    """Where each text begins in the row."""
    entry_of: Numbers
    """Text → its entry."""
    ranks: Numbers
    """Text → its place among those that fit alike: questions, brief ones, come first."""
    questions: Numbers
    """Entry → the text that is its question."""
    unanswered: NDArray[np.bool_]
    """For each entry, whether it holds no answer."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Characters:
        """Lay out the questions and wordings of entries."""
        texts = [text for entry in entries for text in entry.asked_as()]
        counts = [len(entry.asked_as()) for entry in entries]
        lengths = np.array([len(text) for text in texts], np.int64)
        row = "".join(text.replace("\n", " ") + "\n" for text in texts)
        codes = np.frombuffer(row.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        of_code = np.zeros(sys.maxunicode + 1, np.int32)
        of_code[codes] = 1
        distinct = np.flatnonzero(of_code)
        of_code[distinct], symbols = _number(list(map(chr, distinct.tolist())))
        units = of_code[codes]
        kept = np.flatnonzero(units != SKIPPED).astype(np.int32)
        # Numbers of two bytes are sorted by counting them.
        units = _narrow(units[kept])
        ends = units == END
        text_of = np.cumsum(ends, dtype=np.int32) - ends
        questions = np.cumsum([0, *counts], dtype=np.int32)[:-1]
        bounds = np.cumsum([0, *np.bincount(units, minlength=END + 1)], dtype=np.int64)
        begins = np.cumsum(np.concatenate([[0], lengths + 1]))[:-1].astype(np.int32)
        return cls(
            Keys.of(symbols),
            *_pieces(symbols),
            units,
            text_of,
            _narrow(kept - begins[text_of]),
            np.argsort(units, kind="stable").astype(np.int32),
            bounds,
            np.concatenate([[0], np.flatnonzero(ends) + 1]).astype(np.int32),
            np.repeat(np.arange(len(entries), dtype=np.int32), counts),
            _ranks(lengths, questions),
            questions,
            np.array([not entry.answered for entry in entries], np.bool_),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        parts = {"symbols": self.symbols.arrays(), "pieces": self.pieces.arrays()}
        named = {f"{part}_{name}": v for part, own in parts.items() for name, v in own.items()}
        return named | {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Characters:
        """Take what `arrays` gave."""
        symbols, pieces = (
            {name.removeprefix(part): v for name, v in arrays.items() if name.startswith(part)}
            for part in ("symbols_", "pieces_")
        )
        return cls(
            Keys.from_arrays(symbols),
            Vocabulary.from_arrays(pieces),
            *(arrays[name] for name in ARRAYS),
        )

    def sounding(self, piece: str) -> Sounding | None:
        """Give the units that a piece typed may mean; None: it means none."""
        number = self.pieces.number(piece)
        if number < 0:
            return None
        own = slice(self.piece_ends[number], self.piece_ends[number + 1])
        return Sounding(self.piece_units[own], self.piece_costs[own])

    def hold(self, text: str) -> bool:
        """Tell whether a text, or part of one, is written so, whatever marks stand between."""
        found = [self.symbols.get(character, SKIPPED) for character in match_key(text)]
        if not found or SKIPPED in found:
            return not found
        sizes = [self.bounds[unit + 1] - self.bounds[unit] for unit in found]
        rarest = int(np.argmin(sizes))
        starts = self.order[self.bounds[found[rarest]] :][: sizes[rarest]] - rarest
        starts = starts[(starts >= 0) & (starts <= len(self.units) - len(found))]
        for place, unit in enumerate(found):
            starts = starts[self.units[starts + place] == unit]
        return bool(starts.size)


ARRAYS = tuple(part.name for part in fields(Characters) if part.name not in {"symbols", "pieces"})


def _narrow(numbers: NDArray[Any]) -> NDArray[Any]:
    """Give numbers in half the bytes where they are small, as they are but for huge texts."""
    small = numbers.max(initial=0) <= np.iinfo(np.uint16).max
    return numbers.astype(np.uint16 if small else np.int32)


def _ranks(lengths: NDArray[np.int64], questions: Numbers) -> Numbers:
    """Give each text's place among those that fit alike: questions, brief ones, come first."""
    numbers = np.arange(len(lengths), dtype=np.int32)
    others = np.ones(len(lengths), np.bool_)
    others[questions] = False
    ranks = np.empty_like(numbers)
    ranks[np.lexsort((numbers, lengths, others))] = numbers
    return ranks


def _number(characters: Sequence[str]) -> tuple[list[int], dict[str, int]]:
    """Give the unit of each of different characters, and the units of what they are typed as."""
    numbers = {"\n": END}
    units = []
    for character in characters:
        # As questions are normalised, but for each character by itself: its place must stay known.
        symbol = character if character == "\n" else NOT_A_WORD.sub("", normalize(character))[:1]
        units.append(numbers.setdefault(symbol, len(numbers) + 1) if symbol else SKIPPED)
    return units, numbers


def _pieces(
    symbols: Mapping[str, int],
) -> tuple[Vocabulary, NDArray[np.int64], Numbers, NDArray[np.int8]]:
    """Give what units are typed by: the pieces, and the units that each may mean."""
    sounding: dict[str, dict[int, int]] = defaultdict(dict)
    for symbol, unit in symbols.items():
        for reading in (symbol, *readings(symbol)) if unit != END else ():
            for end in range(1, len(reading) + 1):
                means = sounding[reading[:end]]
                means[unit] = min(int(end < len(reading)), means.get(unit, 1))
    pieces = sorted(sounding, key=str.encode)
    meant = [sounding[piece] for piece in pieces]
    return (
        Vocabulary.of(pieces),
        np.cumsum([0, *map(len, meant)], dtype=np.int64),
        np.array([unit for means in meant for unit in means], np.int32),
        np.array([cost for means in meant for cost in means.values()], np.int8),
    )
