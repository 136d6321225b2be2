"""Compare the replies of two bots, question by question."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation.conversation import ask_in_turn
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qa_bot.bot import Bot
    from qa_bot.evaluation.judgments import Judgment
    from qa_bot.reply import Reply

    Asked = tuple[str, ...]
    """A question, after those asked before it."""

SHOWN = 60
"""How much of an answer a line shows, in characters."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a visitor sees of a reply."""

    outcome: str
    entry: str
    """The question of the entry spoken of; empty: none is."""
    text: str
    """The answer, or the options of a clarifying question."""

    def __str__(self) -> str:
        """Write one line, a long text cut."""
        text = " ".join(self.text.split())
        cut = text if len(text) <= SHOWN else text[:SHOWN] + "…"
        return " | ".join(part for part in (self.outcome, self.entry, cut) if part)


@dataclass(frozen=True, slots=True)
class Change:
    """A question to which two bots reply differently."""

    asked: Asked
    old: Said
    new: Said

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "question": self.asked[-1],
            "before": list(self.asked[:-1]),
            "old": asdict(self.old),
            "new": asdict(self.new),
        }

    def __str__(self) -> str:
        """Write the question, the old reply and the new one."""
        return f"{' / '.join(self.asked)}\n  old  {self.old}\n  new  {self.new}"


def questions(old: Bot, new: Bot, judged: Iterable[Judgment]) -> list[Asked]:
    """Give all judged questions and all that either base stores, none twice."""
    asked: dict[Asked, Asked] = {}
    stored = [(entry.question,) for bot in (new, old) for entry in bot.index.base.entries]
    for turns in [*((*judgment.before, judgment.question) for judgment in judged), *stored]:
        asked.setdefault(tuple(map(match_key, turns)), turns)
    return list(asked.values())


def compare(
    old: Bot,
    new: Bot,
    asked: Sequence[Asked],
    progress: Callable[[int], object] = lambda _: None,
) -> list[Change]:
    """Ask both all questions, and give those whose outcome, entry or text differs, in order."""
    changes = []
    for turns in asked:
        before, after = (_said(ask_in_turn(bot, turns[:-1], turns[-1])) for bot in (old, new))
        if before != after:
            changes.append(Change(turns, before, after))
        progress(1)
    return changes


def _said(reply: Reply) -> Said:
    text = ""
    if reply.clarify:
        text = " / ".join(value for value, _ in reply.clarify.options)
    elif reply.hit and reply.hit.passage:
        text = reply.hit.passage.text
    return Said(reply.outcome, reply.hit.entry.question if reply.hit else "", text or reply.say)
