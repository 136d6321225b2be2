"""Generate titles of a licence FAQ, and questions that paraphrase them, from a seed.

A title has 9 to 12 words: some that most titles have (许可证, 办理) and others, as common as they
are in general Chinese; a question is a title with words left out, put in and moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jieba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

COMMON = {
    "许可证": 0.6,
    "办理": 0.5,
    "怎么": 0.45,
    "经营": 0.4,
    "需要": 0.35,
    "网络": 0.3,
    "材料": 0.25,
    "企业": 0.2,
    "文化": 0.18,
    "备案": 0.15,
    "申请": 0.12,
    "流程": 0.1,
}
"""Word → the share of titles it stands in."""
TAIL = 60_000
"""How many further words there are."""
LENGTHS = 9, 12
CHUNK = 100_000
KEPT = 0.7
"""How likely a question keeps each word of its title."""
ADDED = 2
"""How many other words a question has."""


class Titles:
    """Titles as lists of words, the same for the same seed."""

    def __init__(self, size: int, seed: int = 8) -> None:
        """Take how many titles there are."""
        self._size, self._seed = size, seed
        counted = [(count, word) for word, count in _dictionary() if word not in COMMON]
        counted.sort(key=lambda item: (-item[0], item[1]))
        chosen = counted[:TAIL]
        self.words = np.array([*COMMON, *(word for _, word in chosen)], object)
        weights = np.array([count for count, _ in chosen], np.float64)
        self._tail = np.cumsum(weights / weights.sum())
        self._common = np.array(list(COMMON.values()))

    def __len__(self) -> int:
        """Count the titles."""
        return self._size

    def __iter__(self) -> Iterator[list[str]]:
        """Give the titles, each a list of words."""
        random = np.random.default_rng(self._seed)
        for start in range(0, self._size, CHUNK):
            for numbers in self._chunk(random, min(CHUNK, self._size - start)):
                yield self.words[numbers].tolist()

    def questions(self, count: int) -> list[list[str]]:
        """Give questions that paraphrase titles of the first chunk."""
        random = np.random.default_rng(self._seed)
        titles = self._chunk(random, min(CHUNK, self._size))
        random = np.random.default_rng(self._seed + 1)
        questions = []
        for number in random.choice(len(titles), count):
            kept = [word for word in titles[number] if random.random() < KEPT] or [
                titles[number][0]
            ]
            added = len(COMMON) + np.searchsorted(self._tail, random.random(ADDED))
            question = np.unique([*kept, *added])
            random.shuffle(question)
            questions.append(self.words[question].tolist())
        return questions

    def _chunk(self, random: np.random.Generator, size: int) -> list[NDArray[np.int64]]:
        common = random.random((size, len(self._common))) < self._common
        lengths = random.integers(LENGTHS[0], LENGTHS[1], size, endpoint=True)
        tail = len(COMMON) + np.searchsorted(self._tail, random.random((size, LENGTHS[1])))
        titles = []
        for own, length, further in zip(common, lengths, tail, strict=True):
            words = np.flatnonzero(own)
            words = np.concatenate([words, further[: max(length - len(words), 2)]])
            random.shuffle(words)
            titles.append(words)
        return titles


def _dictionary() -> Iterator[tuple[str, int]]:
    """Give jieba's words of two and three characters with their frequencies."""
    with jieba.get_module_res("dict.txt") as lines:
        for line in lines:
            word, count, _ = line.decode().split(" ")
            if len(word) in {2, 3} and int(count) > 0:
                yield word, int(count)
