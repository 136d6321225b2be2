"""Show how much of what is asked is answered, day by day and permit by permit, and what is not."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import TYPE_CHECKING

from flask import make_response, render_template

from qa_bot.lint.entries import due
from qa_bot.reply import OUTCOMES
from qa_bot.web.api import edition_of
from qa_bot.web.console.chart import stacked
from qa_bot.web.console.period import Period, read_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.bot import Bot
    from qa_bot.journal import Count
    from qa_bot.knowledge import Entry
    from qa_bot.lint.diagnostic import Kind
    from qa_bot.web.live import LiveBot

MOST_ROWS = 30
"""How many permits, and how many entries of a kind, are shown."""


def init_app(pages: Blueprint, live: LiveBot) -> None:
    """Register the page."""

    @pages.get("/coverage")
    def coverage() -> Response:
        bot, period, journal = edition_of(live).bot, read_period(), live.journal
        if journal is None:
            return make_response(render_template("console/no_journal.html"))
        row = next((f for f in bot.analyzer.facets.facets.values() if f.grid == "row"), None)
        counts, hits = journal.counts(period.since), journal.hits(period.since)
        days = by_day(counts, period)
        html = render_template(
            "console/coverage.html",
            period=period,
            days=days,
            chart=stacked(days, OUTCOMES),
            totals=totals(counts),
            rows=by_value(journal.counts(period.since, facet=row.name)) if row else [],
            row_label=row.label if row else "",
            most=most_hit(bot, hits),
            never=never_hit(bot.index.base.entries, hits),
            stale=to_review(bot.index.base.entries, live.settings.review_after_days),
            shown=MOST_ROWS,
        )
        return make_response(html)


def by_day(counts: Iterable[Count], period: Period) -> dict[datetime.date, dict[str, int]]:
    """Lay the counts out by day, with the days on which nothing was asked."""
    days: dict[datetime.date, dict[str, int]] = {day: {} for day in period.days()}
    for count in counts:
        days.setdefault(count.day, {})[count.outcome] = count.replies
    return days


def totals(counts: Iterable[Count]) -> Counter[str]:
    """Count the replies by outcome."""
    found: Counter[str] = Counter()
    for count in counts:
        found[count.outcome] += count.replies
    return found


def by_value(counts: Iterable[Count]) -> list[tuple[str, Counter[str]]]:
    """Count the replies by a facet's value and by outcome; what is asked most comes first."""
    found: dict[str, Counter[str]] = {}
    for count in counts:
        found.setdefault(count.value, Counter())[count.outcome] += count.replies
    return sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))[:MOST_ROWS]


def never_hit(entries: Iterable[Entry], hits: Mapping[str, int]) -> list[Entry]:
    """Give the answered entries that no reply spoke of."""
    return [entry for entry in entries if entry.answered and entry.id not in hits]


def most_hit(bot: Bot, hits: Mapping[str, int]) -> list[tuple[Entry, int]]:
    """Give the entries that were spoken of most, and how often."""
    ids = bot.index.ids
    held = [(bot.index.entry(id_), count) for id_, count in hits.items() if id_ in ids]
    return sorted(held, key=lambda found: (-found[1], found[0].id))[:MOST_ROWS]


def to_review(entries: Iterable[Entry], days: int) -> list[tuple[Entry, Kind]]:
    """Give the answers that have expired, and those last reviewed so many days ago or more."""
    today = datetime.datetime.now().astimezone().date()
    found = ((entry, due(entry, today, days)) for entry in entries)
    return [(entry, why) for entry, why in found if why]
