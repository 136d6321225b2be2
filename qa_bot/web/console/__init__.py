"""Show the owner what visitors ask and what becomes of it: the console, `/admin`.

It is server-rendered HTML without a script, and does not exist until a password is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, abort, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from qa_bot.web.console import (
    coverage,
    downloads,
    editing,
    entries,
    explain,
    login,
    overview,
    publishing,
    unresolved,
    uploads,
    votes,
)
from qa_bot.web.console.access import PATH, Door, refuse_forgery
from qa_bot.web.console.files import Files
from qa_bot.web.console.jobs import Jobs
from qa_bot.web.requests import request_id

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from werkzeug import Response

    from qa_bot.settings import Settings
    from qa_bot.web.live import LiveBot

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MOST_TYPED = 1 << 20
"""Bytes of what a form may send that uploads nothing."""


def password_place(settings: Settings) -> Path:
    """Give the file that the console's password is kept in."""
    return settings.state / "console.json"


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the console's pages, all behind its door."""
    pages = Blueprint("console", __name__, url_prefix=PATH)
    door = Door(password_place(live.settings))
    pages.before_request(lambda: guard(door, live.settings))
    pages.after_request(protect)
    pages.register_error_handler(HTTPException, failed)
    pages.context_processor(lambda: {"session": g.get("console_session"), "here": request.path})
    login.init_app(pages, door)
    overview.init_app(pages, live)
    explain.init_app(pages, live)
    coverage.init_app(pages, live)
    votes.init_app(pages, live)
    files = Files(live)
    entries.init_app(pages, files)
    editing.init_app(pages, files)
    downloads.init_app(pages, files)
    jobs = Jobs(live.settings.state / "jobs")
    jobs.init_app(pages)
    uploads.init_app(pages, files, jobs)
    unresolved.init_app(pages, live, files, jobs)
    publishing.init_app(pages, live, jobs)
    app.register_blueprint(pages)


def guard(door: Door, settings: Settings) -> Response | None:
    """Let a request pass, send it to the login, or refuse it."""
    uploads = request.endpoint == "console.upload"
    request.max_content_length = settings.max_import_bytes if uploads else MOST_TYPED
    if door.credentials() is None:
        abort(404)
    g.console_session = door.session()
    if request.method == "POST":
        refuse_forgery(g.console_session)
    if g.console_session or request.endpoint in login.OPEN:
        return None
    there = request.full_path.rstrip("?") if request.method == "GET" else f"{PATH}/"
    return redirect(f"{PATH}/login?to={quote(there)}", 303)


def protect(response: Response) -> Response:
    """Let pages of the console load nothing but their own style, and be kept nowhere."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    # A form sends its origin only where its page may say where it comes from.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def failed(error: HTTPException) -> Response:
    """Show what went wrong as a page."""
    response = error.get_response()
    wait = response.headers.get("Retry-After")
    html = render_template("console/error.html", error=error, wait=wait, id=request_id())
    return make_response(html, response.status_code, {"Retry-After": wait} if wait else {})
