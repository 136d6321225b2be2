"""Bring text to one form, and tell how it sounds; the owner of OpenCC and pypinyin."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from opencc import OpenCC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

SURROGATE = re.compile("[\ud800-\udfff]")
NOT_A_WORD = re.compile(r"(?:(?!(?<=\d)\.\d)[\W_])+")
SENTENCE_MARKS = "。！？；!?;"
SENTENCE_END = re.compile(rf"(?<=[{SENTENCE_MARKS}])|\n")
BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
CHINESE = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
UNIT = re.compile(rf"[\u3400-\u9fff]|{LATIN.pattern}|[^\W_]")
WITHOUT_WORDS = "PYPINYIN_NO_PHRASES"
"""The variable by which pypinyin is asked to leave its words out."""
NORMALIZED = 512
"""How many texts are remembered with their normal form: a question's is asked for several times."""


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
