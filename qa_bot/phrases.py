"""Read what the bot says in its own words, and fill in the blanks."""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PHRASES: Mapping[str, frozenset[str]] = {
    "name": frozenset(),
    "greeting": frozenset(),
    "disclaimer": frozenset(),
    "sentence.exact": frozenset({"question"}),
    "sentence.wording": frozenset({"question"}),
    "sentence.paragraph": frozenset({"question"}),
    "sentence.passage": frozenset({"question"}),
    "sentence.clarify": frozenset({"facet", "count"}),
    "sentence.open_subject": frozenset({"facet", "count"}),
    "sentence.subject_alone": frozenset({"values"}),
    "sentence.listed_unanswered": frozenset({"question"}),
    "sentence.expired": frozenset({"question", "valid_until"}),
    "sentence.unknown_value": frozenset({"values"}),
    "sentence.no_match": frozenset(),
    "sentence.unsettled": frozenset({"facet"}),
    "sentence.more": frozenset(),
    "sentence.no_more": frozenset(),
    "notice.general": frozenset({"values"}),
    "clarify.prompt": frozenset(),
    "text.source": frozenset({"title", "url"}),
    "text.basis": frozenset({"basis"}),
    "text.reviewed": frozenset({"reviewed_on"}),
    "text.page": frozenset({"url"}),
    "text.nearest": frozenset(),
    "text.contact": frozenset({"contact"}),
    "runner_up.vetoed": frozenset({"question", "facet", "values"}),
    "runner_up.weaker": frozenset({"question"}),
}
"""Every phrase the bot uses, and the blanks it may have."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The bot's own words, by name."""

    texts: Mapping[str, str]

    def say(self, name: str, **blanks: object) -> str:
        """Give a phrase with its blanks filled in."""
        return self.texts[name].format(**blanks)


def read_phrases(path: Path) -> Phrases:
    """Read the file of phrases; raise MistakesError naming every one that is missing or wrong."""
    text = read_text(path, path.name)
    try:
        texts = dict(_flatten(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        mistake = Mistake(Location(path.name), f"not TOML ({error})", "mend the line it names")
        raise MistakesError([mistake]) from None
    location = Location(path.name)
    mistakes = []
    for name in sorted(PHRASES.keys() | texts.keys()):
        if name not in PHRASES:
            remedy = f"take it out; known phrases: {', '.join(PHRASES)}"
            mistakes.append(Mistake(location, f"unknown phrase {name}", remedy))
        elif name not in texts:
            mistakes.append(Mistake(location, f"the phrase {name} is missing", "add it"))
        elif wrong := sorted(_blanks(texts[name]) - PHRASES[name]):
            problem = f"{name} has the unknown blank {{{wrong[0]}}}"
            known = ", ".join(f"{{{blank}}}" for blank in sorted(PHRASES[name])) or "none"
            mistakes.append(Mistake(location, problem, f"blanks it may have: {known}"))
    if mistakes:
        raise MistakesError(mistakes)
    return Phrases(texts)


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, str(value)


def _blanks(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {text}
