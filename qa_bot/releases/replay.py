"""Give a reply again: from the release that gave it, on the day on which it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.releases.differences import FieldChange
from qa_bot.releases.errors import ReleaseError
from qa_bot.reply import UNRELEASED

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from qa_bot.releases import Releases
    from qa_bot.reply import Reply
    from qa_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Given:
    """What was kept of a reply: what led to it, and what tells it from others."""

    release: int
    question: str
    context: Mapping[str, Any] | None
    top: int
    day: datetime.date
    facts: Mapping[str, Any]
    """Some of what `facts_of` gives, as it was kept."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A reply that was given again, and in which of the kept facts it is another one."""

    reply: Reply
    differs: tuple[FieldChange, ...]


def facts_of(reply: Reply) -> dict[str, Any]:
    """Give what tells a reply from others, as far as it is worth keeping."""
    return {
        "outcome": reply.outcome,
        "entry": reply.hit.entry.id if reply.hit else None,
        "confidence": reply.confidence,
        "rule": reply.rule,
        "clarify": reply.clarify.facet if reply.clarify else None,
        "digest": reply.digest(),
    }


def replay(releases: Releases, settings: Settings, given: Given) -> Replayed:
    """Ask the same again of the same release, as of the same day.

    Raise ReleaseError where the release is no longer there or never was, MistakesError where it
    was damaged, ContextError where the context was not kept as it came.
    """
    if given.release == UNRELEASED:
        problem = "it was given from files that were not published"
        raise ReleaseError(f"{problem}: nobody knows what they said then")
    bot = releases.open(given.release, settings).as_of(given.day)
    reply = bot.ask(given.question, given.context, given.top)
    now = facts_of(reply)
    kept = given.facts
    differs = (FieldChange(name, kept[name], now[name]) for name in kept if kept[name] != now[name])
    return Replayed(reply, tuple(differs))
