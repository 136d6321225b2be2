"""Mend typing errors in the base's own terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from qa_bot.analyzer import PAIR
from qa_bot.repair.slips import LETTERS, SlipJudge
from qa_bot.repair.trie import Terms as Terms
from qa_bot.repair.trie import Trie
from qa_bot.repair.vocabulary import OFTEN, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from qa_bot.analyzer import Analyzer

    Span = tuple[int, int]
    """From a character up to another."""

DOMINANT = 3.0
"""Of two terms that a window could mean, one is meant when it is so many times as common."""
TRIPLE = 3
"""Of a longer window, that its pairs of neighbours stand in passages does not say that it does."""

PIECE = re.compile(r"[\u3400-\u9fff]|[a-z0-9]+(?:[-._/@:][a-z0-9]+)*|\s+|.")
LONGEST_SYLLABLE = 6
REMEMBERED = 1 << 14
"""How many pieces of text are remembered with their units."""
SHORTEST_PINYIN = 4
"""A Latin word of fewer letters is one syllable, or no pinyin."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A term that was mistyped at characters start to end of a normalised question."""

    start: int
    end: int
    wrong: str
    right: str


def mend(text: str, repairs: Iterable[Repair]) -> str:
    """Put the right terms in place of the wrong ones."""
    for repair in sorted(repairs, key=lambda repair: -repair.start):
        text = text[: repair.start] + repair.right + text[repair.end :]
    return text


class Repairer:
    """Question → the repairs it needs; of one base."""

    def __init__(
        self,
        analyzer: Analyzer,
        terms: Terms,
        words: Mapping[str, int],
        hold: Callable[[str], bool],
        passage_terms: Container[str],
    ) -> None:
        """Take the base's terms, and its words with the number of wordings they stand in.

        `hold` tells whether some wording holds a text; `passage_terms` are the terms of the base's
        passages, pairs among them.
        """
        self._cut = analyzer.cut
        self._words = words
        self._hold = hold
        self._passage_terms = passage_terms
        self._terms = terms
        self._judge = SlipJudge(analyzer, terms)
        self._trie = Trie(terms, analyzer.lexicon.lookalikes)
        self._parts = lru_cache(maxsize=REMEMBERED)(self._read_piece)
        """Piece of a text → its units: the text, sound, `sounds` and `spelt` of each."""

    def repairs(self, text: str) -> tuple[Repair, ...]:
        """Find what is mistyped in a normalised question, in order; correct text gives nothing."""
        words = self._word_spans(text)
        parts = self._units(text)
        starts = {start for start, _ in words}
        ends = {end for _, end in words}
        right: list[Span] = []
        meant: dict[Span, dict[str, int]] = {}
        for first, unit in enumerate(parts):
            if not (unit.start in starts or unit.spelt):
                continue
            for after, term in self._trie.walk(parts, first):
                last = parts[after - 1]
                if not (last.end in ends or last.spelt):
                    continue
                window = parts[first:after]
                if text[unit.start : last.end] == term:
                    right.append((unit.start, last.end))
                elif slip := self._judge.slip(text, words, window, term):
                    meant.setdefault((unit.start, last.end), {})[term] = len(slip.places)
        return tuple(self._whole(text, self._choose(text, right, meant))) if meant else ()

    def _word_spans(self, text: str) -> list[Span]:
        spans: list[Span] = []
        end = 0
        for word in self._cut(text):
            start = text.index(word, end)
            end = start + len(word)
            spans.append((start, end))
        return spans

    def _units(self, text: str) -> list[Unit]:
        """Cut text into units; a Latin word that can be read as pinyin is one for each syllable."""
        found: list[Unit] = []
        start = 0
        for piece in PIECE.findall(text):
            for part, sound, sounds, spelt in self._parts(piece):
                end = start + len(part)
                if not part.isspace():
                    found.append(Unit(part, start, end, sound, sounds, spelt))
                start = end
        return found

    def _read_piece(self, piece: str) -> list[tuple[str, int, bool, bool]]:
        syllables = self._syllables(piece) if len(piece) >= SHORTEST_PINYIN else []
        sounds, spelt = piece[0].isalnum(), bool(syllables)
        parts = syllables or [piece]
        return [(part, self._trie.sound(part) if sounds else -1, sounds, spelt) for part in parts]

    def _syllables(self, word: str) -> list[str]:
        """Cut a Latin word that is none of the base's into syllables of its terms; none: it can't.

        The first way that is found with the longest syllables first.
        """
        if not LETTERS.fullmatch(word) or self._words.get(word, 0) >= OFTEN:
            return []
        ends = [0] * len(word) + [len(word)]
        for start in reversed(range(len(word))):
            longest = min(start + LONGEST_SYLLABLE, len(word))
            fitting = (
                end
                for end in range(longest, start, -1)
                if ends[end] and self._trie.sound(word[start:end]) >= 0
            )
            ends[start] = next(fitting, 0)
        syllables = []
        start = 0
        while start < ends[start]:
            syllables.append(word[start : ends[start]])
            start = ends[start]
        return syllables

    def _choose(
        self, text: str, right: Iterable[Span], meant: Mapping[Span, Mapping[str, int]]
    ) -> dict[Span, str]:
        """Give the term of each of the longest windows; of several terms the clearly commonest.

        Those that are right, or the base's own words, or unclear, leave no room for shorter ones.
        """
        chosen: dict[Span, str] = {}
        for start, end in sorted({*right, *meant}, key=lambda span: (span[0] - span[1], span)):
            if any(start < other_end and other < end for other, other_end in chosen):
                continue
            chosen[start, end] = text[start:end]
            slips = meant.get((start, end), {})
            if not slips or (start, end) in right or self._holds(text[start:end]):
                continue
            least = min(slips.values())
            likely = sorted(
                (self._words.get(term, 0), term) for term, count in slips.items() if count == least
            )
            if len(likely) == 1 or likely[-1][0] > DOMINANT * likely[-2][0]:
                chosen[start, end] = likely[-1][1]
        return chosen

    def _holds(self, window: str) -> bool:
        """Tell whether the base itself writes so."""
        if window in self._words or window in self._terms:
            return True
        pairs = [PAIR + one + other for one, other in pairwise(window)]
        in_passage = len(window) <= TRIPLE and all(pair in self._passage_terms for pair in pairs)
        return in_passage or self._hold(window)

    def _whole(self, text: str, chosen: Mapping[Span, str]) -> Iterator[Repair]:
        """Give the chosen terms that differ from the text, in order.

        A Latin word of which only a part sounds like a term is another language's.
        """
        known = {place for start, end in chosen for place in range(start, end)}
        foreign = [m for m in LETTERS.finditer(text) if not known.issuperset(range(*m.span()))]
        for (start, end), term in sorted(chosen.items()):
            wrong = text[start:end]
            if wrong != term and all(m.end() <= start or end <= m.start() for m in foreign):
                yield Repair(start, end, wrong, term)
