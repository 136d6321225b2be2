"""Change the owner's files: an entry's wordings, answer or fields, a new entry, one less.

Each edit reads the files, writes drafts, reads everything anew with the drafts in place, and only
if that gives the old base with just that one change, puts the drafts in place; all or nothing.
Else it raises MistakesError. `seen` is the stamp of the entry's file when it was last looked at
(`stamp_of`): a file changed since is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.edits.revision import ANSWERS, Revision, bare, stamp
from qa_bot.edits.staging import folder_of, only_writer
from qa_bot.edits.staging import recover as recover
from qa_bot.knowledge import Entry, KnowledgeBase, entry_id
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import file_names, read_knowledge
from qa_bot.sources.fields import Field, make_entry
from qa_bot.sources.passages import read_passages
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qa_bot.facets import FacetReader

__all__ = [
    "ANSWERS",
    "add_entry",
    "add_wording",
    "change_entry",
    "new_entry",
    "read_base",
    "recover",
    "remove_entry",
    "set_answer",
    "stamp_of",
]

HERE = Location("")


def stamp_of(root: Path, entry: Entry) -> str:
    """Identify what the file of an entry holds now, for `seen`."""
    return stamp(folder_of(root) / entry.location.file)


def add_wording(
    root: Path, facets: FacetReader, entry: Entry, wording: str, *, seen: str | None = None
) -> KnowledgeBase:
    """Let an entry also be found by another wording."""
    wording = " ".join(wording.split())
    known = {match_key(text) for text in entry.asked_as()}
    if match_key(wording) in known | {""}:
        problem = f"the wording {wording!r} is empty, or one that the entry has"
        raise MistakesError([Mistake(entry.location, problem, "write another")])
    new = replace(entry, wordings=(*entry.wordings, wording))
    return change_entry(root, facets, entry, new, seen=seen)


def set_answer(
    root: Path,
    facets: FacetReader,
    entry: Entry,
    answer: str,
    *,
    basis: str = "",
    reviewed_on: str = "",
    valid_until: str = "",
    table: str = "",
    seen: str | None = None,
) -> KnowledgeBase:
    """Give an entry an answer, or another one; what is left empty stays as it is.

    In the answer a line `## heading` begins a passage. A title that stands in a list moves into
    `table`, or into `answers.csv` beside the list.
    """
    passages = tuple(read_passages(answer.strip(), HERE))
    if not passages:
        problem = "the answer is empty"
        raise MistakesError([Mistake(entry.location, problem, "write it, or remove the entry")])
    new = replace(
        entry,
        passages=passages,
        basis=basis or entry.basis,
        reviewed_on=reviewed_on or entry.reviewed_on,
        valid_until=valid_until or entry.valid_until,
    )
    return change_entry(root, facets, entry, new, table=table, seen=seen)


def change_entry(
    root: Path,
    facets: FacetReader,
    entry: Entry,
    new: Entry,
    *,
    table: str = "",
    seen: str | None = None,
) -> KnowledgeBase:
    """Write another state of an entry; places in `new` say nothing."""
    new = _checked(new, entry.location)

    def change(revision: Revision) -> None:
        revision.change(_standing(revision.base, entry), new, table)

    return _edit(root, facets, entry, new, change, seen)


def add_entry(root: Path, facets: FacetReader, entry: Entry, file: str) -> KnowledgeBase:
    """Add an entry at the end of a file below the folder, which need not be there yet."""
    new = _checked(entry, Location(file))
    return _edit(root, facets, None, new, lambda revision: revision.add(new, file), None)


def remove_entry(
    root: Path, facets: FacetReader, entry: Entry, *, seen: str | None = None
) -> KnowledgeBase:
    """Take an entry out of every file that it stands in."""

    def remove(revision: Revision) -> None:
        revision.remove(_standing(revision.base, entry))

    return _edit(root, facets, entry, None, remove, seen)


def new_entry(question: str, answer: str = "", wordings: tuple[str, ...] = ()) -> Entry:
    """Make an entry of what somebody typed, for `add_entry`; `replace` states the rest."""
    question = " ".join(question.split())
    passages = tuple(read_passages(answer.strip(), HERE))
    return Entry(entry_id(question), question, HERE, wordings, passages)


def read_base(root: Path, facets: FacetReader) -> KnowledgeBase:
    """Read the base of a folder that may be empty, or not be there."""
    if not root.exists() or not file_names(root):
        return KnowledgeBase(())
    return read_knowledge(root, facets)


def _edit(
    root: Path,
    facets: FacetReader,
    old: Entry | None,
    new: Entry | None,
    change: Callable[[Revision], None],
    seen: str | None,
) -> KnowledgeBase:
    """Try a change, and make it if it gives the base with `new` in the place of `old`."""
    with only_writer(root):
        if old and seen is not None and stamp_of(root, old) != seen:
            raise MistakesError([_changed_meanwhile(old)])
        base = read_base(root, facets)
        others = [entry for entry in base.entries if not old or entry.id != old.id]
        taken = next((entry for entry in others if new and entry.id == new.id), None)
        if new and taken:
            problem = f"{new.question!r} stands at {taken.location} already"
            raise MistakesError([Mistake(new.location, problem, "change that entry")])
        revision = Revision(root, base)
        change(revision)
        return revision.put_in_place([*others, *([new] if new else [])], facets)


def _standing(base: KnowledgeBase, entry: Entry) -> Entry:
    """Find the entry in the files as they are now."""
    found = next((held for held in base.entries if held.id == entry.id), None)
    if not found or bare(found) != bare(entry):
        raise MistakesError([_changed_meanwhile(entry)])
    return found


def _changed_meanwhile(entry: Entry) -> Mistake:
    problem = f"{entry.question!r} was changed in its file meanwhile"
    return Mistake(entry.location, problem, "look at it again, then change it")


def _checked(entry: Entry, place: Location) -> Entry:
    """Check the fields as readers do; raise MistakesError for what is wrong with them."""
    fields = {
        "question": Field((entry.question.strip(),), place),
        "wordings": Field(tuple(entry.wordings), place),
        "facets": Field(
            tuple(f"{name}={value}" for name, values in entry.facets.items() for value in values),
            place,
        ),
    }
    for name in ("url", "basis", "reviewed_on", "valid_until", "id"):
        fields[name] = Field((getattr(entry, name),), place)
    made = list(make_entry(fields, place, entry.passages))
    wrong = [item for item in made if isinstance(item, Mistake)]
    if wrong or not isinstance(made[0], Entry):
        raise MistakesError(wrong)
    return made[0]
