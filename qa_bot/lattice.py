"""Find the likeliest words of many texts at once, in arrays: what `text` does of one by itself."""

from __future__ import annotations

import math
import sys
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Scores = NDArray[np.float64]

ROOT = 0
"""The number of the empty word, which every word begins with."""
NEVER = -math.inf
"""What counts where no word is."""
CODE_BITS = 21
"""A character's code takes so many; a word's number and a character are one."""
LATIN = np.array([chr(code).isalnum() for code in range(128)])
"""Which of the first characters are Latin letters or digits; the last of them is none."""


class Trie:
    """Words that are looked for at all places of many texts at once.

    Of words of two, three … characters it holds the steps that lead to them (the number of the word
    without its last character, and this character), in order, and their numbers.
    """

    def __init__(self, words: Sequence[str]) -> None:
        """Take different words, and whatever words begin with; they are numbered from one on."""
        numbers = dict(zip(words, range(ROOT + 1, len(words) + 1), strict=True))
        numbers[""] = ROOT
        before = np.fromiter((numbers[word[:-1]] for word in words), np.int64, len(words))
        last = np.fromiter((ord(word[-1]) for word in words), np.int64, len(words))
        steps = (before << CODE_BITS) | last
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        self._alone = np.zeros(sys.maxunicode + 1, np.int32)
        """Character → the number of the word that it is, which is found at once."""
        self._alone[last[lengths == 1]] = np.flatnonzero(lengths == 1) + 1
        self._levels = []
        for length in range(2, int(lengths.max(initial=0)) + 1):
            level = np.flatnonzero(lengths == length)
            level = level[np.argsort(steps[level])]
            self._levels.append((steps[level], level + 1))

    def walk(
        self, letters: Numbers, after: Numbers, starts: Numbers
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Give for one, two … characters at which starts a word stands, and the word's number.

        `letters` are the codes of characters, `after` says for each place which one comes next.
        """
        at, words = starts, self._alone[letters[starts]].astype(np.int64)
        known = words != ROOT
        starts, at, words = starts[known], after[at[known]], words[known]
        if starts.size:
            yield starts, words
        for steps, leads_to in self._levels:
            wanted = (words << CODE_BITS) | letters[at]
            # What is looked for in order is found in a third of the time.
            order = np.argsort(wanted)
            wanted = wanted[order]
            place = np.minimum(np.searchsorted(steps, wanted), len(steps) - 1)
            known = steps[place] == wanted
            order = order[known]
            starts, at, words = starts[order], after[at[order]], leads_to[place[known]]
            if not starts.size:
                return
            yield starts, words


class Lattice:
    """Finds the way through a text whose words are likeliest by their frequencies."""

    def __init__(self, frequencies: Mapping[str, int], log_total: float) -> None:
        """Take how often each word occurs (0: only the beginning of one), and of how many."""
        self._trie = Trie(list(frequencies))
        self._unknown = -log_total
        """What a character counts that no word begins with: as if it had occurred once."""
        logs = (math.log(times) - log_total if times else NEVER for times in frequencies.values())
        self._scores = np.fromiter(chain([NEVER], logs), np.float64, len(frequencies) + 1)
        """Number of a word → the logarithm of its share."""

    def cut(self, blocks: Sequence[str]) -> list[list[str]]:
        """Give the words of each of some texts, none of them empty.

        Of several ways that are equally likely the one with the longer word first is taken; Latin
        letters and digits alone belong together.
        """
        if not blocks:
            return []
        text = "".join(blocks)
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.int64)
        sizes = np.fromiter(map(len, blocks), np.int64, len(blocks))
        firsts = np.cumsum(sizes) - sizes
        begins = self._begins(codes, sizes, firsts)
        # What stands alone is a word of one character; the last one's end is an end, too.
        ends = np.append(begins[1:], True)
        alone = begins & ends & LATIN[np.minimum(codes, len(LATIN) - 1)]
        first = np.zeros(len(codes), np.bool_)
        first[firsts] = True
        begins[1:] &= ~(alone[1:] & alone[:-1]) | first[1:]
        starts = np.flatnonzero(begins)
        words = [text[start:end] for start, end in pairwise([*starts.tolist(), len(text)])]
        bounds = np.append(np.searchsorted(starts, firsts), len(starts))
        return [words[start:end] for start, end in pairwise(bounds.tolist())]

    def _begins(self, codes: Numbers, sizes: Numbers, firsts: Numbers) -> NDArray[np.bool_]:
        """Tell for each character whether a word begins there.

        Characters are put in rows, the last of all texts first, then those before them …, after a
        row of ends; the longest texts come first, so that a row's neighbours stand beside it.
        """
        ranks = np.empty_like(sizes)
        ranks[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
        widths = len(sizes) - np.searchsorted(np.sort(sizes), np.arange(sizes.max() + 1))
        rows = np.concatenate([[0], np.cumsum(widths)])
        behind = np.repeat(firsts + sizes, sizes) - np.arange(len(codes))
        places = rows[behind] + np.repeat(ranks, sizes)
        letters = np.zeros(rows[-1], np.int64)
        letters[places] = codes
        after = np.arange(rows[-1])
        after[widths[0] :] -= np.repeat(widths[:-1], widths[1:])
        lengths = self._likeliest(self._found(letters, after, widths[0]), rows, widths)
        begins = np.zeros(rows[-1], np.bool_)
        way = rows[sizes] + ranks
        height = sizes
        while way.size:
            begins[way] = True
            left = height - lengths[way]
            way = (rows[left] + way - rows[height])[left > 0]
            height = left[left > 0]
        found: NDArray[np.bool_] = begins[places]
        return found

    def _found(self, letters: Numbers, after: Numbers, ends: int) -> list[Scores]:
        """Give for words of one, two … characters what one counts that begins at each place."""
        found = [np.full(len(letters), NEVER)]
        begun = np.zeros(len(letters), np.bool_)
        walk = self._trie.walk(letters, after, np.arange(ends, len(letters)))
        for length, (starts, words) in enumerate(walk, 1):
            if length > 1:
                found.append(np.full(len(letters), NEVER))
            found[-1][starts] = self._scores[words]
            begun |= found[-1] > NEVER
        found[0][~begun] = self._unknown
        return found

    def _likeliest(self, found: Sequence[Scores], rows: Numbers, widths: Numbers) -> Numbers:
        """Give for each place how long the first word is of the likeliest way from there."""
        ways = np.full(rows[-1], NEVER)
        ways[: widths[0]] = 0
        lengths = np.ones(rows[-1], np.int64)
        held = [np.maximum.reduceat(scores, rows[:-1]) > NEVER for scores in found]
        for height in range(1, len(widths)):
            own = slice(rows[height], rows[height + 1])
            best, best_length = ways[own], lengths[own]
            for length, (scores, some) in enumerate(zip(found[:height], held, strict=False), 1):
                if some[height]:
                    below = rows[height - length]
                    likely = scores[own] + ways[below : below + len(best)]
                    better = likely >= best
                    best[better] = likely[better]
                    best_length[better] = length
        return lengths
