"""Check entries one by one: their dates, their basis, the facets that their owner states."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from qa_bot.lint.diagnostic import Diagnostic, Kind, Severity
from qa_bot.mistakes import Mistake
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import Entry, KnowledgeBase


def lint_dates(
    base: KnowledgeBase, today: datetime.date, review_after_days: int
) -> Iterator[Diagnostic]:
    """Find answers whose validity has ended, and those last reviewed so many days ago or more."""
    for entry in base.entries:
        kind = due(entry, today, review_after_days)
        if kind is Kind.EXPIRED:
            problem = f"the answer was valid until {entry.valid_until} and is no longer given"
            remedy = "renew answer and valid_until, or take the answer out"
            yield _warning(kind, entry, problem, remedy)
        elif kind:
            problem = f"the answer was last reviewed on {entry.reviewed_on}"
            remedy = "compare it with its source and renew reviewed_on"
            yield _warning(kind, entry, problem, remedy)


def due(entry: Entry, today: datetime.date, review_after_days: int) -> Kind | None:
    """Tell whether an answer has expired or is to be reviewed; None: neither."""
    if not entry.answered:
        return None
    if entry.expired(today):
        return Kind.EXPIRED
    reviewed = entry.reviewed_on
    return Kind.STALE if reviewed and _age(reviewed, today) >= review_after_days else None


def _age(reviewed_on: str, today: datetime.date) -> int:
    return (today - datetime.date.fromisoformat(reviewed_on)).days


def lint_basis(base: KnowledgeBase) -> Iterator[Diagnostic]:
    """Find answers that name no basis; a base of which none does is told so once."""
    answered = [entry for entry in base.entries if entry.answered]
    lacking = [entry for entry in answered if not entry.basis]
    if lacking and len(lacking) == len(answered):
        problem = f"none of the {len(answered)} answers names what it rests on"
        remedy = "state basis where a regulation carries the answer"
        yield Diagnostic(
            Kind.NO_BASIS, Severity.HINT, Mistake(lacking[0].location, problem, remedy)
        )
        return
    for entry in lacking:
        problem = f"the answer to {entry.question!r} names no basis, as others do"
        yield _warning(Kind.NO_BASIS, entry, problem, "state the regulation it rests on in basis")


def lint_stated_facets(base: KnowledgeBase, facets: FacetReader) -> Iterator[Diagnostic]:
    """Find stated facets other than those that the question names.

    Where contradictions only weigh, the question may well be misread: that is a hint.
    """
    for entry in base.entries:
        named = facets.read(normalize(entry.question))
        for name, values in entry.facets.items():
            stated = frozenset(facets.value_of(name, value) for value in values)
            read = named.get(name, frozenset())
            if not facets.contradicts(name, read, stated):
                continue
            problem = f"{name} is stated as {_listed(stated)}, but the question names"
            problem += f" {_listed(read)}"
            remedy = "mend one of the two; a phrase that is misread goes into "
            remedy += f"facets/{name}.txt as @not"
            severity = Severity.WARNING if facets.facets[name].vetoes else Severity.HINT
            mistake = Mistake(entry.location, problem, remedy)
            yield Diagnostic(Kind.STATED_FACET, severity, mistake)


def _warning(kind: Kind, entry: Entry, problem: str, remedy: str) -> Diagnostic:
    return Diagnostic(kind, Severity.WARNING, Mistake(entry.location, problem, remedy))


def _listed(values: frozenset[str]) -> str:
    return "、".join(sorted(values))
