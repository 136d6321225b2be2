"""Read ranges of entries: all that an index holds of each, in what is quick to send and to join."""

from __future__ import annotations

import os
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from qa_bot.index.counting import TermCounter, Units
from qa_bot.index.entries import write_rows
from qa_bot.index.forms import FORMS, passage_lines, passage_texts
from qa_bot.index.profiles import distinct, read_profile
from qa_bot.index.sentences import LINE_FORMS, holds_number
from qa_bot.text import key_of, normalize_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.facets import Mention
    from qa_bot.index.counting import Chunk
    from qa_bot.index.entries import Rows
    from qa_bot.index.profiles import Distinct
    from qa_bot.knowledge import Entry

MANY = 20_000
"""For so many entries it is worth while to make what reads many texts at once."""


class ReadEntries(NamedTuple):
    """What is read of some entries."""

    source: int
    """The process that read them: each numbers terms by itself."""
    chunks: Mapping[str, Chunk]
    """Form → the terms of the entries' texts."""
    wordings: list[int]
    """How many wordings each entry has …"""
    keys: list[str]
    """… and the `match_key` of all of them, …"""
    embedded: NDArray[np.int8]
    """… and their embeddings: wordings × dimensions."""
    profiles: Distinct
    rows: Rows
    lines: Mapping[str, Chunk]
    """Form → the terms of the lines of the entries' passages; see `forms.passage_lines`."""
    counted: list[int]
    """How many lines each passage has …"""
    numbers: list[bool]
    """… and which of them hold a number of something."""


class ReadTexts(NamedTuple):
    """Texts in their normal form, what each mentions, and how each was cut up."""

    normals: list[str]
    mentions: list[tuple[Mention, ...]]
    readings: list[Reading]


class EntryReader:
    """Reads ranges of entries, in one process or in several forked ones."""

    def __init__(self, entries: Sequence[Entry], analyzer: Analyzer) -> None:
        """Take all entries, and what reads texts."""
        self._entries, self._analyzer = entries, analyzer
        self._lattice = analyzer.lattice() if len(entries) >= MANY else None
        units = Units()
        self._counters = {form: TermCounter(analyzer, form, units) for form in FORMS}
        self._of_lines = {form: TermCounter(analyzer, form, units) for form in LINE_FORMS}

    def read(self, numbers: Sequence[int]) -> ReadEntries:
        """Read the entries of some numbers."""
        own = [self._entries[number] for number in numbers]
        asked = [entry.asked_as() for entry in own]
        wordings = self._read(chain.from_iterable(asked))
        passages = self._read(chain.from_iterable(map(passage_texts, own)))
        parted = list(chain.from_iterable(map(passage_lines, own)))
        lines = list(chain.from_iterable(parted))
        said = self._read(lines)
        counts = list(map(len, asked))
        questions = accumulate(counts[:-1], initial=0)
        return ReadEntries(
            os.getpid(),
            {
                form: counter.count(passages.readings if form == "passages" else wordings.readings)
                for form, counter in self._counters.items()
            },
            counts,
            list(map(key_of, wordings.normals)),
            self._analyzer.embed(wordings.readings),
            distinct(
                read_profile(entry, wordings.mentions[place], self._analyzer.facets)
                for entry, place in zip(own, questions, strict=True)
            ),
            write_rows(own),
            {form: counter.count(said.readings) for form, counter in self._of_lines.items()},
            list(map(len, parted)),
            list(map(holds_number, lines)),
        )

    def _read(self, texts: Iterable[str]) -> ReadTexts:
        normals = normalize_all(texts)
        facets = self._analyzer.facets
        if self._lattice:
            mentions = facets.mentions_of_all(normals)
        else:
            mentions = list(map(facets.mentions, normals))
        return ReadTexts(
            normals, mentions, self._analyzer.read_all(normals, mentions, self._lattice)
        )
