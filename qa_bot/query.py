"""Understand a question: its words, its facets, and what was taken off it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.text import match_key, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.analyzer import Analyzer, Reading

EDGES = " ,.。!?~、;:"


@dataclass(frozen=True, slots=True)
class Query:
    """What was understood of a question."""

    question: str
    """As it was asked."""
    key: str
    """The form in which it equals a stored wording."""
    reading: Reading
    facets: Mapping[str, frozenset[str]]


def read_query(question: str, analyzer: Analyzer) -> Query:
    """Take polite wrapping off a question and read its words and facets."""
    core = strip_tails(normalize(question), analyzer.lexicon.tails)
    reading = analyzer.read_question(core)
    return Query(question, match_key(question), reading, analyzer.facets.read(reading.normal))


def strip_tails(text: str, tails: tuple[str, ...]) -> str:
    """Take polite wrapping off both ends of normalised text, unless nothing else is left."""
    while True:
        bare = text.strip(EDGES)
        if bare in tails:
            return bare
        shorter = next(
            (
                bare.removesuffix(tail) if bare.endswith(tail) else bare.removeprefix(tail)
                for tail in tails
                if bare.endswith(tail) or bare.startswith(tail)
            ),
            None,
        )
        if shorter is None or not shorter.strip(EDGES):
            return bare or text
        text = shorter
