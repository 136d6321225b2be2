"""Find in the journal the questions that were not answered well, and how; ask them once more."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from qa_bot.dialogue import ContextError, join_values
from qa_bot.dialogue.context import JOINED
from qa_bot.journal import DOWN
from qa_bot.query import read_query
from qa_bot.reply import ANSWERED, CLARIFY
from qa_bot.text import match_key

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from qa_bot.bot import Bot
    from qa_bot.journal import Kept
    from qa_bot.query import Query
    from qa_bot.reply import Reply
    from qa_bot.settings import Settings

    Identity = tuple[str, tuple[tuple[str, str], ...]]
    """What makes two questions the same: their letters, and what they are about."""

NOT_ASKED = {"smalltalk", "more"}
"""The rules of replies to what is no question about anything."""
NEAR = 0.1
"""An answer is weak when it is sure by less than this beyond what is asked of it, or beyond the
next entry: that holds of a tenth of the answers to judged questions, and of half the wrong ones."""
REPEATED = 0.1
"""What a question counts for again on a day on which it has counted: one visitor may insist."""
MOST_AGAIN = 1000
"""How many questions, those in demand first, are asked once more; each takes some milliseconds."""


class Kind(StrEnum):
    """How a question failed."""

    NO_MATCH = "no_match"
    LISTED = "listed_unanswered"
    VOTED_DOWN = "voted_down"
    CLARIFY_LEFT = "clarify_left"
    """It was asked back for something, and nobody told."""
    WEAK = "weak"
    """It was answered, but hardly."""


WEIGHTS = {
    Kind.NO_MATCH: 1.0,
    Kind.LISTED: 1.0,
    Kind.VOTED_DOWN: 1.0,
    Kind.CLARIFY_LEFT: 0.5,
    Kind.WEAK: 0.25,
}
"""What a failure of a kind counts for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A question that failed, every time that it was asked in the same letters."""

    text: str
    query: Query
    kinds: Mapping[Kind, int]
    demand: float
    days: frozenset[datetime.date]
    first_seen: datetime.datetime
    last_seen: datetime.datetime
    last: Kept
    """The reply that was given last."""
    state: Kind
    """How it fails now."""
    nearest: str | None
    """The id of the entry that is nearest now."""
    confidence: float

    @property
    def count(self) -> int:
        """Tell how often it failed."""
        return sum(self.kinds.values())


def find_failed(bot: Bot, replies: Iterable[Kept]) -> list[Failed]:
    """Give the questions that failed, those in demand first; small talk is none."""
    by_question: dict[Identity, list[tuple[Kept, Kind]]] = defaultdict(list)
    for kept, kind in _failures(bot, replies):
        by_question[_identity(kept)].append((kept, kind))
    failed = [_summed_up(bot, found) for found in by_question.values()]
    return sorted(failed, key=lambda one: (-one.demand, one.first_seen, one.text))


def still_failing(
    bot: Bot, failed: Sequence[Failed], progress: Callable[[int], object]
) -> list[Failed]:
    """Leave out what is answered well by now; what is asked least is taken as it was."""
    asked_again = islice(failed, MOST_AGAIN)
    standing = []
    for one in asked_again:
        if now := _asked_again(bot, one):
            standing.append(now)
        progress(1)
    return [*standing, *failed[MOST_AGAIN:]]


def _failures(bot: Bot, replies: Iterable[Kept]) -> list[tuple[Kept, Kind]]:
    """Give the replies that failed, and how each did."""
    found: list[tuple[Kept, Kind]] = []
    taken_up: Counter[tuple[str, str]] = Counter()
    for kept in replies:
        if taken := _takes_up(kept):
            taken_up[taken] += 1
        kind = _kind(kept, bot.settings)
        if kind and kept.understood:
            found.append((kept, kind))
    return [
        (kept, kind)
        for kept, kind in found
        if kind is not Kind.CLARIFY_LEFT or not _was_taken_up(bot, kept, taken_up)
    ]


def _kind(kept: Kept, settings: Settings) -> Kind | None:
    """Say how a reply failed; a clarifying question may still have been taken up."""
    if kept.rule in NOT_ASKED:
        return None
    if kept.vote and kept.vote.rating == DOWN:
        return Kind.VOTED_DOWN
    return _kind_of(kept.outcome, kept.rule, kept.confidence, kept.margin, settings)


def _kind_of(
    outcome: str, rule: str, confidence: float, margin: float | None, settings: Settings
) -> Kind | None:
    if outcome == CLARIFY:
        return Kind.CLARIFY_LEFT
    if outcome != ANSWERED:
        return None if rule in NOT_ASKED else Kind(outcome)
    enough = settings.answer_confidence
    if rule == "paragraph":
        enough = settings.paragraph_confidence
    hardly = confidence < enough + NEAR or (margin is not None and margin < NEAR)
    return Kind.WEAK if hardly and rule != "exact" else None


def _takes_up(kept: Kept) -> tuple[str, str] | None:
    """Give the question, and the facet, that a reply's question brings what was asked back for."""
    context = kept.context or {}
    pending, asked = context.get("clarify"), context.get("asked")
    if not (pending and asked and pending["facet"] in kept.facets):
        return None
    return match_key(asked), pending["facet"]


