"""Say where a file is wrong, what is wrong and how to mend it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file that its owner can go to."""

    file: str
    sheet: str = ""
    line: int = 0
    """Counted from 1, as editors and spreadsheets do; 0: the file as a whole."""
    column: str = ""

    def __str__(self) -> str:
        """Write file:line, or file:sheet:row:column for a table."""
        parts = (self.file, self.sheet, str(self.line or ""), self.column)
        return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong in a file, and the remedy, in words its owner understands."""

    location: Location
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Write one line: place, problem, remedy."""
        return f"{self.location}: {self.problem}; {self.remedy}"


class MistakesError(ValueError):
    """Files hold mistakes: all of them, in the order of their places."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Take the mistakes in any order."""
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def read_text(path: Path, name: str) -> str:
    """Read a text file as office software writes it: UTF-8, with or without BOM, or GB18030.

    Raise MistakesError when it is neither, holds bytes that no text has, or cannot be read.
    """
    return decode(read_bytes(path, name), name)[0]


def read_bytes(path: Path, name: str) -> bytes:
    """Read a file; raise MistakesError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        raise MistakesError([Mistake(Location(name), problem, "check it and its rights")]) from None


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Give the text of a file, and its encoding, by which Python writes the same bytes again."""
    remedy = "save it as UTF-8 text"
    encodings = ("utf-8-sig",) if data.startswith(codecs.BOM_UTF8) else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            problem = "a zero byte: this is not a text file"
            raise MistakesError([Mistake(Location(name, line=line), problem, remedy)])
        return text, encoding
    line = max(_first_bad_line(data, encoding) for encoding in encodings)
    raise MistakesError([Mistake(Location(name, line=line), "neither UTF-8 nor GB18030", remedy)])


def _first_bad_line(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.object[: error.start].count(b"\n") + 1
    return 0
