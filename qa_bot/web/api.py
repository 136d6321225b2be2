"""Answer programs: POST and GET /api/v1/answers, and the two health checks."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, g, jsonify, request, url_for
from werkzeug.exceptions import BadRequest, ServiceUnavailable, UnsupportedMediaType

from qa_bot.dialogue import ContextError
from qa_bot.web.problems import InvalidRequestError, unknown_fields
from qa_bot.web.replies import DEFAULT_TOP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from qa_bot.bot import Bot
    from qa_bot.knowledge import Entry
    from qa_bot.reply import Reply
    from qa_bot.settings import Settings
    from qa_bot.web.live import Edition, LiveBot

FIELDS = {"question", "context", "session_id", "top"}
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a character, escaped; JSON pairs them for what stands beyond the first 65,536."""
RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What a client asks, checked."""

    question: str
    context: Mapping[str, Any]
    top: int


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the endpoints."""

    @app.post("/api/v1/answers")
    def post_answers() -> Response:
        return _answer(live, read_request(read_body(), live.settings))

    @app.get("/api/v1/answers")
    def get_answers() -> Response:
        body: dict[str, Any] = dict(request.args)
        if body.get("top", "").isdecimal():
            with suppress(ValueError):  # Python reads no number of thousands of digits.
                body["top"] = int(body["top"])
        return _answer(live, read_request(body, live.settings))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz() -> Response:
        live_bot(live)
        return jsonify(status="ready")


def edition_of(live: LiveBot) -> Edition:
    """Give what answers now; raise 503 while there is nothing."""
    if live.edition is None:
        message = "The knowledge base is being opened."
        raise ServiceUnavailable(message, retry_after=RETRY_AFTER_SECONDS)
    return live.edition


def live_bot(live: LiveBot) -> Bot:
    """Give the bot that answers now; raise 503 while there is none."""
    return edition_of(live).bot


def ask(
    live: LiveBot, edition: Edition, question: str, context: Mapping[str, Any], top: int
) -> Reply:
    """Ask a visitor's question, and keep the reply for the journal, the log and the figures.

    Raise ContextError as the bot does.
    """
    reply = g.reply = edition.replies.ask(question, context, top)
    if live.journal:
        live.journal.keep(reply, context, top)
    return reply


def page_address(entry: Entry) -> str:
    """Give the address of the page that answers with an entry; its own where it has one."""
    return entry.url or url_for("permalink", entry_id=entry.id, _external=True)


def read_request(body: Mapping[str, Any], settings: Settings) -> AnswerRequest:
    """Check a request's fields; raise InvalidRequestError with every mistake in them."""
    errors = unknown_fields(body, FIELDS)
    errors += question_errors(body.get("question"), settings)
    top = body.get("top", DEFAULT_TOP)
    if not isinstance(top, int) or isinstance(top, bool) or not 0 <= top <= settings.max_top:
        errors.append(("#/top", f"must be a whole number from 0 to {settings.max_top}"))
    context = {} if body.get("context") is None else body["context"]
    if not isinstance(context, dict):
        problem = 'must be the context of a reply, or an object like {"facets": {"region": "江苏"}}'
        errors.append(("#/context", problem))
    if not isinstance(body.get("session_id", ""), str):
        errors.append(("#/session_id", "must be a string"))
    if errors:
        raise InvalidRequestError(errors)
    return AnswerRequest(body["question"], context, top)


def question_errors(question: object, settings: Settings) -> list[tuple[str, str]]:
    """Tell what is wrong with a question as it came."""
    longest = settings.max_question_chars
    if not isinstance(question, str):
        return [("#/question", "is missing, or not a string")]
    if not question.strip():
        return [("#/question", "must not be empty")]
    if len(question) > longest:
        return [("#/question", f"has {len(question)} characters; at most {longest} are taken")]
    return []


def read_body() -> dict[str, Any]:
    """Give the JSON object that was sent; raise 400 or 415 where there is none."""
    if not request.is_json:
        message = "Send JSON, with Content-Type: application/json."
        raise UnsupportedMediaType(message)
    try:
        # The server has received all of it. To read on to the end would fill large buffers first.
        length = request.content_length
        sent = request.stream.read(-1 if length is None else length)
        text = sent.decode(json.detect_encoding(sent))
        body = json.loads(text)
        if SURROGATE.search(text):
            # What JSON can escape but UTF-8 can't write, half a character, can't be sent back.
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        message = f"The body is not JSON: {error}."
        raise BadRequest(message) from None
    if not isinstance(body, dict):
        message = "The body must be a JSON object."
        raise BadRequest(message)
    return body


def _answer(live: LiveBot, asked: AnswerRequest) -> Response:
    try:
        reply = ask(live, edition_of(live), asked.question, asked.context, asked.top)
    except ContextError as error:
        errors = [(f"#/context{pointer}", detail) for pointer, detail in error.errors]
        raise InvalidRequestError(errors) from None
    # A line of its own in a terminal, like all that Flask writes.
    response = Response(reply.to_json() + b"\n", mimetype="application/json")
    response.headers.add("Cache-Control", "no-store")
    response.headers.add("Server-Timing", f"ask;dur={reply.timing_ms:.2f}")
    return response
