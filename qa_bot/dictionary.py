"""jieba's dictionary in arrays that are mapped from a file, and what it says of general Chinese."""

from __future__ import annotations

import hashlib
import json
import logging
import mmap
import sys
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jieba
import numpy as np

from qa_bot.text import CHINESE, syllable
from qa_bot.vocabulary import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

DIGEST = hashlib.sha256().digest_size
HEADER = 8
"""Bytes that say how long the description of a file's arrays is."""
ALIGNED = 64
"""Arrays begin at multiples of so many bytes."""
FORMAT = 3
"""Raised whenever the dictionary is kept in another form."""
ROOT = 0
"""The number of the empty word, which every word begins with."""


class WordTrie(Mapping[str, int]):
    """Word, or what a word begins with → how often the word occurs (0: it is only a beginning).

    Words are numbered by their length, among those as long by the number of what is left without
    the last character, then by this. Those one character longer than word `n` are so numbered from
    `longer[n]` up to `longer[n + 1]`; `last` are the codes of the last characters. Nothing is made
    of the arrays when they are mapped but the list of first characters.
    """

    def __init__(
        self, longer: NDArray[np.int32], last: NDArray[np.int32], times: NDArray[np.int32]
    ) -> None:
        """Take the arrays; see above."""
        self._arrays = {"longer": longer, "last": last, "times": times}
        # Single items of a memoryview are several times as quick to take as those of an array.
        self._longer, self._last, self._times = longer.data, last.data, times.data
        alone = range(int(longer[ROOT]), int(longer[ROOT + 1]))
        self._alone = dict(
            zip(map(chr, last[alone.start : alone.stop].tolist()), alone, strict=True)
        )

    @classmethod
    def of(cls, times: Mapping[str, int]) -> WordTrie:
        """Lay out words and all that they begin with."""
        numbers = {"": ROOT}
        children = [0]
        last, laid_out = [0], [0]
        by_length: dict[int, list[str]] = {}
        for word in times:
            by_length.setdefault(len(word), []).append(word)
        for _, words in sorted(by_length.items()):
            steps = sorted((numbers[word[:-1]], word[-1], word) for word in words)
            for before, character, word in steps:
                numbers[word] = len(numbers)
                children[before] += 1
                children.append(0)
                last.append(ord(character))
                laid_out.append(times[word])
        longer = np.cumsum([1, *children], dtype=np.int32)
        return cls(longer, np.array(last, np.int32), np.array(laid_out, np.int32))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; the constructor takes it."""
        return self._arrays

    def times_from(self, text: str, start: int) -> list[int]:
        """Give the times of the one, two … characters from `start` on, as long as words go on."""
        number = self._alone.get(text[start])
        if number is None:
            return []
        longer, last, times = self._longer, self._last, self._times
        found = [times[number]]
        for end in range(start + 1, len(text)):
            low, high = longer[number], longer[number + 1]
            if low == high:
                break
            code = ord(text[end])
            number = bisect_left(last, code, low, high)
            if number == high or last[number] != code:
                break
            found.append(times[number])
        return found

    def __getitem__(self, word: str) -> int:
        found = self.times_from(word, 0) if word else []
        if not word or len(found) < len(word):
            raise KeyError(word)
        return found[-1]

    def __iter__(self) -> Iterator[str]:
        longer = self._arrays["longer"]
        before = np.repeat(np.arange(len(longer) - 1), np.diff(longer)).tolist()
        words = [""]
        for start, character in zip(before, map(chr, self._last[1:]), strict=True):
            words.append(words[start] + character)
        return iter(words[1:])

    def __len__(self) -> int:
        return len(self._last) - 1

    def laid_flat(self) -> dict[str, int]:
        """Give all as a dictionary of Python's, which takes a tenth of a second and 70 MB."""
        return dict(zip(self, self._times[1:], strict=True))


class Dictionary(NamedTuple):
    """jieba's dictionary, and what it says of general Chinese: all that is kept between starts."""

    words: WordTrie
    total: int
    lowered: Mapping[str, int]
    """How often words occur in lower case, where it is another number."""
    total_lowered: int
    characters: Mapping[str, int]
    pairs: Keys
    sounds: Keys


