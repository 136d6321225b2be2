"""Find the entry that each incoming one is about, and what it would become."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa_bot.edits.revision import bare
from qa_bot.edits.written import own_id
from qa_bot.imports.plan import State
from qa_bot.mistakes import Location, Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qa_bot.knowledge import Entry, KnowledgeBase

STATED = ("facets", "url", "basis", "reviewed_on", "valid_until")


@dataclass(frozen=True, slots=True)
class Fit:
    """An incoming entry, the one it is about, and what that would become."""

    entry: Entry
    old: Entry | None
    new: Entry
    """Stands where the incoming entry does."""
    state: State
    joined: Location | None = None
    """The incoming entry that is about the same one, and says all that this one says."""

    @property
    def leads(self) -> bool:
        """Tell whether this fit makes the entry what it becomes."""
        return self.joined is None


class _Known:
    """The entries of a base by id, and by every way that they are asked."""

    def __init__(self, base: KnowledgeBase, key_of: Callable[[str], str]) -> None:
        self.by_id = {entry.id: entry for entry in base.entries}
        self.by_text = {key_of(text): entry for entry in base.entries for text in entry.asked_as()}
        self.listed = {location for _, location in base.merged}
        """Where entries stand that were joined from several places."""
        self.key_of = key_of


def fit(
    entries: Iterable[Entry], base: KnowledgeBase, key_of: Callable[[str], str]
) -> tuple[list[Fit], list[Mistake]]:
    """Fit incoming entries, of which no two ask the same, to a base."""
    known = _Known(base, key_of)
    taken: dict[str, Fit] = {}
    fits: list[Fit] = []
    mistakes: list[Mistake] = []
    for entry in entries:
        named = known.by_id.get(entry.id)
        asked = known.by_text.get(key_of(entry.question))
        if named and asked and named is not asked:
            problem = f"the id {entry.id!r} is that of {named.question!r}, the question that of"
            problem = f"{problem} {asked.question!r}"
            remedy = "mend the id, or leave it empty"
            mistakes.append(Mistake(entry.location, problem, remedy))
            continue
        old = named or asked
        first = taken.get(old.id) if old else None
        again = first and _second(entry, first, known)
        found = again or _first(entry, old, known)
        if isinstance(found, Mistake):
            mistakes.append(found)
            continue
        fits.append(found)
        if old and not first:
            taken[old.id] = found
    return fits, mistakes


def _first(entry: Entry, old: Entry | None, known: _Known) -> Fit:
    if not old:
        return Fit(entry, None, entry, State.NEW)
    new = replace(_updated(old, entry, known), location=entry.location)
    state = State.SAME if bare(new) == bare(old) else State.CHANGED
    return Fit(entry, old, new, state)


def _second(entry: Entry, first: Fit, known: _Known) -> Fit | Mistake:
    """Fit an entry to one that another is about, too: it may say nothing else."""
    if known.key_of(entry.question) not in map(known.key_of, first.new.asked_as()):
        # The first takes this question out of the wordings.
        return Fit(entry, None, entry, State.NEW)
    if bare(_updated(first.new, entry, known)) == bare(first.new):
        return Fit(entry, first.old, first.new, State.SAME, first.entry.location)
    problem = f"it is about the same as {first.entry.location}: {first.new.question!r}"
    return Mistake(entry.location, problem, "join the two, or take it out of the wordings there")


def _updated(old: Entry, entry: Entry, known: _Known) -> Entry:
    """Give the old entry with all that the incoming one states."""
    key_of = known.key_of
    same_question = key_of(entry.question) == key_of(old.question)
    renamed = not same_question and entry.id == old.id
    question = entry.question if renamed else old.question
    answered = entry.passages and bare(entry).passages != bare(old).passages
    values = {name: getattr(entry, name) or getattr(old, name) for name in STATED}
    return replace(
        old,
        # One that goes by a wording keeps its id, as it keeps its question.
        id=(own_id(entry) if same_question else "") or old.id,
        question=question,
        wordings=_wordings(old, entry, question, known, alone=same_question or renamed),
        passages=entry.passages if answered else old.passages,
        **values,
    )


def _wordings(
    old: Entry, entry: Entry, question: str, known: _Known, *, alone: bool
) -> tuple[str, ...]:
    """Give the wordings stated, if any; beside the old ones, where others also state some."""
    key_of = known.key_of
    texts = entry.wordings
    if texts and not (alone and old.location not in known.listed):
        texts = (*old.wordings, *texts)
    wanted = {key_of(text): text for text in texts or old.wordings}
    wanted.pop(key_of(question), None)
    if wanted.keys() == {key_of(text) for text in old.wordings}:
        return old.wordings
    return tuple(wanted.values())
