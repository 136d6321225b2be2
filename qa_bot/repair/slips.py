"""Tell whether what was typed is a slip for a term, and never take a right word for one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.analyzer import CHARACTER, WORD
from qa_bot.repair.vocabulary import LOOKED_AT, MISCOUNTED, SHORT, SWAPPED
from qa_bot.text import CHINESE, syllable, units

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from qa_bot.analyzer import Analyzer
    from qa_bot.repair.vocabulary import Unit

BY_CHANCE: Mapping[int, float] = {2: 2.5e-7, 3: 3e-5, 4: 1e-4, 5: 1e-4}
"""Term's length → how often its single characters may meet in general Chinese by chance."""
UNMISTAKABLE = 10
"""A term of so many units is meant whatever word stands where one of them sounds as it should."""
LONG = 8
"""Terms of at least so many characters are known even with an uncommon word in them."""
UNCOMMON = 1e-6
"""The share of general Chinese that such a word has at most."""
HARDLY_ANY = 1e-7
"""A word or character of at most this share is none that must be left alone."""

OF_VERBS = ("了", "着", "过")
"""What follows a verb: a character before it is one, and no slip (许可挣了)."""

REMEMBERED = 1 << 14
"""How many terms are remembered once they were compared with."""
LETTERS = re.compile("[a-z]+")


@dataclass(frozen=True, slots=True)
class Slip:
    """The units that were mistyped."""

    places: tuple[int, ...]
    sure: bool = False
    """Whether it is one whatever words the segmenter sees there."""


class SlipJudge:
    """Weighs, as a noisy channel does (Kernighan, Church and Gale 1990), what is likelier meant."""

    def __init__(self, analyzer: Analyzer, terms: Container[str]) -> None:
        """Take the terms that may be mended; other words are only read from pinyin."""
        self._background = analyzer.background
        self._lexicon = analyzer.lexicon
        self._terms = terms
        self._right = lru_cache(maxsize=REMEMBERED)(self._read_term)
        """Term → its units, and whether it is mended; the last few are remembered."""

    def _read_term(self, term: str) -> tuple[list[str], bool]:
        right = units(term)
        return right, "".join(right) in self._terms

    def slip(
        self, text: str, words: Sequence[tuple[int, int]], parts: Sequence[Unit], term: str
    ) -> Slip | None:
        """Give the slip by which units of a text mean the term; none: they do not.

        `words` says where the text's words begin and end.
        """
        typed = [part.text for part in parts]
        right, own = self._right(term)
        if typed == right:
            return None
        slip = self._compare(typed, right, own=own)
        if slip is None:
            return None
        start, end = parts[0].start, parts[-1].end
        window = [span for span in words if start <= span[0] < end]
        places = [parts[place].start for place in slip.places]
        if len(typed) < len(right):
            return slip if _is_broken(window, places[0]) else None
        if slip.sure:
            return slip
        counted = len(right) == SHORT and start and text[start - 1].isnumeric()  # 20天报
        verb = slip.places[-1] == len(parts) - 1 and text.startswith(OF_VERBS, end)
        likely = not (counted or verb) and self._likely(text, window, places, len(right))
        return slip if likely else None

    def _compare(self, typed: list[str], right: list[str], *, own: bool) -> Slip | None:
        """Give the slip, if it is of a kind that the term's length allows.

        `own` says whether the term is mended.
        """
        size = len(right)
        if len(typed) != size:
            return self._miscounted(typed, right) if own and size >= MISCOUNTED else None
        places = tuple([n for n in range(size) if typed[n] != right[n]])
        if len(places) * 2 > size and not LETTERS.fullmatch(typed[places[0]]):
            return None  # Most of what sounds alike: only pinyin may differ in so much.
        wrong = [(typed[place], right[place]) for place in places]
        sounded = all(syllable(one) == syllable(other) for one, other in wrong)
        if all(LETTERS.fullmatch(one) for one, _ in wrong):
            return Slip(places, sure=True) if sounded else None
        if not own and any(self._in_words(one) for one, _ in wrong):
            return None
        match wrong:
            case [(one, other), (other_typed, one_right)] if (one, other) == (
                one_right,
                other_typed,
            ) and places[1] == places[0] + 1:
                return self._swapped(places, other + one, size)
        slipped = self._homophones(wrong, size) if sounded else self._lookalike(wrong, size)
        # Of a long term all but one character are no other thing (广博电视节目制作经营许可证).
        sure = sounded and len(places) == 1 and size >= UNMISTAKABLE
        return Slip(places, sure=sure) if slipped else None

    def _swapped(self, places: tuple[int, ...], pair: str, size: int) -> Slip | None:
        """Take two neighbours for swapped if they are a word the right way round."""
        known = pair in self._terms or self._background(WORD + pair) > 0
        return Slip(places, sure=size >= MISCOUNTED) if known and size >= SWAPPED else None

    def _homophones(self, wrong: list[tuple[str, str]], size: int) -> bool:
        """Take characters for homophones typed if at least half of the term is right."""
        distinct = any(one + other in self._lexicon.distinct for one, other in wrong)
        return len(wrong) * 2 <= size and not (distinct and size < SWAPPED)

    def _lookalike(self, wrong: list[tuple[str, str]], size: int) -> bool:
        """Take a character for a look-alike; in a short term only one that no word is made of."""
        (typed, right), *more = wrong
        alike = right in self._lexicon.lookalikes.get(typed, ())
        return alike and not more and (size >= LOOKED_AT or not self._in_words(typed))

    def _in_words(self, character: str) -> bool:
        return self._background(CHARACTER + character) > HARDLY_ANY

    def _miscounted(self, typed: list[str], right: list[str]) -> Slip | None:
        """Find the one character inside that is missing, or is one too many and no word."""
        shorter = min(len(typed), len(right))
        place = next((n for n in range(shorter) if typed[n] != right[n]), 0)
        if not 0 < place < shorter:
            return None
        if typed == right[:place] + right[place + 1 :]:
            beside = typed[place - 1 : place + 1]
            return Slip((place,), sure=True) if self._lexicon.stopwords.isdisjoint(beside) else None
        if right != typed[:place] + typed[place + 1 :]:
            return None
        extra = typed[place]
        rare = CHINESE.fullmatch(extra) and self._background(WORD + extra) <= UNCOMMON
        return Slip((place,), sure=True) if extra == typed[place - 1] or rare else None

    def _likely(
        self, text: str, window: Sequence[tuple[int, int]], places: Sequence[int], size: int
    ) -> bool:
        """Tell whether no word stands at the wrong places, and the window is hardly a chance."""
        rarity = UNCOMMON if size >= LONG else HARDLY_ANY
        alone = 1.0
        for start, end in window:
            share = self._background(WORD + text[start:end])
            if end - start == 1:
                alone *= share
            # A word that general Chinese lacks is one that the base or its owner has.
            elif any(start <= place < end for place in places) and not 0 < share <= rarity:
                return False
        return alone <= BY_CHANCE.get(size, math.inf)


def _is_broken(window: Sequence[tuple[int, int]], gap: int) -> bool:
    """Tell whether a missing character leaves no whole words beside its gap (网络|出|许可证).

    Whole words are another name of the thing (演出经纪人证, 演出经纪证).
    """
    inside = any(start < gap < end for start, end in window)
    return inside or any(gap in span and span[1] - span[0] == 1 for span in window[1:-1])
