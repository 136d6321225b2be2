"""Read what the journal keeps, page by page, so that nobody who writes waits for a reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from qa_bot.dialogue.context import JOINED
from qa_bot.journal.database import JournalError, reading
from qa_bot.journal.kept import Kept, as_kept, in_utc, kept_of
from qa_bot.journal.tables import answers, ignored, votes

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import Engine, RowMapping, Select

PAGE = 1000
"""How many rows are read at once."""
VOTE = [column for column in votes.c if column is not votes.c.answer_id]
WITH_VOTES = select(answers, *VOTE).select_from(answers.outerjoin(votes))


@dataclass(frozen=True, slots=True)
class Count:
    """How many replies were given on a day (of this machine's zone), by outcome."""

    day: datetime.date
    outcome: str
    value: str
    """The value of the facet that is counted by; empty: none, or by no facet."""
    replies: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, and how often; the reply is the last one."""

    question: str
    times: int
    last_asked: datetime.datetime
    outcome: str
    entry: str | None


class Records:
    """What a journal keeps, for reading."""

    def __init__(self, engine: Engine) -> None:
        """Take the database."""
        self._reading = reading(engine)

    def find(self, answer_id: str) -> Kept | None:
        """Give what is kept of a reply; None: nothing, or not yet."""
        rows = self._rows(WITH_VOTES.where(answers.c.id == answer_id))
        return kept_of(rows[0]) if rows else None

    def replies(
        self,
        since: datetime.datetime | None = None,
        until: datetime.datetime | None = None,
        outcomes: Collection[str] = (),
        limit: int | None = None,
        after: int | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Kept]:
        """Give the replies from `since` to before `until`, of some outcomes (none: of all).

        In the order in which they were given, or the other way round; those that come `after` the
        reply of a number.
        """
        query = _between(WITH_VOTES, since, until)
        if outcomes:
            query = query.where(answers.c.outcome.in_(outcomes))
        return map(kept_of, self._paged(query, limit, after, newest_first=newest_first))

    def votes(
        self,
        since: datetime.datetime | None = None,
        until: datetime.datetime | None = None,
        rating: str | None = None,
        limit: int | None = None,
        after: int | None = None,
    ) -> Iterator[Kept]:
        """Give the replies that were voted on, the newest first; see `replies`."""
        query = _between(WITH_VOTES, since, until).where(votes.c.rating.is_not(None))
        if rating:
            query = query.where(votes.c.rating == rating)
        return map(kept_of, self._paged(query, limit, after, newest_first=True))

    def counts(
        self,
        since: datetime.datetime | None = None,
        until: datetime.datetime | None = None,
        facet: str = "",
    ) -> list[Count]:
        """Count the replies by day and outcome, and by the values of a facet if one is named.

        A question about several values counts for each.
        """
        columns = select(answers.c.number, answers.c.asked_at, answers.c.outcome, answers.c.facets)
        found: Counter[tuple[datetime.date, str, str]] = Counter()
        for row in self._paged(_between(columns, since, until)):
            day = in_utc(row["asked_at"]).astimezone().date()
            values = (row["facets"] or {}).get(facet, "").split(JOINED)
            found.update((day, row["outcome"], value) for value in values)
        return [Count(*key, replies=found[key]) for key in sorted(found)]

    def hits(
        self, since: datetime.datetime | None = None, until: datetime.datetime | None = None
    ) -> dict[str, int]:
        """Count the replies that spoke of each entry, by its id."""
        grouped = _between(select(answers.c.entry, func.count().label("times")), since, until)
        grouped = grouped.where(answers.c.entry.is_not(None)).group_by(answers.c.entry)
        return {row["entry"]: row["times"] for row in self._rows(grouped)}

    def most_asked(
        self,
        since: datetime.datetime | None = None,
        until: datetime.datetime | None = None,
        limit: int = 50,
    ) -> list[Asked]:
        """Give the questions that were asked most, as they were understood."""
        times, last = func.count().label("times"), func.max(answers.c.number).label("last")
        grouped = _between(select(answers.c.understood, times, last), since, until)
        grouped = grouped.where(answers.c.understood != "").group_by(answers.c.understood)
        most = grouped.order_by(times.desc(), last.desc()).limit(limit).subquery()
        query = select(
            answers.c.understood,
            most.c.times,
            answers.c.asked_at,
            answers.c.outcome,
            answers.c.entry,
        ).join(most, answers.c.number == most.c.last)
        rows = self._rows(query.order_by(most.c.times.desc(), most.c.last.desc()))
        return [
            Asked(
                row["understood"],
                row["times"],
                in_utc(row["asked_at"]),
                row["outcome"],
                row["entry"],
            )
            for row in rows
        ]

    def ignored(self) -> dict[str, str]:
        """Give the gaps that are ignored: key → question."""
        rows = self._rows(select(ignored).order_by(ignored.c.ignored_at, ignored.c.key))
        return {row["key"]: row["question"] for row in rows}

    def _paged(
        self,
        query: Select[Any],
        limit: int | None = None,
        after: int | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[RowMapping]:
        """Give rows by their number; between two pages no connection is held."""
        number = answers.c.number
        ordered = query.order_by(number.desc() if newest_first else number)
        while limit is None or limit > 0:
            page = ordered
            if after is not None:
                page = ordered.where(number < after if newest_first else number > after)
            size = PAGE if limit is None else min(PAGE, limit)
            rows = self._rows(page.limit(size))
            yield from rows
            if len(rows) < size:
                return
            after = rows[-1]["number"]
            limit = None if limit is None else limit - size

    def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        try:
            with self._reading.begin() as connection:
                return connection.execute(query).mappings().all()
        except SQLAlchemyError as error:
            raise JournalError(f"the journal cannot be read: {error}") from error


def _between(
    query: Select[Any], since: datetime.datetime | None, until: datetime.datetime | None
) -> Select[Any]:
    if since:
        query = query.where(answers.c.asked_at >= as_kept(since))
    if until:
        query = query.where(answers.c.asked_at < as_kept(until))
    return query
