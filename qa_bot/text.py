"""Bring text to one form and cut it up; the owner of jieba, OpenCC and pypinyin."""

from __future__ import annotations

import hashlib
import logging
import marshal
import math
import os
import re
import sys
import tempfile
import unicodedata
from collections import Counter
from contextlib import suppress
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jieba
from opencc import OpenCC

from qa_bot.lattice import Lattice
from qa_bot.vocabulary import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import ModuleType

log = logging.getLogger(__name__)

SURROGATE = re.compile("[\ud800-\udfff]")
NOT_A_WORD = re.compile(r"(?:(?!(?<=\d)\.\d)[\W_])+")
SENTENCE_MARKS = "。！？；!?;"
SENTENCE_END = re.compile(rf"(?<=[{SENTENCE_MARKS}])|\n")
BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
CHINESE = re.compile(r"[\u3400-\u9fff]+")
BLOCK = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+|\S")
"""What jieba cuts at once, and other characters."""
LATIN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
UNIT = re.compile(rf"[\u3400-\u9fff]|{LATIN.pattern}|[^\W_]")
WITHOUT_WORDS = "PYPINYIN_NO_PHRASES"
"""The variable by which pypinyin is asked to leave its words out."""
DIGEST = hashlib.sha256().digest_size
DICTIONARY = 2
"""Raised whenever the dictionary is kept in another form."""
LONG = 256
"""Blocks of more characters are cut one by one: the work of many goes by the longest of them."""
BLOCKS = 1 << 12
"""How many blocks of text are remembered with their words."""
NORMALIZED = 512
"""How many texts are remembered with their normal form: a question's is asked for several times."""
SUBWORDS = (2, 3)
"""Lengths of the shorter words that are looked for inside longer ones, as jieba's search mode."""


@cache
def _traditional_to_simplified() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=NORMALIZED)
def normalize(text: str) -> str:
    """Give the one form in which texts are compared: NFKC, lower case, simplified characters.

    White space runs become one space; spaces between Chinese characters vanish.
    Applying it twice changes nothing.
    """
    form = _fold(text)
    # Conversion goes by words, so its result may hold a word that it converts again (乾縣, 乾县).
    convert = _traditional_to_simplified().convert
    while (simpler := convert(form)) != form and (simpler := _fold(simpler)) != form:
        form = simpler
    return form


def normalize_all(texts: Iterable[str]) -> list[str]:
    """Give the normal forms of many texts, most of which are simplified already."""
    given = list(texts)
    forms = list(map(_fold, given))
    # No word goes beyond the end of a line: what stays the same among many does so by itself.
    simpler = _traditional_to_simplified().convert("\n".join(forms)).split("\n")
    return [
        form if form == same else normalize(text)
        for text, form, same in zip(given, forms, simpler if given else (), strict=True)
    ]


def _fold(text: str) -> str:
    # Half a surrogate pair is no character: no encoder, and no index, takes it.
    compatible = unicodedata.normalize("NFKC", SURROGATE.sub("\ufffd", text)).lower()
    # Lower case may undo NFKC's order of marks.
    compatible = unicodedata.normalize("NFKC", compatible)
    joined = " ".join(compatible.split())
    return BETWEEN_CHINESE.sub("", joined) if " " in joined else joined


def match_key(text: str) -> str:
    """Give the form in which two titles are the same question: normalised, letters and digits."""
    return key_of(normalize(text))


def key_of(normal: str) -> str:
    """Give the match key of normalised text."""
    return normal if normal.isalnum() else NOT_A_WORD.sub("", normal)


def sentences(text: str) -> list[str]:
    """Cut text after sentence marks and at line ends; blank pieces are left out."""
    return [piece for piece in SENTENCE_END.split(text) if piece and piece.strip()]


def units(text: str) -> list[str]:
    """Give the characters of normalised text; a Latin word or a number is one."""
    return UNIT.findall(text)


