"""Show the chat page; it works without JavaScript: `/?q=` is answered on the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import make_response, render_template, request

from qa_bot.dialogue import ContextError
from qa_bot.web.api import live_bot, question_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

    from qa_bot.bot import Bot
    from qa_bot.web.live import LiveBot

OPENERS = 6
"""How many questions the empty page offers."""
RELATED = 4


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the page."""

    @app.get("/")
    def page() -> Response:
        bot = live_bot(live)
        question = request.args.get("q", "").strip()
        wrong = bool(question) and bool(question_errors(question, live.settings))
        before = said_before(request.args.get("c", ""))
        reply = answer(bot, question, before) if question and not wrong else None
        html = render_template(
            "page.html",
            question=question,
            reply=reply,
            carried=carried(question, before, reply) if reply else [],
            repaired=repaired(bot, reply) if reply else "",
            context=written(reply["context"]) if reply else "",
            error="too_long" if wrong else None,
            openers=openers(bot),
            base={
                "name": bot.phrases.say("name"),
                "entries": len(bot.index.base.entries),
                "answered": bot.index.base.answered,
                "release": bot.index.key[:8],
            },
            contact=live.settings.contact,
            disclaimer=bot.phrases.say("disclaimer"),
            max_question=live.settings.max_question_chars,
        )
        response = make_response(html, 422 if wrong else 200)
        response.headers["Cache-Control"] = "no-store" if question else "no-cache"
        return response


def said_before(text: str) -> dict[str, Any]:
    """Read what the page's form passes on; what can't be read counts as nothing said before."""
    try:
        context = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return context if isinstance(context, dict) else {}


def answer(bot: Bot, question: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Reply to a question; a context that is no longer valid counts as nothing said before.

    (A visitor with an old address can't mend it, as a program can.)
    """
    try:
        return bot.ask(question, before, RELATED).to_dict()
    except ContextError:
        return bot.ask(question, top=RELATED).to_dict()


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


def repaired(bot: Bot, reply: Mapping[str, Any]) -> str:
    """Say which terms were taken to be meant; empty: nothing was mistyped."""
    terms = dict.fromkeys(right for _, right in reply["explanation"]["repairs"])
    quoted = "".join(f"『{term}』" for term in terms)
    return bot.phrases.say("notice.repaired", terms=quoted) if quoted else ""


def address(question: str, context: Mapping[str, Any]) -> str:
    """Give the address that asks a question after what was said before."""
    return "/?" + urlencode({"q": question, "c": written(context)})


def written(context: Mapping[str, Any]) -> str:
    """Write a context as the page's form passes it on."""
    return json.dumps(context, ensure_ascii=False, separators=(",", ":"))


def _without(name: str, facets: Mapping[str, str]) -> dict[str, str]:
    return {other: value for other, value in facets.items() if other != name}


def openers(bot: Bot) -> list[str]:
    """Give questions to begin with: answered ones, spread evenly over the base."""
    answered = [entry.question for entry in bot.index.base.entries if entry.answered]
    step = max(len(answered) // OPENERS, 1)
    return answered[::step][:OPENERS]
