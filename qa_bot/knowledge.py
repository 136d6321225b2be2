"""Hold what the bot knows: entries, their passages, and the knowledge base they make."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake
from qa_bot.text import match_key

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Mapping, Sequence

STATED = ("facets", "url", "basis", "reviewed_on", "valid_until")
"""What an owner may state of an entry, or leave open."""
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
LONE = "surrogatepass"
"""How half a surrogate pair, which a file may hold, is written and read."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text that can be shown as an answer, and where it stands."""

    text: str
    location: Location
    section: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing people ask: a question, other wordings of it, and the passages that answer it.

    A FAQ answer is one passage; an article has one a paragraph; a title without an answer has
    none.
    """

    id: str
    """Stable while the question stands: the owner's own, or made from the question."""
    question: str
    location: Location
    wordings: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Facet values the owner states, over those read from the question."""
    url: str = ""
    basis: str = ""
    """The regulation that the answer rests on."""
    reviewed_on: str = ""
    """ISO date of the last review; empty: not stated."""
    valid_until: str = ""
    """ISO date of the last day on which the answer may be given; empty: no end."""

    @property
    def answered(self) -> bool:
        """Tell whether an answer is held at all."""
        return bool(self.passages)

    def expired(self, today: datetime.date) -> bool:
        """Tell whether the answer may no longer be given."""
        return bool(self.valid_until) and self.valid_until < today.isoformat()

    def asked_as(self) -> tuple[str, ...]:
        """Give the question and all its wordings."""
        return (self.question, *self.wordings)


@dataclass(frozen=True)
class KnowledgeBase:
    """All entries, in the order of their files; no two ask the same."""

    entries: Sequence[Entry]
    merged: tuple[tuple[Location, Location], ...] = ()
    """Where a question stood again: the place left out, and the place that was kept."""

    counted: int | None = field(default=None, compare=False)
    """How many entries hold an answer, where that is known without looking at each."""

    @cached_property
    def content_hash(self) -> str:
        """Identify the content: equal for equal entries, wherever the files lie."""
        digest = hashlib.sha256()
        for entry in self.entries:
            digest.update(write_row(entry) + b"\n")
        return digest.hexdigest()

    @cached_property
    def answered(self) -> int:
        """Count the entries that hold an answer."""
        if self.counted is not None:
            return self.counted
        return sum(entry.answered for entry in self.entries)


def write_row(entry: Entry) -> bytes:
    """Write an entry as a row of JSON; `read_row` gives it back."""
    passages = [[p.text, _place(p.location), p.section] for p in entry.passages]
    stated = {name: getattr(entry, name) for name in STATED if getattr(entry, name)}
    row = [entry.id, entry.question, _place(entry.location), entry.wordings, passages, stated]
    return encode(row).encode(errors=LONE)


def read_row(row: bytes) -> Entry:
    """Read what `write_row` wrote."""
    id_, question, place, wordings, passages, stated = json.loads(row.decode(errors=LONE))
    facets = {name: tuple(values) for name, values in stated.pop("facets", {}).items()}
    return Entry(
        id_,
        question,
        Location(*place),
        tuple(wordings),
        tuple(Passage(text, Location(*at), section) for text, at, section in passages),
        facets,
        **stated,
    )


def _place(location: Location) -> list[str | int]:
    return [location.file, location.sheet, location.line, location.column]


def entry_id(question: str) -> str:
    """Make the id of an entry that states none: it depends on the question alone."""
    return id_of_key(match_key(question))


def id_of_key(key: str) -> str:
    """Make the id of an entry of whose question the match key is known."""
    return hashlib.blake2s(key.encode(), digest_size=7).hexdigest()


def merge(
    entries: Iterable[Entry], key_of: Callable[[str], str] = match_key
) -> tuple[KnowledgeBase, list[Mistake]]:
    """Make a knowledge base in which no question stands twice.

    Equal questions (by `match_key`) are joined when at most one of them is answered, or when
    both say the same; two different answers to one question are a mistake, as are two entries
    of one id. `key_of` may remember the keys of a base that is merged again and again.
    """
    kept: dict[str, Entry] = {}
    merged: list[tuple[Location, Location]] = []
    mistakes: list[Mistake] = []
    for entry in entries:
        key = key_of(entry.question)
        if key not in kept:
            kept[key] = entry
        elif kept[key].answered and entry.answered and not _same_answer(kept[key], entry):
            problem = f"{entry.question!r} has another answer at {kept[key].location}"
            mistakes.append(Mistake(entry.location, problem, "keep one of the two"))
        else:
            first, second = kept[key], entry
            keep, leave = (second, first) if second.answered > first.answered else (first, second)
            kept[key] = _join(keep, leave)
            merged.append((leave.location, keep.location))
    mistakes += _claim_wordings(kept, merged, key_of)
    mistakes += _same_ids(kept.values())
    return KnowledgeBase(tuple(kept.values()), tuple(merged)), mistakes


def _same_answer(one: Entry, other: Entry) -> bool:
    return [match_key(p.text) for p in one.passages] == [match_key(p.text) for p in other.passages]


def _join(keep: Entry, leave: Entry) -> Entry:
    wordings = dict.fromkeys((*keep.wordings, *leave.wordings))
    own = keep.id if keep.id != entry_id(keep.question) else leave.id
    values = {name: getattr(keep, name) or getattr(leave, name) for name in STATED}
    return replace(keep, id=own, wordings=tuple(wordings), **values)


def _claim_wordings(
    kept: dict[str, Entry],
    merged: list[tuple[Location, Location]],
    key_of: Callable[[str], str],
) -> Iterable[Mistake]:
    """Give each wording to one entry: an unanswered title equal to one is that entry's."""
    owners: dict[str, Entry] = {}
    for form in list(kept):
        if form not in kept:
            continue
        entry = kept[form]
        wordings = list(entry.wordings)
        for wording in wordings:
            key = key_of(wording)
            rival = owners.setdefault(key, entry)
            asked = kept.get(key, entry)
            if rival.id != entry.id:
                problem = f"the wording {wording!r} is also one of {rival.question!r}"
                where = f"at {rival.location}"
                yield Mistake(entry.location, f"{problem} {where}", "keep it in one of the two")
            elif asked.id == entry.id:
                continue
            elif asked.answered:
                problem = f"the wording {wording!r} is the question of {asked.location}"
                yield Mistake(entry.location, problem, "take the wording out, or join the entries")
            else:
                merged.append((asked.location, entry.location))
                del kept[key]
                kept[form] = _take_over(kept[form], asked)
                wordings += kept[form].wordings[len(wordings) :]


def _take_over(entry: Entry, title: Entry) -> Entry:
    """Add a title's wordings and page to the entry that it is a wording of."""
    own = {match_key(text) for text in entry.asked_as()}
    more = (text for text in title.wordings if match_key(text) not in own)
    return replace(entry, wordings=(*entry.wordings, *more), url=entry.url or title.url)


def _same_ids(entries: Iterable[Entry]) -> Iterable[Mistake]:
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.id, entry)
        if first is not entry:
            problem = f"the id {entry.id!r} is also that of {first.location}"
            yield Mistake(entry.location, problem, "give each entry an id of its own")