def joined_units(text: str) -> Iterator[tuple[int, int]]:
    """Give where the units of several characters begin and end in normalised text."""
    return (match.span() for match in LATIN.finditer(text))


@lru_cache(maxsize=65_536)
def syllable(unit: str) -> str:
    """Give how a character sounds, without tone, as people mishear it: zh=z, ch=c, sh=s, -ng=-n."""
    sound = _pypinyin().lazy_pinyin(unit)[0] if CHINESE.fullmatch(unit) else unit
    for careful, careless in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if sound.startswith(careful):
            sound = careless + sound.removeprefix(careful)
    return sound.removesuffix("g") if sound.endswith("ng") else sound


def readings(character: str) -> list[str]:
    """Give every way a character is read, without tones (行: xing, hang, heng); ü is typed v."""
    pypinyin = _pypinyin()
    found: list[list[str]] = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
    return found[0]


@cache
def _pypinyin() -> ModuleType:
    """Import pypinyin without its words: 50 MB, of no use where each character is read alone."""
    before = os.environ.get(WITHOUT_WORDS)
    os.environ[WITHOUT_WORDS] = "true"
    try:
        import pypinyin  # noqa: PLC0415 - see above
    finally:
        if before is None:
            del os.environ[WITHOUT_WORDS]
        else:
            os.environ[WITHOUT_WORDS] = before
    return pypinyin


class Segmenter:
    """Cut text into words by one jieba dictionary: the general one and the project's own words.

    The first of a process costs about half a second and 75 MB, further ones much less.
    """

    def __init__(self, words: Iterable[str] = (), cache_folder: Path | None = None) -> None:
        """Load the dictionary; `cache_folder` keeps its parsed form between starts."""
        logging.getLogger("jieba").setLevel(logging.WARNING)
        dictionary = _dictionary(cache_folder)
        self._jieba = jieba.Tokenizer()
        # A copy: the dictionary stays as it was made, for all segmenters of the process.
        self._jieba.FREQ, self._jieba.total = dict(dictionary.frequencies), dictionary.total
        self._jieba.initialized = True
        self.background = Background(dictionary)
        for word in sorted(words):
            self._jieba.add_word(word)
        self._times = self._jieba.FREQ.get
        self._words_of = lru_cache(maxsize=BLOCKS)(self._cut_block)
        """Block → its words; many are remembered: a text is cut whole and in sentences."""
        self._log_total = math.log(self._jieba.total)

    def cut(self, text: str) -> list[str]:
        """Give the words of normalised text, in order; marks and spaces are left out.

        They are those of jieba's cut by its dictionary alone (`HMM=False`), in half the time.
        """
        return _in_order(BLOCK.findall(text), self._words_of)

    def lattice(self) -> Lattice:
        """Make what `cut_all` needs: that takes as long as to cut some 10,000 titles."""
        return Lattice(self._jieba.FREQ, self._log_total)

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

    def _cut_block(self, block: str) -> list[str]:
        """Take the way through a block whose words are likeliest by their frequencies."""
        size = len(block)
        after = [0.0] * (size + 1)
        ends = [0] * size
        for start in range(size - 1, -1, -1):
            best, best_end = -math.inf, start + 1
            end = start + 1
            times = self._times(block[start])
            while times is not None:
                if times:
                    likely = math.log(times) - self._log_total + after[end]
                    if likely >= best:
                        best, best_end = likely, end
                if end == size:
                    break
                end += 1
                times = self._times(block[start:end])
            # What no word begins with counts as if it had occurred once.
            after[start] = best if best > -math.inf else after[start + 1] - self._log_total
            ends[start] = best_end
        return _joined(block, ends)

    def subwords(self, word: str) -> list[str]:
        """Give the word, after the shorter words of the dictionary inside it."""
        known = self._jieba.FREQ
        inside = (
            word[start : start + length]
            for length in SUBWORDS
            if len(word) > length
            for start in range(len(word) - length + 1)
        )
        return [*(piece for piece in inside if known.get(piece)), word]


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


