"""Measure the bot with judged questions: is it right when it speaks, and honest when it can't."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED, NO_MATCH, OUTCOMES
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from qa_bot.bot import Bot
    from qa_bot.knowledge import Entry, KnowledgeBase
    from qa_bot.reply import Reply

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged question, the reply to it, and what is to be thought of that."""

    judgment: Judgment
    reply: Reply
    expected: frozenset[str]
    """The outcomes that are right."""
    first: bool
    """Whether a right entry came first, said or only suggested."""
    right: bool
    """Whether outcome, entry and sentence are all right."""
    wrong: bool
    """Whether something was given as the answer that is not it."""


@dataclass(slots=True)
class Metrics:
    """Counts over verdicts; a share of nothing is None."""

    verdicts: list[Verdict] = field(default_factory=list)

    def share(
        self, part: Callable[[Verdict], bool], whole: Callable[[Verdict], bool]
    ) -> float | None:
        """Give the share of the verdicts of a kind for which something holds."""
        of = [verdict for verdict in self.verdicts if whole(verdict)]
        return sum(map(part, of)) / len(of) if of else None

    def to_dict(self) -> dict[str, Any]:
        """Give every metric by name."""
        return {
            "questions": len(self.verdicts),
            "right": self.share(lambda v: v.right, lambda _: True),
            "top1": self.share(lambda v: v.first, lambda v: bool(v.judgment.entries)),
            "coverage": self.share(
                lambda v: v.reply.outcome == ANSWERED and v.right, lambda v: ANSWERED in v.expected
            ),
            "wrong_answers": self.share(lambda v: v.wrong, lambda v: v.reply.outcome == ANSWERED),
            "honest_no": self.share(
                lambda v: v.reply.outcome == NO_MATCH, lambda v: v.expected == {NO_MATCH}
            ),
            "listed": self.share(lambda v: v.right, lambda v: LISTED_UNANSWERED in v.expected),
            "clarified": self.share(lambda v: v.right, lambda v: v.expected == {CLARIFY}),
            "sentence": self.share(lambda v: v.right, lambda v: bool(v.judgment.sentences)),
        }

    def by_kind(self) -> dict[str, Metrics]:
        """Part the verdicts by the kind of question."""
        parts: dict[str, Metrics] = {}
        for verdict in self.verdicts:
            parts.setdefault(verdict.judgment.kind, Metrics()).verdicts.append(verdict)
        return dict(sorted(parts.items()))

    def table(self) -> str:
        """Write the metrics as a Markdown table, a line a kind of question."""
        names = list(self.to_dict())
        rows = [["kind", *names], ["---"] + ["---:"] * len(names)]
        for kind, part in [*self.by_kind().items(), ("all", self)]:
            rows.append([kind, *map(_cell, part.to_dict().values())])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def read_judgments(folder: Path, base: KnowledgeBase) -> list[Judgment]:
    """Read every `*.jsonl` file of the folder.

    Raise MistakesError with all mistakes: lines that can't be read, entries the base has not,
    and questions judged twice.
    """
    known = {entry.id for entry in base.entries}
    known |= {match_key(text) for entry in base.entries for text in entry.asked_as()}
    judgments: list[Judgment] = []
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.jsonl")):
        for found in _read_lines(path):
            if isinstance(found, Mistake):
                mistakes.append(found)
                continue
            judgments.append(found)
            mistakes += [
                Mistake(found.location, f"no entry asks {name!r}", "name a question as it stands")
                for name in found.entries
                if name not in known and match_key(name) not in known
            ]
    mistakes += _judged_twice(judgments)
    if mistakes:
        raise MistakesError(mistakes)
    return judgments


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


def evaluate(
    bot: Bot, judgments: Sequence[Judgment], progress: Callable[[int], object] = lambda _: None
) -> Metrics:
    """Ask every judged question; `progress` is called with 1 for each."""
    by_name: dict[str, Entry] = {}
    for entry in bot.index.base.entries:
        by_name[entry.id] = entry
        for text in entry.asked_as():
            by_name.setdefault(match_key(text), entry)
    metrics = Metrics()
    for judgment in judgments:
        right = [by_name.get(name) or by_name[match_key(name)] for name in judgment.entries]
        metrics.verdicts.append(_judge(judgment, right, _ask(bot, judgment)))
        progress(1)
    return metrics


def _ask(bot: Bot, judgment: Judgment) -> Reply:
    return bot.ask(judgment.question)


def _judge(judgment: Judgment, right: Sequence[Entry], reply: Reply) -> Verdict:
    ids = {entry.id for entry in right}
    derived = {ANSWERED if entry.answered else LISTED_UNANSWERED for entry in right}
    expected = judgment.outcomes or frozenset(derived or {NO_MATCH})
    said = reply.hit.entry.id if reply.hit else None
    ranked = [said] if said else [hit.entry.id for hit in reply.alternatives[:1]]
    evidence = "\n".join(reply.evidence)
    shown = not judgment.sentences or any(text in evidence for text in judgment.sentences)
    speaks = reply.outcome in {ANSWERED, LISTED_UNANSWERED}
    return Verdict(
        judgment,
        reply,
        expected,
        first=bool(ids.intersection(ranked)),
        right=reply.outcome in expected and (said in ids if speaks else True) and shown,
        wrong=reply.outcome == ANSWERED and said not in ids,
    )