def _was_taken_up(bot: Bot, kept: Kept, taken_up: Counter[tuple[str, str]]) -> bool:
    """Tell whether a clarifying question was taken up; each answer to it counts once."""
    mended = read_query(kept.understood, bot.analyzer, bot.repairer).reading.normal
    for text in (kept.understood, mended):
        key = (match_key(text), kept.clarify or "")
        if taken_up[key]:
            taken_up[key] -= 1
            return True
    return False


def _identity(kept: Kept) -> Identity:
    return match_key(kept.understood), tuple(sorted(kept.facets.items()))


def _summed_up(bot: Bot, found: Sequence[tuple[Kept, Kind]]) -> Failed:
    """Sum up the failures of one question, which are in order of time."""
    kinds = Counter(kind for _, kind in found)
    by_day: dict[datetime.date, list[float]] = defaultdict(list)
    for kept, kind in found:
        by_day[kept.asked_at.astimezone().date()].append(WEIGHTS[kind])
    (first, _), (last, _) = found[0], found[-1]
    text = last.understood
    query = read_query(text, bot.analyzer, bot.repairer)
    known = last.facets.keys() & bot.analyzer.facets.facets.keys()
    values = {name: frozenset(last.facets[name].split(JOINED)) for name in sorted(known)}
    return Failed(
        text,
        replace(query, facets={**query.facets, **values}),
        kinds,
        sum(max(day) + REPEATED * (sum(day) - max(day)) for day in by_day.values()),
        frozenset(by_day),
        first.asked_at,
        last.asked_at,
        last,
        min(kinds, key=lambda kind: (-kinds[kind] * WEIGHTS[kind], list(Kind).index(kind))),
        last.nearest or last.entry,
        last.nearest_confidence or 0.0,
    )


def _asked_again(bot: Bot, failed: Failed) -> Failed | None:
    """Say how a question fails now; None: it is answered well."""
    reply = _reply(bot, failed)
    state = _kind_of(reply.outcome, reply.rule, reply.confidence, reply.margin, bot.settings)
    nearest = reply.nearest.entry.id if reply.nearest else None
    if state is None and failed.kinds.get(Kind.VOTED_DOWN) and nearest == failed.last.entry:
        state = Kind.VOTED_DOWN
    if state is None:
        return None
    confidence = reply.nearest.confidence if reply.nearest else 0.0
    return replace(failed, state=state, nearest=nearest, confidence=confidence)


def _reply(bot: Bot, failed: Failed) -> Reply:
    """Ask a question again, with what it was about beyond its own words."""
    own = bot.analyzer.facets.read(failed.query.reading.normal)
    beyond = {name: v for name, v in failed.query.facets.items() if name not in own}
    try:
        return bot.ask(failed.text, {"facets": join_values(beyond)}, top=1)
    except ContextError:  # The lexicon no longer knows one of the values.
        return bot.ask(failed.text, top=1)