class _Dictionary(NamedTuple):
    """jieba's dictionary, and what it says of general Chinese: all that is kept between starts."""

    frequencies: dict[str, int]
    """Word → how often it occurs; 0: only the beginning of a word."""
    total: int
    lowered: dict[str, int]
    """The same of words in lower case, where it is another number."""
    total_lowered: int
    characters: dict[str, int]
    pairs: Keys
    sounds: Keys


@lru_cache(maxsize=1)
def _dictionary(folder: Path | None) -> _Dictionary:
    """Give what an earlier start kept in a folder of our own, else make it and keep it.

    jieba keeps its dictionary in a guessable file that anyone may write, and is slow to read it.
    A process reads it once: while another release is being opened, nobody waits for that.
    """
    if folder is None:
        return _make_dictionary()
    made_by = (jieba.__version__, version("pypinyin"), sys.version, marshal.version, DICTIONARY)
    path = folder / f"dictionary-{hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]}"
    with suppress(OSError):
        data = path.read_bytes()
        if hashlib.sha256(data[DIGEST:]).digest() == data[:DIGEST]:
            # What is damaged would not be safe to load.
            kept = marshal.loads(data[DIGEST:])  # noqa: S302 - our own, and whole
            return _Dictionary(*kept[:-2], *map(Keys.from_bytes, kept[-2:]))
    made = _make_dictionary()
    data = marshal.dumps((*made[:-2], made.pairs.to_bytes(), made.sounds.to_bytes()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".dictionary-", delete=False) as draft:
            draft.write(hashlib.sha256(data).digest() + data)
        Path(draft.name).replace(path)
    except OSError as error:
        log.warning("the segmenter's dictionary is not kept for the next start: %s", error)
    return made


def _make_dictionary() -> _Dictionary:
    """Read jieba's dictionary, and count characters, pairs of neighbours and how they sound."""
    reader = jieba.Tokenizer()
    frequencies, total = reader.gen_pfdict(reader.get_dict_file())
    words = {word.lower(): times for word, times in frequencies.items() if times}
    characters: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for word, times in words.items():
        for character in word:
            characters[character] += times
        for first, second in pairwise(word):
            pairs[first + second] += times
    sounds: Counter[str] = Counter()
    for pair, times in pairs.items():
        if CHINESE.fullmatch(pair):
            sounds[f"{syllable(pair[0])} {syllable(pair[1])}"] += times
    lowered = {word: times for word, times in words.items() if frequencies.get(word) != times}
    return _Dictionary(
        frequencies,
        total,
        lowered,
        sum(words.values()),
        dict(characters),
        Keys.of(pairs),
        Keys.of(sounds),
    )


class Background:
    """How common words, characters and sounds are in general Chinese, by jieba's dictionary.

    Every share is of all words (characters, pairs) of running text, 0 to 1.
    """

    def __init__(self, dictionary: _Dictionary) -> None:
        """Take the dictionary as it is without the project's own words."""
        self._words, self._lowered = dictionary.frequencies, dictionary.lowered
        self._total_words = dictionary.total_lowered
        self._characters, self._pairs = dictionary.characters, dictionary.pairs
        self._sounds = dictionary.sounds
        self._total = sum(dictionary.characters.values())

    def word(self, word: str) -> float:
        """Give the share of a word."""
        times = self._lowered.get(word)
        return (self._words.get(word, 0) if times is None else times) / self._total_words

    def character(self, character: str) -> float:
        """Give the share of a character."""
        return self._characters.get(character, 0) / self._total

    def pair(self, pair: str) -> float:
        """Give the share of two neighbouring characters."""
        return self._pairs.get(pair, 0) / self._total

    def sound(self, sounds: str) -> float:
        """Give the share of two neighbouring syllables, written with a space between them."""
        return self._sounds.get(sounds, 0) / self._total
