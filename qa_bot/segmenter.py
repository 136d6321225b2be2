"""Cut text into words as jieba does: one text by itself, or many at once."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from qa_bot.dictionary import Background, open_dictionary
from qa_bot.lattice import Lattice
from qa_bot.text import NOT_A_WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

BLOCK = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+|\S")
"""What jieba cuts at once, and other characters."""
BLOCK_OR_SPACE = re.compile(rf"{BLOCK.pattern}|\s")
LONG = 256
"""Blocks of more characters are cut one by one: the work of many goes by the longest of them."""
BLOCKS = 1 << 12
"""How many blocks of text are remembered with their words."""
SUBWORDS = (2, 3)
"""Lengths of the shorter words that are looked for inside longer ones, as jieba's search mode."""


class Segmenter:
    """Cut text into words by one jieba dictionary: the general one and the project's own words."""

    def __init__(self, words: Iterable[str] = (), cache_folder: Path | None = None) -> None:
        """Map the dictionary; `cache_folder` keeps it between starts, which else takes seconds."""
        dictionary = open_dictionary(cache_folder)
        self.background = Background(dictionary)
        self._general, self._total = dictionary.words, dictionary.total
        self._log_total = math.log(self._total)
        self._own: dict[str, int] = {}
        """The project's own words, and what they begin with, as often as they count to occur."""
        self._begun: set[str] = set()
        """How these begin: with one or two characters."""
        for word in sorted(words):
            self._add(word)
        self._words_of = lru_cache(maxsize=BLOCKS)(self._cut_block)
        """Block → its words; many are remembered: a text is cut whole and in sentences."""

    def _add(self, word: str) -> None:
        """Add a word so that it is kept whole, as jieba's `add_word` does."""
        share = 1.0
        for block in BLOCK_OR_SPACE.findall(word):
            for piece in self._cut_block(block) if len(block) > 1 else block:
                share *= self._times(piece, 1) / self._total
        times = max(int(share * self._total) + 1, self._times(word, 0))
        for end in range(1, len(word)):
            self._own[word[:end]] = self._times(word[:end], 0)
        self._own[word] = times
        self._begun.add(word[:2])
        self._total += times
        self._log_total = math.log(self._total)

    def cut(self, text: str) -> list[str]:
        """Give the words of normalised text, in order; marks and spaces are left out.

        They are those of jieba's cut by its dictionary alone (`HMM=False`).
        """
        return _in_order(BLOCK.findall(text), self._words_of)

    def lattice(self) -> Lattice:
        """Make what `cut_all` needs: that takes as long as to cut some 10,000 titles."""
        return Lattice(self._general.laid_flat() | self._own, self._log_total)

    def cut_all(self, texts: Sequence[str], lattice: Lattice) -> list[list[str]]:
        """Give the words of each of many texts: those that `cut` gives, in a third of the time."""
        parted: list[list[str]] = [BLOCK.findall(text) for text in texts]
        blocks = [
            block for block in dict.fromkeys(chain.from_iterable(parted)) if 1 < len(block) <= LONG
        ]
        known = dict(zip(blocks, lattice.cut(blocks), strict=True))

        def words_of(block: str) -> list[str]:
            return known.get(block) or self._words_of(block)

        return [_in_order(own, words_of) for own in parted]

    def _times(self, word: str, unknown: int) -> int:
        """Give how often a word occurs, 0 where it is only the beginning of one."""
        times = self._own.get(word)
        return self._general.get(word, unknown) if times is None else times

    def _times_from(self, block: str, start: int) -> list[int]:
        """Give the times of the one, two … characters from `start` on, as long as words go on."""
        found = self._general.times_from(block, start)
        if block[start : start + 2] in self._begun or block[start] in self._begun:
            for length in range(1, len(block) - start + 1):
                times = self._own.get(block[start : start + length])
                if times is None:
                    break
                found[length - 1 : length] = [times]
        return found

    def _cut_block(self, block: str) -> list[str]:
        """Take the way through a block whose words are likeliest by their frequencies."""
        size, log_total = len(block), self._log_total
        after = [0.0] * (size + 1)
        ends = [0] * size
        for start in range(size - 1, -1, -1):
            best, best_end = -math.inf, start + 1
            for end, times in enumerate(self._times_from(block, start), start + 1):
                if times:
                    likely = math.log(times) - log_total + after[end]
                    if likely >= best:
                        best, best_end = likely, end
            # What no word begins with counts as if it had occurred once.
            after[start] = best if best > -math.inf else after[start + 1] - log_total
            ends[start] = best_end
        return _joined(block, ends)

    def subwords(self, word: str) -> list[str]:
        """Give the word, after the shorter words of the dictionary inside it."""
        inside = (
            word[start : start + length]
            for length in SUBWORDS
            if len(word) > length
            for start in range(len(word) - length + 1)
        )
        return [*(piece for piece in inside if self._times(piece, 0)), word]


def _in_order(blocks: Iterable[str], words_of: Callable[[str], Iterable[str]]) -> list[str]:
    """Give the words of blocks; marks are left out."""
    words: list[str] = []
    for block in blocks:
        words += words_of(block) if len(block) > 1 else block
    return [word for word in words if word.isalnum() or not NOT_A_WORD.fullmatch(word)]


def _joined(block: str, ends: Sequence[int]) -> list[str]:
    """Give the words of a way through a block; Latin letters and digits alone belong together."""
    words: list[str] = []
    start, begun = 0, False
    while start < len(block):
        end = ends[start]
        alone = end == start + 1 and block[start].isascii() and block[start].isalnum()
        if alone and begun:
            words[-1] += block[start]
        else:
            words.append(block[start:end])
        start, begun = end, alone
    return words
