"""Show what people ask and the base fails, and let the owner mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, redirect, render_template, request
from werkzeug.exceptions import UnprocessableEntity

from qa_bot import edits
from qa_bot.gaps import find_gaps
from qa_bot.mistakes import MistakesError
from qa_bot.text import match_key
from qa_bot.web.api import edition_of
from qa_bot.web.console.access import PATH
from qa_bot.web.console.period import read_period

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.gaps import Gap
    from qa_bot.journal import Journal
    from qa_bot.web.console.files import Files
    from qa_bot.web.console.jobs import Jobs, Progress
    from qa_bot.web.console.period import Period
    from qa_bot.web.live import LiveBot

MOST_SHOWN = 50
"""How many gaps are listed."""
MOST_VARIANTS = 10
PATIENCE = 2.0
"""Seconds for which the page waits before it shows how far the search is."""


def init_app(pages: Blueprint, live: LiveBot, files: Files, jobs: Jobs) -> None:
    """Register the pages."""

    @pages.get("/gaps")
    def show_gaps() -> Response:
        journal, period = live.journal, read_period()
        if journal is None:
            return make_response(render_template("console/no_journal.html"))
        edition_of(live)
        id_ = jobs.start("gaps", lambda p: search(live, journal, files, period, p))
        jobs.wait(id_, PATIENCE)
        return redirect(f"{PATH}/jobs/{id_}", 303)

    @pages.post("/gaps/ignore")
    def ignore_gap() -> Response:
        journal_of(live).ignore(request.form.get("key", ""), request.form.get("question", ""))
        return redirect(f"{PATH}/gaps", 303)

    @pages.post("/gaps/forget")
    def forget_gap() -> Response:
        for question in request.form.getlist("question"):
            journal_of(live).forget(question=question)
        return redirect(f"{PATH}/gaps", 303)

    @pages.post("/gaps/wording")
    def merge_gap() -> Response:
        entry_id = request.form.get("other", "").strip() or request.form.get("entry", "")
        wordings = request.form.getlist("wording")
        if not wordings:
            raise UnprocessableEntity
        try:
            add_wordings(files, entry_id, wordings)
        except MistakesError as error:
            raise UnprocessableEntity(str(error)) from None
        return redirect(f"{PATH}/gaps", 303)


def journal_of(live: LiveBot) -> Journal:
    """Give the journal; raise 404 where there is none."""
    return live.journal or abort(404)


def search(
    live: LiveBot, journal: Journal, files: Files, period: Period, progress: Progress
) -> dict[str, Any]:
    """Find the gaps, but for those that the files mend already."""
    found = find_gaps(edition_of(live).bot, journal, period.since, progress=progress)
    mended = {
        match_key(text)
        for entry in files.base().entries
        if entry.answered
        for text in entry.asked_as()
    }
    left = [gap for gap in found if not all(match_key(text) in mended for text in _texts(gap))]
    return {
        "days": period.length,
        "gaps": [_shown(gap) for gap in left[:MOST_SHOWN]],
        "count": len(left),
        "mended": len(found) - len(left),
    }


def add_wordings(files: Files, entry_id: str, wordings: list[str]) -> None:
    """Let an entry be found by all wordings, or raise MistakesError and change nothing."""
    entry = files.entry(entry_id)
    if entry is None:
        raise UnprocessableEntity(f"the files hold no entry {entry_id!r}")
    known = {match_key(text) for text in entry.asked_as()}
    new = {match_key(text): " ".join(text.split()) for text in wordings}
    added = tuple(text for key, text in new.items() if key not in known)
    changed = replace(entry, wordings=(*entry.wordings, *added))
    edits.change_entry(files.root, files.facets(), entry, changed)


def _texts(gap: Gap) -> tuple[str, ...]:
    return (gap.question, *gap.variants)


def _shown(gap: Gap) -> dict[str, Any]:
    data = gap.to_dict()
    return data | {"variants": data["variants"][:MOST_VARIANTS], "more": len(gap.variants)}