class Background:
    """How common words, characters and sounds are in general Chinese, by jieba's dictionary.

    Every share is of all words (characters, pairs) of running text, 0 to 1.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        """Take the dictionary as it is without the project's own words."""
        self._dictionary = dictionary
        self._total = sum(dictionary.characters.values())

    def word(self, word: str) -> float:
        """Give the share of a word."""
        known = self._dictionary
        times = known.lowered.get(word)
        return (known.words.get(word, 0) if times is None else times) / known.total_lowered

    def character(self, character: str) -> float:
        """Give the share of a character."""
        return self._dictionary.characters.get(character, 0) / self._total

    def pair(self, pair: str) -> float:
        """Give the share of two neighbouring characters."""
        return self._dictionary.pairs.get(pair, 0) / self._total

    def sound(self, sounds: str) -> float:
        """Give the share of two neighbouring syllables, written with a space between them."""
        return self._dictionary.sounds.get(sounds, 0) / self._total


@lru_cache(maxsize=1)
def open_dictionary(folder: Path | None) -> Dictionary:
    """Map what an earlier start kept in a folder of our own, else make it and keep it.

    jieba keeps its dictionary in a guessable file that anyone may write, and is slow to read it.
    A process opens it once: while another release is being opened, nobody waits for that.
    """
    if folder is None:
        return _make()
    made_by = (jieba.__version__, version("pypinyin"), sys.byteorder, FORMAT)
    path = folder / f"dictionary-{hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]}"
    # None was kept yet, or it is damaged.
    with suppress(OSError, ValueError):
        return _mapped(path)
    made = _make()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".dictionary-", delete=False) as draft:
            draft.write(_to_bytes(made))
        Path(draft.name).replace(path)
        # What is mapped is shared by processes.
        return _mapped(path)
    except OSError as error:
        log.warning("the segmenter's dictionary is not kept for the next start: %s", error)
    return made


def _make() -> Dictionary:
    """Read jieba's dictionary, and count characters, pairs of neighbours and how they sound."""
    reader = jieba.Tokenizer()
    times, total = reader.gen_pfdict(reader.get_dict_file())
    words = {word.lower(): count for word, count in times.items() if count}
    characters: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            characters[character] += count
        for first, second in pairwise(word):
            pairs[first + second] += count
    sounds: Counter[str] = Counter()
    for pair, count in pairs.items():
        if CHINESE.fullmatch(pair):
            sounds[f"{syllable(pair[0])} {syllable(pair[1])}"] += count
    return Dictionary(
        WordTrie.of(times),
        total,
        {word: count for word, count in words.items() if times.get(word) != count},
        sum(words.values()),
        dict(characters),
        Keys.of(pairs),
        Keys.of(sounds),
    )


def _to_bytes(dictionary: Dictionary) -> bytes:
    """Lay out a file: a checksum of what follows, the length of a description, it, the arrays."""
    parts = {"words": dictionary.words.arrays()}
    parts |= {name: getattr(dictionary, name).arrays() for name in ("pairs", "sounds")}
    facts: dict[str, Any] = {
        name: getattr(dictionary, name)
        for name in ("total", "lowered", "total_lowered", "characters")
    }
    layout, pieces, at = [], [], 0
    for part, arrays in parts.items():
        for name, own in arrays.items():
            layout.append((part, name, own.dtype.str, at, len(own)))
            pieces.append(own.tobytes().ljust(-(-own.nbytes // ALIGNED) * ALIGNED))
            at += len(pieces[-1])
    described = json.dumps({"facts": facts, "layout": layout}).encode()
    begin = DIGEST + HEADER + len(described)
    described = described.ljust(len(described) + -begin % ALIGNED)
    data = b"".join([len(described).to_bytes(HEADER, "little"), described, *pieces])
    return hashlib.sha256(data).digest() + data


def _mapped(path: Path) -> Dictionary:
    """Map a kept file; raise ValueError when it is damaged, OSError when it is not there."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
        raise ValueError(path)
    size = int.from_bytes(data[DIGEST : DIGEST + HEADER], "little")
    begin = DIGEST + HEADER + size
    described = json.loads(data[DIGEST + HEADER : begin].tobytes())
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for part, name, kind, at, count in described["layout"]:
        parts.setdefault(part, {})[name] = np.frombuffer(data, kind, count, begin + at)
    return Dictionary(
        words=WordTrie(**parts["words"]),
        pairs=Keys.from_arrays(parts["pairs"]),
        sounds=Keys.from_arrays(parts["sounds"]),
        **described["facts"],
    )
