"""Say which words of general Chinese are used alike: each has a place in a space, mapped."""

from __future__ import annotations

import zlib
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.vocabulary import ARRAYS, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PLACES = "places"
"""The name of the array beside those of the words; see `Vocabulary`."""
LONGEST = 127
"""How long the embedding of a text is: it is kept in numbers of a byte."""


class Embeddings:
    """Word → its place; the length of a place says how much the word tells of a text.

    What a text is about is the direction of the sum of its words' places: "smooth inverse
    frequency" (Arora, Liang and Ma 2017), over places that a sentence encoder gave each word.
    """

    def __init__(self, words: Vocabulary, places: NDArray[np.int8]) -> None:
        """Take the words and, in the order of their numbers, places: words × dimensions."""
        self._places = places
        self.number = words.number
        """Word → its number; -1: it has no place."""
        known = (words.letters, places)
        self.key = "-".join(f"{zlib.crc32(array.data):08x}" for array in known)
        """Identifies what is known of all words."""

    @property
    def dimensions(self) -> int:
        """Tell of how many numbers a place is made."""
        return int(self._places.shape[1])

    def embed(self, texts: Sequence[Sequence[Sequence[int]]]) -> NDArray[np.int8]:
        """Embed texts, each given as the numbers of its words: texts × dimensions.

        What has no place itself is given as the numbers of what it is made of, and is where these
        are in the mean; it may be none. An embedding is of the length `LONGEST`, or 0 where no
        word has a place.
        """
        words = list(chain.from_iterable(texts))
        rows = np.fromiter(chain.from_iterable(words), np.int64)
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        weights = np.repeat(1 / np.maximum(sizes, 1), sizes).astype(np.float32)
        places = self._places[rows] * weights[:, None]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        bounds = ends[np.cumsum([0, *map(len, texts)])]
        sums = np.zeros((len(texts), self.dimensions), np.float32)
        several = np.flatnonzero(np.diff(bounds))
        if several.size:
            sums[several] = np.add.reduceat(places, bounds[several])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        sums *= LONGEST / np.maximum(lengths, 1)
        embedded: NDArray[np.int8] = np.rint(sums).astype(np.int8)
        return embedded


def cosines(embedded: NDArray[np.int8], embedding: NDArray[np.int8]) -> NDArray[np.float32]:
    """Give the cosines of some embeddings, one a row, to another; 0 where there is none."""
    direction = embedding.astype(np.float32) / np.float32(LONGEST * LONGEST)
    found: NDArray[np.float32] = embedded.astype(np.float32) @ direction
    return found


WITHOUT = Embeddings(Vocabulary.of([]), np.zeros((0, 0), np.int8))
"""No word has a place."""


@lru_cache(maxsize=1)
def open_embeddings(folder: Path) -> Embeddings:
    """Map the embeddings of a folder; raise MistakesError when they can't be read."""
    try:
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in (*ARRAYS, PLACES)
        }
        words, places = Vocabulary.from_arrays(arrays), arrays[PLACES]
    except (OSError, ValueError) as error:
        raise _unreadable(folder, str(error)) from None
    if places.dtype != np.int8 or len(places) != len(words):
        raise _unreadable(folder, "words and places do not belong together")
    return Embeddings(words, places)


def _unreadable(folder: Path, problem: str) -> MistakesError:
    remedy = "take data/embeddings as it came with the program, or set QA_BOT_EMBEDDINGS"
    return MistakesError([Mistake(Location(str(folder)), problem, remedy)])
