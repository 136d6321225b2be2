"""Read the words that carry a conversation on: fillers, "anything else", "the second one"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.query import EDGES
from qa_bot.text import normalize

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("filler", "more", "ordinal", "last", "previous")
NUMBER = "{n}"
"""What stands for the number in an ordinal."""
DIGITS = "零一二三四五六七八九"
NUMERAL = "([0-9]{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
HALF_WIDTH = str.maketrans("｜，", "|,")
"""Separators as a Chinese keyboard types them."""


@dataclass(frozen=True, slots=True)
class Followups:
    """The words that carry a conversation on, normalised."""

    fillers: tuple[str, ...] = ()
    """What may be taken off both ends of a follow-up, longest first."""
    more: frozenset[str] = frozenset()
    ordinal: re.Pattern[str] | None = None
    last: frozenset[str] = frozenset()
    previous: frozenset[str] = frozenset()

    def place(self, text: str, length: int) -> int | None:
        """Give which one of a list of `length` the text names, counted from 0; None: none."""
        if text in self.last and length:
            return length - 1
        named = self.ordinal.fullmatch(text) if self.ordinal else None
        if not named:
            return None
        place = _number(next(group for group in named.groups() if group)) - 1
        return place if 0 <= place < length else None


def without_fillers(text: str, fillers: tuple[str, ...]) -> list[str]:
    """Give a text with ever more fillers taken off its ends; itself first, never nothing."""
    text = text.strip(EDGES)
    starts, ends = [0], [len(text)]
    while cut := next((f for f in fillers if text.startswith(f, starts[-1])), ""):
        starts.append(starts[-1] + len(cut))
    while cut := next((f for f in fillers if text.endswith(f, 0, ends[-1])), ""):
        ends.append(ends[-1] - len(cut))
    forms = (text[start:end].strip(EDGES) for start in starts for end in ends)
    return sorted({form for form in forms if form} or {text}, key=len, reverse=True)


def read_followups(path: Path) -> Followups:
    """Read `kind | word, word` lines; no file: none. Raise MistakesError with every mistake."""
    if not path.exists():
        return Followups()
    words: dict[str, set[str]] = {kind: set() for kind in KINDS}
    mistakes = []
    for number, raw in enumerate(read_text(path, path.name).splitlines(), start=1):
        line = raw.split("#", 1)[0].translate(HALF_WIDTH).strip()
        if not line:
            continue
        kind, _, listed = (part.strip() for part in line.partition("|"))
        found = {word for part in listed.split(",") if (word := normalize(part))}
        location = Location(path.name, line=number)
        if kind not in words:
            problem = f"unknown kind {kind!r}"
            mistakes.append(Mistake(location, problem, f"use one of: {', '.join(KINDS)}"))
        elif not found:
            mistakes.append(Mistake(location, "a kind without words", "write: kind | word, word"))
        elif kind == "ordinal" and (lacking := [word for word in found if NUMBER not in word]):
            problem = f"{lacking[0]!r} has no number"
            mistakes.append(Mistake(location, problem, f"write {NUMBER} where the number stands"))
        else:
            words[kind] |= found
    if mistakes:
        raise MistakesError(mistakes)
    return Followups(
        tuple(sorted(words["filler"], key=lambda word: (-len(word), word))),
        frozenset(words["more"]),
        _ordinal(words["ordinal"]),
        frozenset(words["last"]),
        frozenset(words["previous"]),
    )


def _ordinal(forms: set[str]) -> re.Pattern[str] | None:
    if not forms:
        return None
    patterns = (re.escape(form).replace(re.escape(NUMBER), NUMERAL) for form in sorted(forms))
    return re.compile("|".join(patterns))


def _number(numeral: str) -> int:
    """Give the number that digits, or Chinese numerals up to 九十九, stand for."""
    if numeral.isdecimal():
        return int(numeral)
    tens, ten, ones = numeral.replace("两", "二").rpartition("十")
    # The index of nothing is 0, and 十 without a digit before it is one ten.
    return (DIGITS.index(tens) or 1) * 10 * bool(ten) + DIGITS.index(ones)
