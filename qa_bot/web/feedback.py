"""Take visitors' votes on answers: PUT and DELETE /api/v1/answers/{answer_id}/feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.exceptions import NotFound, ServiceUnavailable

from qa_bot.journal import RATINGS, JournalError
from qa_bot.web.api import read_body
from qa_bot.web.fields import Fields, is_list, is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from qa_bot.journal import Journal
    from qa_bot.web.live import LiveBot

MOST_REASONS = 10
LONGEST_REASON = 50
LONGEST_COMMENT = 500
RETRY_AFTER_SECONDS = 5


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the endpoints."""

    @app.put("/api/v1/answers/<answer_id>/feedback")
    def vote(answer_id: str) -> Response:
        rating, reasons, comment = read_vote(read_body())
        return _done(live, lambda journal: journal.vote(answer_id, rating, reasons, comment))

    @app.delete("/api/v1/answers/<answer_id>/feedback")
    def withdraw(answer_id: str) -> Response:
        return _done(live, lambda journal: journal.withdraw(answer_id))


def read_vote(body: Mapping[str, Any]) -> tuple[str, list[str], str]:
    """Check a vote: rating, reasons and comment; raise InvalidRequestError with every mistake."""
    fields = Fields(body)
    fields.only("rating", "reasons", "comment")
    ratings = " or ".join(f'"{rating}"' for rating in RATINGS)
    rating = fields.take("rating", "", lambda value: value in RATINGS, f"must be {ratings}")
    if body.get("rating") is None:
        fields.wrong("rating", f"is missing: {ratings}")
    reasons = fields.take(
        "reasons",
        [],
        lambda value: is_list(value, MOST_REASONS, lambda v: is_text(v, LONGEST_REASON)),
        f"must be a list of at most {MOST_REASONS} texts of at most {LONGEST_REASON} characters",
    )
    comment = fields.take(
        "comment",
        "",
        lambda value: is_text(value, LONGEST_COMMENT),
        f"must be a text of at most {LONGEST_COMMENT} characters",
    )
    fields.check()
    return rating, reasons, comment


def _done(live: LiveBot, write: Callable[[Journal], bool]) -> Response:
    if live.journal is None:
        raise NotFound("This server keeps no answers, so there is none to vote on.")
    try:
        known = write(live.journal)
    except JournalError:
        raise ServiceUnavailable(
            "The vote cannot be kept now; send it again.", retry_after=RETRY_AFTER_SECONDS
        ) from None
    if not known:
        raise NotFound("No such answer is kept: its id is wrong, or it is too old.")
    return Response(status=204)
