"""Find the sentence of an entry that carries the answer, and the passage it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from qa_bot.analyzer import Reading
from qa_bot.index import form_terms, passage_terms, shared_weight
from qa_bot.text import SENTENCE_MARKS, sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from qa_bot.analyzer import Analyzer
    from qa_bot.facets import Mention
    from qa_bot.index import Index
    from qa_bot.knowledge import Passage
    from qa_bot.query import Query
    from qa_bot.weights import TextWeights, Weigher

NUMBER = re.compile(
    r"[0-9０-９一二三四五六七八九十百千万两]+\s*(?:个|[-–~至到]|[%％日天月年元万份次人名])"
)
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
REMEMBERED = 2048
"""How many passages are remembered as they are cut up and weighed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What of an entry carries the answer to a question."""

    passage: Passage
    sentences: tuple[str, ...]
    """In their order in the passage; none is ever cut."""
    likeness: float
    """Of the question beside its typed facets, and the best sentence; 0 to 1."""
    held: frozenset[str]
    """The terms of the question, beside its typed facets, that the passage holds."""


class _Sentence(NamedTuple):
    text: str
    mass: float
    """Sum of the weights of its residual terms."""
    number: bool
    """Whether it holds a number of something."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A passage cut into sentences."""

    reading: Reading
    """Of the whole passage."""
    sentences: tuple[_Sentence, ...]
    residual: frozenset[str]
    heading: frozenset[str]
    around: frozenset[str]
    """The terms of the heading and of the passage, as passages are indexed."""
    of_residual: Mapping[str, int]
    """Residual term → the sentences that hold it: sentence `n` by the bit 2ⁿ."""
    of_terms: Mapping[str, int]
    """Term in the views in which passages are indexed → the sentences that hold it."""


class EvidenceFinder:
    """Question + passages → evidence."""

    def __init__(self, index: Index, analyzer: Analyzer, weigher: Weigher) -> None:
        """Weigh sentences as the index weighs wordings and passages."""
        self._index = index
        self._analyzer = analyzer
        self._weigher = weigher
        self._cut = lru_cache(maxsize=REMEMBERED)(self._cut_up)
        self._heading = lru_cache(maxsize=REMEMBERED)(self._terms_of_heading)

    def asked(
        self, query: Query, asked: TextWeights
    ) -> Callable[[Sequence[Passage]], Evidence | None]:
        """Give what finds the evidence for a question in passages; None: there are none.

        The best sentence is that with the largest sum of its likeness to the question beside the
        typed facets, the share of the question's weights in passages that it holds, and part of
        what its passage and its heading hold. Where it leads into a list, the list belongs to it,
        and where it is in a list and the question asks for all there is, the whole list.
        """
        residual = asked.residual
        weights = self._index.form_weights("passages", query.reading, self._analyzer)
        total = sum(residual.values()) or 1e-9
        whole = sum(weights.values()) or 1e-9
        terms = frozenset(residual)
        asks_number = bool(HOW_MANY.search(query.question))

        def scored(cut: _Cut) -> Iterator[tuple[float, float]]:
            beside = shared_weight(weights, cut.around) / whole
            if cut.heading:
                beside += shared_weight(residual, cut.heading) / total
            shared = _shared(residual, cut.of_residual, len(cut.sentences))
            shared_as = _shared(weights, cut.of_terms, len(cut.sentences))
            for sentence, common, held in zip(cut.sentences, shared, shared_as, strict=True):
                like = common / (total + UNASKED * max(sentence.mass - common, 0.0))
                number = NUMBER_BONUS if asks_number and sentence.number else 0.0
                yield like + held / whole + AROUND * beside + number, like

        def find(passages: Sequence[Passage]) -> Evidence | None:
            cuts = [self._cut(passage.text, passage.section) for passage in passages]
            found = [list(scored(cut)) for cut in cuts]
            places = [(max(scores), -n) for n, scores in enumerate(found) if scores]
            if not places:
                return None
            (_, likeness), place = max(places)
            cut, scores = cuts[-place], [score for score, _ in found[-place]]
            texts = [sentence.text for sentence in cut.sentences]
            return Evidence(
                passages[-place],
                tuple(texts[n].strip() for n in chosen(texts, scores, query.question)),
                likeness,
                terms & cut.residual,
            )

        return find

    def written_terms(self, passage: Passage) -> frozenset[str]:
        """Give the terms of a passage in the views in which wordings are indexed as written."""
        reading = self._cut(passage.text, passage.section).reading
        return frozenset(form_terms("written", reading, self._analyzer))

    def _cut_up(self, text: str, section: str) -> _Cut:
        parts, readings = [], []
        of_residual: dict[str, int] = {}
        of_terms: dict[str, int] = {}
        for place, sentence in enumerate(sentences(text)):
            reading = self._analyzer.read(sentence)
            residual = self._weigher.residual_of(reading)
            number = bool(NUMBER.search(sentence))
            readings.append(reading)
            parts.append(_Sentence(sentence, sum(residual.values()), number))
            _add_place(of_residual, residual, place)
            _add_place(of_terms, passage_terms(reading, self._analyzer), place)
        heading = self._heading(section)
        marked = all(part.text[-1] in SENTENCE_MARKS for part in parts[:-1])
        whole = joined(readings) if readings and marked else self._analyzer.read(text)
        return _Cut(
            whole,
            tuple(parts),
            self._weigher.residual_terms(whole),
            heading,
            heading.union(passage_terms(whole, self._analyzer)),
            of_residual,
            of_terms,
        )

    def _terms_of_heading(self, section: str) -> frozenset[str]:
        if not section:
            return frozenset()
        reading = self._analyzer.read(section)
        terms = passage_terms(reading, self._analyzer)
        return self._weigher.residual_terms(reading).union(terms)


def joined(readings: Sequence[Reading]) -> Reading:
    """Give the reading of a text, given those of its sentences; a mark ends each but the last.

    No word, name or number goes on beyond a mark, so nothing needs to be read again.
    """
    normal = ""
    words: list[str] = []
    runs: list[tuple[str, ...]] = [()]
    mentions: list[Mention] = []
    for reading in readings:
        words += reading.words
        runs[-1] += reading.canonical[0]
        runs += reading.canonical[1:]
        begin = len(normal)
        mentions += [replace(m, start=begin + m.start, end=begin + m.end) for m in reading.mentions]
        normal += reading.normal
    return Reading(normal, tuple(words), tuple(runs), tuple(mentions))


def _add_place(places: dict[str, int], terms: Iterable[str], sentence: int) -> None:
    """Take note that a sentence holds some terms."""
    found = dict.fromkeys(terms, 1 << sentence)
    for term in found.keys() & places.keys():
        found[term] |= places[term]
    places.update(found)


def _shared(asked: Mapping[str, float], held: Mapping[str, int], count: int) -> list[float]:
    """Give for each sentence the weight of the asked terms that it holds."""
    shared = [0.0] * count
    for term in filter(held.__contains__, asked):
        weight, places = asked[term], held[term]
        while places:
            place = places.bit_length() - 1
            shared[place] += weight
            places ^= 1 << place
    return shared


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
