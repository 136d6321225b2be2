"""Find entries in the owner's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template, request

from qa_bot.mistakes import MistakesError
from qa_bot.text import match_key

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.knowledge import Entry
    from qa_bot.web.console.files import Files

SHOWN = 50
"""How many entries a page lists."""


def init_app(pages: Blueprint, files: Files) -> None:
    """Register the page."""

    @pages.get("/entries")
    def find_entries() -> Response:
        try:
            entries = files.base().entries
        except MistakesError as error:
            return make_response(
                render_template("console/mistakes.html", mistakes=error.mistakes), 409
            )
        sought, only = match_key(request.args.get("q", "")), request.args.get("only", "")
        found = [entry for entry in entries if _fits(entry, sought, only)]
        page = int(text) if (text := request.args.get("page", "")).isdecimal() else 0
        html = render_template(
            "console/entries.html",
            found=found[page * SHOWN : (page + 1) * SHOWN],
            count=len(found),
            page=page,
            last=max(len(found) - 1, 0) // SHOWN,
            q=request.args.get("q", ""),
            only=only,
        )
        return make_response(html)


def _fits(entry: Entry, sought: str, only: str) -> bool:
    if (only == "answered" and not entry.answered) or (only == "listed" and entry.answered):
        return False
    return sought == entry.id or any(sought in match_key(text) for text in entry.asked_as())
