"""Show the owner why the bot says what it says: the reply, and every part of each hit's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import make_response, render_template, request

from qa_bot.web.api import edition_of, question_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.bot import Bot
    from qa_bot.query import Query
    from qa_bot.ranking import Hit
    from qa_bot.web.live import LiveBot

SHOWN = 10
"""How many hits are shown."""

Parts = list[tuple[str, float, float, float]]
"""Name, value, coefficient, their product; the products add up to the score."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A hit, and what its order and its confidence are sums of."""

    hit: Hit
    order: Parts
    confidence: Parts


def init_app(pages: Blueprint, live: LiveBot) -> None:
    """Register the page."""

    @pages.get("/explain")
    def explain() -> Response:
        bot = edition_of(live).bot
        question = request.args.get("q", "").strip()
        asked = bool(question) and not question_errors(question, live.settings)
        reply = bot.ask(question, {}, SHOWN) if asked else None
        html = render_template(
            "console/explain.html",
            question=question,
            too_long=bool(question) and not asked,
            longest=live.settings.max_question_chars,
            reply=reply,
            hits=scored(bot, reply.query) if reply else [],
            thresholds={
                "answered": live.settings.answer_confidence,
                "paragraph": live.settings.paragraph_confidence,
                "listed_unanswered": live.settings.listed_confidence,
                "clarify": live.settings.clarify_confidence,
            },
        )
        return make_response(html)


def scored(bot: Bot, query: Query) -> list[Scored]:
    """Give the first hits of a query, found and weighed as a reply's are, with all their parts."""
    return [
        Scored(
            hit,
            parts(bot.ranker.coefficients.order, bot.ranker.order_features(query, hit)),
            parts(bot.ranker.confidence.get(hit.by, {}), hit.features),
        )
        for hit in bot.hits(query, SHOWN)[:SHOWN]
    ]


def parts(coefficients: Mapping[str, float], features: Mapping[str, float]) -> Parts:
    """Give the features that add anything, those that add most first."""
    products = [
        (name, features.get(name, 0.0), weight, weight * features.get(name, 0.0))
        for name, weight in coefficients.items()
    ]
    return sorted((part for part in products if part[3]), key=lambda part: -abs(part[3]))
