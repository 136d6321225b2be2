"""Ask judged questions, and count: is the bot right when it speaks, and honest when it can't."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation import calibration
from qa_bot.evaluation.conversation import ask_in_turn, leads_to
from qa_bot.evaluation.table import markdown
from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED, NO_MATCH
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qa_bot.bot import Bot
    from qa_bot.evaluation.judgments import Judgment
    from qa_bot.knowledge import Entry
    from qa_bot.ranking import Hit
    from qa_bot.reply import Reply


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
    led: bool | None
    """Whether choosing an option of its clarifying question leads to a right entry; None: it asks
    none, or no entry is right."""

    @property
    def weighed(self) -> bool:
        """Tell whether the confidence was weighed: something was found, and not word for word."""
        found = first_hit(self.reply)
        exact = found is not None and found.by == "exact"
        return self.reply.confidence > 0 and not self.reply.say and not exact

    def __str__(self) -> str:
        """Write the question, what was wanted and what became of it."""
        judgment, reply = self.judgment, self.reply
        said = reply.hit.entry.question if reply.hit else "–"
        wanted = next(iter(judgment.entries), "–")
        asked = " / ".join((*judgment.before, judgment.question))
        lines = [
            f"{judgment.location} [{judgment.kind}] {asked}",
            f"  wanted {'|'.join(sorted(self.expected))}: {wanted}",
            f"  got {reply.outcome} {reply.confidence:.2f}: {said}",
        ]
        lines += [f"  next {h.confidence:.2f}: {h.entry.question}" for h in reply.alternatives[:1]]
        return "\n".join(lines)


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
            "led": self.share(lambda v: v.led is True, lambda v: v.led is not None),
            "sentence": self.share(lambda v: v.right, lambda v: bool(v.judgment.sentences)),
            "calibration_error": calibration.expected_calibration_error(self.weighed()),
        }

    def weighed(self) -> list[tuple[float, bool]]:
        """Give confidence and rightness of every first hit whose confidence was weighed."""
        return [(v.reply.confidence, v.first) for v in self.verdicts if v.weighed]

    def by_kind(self) -> dict[str, Metrics]:
        """Part the verdicts by the kind of question."""
        parts: dict[str, Metrics] = {}
        for verdict in self.verdicts:
            parts.setdefault(verdict.judgment.kind, Metrics()).verdicts.append(verdict)
        return dict(sorted(parts.items()))

    def table(self) -> str:
        """Write the metrics as a Markdown table, a line a kind of question."""
        parts = [*self.by_kind().items(), ("all", self)]
        rows = [[kind, *part.to_dict().values()] for kind, part in parts]
        return markdown(["kind", *self.to_dict()], rows)


def first_hit(reply: Reply) -> Hit | None:
    """Give what comes first in a reply, said or only suggested; None: it shows nothing."""
    return reply.hit or next(iter(reply.alternatives), None)


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
        metrics.verdicts.append(_judge(bot, judgment, right))
        progress(1)
    return metrics


def _judge(bot: Bot, judgment: Judgment, right: Sequence[Entry]) -> Verdict:
    reply = ask_in_turn(bot, judgment.before, judgment.question)
    ids = {entry.id for entry in right}
    derived = {ANSWERED if entry.answered else LISTED_UNANSWERED for entry in right}
    expected = judgment.outcomes or frozenset(derived or {NO_MATCH})
    said = reply.hit.entry.id if reply.hit else None
    first = first_hit(reply)
    evidence = "\n".join(reply.evidence)
    shown = not judgment.sentences or any(text in evidence for text in judgment.sentences)
    speaks = reply.outcome in {ANSWERED, LISTED_UNANSWERED}
    return Verdict(
        judgment,
        reply,
        expected,
        first=first is not None and first.entry.id in ids,
        right=reply.outcome in expected and (said in ids if speaks else True) and shown,
        wrong=reply.outcome == ANSWERED and said not in ids,
        led=leads_to(bot, reply, ids) if reply.outcome == CLARIFY and ids else None,
    )
