"""Read judged questions: what people ask, and the entries that answer it."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.reply import OUTCOMES
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from qa_bot.knowledge import KnowledgeBase

FIELDS: Mapping[str, type] = {
    "question": str,
    "entries": list,
    "kind": str,
    "outcomes": list,
    "sentences": list,
    "before": list,
}
NEEDED = ("question", "entries", "kind")
CHOOSE, REPORT = "choose", "report"


@dataclass(frozen=True, slots=True)
class Judgment:
    """A question, and the entries that answer it (none: it must not be answered)."""

    question: str
    entries: tuple[str, ...]
    """The questions or ids of the entries, any of which is right."""
    kind: str
    location: Location
    outcomes: frozenset[str] = frozenset()
    """The outcomes that are right; empty: what the entries hold decides."""
    sentences: tuple[str, ...] = ()
    """What the evidence must contain one of (none: nothing)."""
    before: tuple[str, ...] = ()
    """What was asked before in the same conversation."""

    @property
    def half(self) -> str:
        """Tell whether it serves for choosing settings or for reporting; all of an entry in one."""
        return half_of(self.entries[0] if self.entries else self.question)


def half_of(question: str) -> str:
    """Tell which half all that is judged of a question belongs to."""
    return CHOOSE if zlib.crc32(match_key(question).encode()) % 2 == 0 else REPORT


def read_judgments(folder: Path, base: KnowledgeBase | None = None) -> list[Judgment]:
    """Read every `*.jsonl` file of the folder.

    Raise MistakesError with all mistakes: lines that can't be read, questions judged twice, and
    entries that the base (where one is given) has not.
    """
    judgments: list[Judgment] = []
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.jsonl")):
        for found in _read_lines(path):
            if isinstance(found, Mistake):
                mistakes.append(found)
            else:
                judgments.append(found)
    if base:
        mistakes += _not_held(judgments, base)
    mistakes += _judged_twice(judgments)
    if mistakes:
        raise MistakesError(mistakes)
    return judgments


def _not_held(judgments: Iterable[Judgment], base: KnowledgeBase) -> Iterator[Mistake]:
    known = {entry.id for entry in base.entries}
    known |= {match_key(text) for entry in base.entries for text in entry.asked_as()}
    for judgment in judgments:
        for name in judgment.entries:
            if name not in known and match_key(name) not in known:
                problem = f"no entry asks {name!r}"
                yield Mistake(judgment.location, problem, "name a question as it stands")


def _read_lines(path: Path) -> Iterator[Judgment | Mistake]:
    for number, line in enumerate(read_text(path, path.name).splitlines(), start=1):
        if not line.strip():
            continue
        location = Location(path.name, line=number)
        try:
            data = json.loads(line)
        except ValueError as error:
            yield Mistake(location, f"not JSON ({error})", "write one JSON object a line")
            continue
        problem = _problem(data)
        if problem:
            yield Mistake(location, problem, f"fields: {', '.join(FIELDS)}")
            continue
        yield Judgment(
            question=data["question"],
            entries=tuple(data["entries"]),
            kind=data["kind"],
            location=location,
            outcomes=frozenset(data.get("outcomes", ())),
            sentences=tuple(data.get("sentences", ())),
            before=tuple(data.get("before", ())),
        )


def _problem(data: object) -> str:
    if not isinstance(data, dict):
        return "not a JSON object"
    for name in NEEDED:
        if name not in data:
            return f"the field {name!r} is missing"
    for name, value in data.items():
        if name not in FIELDS:
            return f"unknown field {name!r}"
        if not isinstance(value, FIELDS[name]):
            return f"the field {name!r} is not a {FIELDS[name].__name__}"
    if wrong := set(data.get("outcomes", ())) - set(OUTCOMES):
        return f"unknown outcome {min(wrong)!r} (known: {', '.join(OUTCOMES)})"
    return "" if match_key(data["question"]) else "the question is empty"


def _judged_twice(judgments: Iterable[Judgment]) -> Iterator[Mistake]:
    seen: dict[tuple[str, ...], Judgment] = {}
    for judgment in judgments:
        key = tuple(map(match_key, (*judgment.before, judgment.question)))
        first = seen.setdefault(key, judgment)
        if first is not judgment:
            agrees = set(first.entries) == set(judgment.entries)
            how = "judged again" if agrees else "judged otherwise"
            problem = f"{judgment.question!r} is {how} at {first.location}"
            yield Mistake(judgment.location, problem, "keep one of the two")
