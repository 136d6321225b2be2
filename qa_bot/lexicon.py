"""Read the owner's words: domain words, synonyms, stop words, polite wrapping, look-alikes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

COMMENT = "#"
ONE_WAY = "=>"
NEVER = "!"
"""Begins a line of characters that are not mistaken for each other."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that the owner of a knowledge base has told us about, normalised."""

    words: frozenset[str] = frozenset()
    """Words the segmenter must keep whole."""
    canonical: Mapping[str, str] = field(default_factory=dict)
    """Two-way synonyms: each word of a set to the first of its set."""
    one_way: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """One-way synonyms: a word of a question to the words it also asks for."""
    stopwords: frozenset[str] = frozenset()
    tails: tuple[str, ...] = ()
    """Polite wrapping that is taken off a question, longest first."""
    lookalikes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """A character to those that look like it."""
    distinct: frozenset[str] = frozenset()
    """Pairs of characters, both ways round, that sound alike and are not mistaken (买卖, 卖买)."""
    content_hash: str = ""

    def same_as(self, words: Iterable[str]) -> list[str]:
        """Give the words that stand for the words' sets of two-way synonyms (or themselves)."""
        same = self.canonical.get
        return [same(word, word) for word in words]

    def asks_for(self, words: Iterable[str]) -> list[str]:
        """Give the words that a question with these words asks for in the base."""
        one_way = self.one_way.get
        return self.same_as(target for word in words for target in one_way(word, (word,)))


def read_lexicon(folder: Path) -> Lexicon:
    """Read the folder's word files; a file that is not there counts as empty.

    Raise MistakesError with every mistake in them.
    """
    mistakes: list[Mistake] = []
    canonical: dict[str, str] = {}
    one_way: dict[str, tuple[str, ...]] = {}
    for location, line in _lines(folder / "synonyms.txt", mistakes):
        mistakes += _read_synonyms(location, line, canonical, one_way)
    words = {word for _, word in _lines(folder / "words.txt", mistakes)}
    stopwords = frozenset(word for _, word in _lines(folder / "stopwords.txt", mistakes))
    tails = {tail for _, tail in _lines(folder / "tails.txt", mistakes)}
    groups = [group for _, group in _lines(folder / "lookalikes.txt", mistakes)]
    if mistakes:
        raise MistakesError(mistakes)
    return Lexicon(
        words=frozenset(words | canonical.keys() | one_way.keys()),
        canonical=canonical,
        one_way=one_way,
        stopwords=stopwords,
        tails=tuple(sorted(tails, key=lambda tail: (-len(tail), tail))),
        lookalikes=_lookalikes(group for group in groups if not group.startswith(NEVER)),
        distinct=frozenset(
            "".join(pair)
            for group in groups
            if group.startswith(NEVER)
            for pair in permutations(group.removeprefix(NEVER), 2)
        ),
        content_hash=hash_files(folder.glob("*.txt")),
    )


def hash_files(paths: Iterable[Path]) -> str:
    """Hash names and contents of files, whatever their order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _lines(path: Path, mistakes: list[Mistake]) -> Iterator[tuple[Location, str]]:
    if not path.exists():
        return
    try:
        lines = read_text(path, path.name).splitlines()
    except MistakesError as error:
        mistakes += error.mistakes
        return
    for number, line in enumerate(lines, start=1):
        text = normalize(line.split(COMMENT, 1)[0])
        if text:
            yield Location(path.name, line=number), text


def _lookalikes(groups: Iterable[str]) -> dict[str, frozenset[str]]:
    alike: dict[str, frozenset[str]] = {}
    for group in groups:
        for character in group:
            alike[character] = alike.get(character, frozenset()) | frozenset(group) - {character}
    return alike


def _read_synonyms(
    location: Location,
    line: str,
    canonical: dict[str, str],
    one_way: dict[str, tuple[str, ...]],
) -> Iterator[Mistake]:
    left, arrow, right = line.partition(ONE_WAY)
    sources, targets = _words(left), _words(right)
    if arrow and not (sources and targets):
        yield Mistake(location, "a word is missing beside =>", "write: word => word, word")
    elif arrow:
        for word in sources:
            one_way[word] = one_way.get(word, ()) + targets
    elif len(sources) == 1:
        yield Mistake(location, "one word alone has no synonym", "write: word, word")
    else:
        for word in sources:
            if word in canonical:
                problem = f"{word!r} already stands in the set of {canonical[word]!r}"
                yield Mistake(location, problem, "join the two lines or take it out of one")
            canonical.setdefault(word, sources[0])


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))
