"""Read typed facets out of text: region, permit, intent, subject, year; all of them data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qa_bot.lexicon import hash_files
from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Facets = Mapping[str, frozenset[str]]
    """The values read from a text, by facet."""

INDENT = 2
DIRECTIVE = re.compile(r"@(\w+)\s+(.+)")


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
    vetoes: bool = True
    """Whether an entry with another value can never be the answer."""
    pattern: re.Pattern[str] | None = None
    """How values look that cannot be listed (years); the first group is the value."""
    parents: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Normalised name or alias → value."""

    def lineage(self, value: str) -> frozenset[str]:
        """Give the value and all that it lies within."""
        found = {value}
        for parent in self.parents.get(value, ()):
            found |= self.lineage(parent)
        return frozenset(found)


class FacetReader:
    """Text → typed facets, the same for stored text and for questions."""

    def __init__(self, facets: Mapping[str, Facet], content_hash: str = "") -> None:
        """Take the facets, and a hash that identifies the files they were read from."""
        self.facets = facets
        self.content_hash = content_hash
        self._scanners = {name: _scanner(facet) for name, facet in facets.items()}

    def mentions(self, text: str) -> list[Mention]:
        """Find every facet value that normalised text names, the longest name first."""
        found = []
        for name, scanner in self._scanners.items():
            if scanner is None:
                continue
            facet = self.facets[name]
            for match in scanner.finditer(text):
                value = match[1] if facet.pattern else facet.names[match[0]]
                found.append(Mention(name, value, match.start(), match.end(), match[0]))
        return found

    def read(self, text: str) -> dict[str, frozenset[str]]:
        """Give the values that normalised text names, by facet."""
        values: dict[str, set[str]] = {}
        for mention in self.mentions(text):
            values.setdefault(mention.facet, set()).add(mention.value)
        return {name: frozenset(found) for name, found in values.items()}

    def value_of(self, facet: str, name: str) -> str:
        """Give the value that a name or alias stands for (the name itself where none is listed)."""
        return self.facets[facet].names.get(normalize(name), name)

    def words(self) -> frozenset[str]:
        """Give every name of every value, for the segmenter to keep whole."""
        return frozenset(name for facet in self.facets.values() for name in facet.names)

    def contradicts(self, facet: str, asked: frozenset[str], stored: frozenset[str]) -> bool:
        """Tell whether stored values are other than those asked for.

        A stored value that lies around an asked one serves it (江苏 serves 南京); one that
        lies within does not (南京 does not serve 江苏).
        """
        kind = self.facets[facet]
        held = stored or (frozenset({kind.default}) if kind.default else frozenset())
        if not asked or not held:
            return False
        return not any(kind.lineage(value) & held for value in asked)


def read_facets(folder: Path) -> FacetReader:
    """Read `<facet>.txt` files; raise MistakesError with every mistake in them."""
    mistakes: list[Mistake] = []
    facets = {}
    paths = sorted(folder.glob("*.txt"))
    for path in paths:
        facet = Facet(name=path.stem, label=path.stem)
        mistakes += _read_facet(path, facet)
        facets[facet.name] = facet
    if mistakes:
        raise MistakesError(mistakes)
    return FacetReader(facets, hash_files(paths))


def _read_facet(path: Path, facet: Facet) -> Iterator[Mistake]:
    lineage: list[str] = []
    for number, raw in enumerate(read_text(path, path.name).splitlines(), start=1):
        line = raw.split("#", 1)[0].rstrip()
        location = Location(path.name, line=number)
        if not line.strip():
            continue
        if directive := DIRECTIVE.fullmatch(line):
            yield from _read_directive(location, directive[1], directive[2].strip(), facet)
            continue
        spaces = len(line) - len(line.lstrip(" "))
        depth, rest = divmod(spaces, INDENT)
        if rest or depth > len(lineage) or line.startswith("\t"):
            problem = f"indented by {spaces} spaces"
            yield Mistake(location, problem, f"indent by {INDENT} spaces a level, no tabs")
            continue
        value, _, aliases = (part.strip() for part in line.partition("|"))
        lineage[depth:] = [value]
        parents = facet.parents.setdefault(value, set())
        if depth:
            parents.add(lineage[depth - 1])
        yield from _add_names(location, facet, value, [value, *aliases.split(",")])


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
        case "contradiction" if text in {"veto", "weigh"}:
            facet.vetoes = text == "veto"
        case "pattern":
            try:
                facet.pattern = re.compile(text)
            except re.error as error:
                yield Mistake(location, f"not a regular expression ({error})", "mend the pattern")
        case _:
            known = "label, ask, default, pattern, contradiction veto|weigh"
            yield Mistake(location, f"unknown directive @{name} {text}", f"use one of: {known}")


def _scanner(facet: Facet) -> re.Pattern[str] | None:
    if facet.pattern:
        return facet.pattern
    if not facet.names:
        return None
    # Longest first: an alternation takes the first branch that fits.
    names = sorted(facet.names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, names)))
