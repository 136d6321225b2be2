"""Ask every question and wording verbatim, as if it were not stored, and see what comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.bot import CANDIDATES
from qa_bot.lint.diagnostic import Diagnostic, Kind, Severity
from qa_bot.mistakes import Mistake
from qa_bot.query import read_query
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from qa_bot.bot import Bot
    from qa_bot.knowledge import Entry
    from qa_bot.query import Query
    from qa_bot.ranking import Hit

    Pair = frozenset[int]
    """The numbers of two entries."""

EQUAL = 1e-6
"""Likenesses nearer than this are the same."""
NEAR_IDENTICAL = 0.85
"""Texts of at least this likeness ask the same: all but a word that says little, or synonyms."""

REWORD = "name it in other words, or take the wording out"


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored text asked verbatim, with the rule put aside that an exact match wins."""

    text: str
    query: Query
    own: Hit
    rivals: Sequence[Hit]
    """The hits of other entries that are not vetoed, best first."""


def lint_titles(bot: Bot, progress: Callable[[int], object]) -> Iterator[Diagnostic]:
    """Find texts that do not lead to their entry; `progress` is called with 1 for each entry."""
    told: set[Pair] = set()
    near: dict[Pair, tuple[Asked, Hit]] = {}
    for number, entry in enumerate(bot.index.base.entries):
        for text in entry.asked_as():
            asked = _ask(bot, text, number)
            unknown = bot.ranker.agreement.unknown_values(asked.query)
            if unknown or asked.own.contradicted:
                yield from _kept_away(bot, asked, unknown)
            elif alike := _alike(asked):
                if _pair(asked, alike) not in told:
                    yield _indistinguishable(asked, alike)
                told.add(_pair(asked, alike))
            else:
                yield from _outranked(asked)
                for rival in _near_identical(asked):
                    near.setdefault(_pair(asked, rival), (asked, rival))
        progress(1)
    for pair, (asked, rival) in near.items():
        if pair not in told:
            yield from _same_question(asked, rival)


def _ask(bot: Bot, text: str, number: int) -> Asked:
    # A stored text is never mended, so typing errors need not be looked for.
    query = read_query(text, bot.analyzer)
    candidates = bot.index.search(query, bot.analyzer, CANDIDATES)
    inexact = [found._replace(exact=False) for found in candidates]
    hits = bot.ranker.order(query, inexact)
    own = next(hit for hit in hits if hit.candidate.number == number)
    rivals = [hit for hit in hits if hit is not own and not hit.contradicted]
    return Asked(text, query, own, rivals)


def _kept_away(bot: Bot, asked: Asked, unknown: Sequence[str]) -> Iterator[Diagnostic]:
    """Say that a text, asked a little differently, would not lead to its own entry."""
    if not asked.own.contradicted:
        yield _unknown(asked, unknown)
    elif asked.text != asked.own.entry.question:
        # What a question itself contradicts is a stated facet, and told as such.
        yield _vetoed(bot, asked)


def _vetoed(bot: Bot, asked: Asked) -> Diagnostic:
    name = asked.own.contradicted[0]
    facet = bot.analyzer.facets.facets[name]
    named = "、".join(sorted(asked.query.facets[name]))
    held = "、".join(sorted(asked.own.facets.get(name, ()))) or facet.default or "none"
    problem = f"{asked.text!r} names {name}={named}, but its entry has {name}={held}"
    remedy = f"state {name}={named} in the entry's facets where that is true; else {REWORD}"
    location = asked.own.entry.location
    return Diagnostic(Kind.VETOED, Severity.WARNING, Mistake(location, problem, remedy))


def _unknown(asked: Asked, values: Sequence[str]) -> Diagnostic:
    problem = f"{asked.text!r} names {'、'.join(values)}, of which no entry is about just that"
    location = asked.own.entry.location
    return Diagnostic(Kind.UNKNOWN_VALUE, Severity.WARNING, Mistake(location, problem, REWORD))


def _alike(asked: Asked) -> Hit | None:
    """Give the hit of another entry that is as near to a text as its own."""
    least = _likeness(asked.own) - EQUAL
    return next((hit for hit in asked.rivals if _likeness(hit) >= least), None)


def _indistinguishable(asked: Asked, alike: Hit) -> Diagnostic:
    problem = f"{asked.text!r} cannot be told apart from {_met(alike)!r}"
    remedy = "join the entries, or say in one of the two what makes it different"
    return _about(Kind.INDISTINGUISHABLE, Severity.ERROR, asked, alike, problem, remedy)


def _outranked(asked: Asked) -> Iterator[Diagnostic]:
    rival = next(iter(asked.rivals), None)
    if rival and rival.order > asked.own.order:
        problem = f"{asked.text!r} leads first to {rival.entry.question!r}"
        remedy = "word it more clearly, state its facets, or move it to the other entry"
        yield _about(Kind.OUTRANKED, Severity.WARNING, asked, rival, problem, remedy)


def _near_identical(asked: Asked) -> list[Hit]:
    """Give the hits of the same facets with a wording that is nearly the text."""
    least = _likeness(asked.own) - (1 - NEAR_IDENTICAL)
    return [
        hit for hit in asked.rivals if _likeness(hit) >= least and hit.facets == asked.own.facets
    ]


def _same_question(asked: Asked, rival: Hit) -> Iterator[Diagnostic]:
    """Say that two entries ask the same, unless they also answer the same."""
    own = asked.own.entry
    problem = f"{asked.text!r} asks the same as {_met(rival)!r}"
    if not (own.answered and rival.entry.answered):
        remedy = "make one a wording of the other"
        yield _about(Kind.SAME_QUESTION, Severity.WARNING, asked, rival, problem, remedy)
    elif _answer(own) != _answer(rival.entry):
        problem = f"{problem}, with another answer"
        remedy = "keep one answer, or say in question or facets what makes them different"
        yield _about(Kind.CONTRADICTION, Severity.WARNING, asked, rival, problem, remedy)


def _about(
    kind: Kind, severity: Severity, asked: Asked, rival: Hit, problem: str, remedy: str
) -> Diagnostic:
    problem = f"{problem} at {rival.entry.location}"
    return Diagnostic(kind, severity, Mistake(asked.own.entry.location, problem, remedy))


def _pair(asked: Asked, rival: Hit) -> Pair:
    return frozenset({asked.own.candidate.number, rival.candidate.number})


def _likeness(hit: Hit) -> float:
    return hit.candidate.wording


def _met(hit: Hit) -> str:
    return hit.entry.asked_as()[hit.candidate.wording_number]


def _answer(entry: Entry) -> list[str]:
    return [match_key(passage.text) for passage in entry.passages]
