"""Show the replies that visitors found bad, with what they say of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, request

from qa_bot.journal import DOWN
from qa_bot.web.api import edition_of
from qa_bot.web.console.access import PATH
from qa_bot.web.console.period import read_period

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.web.live import LiveBot

NUMBER = re.compile(r"[0-9]{1,18}")
SHOWN = 50
"""How many votes a page shows."""


def init_app(pages: Blueprint, live: LiveBot) -> None:
    """Register the page."""

    @pages.get("/votes")
    def votes() -> Response:
        if live.journal is None:
            return make_response(render_template("console/no_journal.html"))
        index = edition_of(live).bot.index
        period, after = read_period(), request.args.get("after", "")
        last = int(after) if NUMBER.fullmatch(after) else None
        kept = list(live.journal.votes(period.since, None, DOWN, SHOWN, last))
        spoken_of = {reply.entry for reply in kept if reply.entry}
        html = render_template(
            "console/votes.html",
            period=period,
            kept=kept,
            more=kept[-1].number if len(kept) == SHOWN else None,
            entries={id_: index.entry(id_) for id_ in spoken_of if id_ in index.ids},
        )
        return make_response(html)

    @pages.post("/votes/forget")
    def forget_reply() -> Response:
        if live.journal is not None:
            live.journal.forget(request.form.get("answer", ""))
        return redirect(f"{PATH}/votes", 303)
