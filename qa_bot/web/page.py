"""Show the chat page; it works without JavaScript: `/?q=` is answered on the server."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request

from qa_bot.dialogue import ContextError
from qa_bot.journal import RATINGS, JournalError
from qa_bot.web.api import RETRY_AFTER_SECONDS, ask, edition_of, question_errors
from qa_bot.web.catalogue import OPENERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask
    from werkzeug import Response

    from qa_bot.settings import Settings
    from qa_bot.web.assets import Assets
    from qa_bot.web.live import Edition, LiveBot

LANGUAGE = "zh-CN"
RELATED = 4

# Addresses and numbers that a tap may follow: the web over TLS, mail, telephones of mainland China.
# static/widget/reply.js finds the same ones.
LINK = re.compile(
    r"https://[\w./?#=&%~:@+\-]*[\w/#=&%]|[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
    r"|(?<!\d)(?:400-?\d{3}-?\d{4}|0\d{2,3}-\d{7,8}|1[3-9]\d{9}|12\d{3})(?!\d)",
    re.ASCII,
)

PAGES = {"page", "permalink"}
"""What people see: while the knowledge is being opened it says so, and comes back by itself."""


def init_app(app: Flask, live: LiveBot, assets: Assets) -> None:
    """Register the page, and what its templates are filled with."""
    strings = json.loads(assets.files[f"strings/{LANGUAGE}.json"].body)
    app.jinja_env.globals["t"] = strings
    app.jinja_env.filters.update(
        asset=assets.path, address=address, fill=fill, links=links, written=written
    )

    @app.before_request
    def starting() -> Response | None:
        if live.edition is not None or request.endpoint not in PAGES:
            return None
        html = render_template("starting.html", seconds=RETRY_AFTER_SECONDS)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}
        return make_response(html, 503, headers)

    @app.get("/")
    def page() -> Response:
        edition = edition_of(live)
        question = request.args.get("q", "").strip()
        if question and question_errors(question, live.settings):
            most = live.settings.max_question_chars
            note = fill(strings["too_long"], most=most, length=len(question))
            return show(edition, live.settings, question, note=note, status=422)
        note = {"yes": strings["thanks"], "no": strings["not_kept"]}.get(
            request.args.get("voted", ""), ""
        )
        if not question:
            return show(edition, live.settings, note=note)
        before = said_before(request.args.get("c", ""))
        reply = answer(live, edition, question, before)
        return show(edition, live.settings, question, before, reply, note=note)

    @app.post("/feedback")
    def feedback() -> Response:
        kept = vote(live, request.form.get("answer", ""), request.form.get("rating", ""))
        query = {name: request.form[name] for name in ("q", "c") if request.form.get(name)}
        return redirect("/?" + urlencode({**query, "voted": "yes" if kept else "no"}), 303)


def show(
    edition: Edition,
    settings: Settings,
    question: str = "",
    before: Mapping[str, Any] | None = None,
    reply: Mapping[str, Any] | None = None,
    note: str = "",
    status: int = 200,
    **about: Any,  # noqa: ANN401 - what a template is given
) -> Response:
    """Give the page with a reply, or without one; `about` says more of what the page is about."""
    base, say = edition.bot.index.base, edition.bot.phrases.say
    turn = {"question": question, "before": before, "reply": reply} if reply else None
    name, contact = say("name"), edition.bot.settings.contact
    longest = settings.max_question_chars
    html = render_template(
        "page.html",
        question=question,
        reply=reply,
        before=before,
        carried=carried(question, before or {}, reply) if reply else [],
        openers=[entry.question for entry in edition.suggestions.openers(OPENERS)],
        base={
            "name": name,
            "entries": len(base.entries),
            "answered": base.answered,
            "release": edition.bot.release or edition.bot.index.key[:8],
        },
        state={"turn": turn, "contact": contact, "longest": longest, "name": name},
        contact=contact,
        disclaimer=say("disclaimer"),
        note=note,
        **about,
    )
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store" if question else "no-cache"
    return response


def said_before(text: str) -> dict[str, Any]:
    """Read what the page's form passes on; what can't be read counts as nothing said before."""
    try:
        context = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return context if isinstance(context, dict) else {}


def answer(
    live: LiveBot, edition: Edition, question: str, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Reply to a question; a context that is no longer valid counts as nothing said before.

    (A visitor with an old address can't mend it, as a program can.)
    """
    try:
        return ask(live, edition, question, before, RELATED).to_dict()
    except ContextError:
        return ask(live, edition, question, {}, RELATED).to_dict()


def vote(live: LiveBot, answer_id: str, rating: str) -> bool:
    """Keep a vote of the page's form; tell whether it is kept."""
    if live.journal is None or rating not in RATINGS:
        return False
    try:
        return live.journal.vote(answer_id, rating, [], "")
    except JournalError:
        return False


def carried(
    question: str, before: Mapping[str, Any], reply: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Give each value carried over, and the address that asks the same without it."""
    facets = before.get("facets", {})
    values = reply["explanation"]["carried"]
    return [
        {"value": value, "href": address(question, {**before, "facets": _without(name, facets)})}
        for name, value in values.items()
    ]


def address(question: str, context: Mapping[str, Any] | None = None) -> str:
    """Give the address that asks a question, after what was said before if that is given."""
    said = {} if context is None else {"c": written(context)}
    return "/?" + urlencode({"q": question, **said})


def written(context: Mapping[str, Any]) -> str:
    """Write a context as the page's form passes it on."""
    return json.dumps(context, ensure_ascii=False, separators=(",", ":"))


def fill(template: str, **blanks: object) -> str:
    """Fill in the blanks of a string."""
    return template.format(**blanks)


def links(text: str) -> list[tuple[str, str]]:
    """Cut a text into pieces, each with where a tap on it leads; empty: nowhere."""
    pieces, end = [], 0
    for found in LINK.finditer(text):
        piece = found[0]
        scheme = "" if piece.startswith("https:") else "mailto:" if "@" in piece else "tel:"
        pieces += [(text[end : found.start()], ""), (piece, scheme + piece)]
        end = found.end()
    return [*pieces, (text[end:], "")]


def _without(name: str, facets: Mapping[str, str]) -> dict[str, str]:
    return {other: value for other, value in facets.items() if other != name}
