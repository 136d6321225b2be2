"""Show the chat page; it works without JavaScript: `/?q=` is answered on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template, request

from qa_bot.web.api import live_bot, question_errors

if TYPE_CHECKING:
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
        reply = bot.ask(question, top=RELATED).to_dict() if question and not wrong else None
        html = render_template(
            "page.html",
            question=question,
            reply=reply,
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


def openers(bot: Bot) -> list[str]:
    """Give questions to begin with: answered ones, spread evenly over the base."""
    answered = [entry.question for entry in bot.index.base.entries if entry.answered]
    step = max(len(answered) // OPENERS, 1)
    return answered[::step][:OPENERS]
