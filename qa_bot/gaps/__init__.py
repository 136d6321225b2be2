"""Find what people ask and the base fails, group it, and say what to write next."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any

from qa_bot.dialogue import join_values
from qa_bot.dialogue.context import JOINED
from qa_bot.gaps.failures import Kind as Kind
from qa_bot.gaps.failures import find_failed, still_failing
from qa_bot.gaps.grouping import group
from qa_bot.lint.grid import lay_out
from qa_bot.query import read_query
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qa_bot.bot import Bot
    from qa_bot.gaps.failures import Failed
    from qa_bot.journal import Journal
    from qa_bot.knowledge import Entry
    from qa_bot.lint.grid import Grid
    from qa_bot.query import Query

UNLIKELY = 0.1
"""What names no topic and is less near than this to any entry is about something else: of judged
questions that got no answer that holds of 29 of 38 about other things, and of 3 of 29 others."""


class Action(StrEnum):
    """What to do about a gap."""

    WORDING = "wording"
    """Add it to the wordings of the nearest entry, if that answers it."""
    ANSWER = "answer"
    """Write, or mend, the answer of the nearest entry."""
    NEW = "new"
    """Write a new entry."""
    OUTSIDE = "outside"
    """Nothing: it is about something else."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a gap lies in the grid, and how many entries are held there."""

    page: str
    row: str
    column: str
    answered: int
    listed: int
    general: int
    """How many are answered in the same row and column of the page that serves all others."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What people ask alike and the base fails."""

    key: str
    """Stays the same while the first question that was asked is looked at."""
    question: str
    """As it is asked most."""
    variants: tuple[str, ...]
    """As it is asked otherwise, what is asked more first."""
    action: Action
    kinds: Mapping[Kind, int]
    """How it failed, and how often."""
    count: int
    days: int
    """On how many days it was asked."""
    demand: float
    first_seen: datetime.datetime
    last_seen: datetime.datetime
    nearest: str | None
    """The id of the nearest entry; None: there is none."""
    nearest_question: str
    confidence: float
    """How likely the nearest entry answers it."""
    facets: Mapping[str, str]
    cell: Cell | None
    """None: it names no row or no column of the grid."""
    answer_id: str
    """The last reply that was given."""
    ignored: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give plain data, with times as RFC 3339."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {
            "first_seen": self.first_seen.isoformat(),
            "last_seen": self.last_seen.isoformat(),
            "cell": asdict(self.cell) if self.cell else None,
        }


def find_gaps(
    bot: Bot,
    journal: Journal,
    since: datetime.datetime | None = None,
    *,
    ignored: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Gap]:
    """Give the gaps of what was asked `since` then, most in demand first, what is outside last.

    Those that an owner ignores are left out, unless `ignored`. `progress` is told how many more
    questions were asked once more.
    """
    failed = still_failing(bot, find_failed(bot, journal.replies(since)), progress)
    # In the order in which they were first asked, after what is ignored.
    failed.sort(key=lambda one: (one.first_seen, one.text))
    unwanted = list(journal.ignored().items())
    queries = [_query(bot, text) for _, text in unwanted] + [one.query for one in failed]
    grid = lay_out(
        bot.index.base,
        bot.ranker.agreement.of_entries,
        bot.analyzer.facets,
        datetime.datetime.now().astimezone().date(),
    )
    found = []
    for places in group(queries, bot.analyzer):
        members = [failed[place - len(unwanted)] for place in places if place >= len(unwanted)]
        key = unwanted[places[0]][0] if places[0] < len(unwanted) else _key(members[0])
        is_ignored = key in dict(unwanted)
        if members and (ignored or not is_ignored):
            found.append(_gap(bot, key, members, grid, ignored=is_ignored))
    return sorted(found, key=lambda gap: (gap.action is Action.OUTSIDE, -gap.demand, gap.key))


def _key(first: Failed) -> str:
    """Give the key of the gap that begins with a question."""
    about = sorted(join_values(first.query.facets).items())
    text = f"{match_key(first.text)} {about}"
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _query(bot: Bot, text: str) -> Query:
    return read_query(text, bot.analyzer, bot.repairer)


def _gap(bot: Bot, key: str, members: Sequence[Failed], grid: Grid | None, *, ignored: bool) -> Gap:
    most = sorted(members, key=lambda one: (-one.count, one.first_seen, one.text))
    head = max(members, key=lambda one: one.demand)
    kinds: Counter[Kind] = Counter()
    for one in members:
        kinds.update(one.kinds)
    entry = _entry(bot, head)
    return Gap(
        key,
        most[0].text,
        tuple(dict.fromkeys(one.text for one in most[1:] if one.text != most[0].text)),
        _action(bot, head),
        {kind: kinds[kind] for kind in Kind if kinds[kind]},
        kinds.total(),
        len(frozenset().union(*(one.days for one in members))),
        round(sum(one.demand for one in members), 2),
        min(one.first_seen for one in members),
        max(one.last_seen for one in members),
        entry.id if entry else None,
        entry.question if entry else "",
        round(head.confidence, 4),
        join_values(head.query.facets),
        _cell(head, grid),
        max(members, key=lambda one: one.last_seen).last.id,
        ignored,
    )


def _action(bot: Bot, head: Failed) -> Action:
    """Say what to do, by the question of a group that is most in demand."""
    entry = _entry(bot, head)
    match head.state:
        case Kind.LISTED | Kind.VOTED_DOWN if entry:
            return Action.ANSWER
        case Kind.WEAK if entry:
            return Action.WORDING
        case Kind.CLARIFY_LEFT:
            return Action.NEW
    subjects = bot.analyzer.facets.subjects
    named = {value for name in subjects for value in head.query.facets.get(name, ())}
    unknown = set(bot.ranker.agreement.unknown_values(head.query))
    if named & unknown or (not named and head.confidence < UNLIKELY):
        return Action.OUTSIDE
    if entry is None or unknown or head.confidence < bot.settings.clarify_confidence:
        return Action.NEW
    return Action.WORDING if entry.answered else Action.ANSWER


def _entry(bot: Bot, head: Failed) -> Entry | None:
    """Give the nearest entry, if it is still there."""
    id_ = head.nearest or ""
    return bot.index.entry(id_) if id_ in bot.index.ids else None


def _cell(head: Failed, grid: Grid | None) -> Cell | None:
    if grid is None:
        return None
    facets = head.query.facets
    rows, columns = (sorted(facets.get(grid.axes[axis], ())) for axis in ("row", "column"))
    pages = sorted(facets.get(grid.axes.get("page", ""), ())) or [grid.general]
    if not (rows and columns):
        return None
    places = list(product(pages, rows, columns))
    general = product([grid.general], rows, columns)
    return Cell(
        JOINED.join(pages),
        JOINED.join(rows),
        JOINED.join(columns),
        sum(grid.answered.get(place, 0) for place in places),
        sum(grid.listed.get(place, 0) for place in places),
        sum(grid.answered.get(place, 0) for place in general),
    )
