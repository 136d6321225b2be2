"""Show first what needs the owner: a card for each part of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template

from qa_bot.journal import DOWN
from qa_bot.reply import OUTCOMES
from qa_bot.web.console.coverage import to_review, totals
from qa_bot.web.console.period import read_period
from qa_bot.web.console.votes import SHOWN

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.web.live import LiveBot


def init_app(pages: Blueprint, live: LiveBot) -> None:
    """Register the page."""

    @pages.get("/")
    def overview() -> Response:
        period, edition = read_period(), live.edition
        entries = edition.bot.index.base.entries if edition else ()
        html = render_template(
            "console/overview.html",
            period=period,
            counts=totals(live.journal.counts(period.since)) if live.journal else None,
            outcomes=OUTCOMES,
            votes=sum(1 for _ in live.journal.votes(period.since, None, DOWN, SHOWN))
            if live.journal
            else None,
            most_votes=SHOWN,
            stale=len(to_review(entries, live.settings.review_after_days)),
            base=edition.bot.index.base if edition else None,
            release=live.releases.current(),
        )
        return make_response(html)
