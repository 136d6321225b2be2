"""Find the sentence of an entry that carries the answer, and the passage it stands in."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qa_bot.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer
    from qa_bot.index import Index
    from qa_bot.knowledge import Passage
    from qa_bot.query import Query
    from qa_bot.weights import Weigher

HOW_MANY = re.compile("多少|多久|多长|几[个天日月年次人份级]|费用|时限|周期|期限|有效期|金额|人数")
NUMBER_BONUS = 0.1
"""Added to the score of a sentence that holds a number when the question asks for one."""
ALL_THERE_IS = re.compile("哪些|什么|啥|清单|材料|资料|条件|要求|步骤|流程|几步|怎么办|如何办")
"""How a question asks for a whole list."""
LIST_ITEM = "- "
LEADS_INTO_LIST = (":", "：")
UNASKED = 0.3
"""How much what a sentence says beyond the question counts against it (Tversky's beta)."""
AROUND = 0.3
"""What the share of the question that the sentence's passage, or its heading, holds adds."""
AS_WELL = 0.85
"""The next best sentence of the passage is evidence too from this share of the best's score."""
NO_SENTENCE = -np.inf
"""The score of a heading."""
LEAST = 1e-9
"""Of a question that weighs nothing, nothing is held."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What of an entry carries the answer to a question."""

    within: Index
    entry: int
    """The entry's place in the base …"""
    place: int
    """… and which of its passages it is."""
    question: str
    scores: tuple[float, ...]
    """Of the passage's sentences."""
    likeness: float
    """Of the question beside its typed facets, and the best sentence; 0 to 1."""
    held: NDArray[np.bool_]
    """Which of the terms of the question that some sentence holds, beside its typed facets, the
    passage holds; see `Beside.said`."""

    @property
    def passage(self) -> Passage:
        """Give the passage, for which the entry is read."""
        return self.within.base.entries[self.entry].passages[self.place]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the sentences, in their order in the passage; none is ever cut."""
        texts = sentences(self.passage.text)
        return tuple(texts[n].strip() for n in chosen(texts, self.scores, self.question))


@dataclass(frozen=True, slots=True)
class Compared:
    """The lines of some entries' passages, headings and sentences, compared with a question."""

    query: Query
    within: Index
    spans: Mapping[int, range]
    """Entry → its passages, among those of all these entries."""
    firsts: Sequence[int]
    """The line that each passage begins with; at the end, how many lines there are."""
    scores: NDArray[np.float64]
    likenesses: NDArray[np.float64]
    held: NDArray[np.bool_]
    """Passages × terms of the question; see `Evidence.held`."""

    def evidence(self, entry: int, *, first_alone: bool = False) -> Evidence | None:
        """Give the sentence of an entry, or of its first passage, that has the highest score.

        None: the entry has no passage.
        """
        own = self.spans.get(entry)
        if own is None:
            return None
        start, end = self.firsts[own.start], self.firsts[own.start + 1 if first_alone else own.stop]
        best = start + int(self.scores[start:end].argmax())
        if self.scores[best] == NO_SENTENCE:
            return None
        passage = bisect_right(self.firsts, best) - 1
        sentences_of = slice(self.firsts[passage] + 1, self.firsts[passage + 1])
        return Evidence(
            self.within,
            entry,
            passage - own.start,
            self.query.question,
            tuple(self.scores[sentences_of].tolist()),
            float(self.likenesses[best]),
            self.held[passage],
        )


class EvidenceFinder:
    """Question + entries → evidence."""

    def __init__(self, index: Index, analyzer: Analyzer, weigher: Weigher) -> None:
        """Weigh sentences as the index weighs wordings and passages."""
        self._index = index
        self._analyzer = analyzer
        self._weigher = weigher

    def compare(self, query: Query, entries: Iterable[int]) -> Compared:
        """Compare the sentences of entries with a question.

        The score of a sentence is the sum of its likeness to the question beside the typed facets,
        the share of the question's weights in passages that it holds, and part of what its passage
        and its heading hold; a little more where it holds a number that is asked for.
        """
        index, said = self._index, self._index.sentences
        spans: dict[int, range] = {}
        passages: list[int] = []
        for entry in entries:
            if count := index.count_passages(entry):
                spans[entry] = range(len(passages), len(passages) + count)
                passages += index.passages_of(entry)
        if not passages:
            nothing = np.zeros(0)
            return Compared(query, index, spans, [0], nothing, nothing, nothing > 0)
        beside = self._weigher.beside(query.reading)
        weights = index.form_weights("passages", query.reading, self._analyzer)
        asked = index.numbered("passages", weights, self._analyzer)
        total, whole = beside.total or LEAST, sum(weights.values()) or LEAST
        lines, firsts = said.lines_of(passages)
        canonical = said.canonical.hold(lines, beside.said_columns)
        written = said.passages.hold(lines, index.columns("passages", list(asked)))
        of_asked = np.array([weights[term] for term in asked.values()])
        of_beside = beside.weights[beside.said]
        common = canonical @ of_beside
        likenesses = common / (total + UNASKED * np.maximum(said.masses[lines] - common, 0.0))
        around = np.logical_or.reduceat(written, firsts[:-1]) @ of_asked / whole
        # What a heading holds counts in either form.
        in_headings, as_written = canonical[firsts[:-1]], written[firsts[:-1]]
        if (in_some := np.flatnonzero(as_written.any(axis=0))).size:
            columns = {beside.terms[place]: n for n, place in enumerate(beside.said.tolist())}
            terms = list(asked.values())
            for column in in_some.tolist():
                if (own := columns.get(terms[column])) is not None:
                    in_headings[:, own] |= as_written[:, column]
        around += in_headings @ of_beside / total
        scores = likenesses + written @ of_asked / whole
        scores += AROUND * np.repeat(around, np.diff(firsts))
        if HOW_MANY.search(query.question):
            scores += NUMBER_BONUS * said.numbers[lines]
        # A heading is no sentence, and its terms are none of the passage's.
        scores[firsts[:-1]] = NO_SENTENCE
        canonical[firsts[:-1]] = False
        held = np.logical_or.reduceat(canonical, firsts[:-1])
        return Compared(query, index, spans, firsts.tolist(), scores, likenesses, held)


def chosen(texts: Sequence[str], scores: Sequence[float], question: str) -> Iterable[int]:
    """Choose the sentences of a passage that are shown as evidence, by their scores."""
    best = max(range(len(scores)), key=lambda n: (scores[n], -n))
    first, last = best, best + 1
    if texts[best].startswith(LIST_ITEM) and ALL_THERE_IS.search(question):
        while first and texts[first].startswith(LIST_ITEM):
            first -= 1
    if first < best or texts[best].rstrip().endswith(LEADS_INTO_LIST):
        while last < len(texts) and texts[last].startswith(LIST_ITEM):
            last += 1
    if last - first > 1 or not scores[best]:
        return range(first, last)
    others = [n for n in range(len(scores)) if n != best and not texts[n].startswith(LIST_ITEM)]
    second = max(others, key=lambda n: (scores[n], -n), default=best)
    return sorted({best, second}) if scores[second] >= AS_WELL * scores[best] else [best]


def mark(text: str, evidence: Iterable[str]) -> list[tuple[str, bool]]:
    """Part a text into [text, marked] segments; joined they are the text again."""
    segments: list[tuple[str, bool]] = []
    rest = text
    for sentence in evidence:
        before, found, after = rest.partition(sentence)
        if found:
            segments += [(before, False), (sentence, True)]
            rest = after
    segments.append((rest, False))
    return [(piece, marked) for piece, marked in segments if piece]
