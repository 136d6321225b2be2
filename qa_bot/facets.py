"""Read typed facets out of text: region, permit, intent, subject, year; all of them data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from qa_bot.lattice import Trie
from qa_bot.lexicon import hash_files
from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Facets = Mapping[str, frozenset[str]]
    """The values read from a text, by facet."""
    Place = tuple[int, int, str]
    """From a character up to another, and the value that stands there."""
    Places = dict[str, dict[int, Place]]
    """Facet → where its names begin → the longest of them."""

REMEMBERED = 256
"""How many texts are remembered with what they mention."""
INDENT = 2
PLACE, AROUND = "~", 8
"""What stands for a value in the pattern of origins, and how many characters around it count."""
HALF_WIDTH = str.maketrans("｜，", "|,")
"""Separators as a Chinese keyboard types them."""
DIRECTIVE = re.compile(r"@(\w+)(?:\s+(.+))?")
CHOICES: Mapping[str, tuple[str, Mapping[str, bool | str]]] = {
    "contradiction": ("vetoes", {"veto": True, "weigh": False}),
    "narrower": ("narrower_serves", {"serves": True, "contradicts": False}),
    "silence": ("silence_serves", {"serves": True, "contradicts": False}),
    "unaddressed": ("needed", {"declines": True, "weighs": False}),
    "grid": ("grid", {"page": "page", "row": "row", "column": "column"}),
}
"""Directives that take one of few words: the field of the facet, and what each word means."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A facet value found in a text, at characters start to end of the normalised text."""

    facet: str
    value: str
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Facet:
    """One kind of value: its names, and which value lies within which."""

    name: str
    label: str = ""
    ask: str = ""
    """The question that asks a visitor for the value."""
    default: str = ""
    """The value of a stored text that names none (region: the whole country)."""
    narrower_serves: bool = False
    """Whether what is stored of a part answers a question about the whole (a kind of permit does
    for all its kinds, a city does not for its province)."""
    silence_serves: bool = True
    """Whether an entry that names no value serves every value (one that names no year does; one
    that names no permit is about something else than the permit asked for)."""
    vetoes: bool = True
    """Whether an entry with another value can never be the answer."""
    absent: frozenset[str] = frozenset()
    """Values that do not exist (a sixth level): silence does not serve them."""
    needed: bool = False
    """Whether a question that names a value (exam papers) is only answered by what names it too."""
    grid: str = ""
    """Which axis of the grid of entries its values form: `page`, `row` or `column`."""
    pattern: re.Pattern[str] | None = None
    """How values look that cannot be listed (years); the first group is the value."""
    ending: re.Pattern[str] | None = None
    """How names of values end, listed or not."""
    origin: re.Pattern[str] | None = None
    """What stands around a value outside the default, with `PLACE` for the value, where it says
    whence somebody or something comes (a singer from Korea) or where something lies (a server in
    Tokyo), not what the text is about."""
    parents: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Normalised name or alias → value; a phrase that looks like a name but is none → nothing."""

    def lineage(self, value: str) -> frozenset[str]:
        """Give the value and all that it lies within."""
        found = {value}
        for parent in self.parents.get(value, ()):
            found |= self.lineage(parent)
        return frozenset(found)

    def roots(self, value: str) -> frozenset[str]:
        """Give what the value lies within, or is, that lies within nothing."""
        return frozenset(v for v in self.lineage(value) if not self.parents.get(v))

    def tells_origin(self, mention: Mention, text: str) -> bool:
        """Tell whether a value in a text says whence something comes, or where it lies."""
        if self.origin is None or self.default in self.lineage(mention.value):
            return False
        before, after = text[: mention.start], text[mention.end :]
        return bool(self.origin.search(f"{before[-AROUND:]}{PLACE}{after[:AROUND]}"))


class FacetReader:
    """Text → typed facets, the same for stored text and for questions."""

    def __init__(self, facets: Mapping[str, Facet], content_hash: str = "") -> None:
        """Take the facets, and a hash that identifies the files they were read from."""
        self.facets = facets
        self.content_hash = content_hash
        self._patterns = {n: facet.pattern for n, facet in facets.items() if facet.pattern}
        listed = [(n, facet.names) for n, facet in facets.items() if not facet.pattern]
        self._beginnings = _beginnings(listed)
        self.subjects = frozenset(n for n, facet in facets.items() if not facet.silence_serves)
        """The facets that say what an entry is about (a permit), not only where or when."""
        self._order = {name: place for place, name in enumerate(facets)}
        # What is understood of a question asks more than once for what it mentions.
        self.mentions = lru_cache(maxsize=REMEMBERED)(self._find)
        """Find every facet value that normalised text names, in order of facets and places."""

    def _find(self, text: str) -> tuple[Mention, ...]:
        places: Places = {}
        begins = self._beginnings
        for start, two in enumerate(map(add, text, f"{text[1:]} ")):
            for name, names, lengths in begins.get(two) or begins.get(two[0]) or ():
                for length in lengths:
                    given = text[start : start + length]
                    if given in names:
                        end = start + len(given)
                        places.setdefault(name, {})[start] = (start, end, names[given])
                        break
        return self._mentions(text, places)

    def mentions_of_all(self, texts: Sequence[str]) -> list[tuple[Mention, ...]]:
        """Find for each of many normalised texts what `mentions` gives."""
        row = "".join(f"{text}\n" for text in texts)
        letters = np.frombuffer(row.encode("utf-32-le"), "<u4").astype(np.int64)
        bounds = np.concatenate([[0], np.flatnonzero(letters == ord("\n")) + 1])
        places: list[Places] = [{} for _ in texts]
        trie, named = self._listed
        onward = np.arange(len(letters))
        for length, (starts, words) in enumerate(trie.walk(letters, onward + 1, onward), 1):
            whole = np.flatnonzero(words < len(named))
            of_texts = np.searchsorted(bounds, starts[whole], "right") - 1
            within = starts[whole] - bounds[of_texts]
            found = zip(of_texts.tolist(), within.tolist(), words[whole].tolist(), strict=True)
            # Longer names are found later, and so take the place of shorter ones.
            for text, start, word in found:
                for name, value in named[word]:
                    places[text].setdefault(name, {})[start] = (start, start + length, value)
        return list(map(self._mentions, texts, places))

    @cached_property
    def _listed(self) -> tuple[Trie, list[list[tuple[str, str]]]]:
        """All names, and for the number of each the facets and values that it stands for."""
        meant: dict[str, list[tuple[str, str]]] = {}
        for facet in self.facets.values():
            for name, value in facet.names.items() if not facet.pattern else ():
                meant.setdefault(name, []).append((facet.name, value))
        beginnings = (name[:end] for name in meant for end in range(1, len(name)))
        return Trie(list(dict.fromkeys([*meant, *beginnings]))), [[], *meant.values()]

    def _mentions(self, text: str, places: Places) -> tuple[Mention, ...]:
        """Make mentions of the names that were found, and of what has no names but a pattern."""
        found = {name: _longest(sorted(own.values())) for name, own in places.items()}
        for name, pattern in self._patterns.items():
            if alike := [(m.start(), m.end(), m[1]) for m in pattern.finditer(text)]:
                found[name] = alike
        if not found:
            return ()
        mentions = (
            Mention(name, value, start, end, text[start:end])
            for name in sorted(found, key=self._order.__getitem__)
            for start, end, value in found[name]
            if value
        )
        return tuple(m for m in mentions if not self.facets[m.facet].tells_origin(m, text))

    def read(self, text: str) -> dict[str, frozenset[str]]:
        """Give the values that normalised text names, by facet."""
        return values_of(self.mentions(text))

    def value_of(self, facet: str, name: str) -> str:
        """Give the value that a name or alias stands for (the name itself where none is listed)."""
        return self.facets[facet].names.get(normalize(name), name)

    def words(self) -> frozenset[str]:
        """Give every name of every value, for the segmenter to keep whole."""
        facets = self.facets.values()
        return frozenset(name for facet in facets for name, value in facet.names.items() if value)

    def contradicts(self, facet: str, asked: frozenset[str], stored: frozenset[str]) -> bool:
        """Tell whether stored values are other than those asked for.

        A stored value that lies around an asked one serves it (江苏 serves 南京); one that
        lies within serves only where the facet says so. What is about one of several asked and
        another beside is about something else, where the facet vetoes.
        """
        kind = self.facets[facet]
        held = stored or (frozenset({kind.default}) if kind.default else frozenset())
        if not asked:
            return False
        if not held:
            return not kind.silence_serves or not asked.isdisjoint(kind.absent)
        unserved = {value for value in asked if not kind.lineage(value) & held}
        if kind.narrower_serves:
            unserved -= frozenset().union(*map(kind.lineage, held))
        if unserved != asked:
            # How two permits differ (ICP证, 广电证) says nothing of how one of them and a third do.
            around = frozenset().union(*map(kind.lineage, asked))
            beside = (not kind.lineage(value) & asked for value in held - around)
            return kind.vetoes and bool(unserved) and any(beside)
        return True


def values_of(mentions: Iterable[Mention]) -> dict[str, frozenset[str]]:
    """Give the values that are mentioned, by facet."""
    values: dict[str, set[str]] = {}
    for mention in mentions:
        values.setdefault(mention.facet, set()).add(mention.value)
    return {name: frozenset(found) for name, found in values.items()}


def read_facets(folder: Path) -> FacetReader:
    """Read `<facet>.txt` files; raise MistakesError with every mistake in them."""
    mistakes: list[Mistake] = []
    facets = {}
    paths = sorted(folder.glob("*.txt"))
    for path in paths:
        facet = Facet(name=path.stem, label=path.stem)
        try:
            mistakes += _read_facet(path, facet)
        except MistakesError as error:
            mistakes += error.mistakes
        facets[facet.name] = facet
    mistakes += _same_axes(facets.values())
    if mistakes:
        raise MistakesError(mistakes)
    return FacetReader(facets, hash_files(paths))


def _same_axes(facets: Iterable[Facet]) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for facet in facets:
        first = taken.setdefault(facet.grid, facet.name) if facet.grid else facet.name
        if first != facet.name:
            problem = f"@grid {facet.grid} is also that of {first}.txt"
            yield Mistake(Location(f"{facet.name}.txt"), problem, "keep it in one of the two")


def _read_facet(path: Path, facet: Facet) -> Iterator[Mistake]:
    lineage: list[str] = []
    directives: dict[str, Location] = {}
    for number, raw in enumerate(read_text(path, path.name).splitlines(), start=1):
        line = raw.split("#", 1)[0].rstrip().translate(HALF_WIDTH)
        location = Location(path.name, line=number)
        if not line.strip():
            continue
        if directive := DIRECTIVE.fullmatch(line):
            if not directive[2]:
                yield Mistake(location, f"{line} says nothing", "write something behind it")
                continue
            directives[directive[1]] = location
            yield from _read_directive(location, directive[1], directive[2].strip(), facet)
            continue
        spaces = len(line) - len(line.lstrip())
        depth, rest = divmod(spaces, INDENT)
        if rest or depth > len(lineage) or line[:spaces].strip(" "):
            problem = f"indented by {spaces} spaces or tabs"
            remedy = f"indent by {INDENT} spaces a level, no tabs, no full-width spaces"
            yield Mistake(location, problem, remedy)
            continue
        value, _, aliases = (part.strip() for part in line.partition("|"))
        if not value:
            yield Mistake(location, "names without a value", "write: value | name, name")
            continue
        if depth and value in facet.lineage(lineage[depth - 1]):
            problem = f"{value!r} lies within itself"
            yield Mistake(location, problem, "take one of its places out")
            continue
        lineage[depth:] = [value]
        parents = facet.parents.setdefault(value, set())
        if depth:
            parents.add(lineage[depth - 1])
        yield from _add_names(location, facet, value, [value, *aliases.split(",")])
    yield from _unlisted(facet, directives)


def _unlisted(facet: Facet, directives: Mapping[str, Location]) -> Iterator[Mistake]:
    """Find what directives say of values that are none."""
    named = {"default": {facet.default} - {""}, "absent": facet.absent}
    for directive, values in named.items():
        for value in sorted(values - facet.parents.keys()):
            problem = f"@{directive} {value}: {value!r} is not a value"
            yield Mistake(directives[directive], problem, "add it or mend it")


def _add_names(location: Location, facet: Facet, value: str, names: list[str]) -> Iterator[Mistake]:
    for raw in names:
        name = normalize(raw)
        if not name:
            continue
        if facet.names.setdefault(name, value) != value:
            problem = f"{name!r} already means {facet.names[name]!r}"
            yield Mistake(location, problem, "let each name mean one value")


def _read_directive(location: Location, name: str, text: str, facet: Facet) -> Iterator[Mistake]:
    match name:
        case "label" | "ask" | "default":
            setattr(facet, name, text)
        case _ if name in CHOICES and text in CHOICES[name][1]:
            field_name, words = CHOICES[name]
            setattr(facet, field_name, words[text])
        case "not":
            yield from _add_names(location, facet, "", text.split(","))
        case "absent":
            facet.absent |= {value for value in map(str.strip, text.split(",")) if value}
        case "pattern" | "ending" | "origin":
            try:
                pattern = re.compile(text)
            except re.error as error:
                yield Mistake(location, f"not a regular expression ({error})", "mend the pattern")
            else:
                setattr(facet, name, pattern)
                if name == "pattern" and not pattern.groups:
                    yield Mistake(location, "the pattern has no group", "put the value in ( )")
        case _:
            choices = (f"{name} {'|'.join(words)}" for name, (_, words) in CHOICES.items())
            known = ", ".join(
                ("label, ask, default, pattern, ending, origin, not, absent", *choices)
            )
            yield Mistake(location, f"unknown directive @{name} {text}", f"use one of: {known}")


def _beginnings(
    listed: Iterable[tuple[str, Mapping[str, str]]],
) -> dict[str, list[tuple[str, Mapping[str, str], list[int]]]]:
    """Give for each two first characters the facets with such names, and these names' lengths.

    The longest come first; thousands of names then cost no more than ten. Names of one character
    are given for it, and for all two that it is the first of.
    """
    lengths: dict[str, dict[str, set[int]]] = {}
    of_facets = dict(listed)
    for facet, names in of_facets.items():
        for name in names:
            lengths.setdefault(name[:2], {}).setdefault(facet, set()).add(len(name))
    for two, own in lengths.items():
        for facet in lengths.get(two[0], ()):
            own.setdefault(facet, set()).add(1)
    return {
        two: [(facet, of_facets[facet], sorted(n, reverse=True)) for facet, n in own.items()]
        for two, own in lengths.items()
    }


def _longest(found: Sequence[Place]) -> Sequence[Place]:
    """Leave out what overlaps with a longer one, or an earlier one that is as long."""
    if len(found) < 2:  # noqa: PLR2004 - one alone overlaps with nothing
        return found
    kept: list[Place] = []
    for start, end, value in sorted(found, key=lambda place: (place[0] - place[1], place[0])):
        if all(end <= other or start >= other_end for other, other_end, _ in kept):
            kept.append((start, end, value))
    return sorted(kept)
