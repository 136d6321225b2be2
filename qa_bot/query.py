"""Understand a question: its words, its facets, what was taken off it and mended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.repair import mend
from qa_bot.text import match_key, normalize, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.repair import Repair, Repairer

BETWEEN_QUESTIONS = re.compile("(?<=[?\uff1f])|\n")
SHORTEST_QUESTION = 4
"""Characters that a part of a message has at least if it is a question of its own."""
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
    repairs: tuple[Repair, ...] = ()
    """What was mistyped; the reading and the facets are those of the mended question."""


def read_query(question: str, analyzer: Analyzer, repairer: Repairer | None = None) -> Query:
    """Take polite wrapping off a question, mend its typing errors, read its words and facets."""
    core = strip_tails(normalize(question), analyzer.lexicon.tails)
    repairs = repairer.repairs(core) if repairer else ()
    reading = analyzer.read_question(mend(core, repairs))
    facets = analyzer.facets.read(reading.normal)
    return Query(question, match_key(question), reading, facets, repairs)


def questions_in(text: str) -> list[str]:
    """Give the questions of a message that asks several, in order; a lone one is given whole."""
    parts = [part.strip() for part in BETWEEN_QUESTIONS.split(text)]
    telling = [part for part in parts if len(units(normalize(part))) >= SHORTEST_QUESTION]
    return telling if len(telling) > 1 else [text]


def strip_tails(text: str, tails: tuple[str, ...]) -> str:
    """Take polite wrapping off both ends of normalised text, unless nothing else is left."""
    while True:
        bare = text.strip(EDGES)
        if bare in tails:
            return bare
        if not bare.endswith(tails) and not bare.startswith(tails):
            return bare or text
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
