"""Hold a question that was made from a stored one, and what its reply shows."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation.metrics import first_hit
from qa_bot.reply import ANSWERED

if TYPE_CHECKING:
    from qa_bot.bot import Bot
    from qa_bot.knowledge import Entry
    from qa_bot.reply import Reply

SEED = 20261121
"""Makes the choices of all suites repeatable."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question made from an entry, and the bot that is to be asked."""

    question: str
    entry: Entry
    """What it was made from."""
    bot: Bot
    """One that knows what the suite lets it know."""
    facet: str = ""
    """The facet whose value was swapped or deleted."""
    value: str = ""
    """The value that was put in its place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A case, the reply to it, and what is to be thought of that."""

    case: Case
    reply: Reply
    right: bool
    wrong: bool
    """Whether something was said that is not so; a reply may be neither right nor wrong."""

    def to_dict(self) -> dict[str, Any]:
        """Give what went on as plain data."""
        first = first_hit(self.reply)
        return {
            "question": self.case.question,
            "made_from": self.case.entry.question,
            "outcome": self.reply.outcome,
            "confidence": round(self.reply.confidence, 4),
            "first": first.entry.question if first else None,
            "wrong": self.wrong,
        }

    def __str__(self) -> str:
        """Write the question, what it was made from and what became of it."""
        found = self.to_dict()
        lines = (
            found["question"],
            f"  made from {found['made_from']}",
            f"  got {found['outcome']} {found['confidence']:.2f}: {found['first'] or '–'}",
        )
        return "\n".join(lines)


def chance(entry: Entry) -> random.Random:
    """Give the dice of an entry: they fall alike whatever stands beside it in the base."""
    return random.Random(f"{SEED} {entry.id}")


def own_first(case: Case, reply: Reply) -> Finding:
    """Ask that the entry comes first, said or suggested."""
    first = first_hit(reply)
    right = first is not None and first.entry.id == case.entry.id
    return Finding(case, reply, right, wrong=reply.outcome == ANSWERED and not right)


def not_answered(case: Case, reply: Reply) -> Finding:
    """Ask that nothing is given as the answer."""
    answered = reply.outcome == ANSWERED
    return Finding(case, reply, right=not answered, wrong=answered)
