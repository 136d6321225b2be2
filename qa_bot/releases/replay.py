"""Give a reply again: from the release that gave it, on the day on which it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.releases.differences import FieldChange
from qa_bot.releases.errors import ReleaseError
from qa_bot.reply import UNRELEASED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa_bot.journal import Kept
    from qa_bot.releases import Releases
    from qa_bot.reply import Reply
    from qa_bot.settings import Settings

TOP = 3
"""How many alternatives are asked for where it was not kept how many were."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A reply that was given again."""

    reply: Reply
    exact: bool
    """Whether the same was asked, to the letter; else what was asked was masked."""
    differs: tuple[FieldChange, ...]
    """In what it is another reply than was kept."""


def replay(releases: Releases, settings: Settings, kept: Kept) -> Replayed:
    """Ask the same again of the same release, as of the same day.

    Raise ReleaseError where that is not to be had, MistakesError where the release was damaged,
    ContextError where what came with the question was masked so that it can't be read.
    """
    if kept.release == UNRELEASED:
        problem = "it was given from files that were not published"
        raise ReleaseError(f"{problem}: nobody knows what they said then")
    if not kept.question:
        raise ReleaseError("the text of its question was not kept; see QA_BOT_JOURNAL_QUESTIONS")
    bot = releases.open(kept.release, settings).as_of(kept.asked_at.astimezone().date())
    reply = bot.ask(kept.question, kept.context, TOP if kept.top is None else kept.top)
    return Replayed(reply, kept.exact, tuple(_differences(kept, reply)))


def _differences(kept: Kept, reply: Reply) -> Iterator[FieldChange]:
    now = {
        "outcome": reply.outcome,
        "entry": reply.hit.entry.id if reply.hit else None,
        "confidence": reply.confidence,
        "rule": reply.rule,
        "clarify": reply.clarify.facet if reply.clarify else None,
        # Earlier versions kept none, and of what is masked none is kept.
        "digest": reply.digest() if kept.digest else None,
    }
    for name, value in now.items():
        if getattr(kept, name) != value:
            yield FieldChange(name, getattr(kept, name), value)
