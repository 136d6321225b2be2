"""Tell two states apart: entries field by field, other files, settings, and what is replied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation import comparison, read_judgments
from qa_bot.releases.contents import KNOWLEDGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from qa_bot.evaluation.comparison import Change
    from qa_bot.knowledge import Entry
    from qa_bot.releases.draft import State

FIELDS = ("question", "wordings", "facets", "url", "basis", "reviewed_on", "valid_until")
"""The fields of an entry that are told apart, besides its answer."""
PARAGRAPHS = "\n\n"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field, or a setting, and its values in two states."""

    name: str
    old: Any
    new: Any

    def __str__(self) -> str:
        """Write it in two lines."""
        return f"  {self.name}\n    - {self.old}\n    + {self.new}"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry that is in two states, and the fields in which it differs."""

    id: str
    question: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What tells a new state from an old one."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[EntryChange, ...]
    files: tuple[str, ...]
    """The files of lexicon, phrases and coefficients that differ, or are in one state alone."""
    settings: tuple[FieldChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give them as plain data."""
        return {
            "added": [_shown(entry) for entry in self.added],
            "removed": [_shown(entry) for entry in self.removed],
            "changed": [
                {
                    "id": change.id,
                    "question": change.question,
                    "fields": {f.name: {"old": f.old, "new": f.new} for f in change.fields},
                }
                for change in self.changed
            ],
            "files": list(self.files),
            "settings": {f.name: {"old": f.old, "new": f.new} for f in self.settings},
        }

    def __str__(self) -> str:
        """Write an entry a line, with the fields that changed below it, and counts at the end."""
        lines = [f"- {entry.question}" for entry in self.removed]
        lines += [f"+ {entry.question}" for entry in self.added]
        for change in self.changed:
            lines += [f"~ {change.question}", *map(str, change.fields)]
        lines += [f"~ {path}" for path in self.files]
        lines += [str(change).lstrip() for change in self.settings]
        counts = f"{len(self.added)} entries new, {len(self.changed)} changed"
        return "\n".join([*lines, f"{counts}, {len(self.removed)} removed"])


@dataclass(frozen=True, slots=True)
class RepliesChanged:
    """The questions to which two states reply differently, as far as was asked."""

    questions: int
    """How many there are to ask: all judged ones, and all that either state stores."""
    asked: int
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give them as plain data."""
        changes = [change.to_dict() for change in self.changes]
        return {"questions": self.questions, "asked": self.asked, "changes": changes}

    def __str__(self) -> str:
        """Write each change, and counts at the end."""
        counts = f"{len(self.changes)} of {self.asked} replies differ"
        left = self.questions - self.asked
        return "\n\n".join([*map(str, self.changes), counts + (f"; {left} not asked" * (left > 0))])


def differences(old: State | None, new: State) -> Differences:
    """Tell what a new state has that an old one has not; None: there was nothing before."""
    held = {entry.id: entry for entry in old.bot.index.base.entries} if old else {}
    now = {entry.id: entry for entry in new.bot.index.base.entries}
    both = ((held[id_], entry) for id_, entry in now.items() if id_ in held)
    changed = (EntryChange(b.id, b.question, tuple(_fields(_shown(a), _shown(b)))) for a, b in both)
    files_before = old.contents.files if old else {}
    settings_before = old.contents.settings if old else {}
    return Differences(
        added=tuple(entry for id_, entry in now.items() if id_ not in held),
        removed=tuple(entry for id_, entry in held.items() if id_ not in now),
        changed=tuple(change for change in changed if change.fields),
        files=tuple(
            path
            for path in sorted(files_before.keys() | new.contents.files.keys())
            if files_before.get(path) != new.contents.files.get(path)
            and not path.startswith(f"{KNOWLEDGE}/")
        ),
        settings=tuple(_fields(settings_before, new.contents.settings)),
    )


def replies_changed(
    old: State,
    new: State,
    judged: Path,
    most: int,
    progress: Callable[[int], object] = lambda _: None,
) -> RepliesChanged:
    """Ask both states judged and stored questions, those of entries that differ first.

    `judged`: the folder of judged questions. `most`: how many questions are asked.
    """
    apart = differences(old, new)
    touched = {entry.question for entry in (*apart.added, *apart.removed)}
    touched |= {change.question for change in apart.changed}
    questions = comparison.questions(old.bot, new.bot, read_judgments(judged))
    questions.sort(key=lambda turns: turns[-1] not in touched)
    asked = questions[:most]
    changes = comparison.compare(old.bot, new.bot, asked, progress)
    return RepliesChanged(len(questions), len(asked), tuple(changes))


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for name, value in new.items():
        if old.get(name) != value:
            yield FieldChange(name, old.get(name), value)


def _shown(entry: Entry) -> dict[str, Any]:
    """Give what an owner wrote of an entry, wherever it stands."""
    stated = {name: getattr(entry, name) for name in FIELDS}
    answer = PARAGRAPHS.join(passage.text for passage in entry.passages)
    return {
        "id": entry.id,
        **stated,
        "wordings": list(entry.wordings),
        "facets": {name: list(values) for name, values in entry.facets.items()},
        "answer": answer,
    }
