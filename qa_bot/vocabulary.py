"""Number the terms of texts, in arrays that can be mapped from a file and searched at once."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

ARRAYS = ("letters", "ends", "buckets", "by_bucket")
"""The names of what a vocabulary is made of."""
HASH_BITS = 32
"""Of a term's checksum; its highest bits say which bucket the term lies in."""


class Vocabulary(Mapping[str, int]):
    """Term → its number; the terms are numbered in the order of their UTF-8 bytes.

    Nothing is made of the terms when it is opened: it is three arrays. Terms lie in buckets by
    their checksum, about one in each, and a term is found by comparing it with those of its bucket.
    """

    def __init__(
        self,
        letters: NDArray[np.uint8],
        ends: NDArray[np.int64],
        buckets: NDArray[np.int64],
        by_bucket: NDArray[np.int32],
    ) -> None:
        """Take the arrays.

        `letters` are the bytes of all terms, term `n` those from `ends[n]` up to `ends[n + 1]`;
        bucket `b` holds the numbers from `buckets[b]` up to `buckets[b + 1]` of `by_bucket`.
        """
        self.letters, self.ends, self.buckets, self.by_bucket = letters, ends, buckets, by_bucket
        # Single items of a memoryview are several times as quick to take as those of an array.
        self._letters, self._ends = letters.data, ends.data
        self._buckets, self._by_bucket = buckets.data, by_bucket.data
        self._shift = HASH_BITS - (len(buckets) - 2).bit_length()

    @classmethod
    def of(cls, terms: Sequence[str]) -> Vocabulary:
        """Give terms, which are in order and none twice, their numbers."""
        encoded = [_encoded(term) for term in terms]
        bits = max(len(encoded) - 1, 1).bit_length()
        hashes = np.fromiter(map(zlib.crc32, encoded), np.uint32, len(encoded))
        bucket = (hashes >> (HASH_BITS - bits)).astype(np.int64)
        return cls(
            np.frombuffer(b"".join(encoded), np.uint8),
            np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            np.cumsum([0, *np.bincount(bucket, minlength=1 << bits)], dtype=np.int64),
            np.argsort(bucket, kind="stable").astype(np.int32),
        )

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[NDArray[Any], ...]]:
        return Vocabulary, (self.letters, self.ends, self.buckets, self.by_bucket)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        return {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Vocabulary:
        """Take what `arrays` gave."""
        return cls(*(arrays[name] for name in ARRAYS))

    def number(self, term: str) -> int:
        """Give the number of a term; -1: no text holds it."""
        key = _encoded(term)
        bucket = zlib.crc32(key) >> self._shift
        ends, letters = self._ends, self._letters
        for place in range(self._buckets[bucket], self._buckets[bucket + 1]):
            number = self._by_bucket[place]
            if letters[ends[number] : ends[number + 1]] == key:
                return number
        return -1

    def name(self, number: int) -> str:
        """Give the term of a number."""
        own = self._letters[self._ends[number] : self._ends[number + 1]]
        return own.tobytes().decode(errors="surrogatepass")

    def beginning_with(self, letter: str) -> tuple[int, int]:
        """Give the numbers of the terms that begin with a letter: from one up to another."""
        numbers = range(len(self))
        first = bisect_left(numbers, letter, key=self.name)
        return first, bisect_left(numbers, chr(ord(letter) + 1), key=self.name)

    def __getitem__(self, term: str) -> int:
        number = self.number(term)
        if number < 0:
            raise KeyError(term)
        return number

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self.number(term) >= 0

    def __iter__(self) -> Iterator[str]:
        whole = self.letters.tobytes()
        return (
            whole[start:end].decode(errors="surrogatepass")
            for start, end in pairwise(self.ends.tolist())
        )

    def __len__(self) -> int:
        return len(self.by_bucket)


class Keys(Mapping[str, int]):
    """Key → the number that it stands for, in arrays that can be mapped from a file."""

    def __init__(self, keys: Vocabulary, numbers: NDArray[np.int64]) -> None:
        """Take the keys, and what the first, the second … of them stand for."""
        self.keys_in_order, self.numbers = keys, numbers

    @classmethod
    def of(cls, numbers: Mapping[str, int]) -> Keys:
        """Lay out a mapping."""
        # The order of code points is that of UTF-8 bytes.
        keys = sorted(numbers)
        return cls(Vocabulary.of(keys), np.array([numbers[key] for key in keys], np.int64))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        return {"numbers": self.numbers, **self.keys_in_order.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Keys:
        """Take what `arrays` gave."""
        return cls(Vocabulary.from_arrays(arrays), arrays["numbers"])

    def __getitem__(self, key: str) -> int:
        return int(self.numbers[self.keys_in_order[key]])

    def __contains__(self, key: object) -> bool:
        return key in self.keys_in_order

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_in_order)

    def __len__(self) -> int:
        return len(self.keys_in_order)


def _encoded(key: str) -> bytes:
    # Half a surrogate pair may stand in an id that an owner states, or a client asks for.
    return key.encode(errors="surrogatepass")
