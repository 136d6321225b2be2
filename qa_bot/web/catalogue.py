"""Show what can be asked: /api/v1/config, /api/v1/suggest and /api/v1/entries, to be cached."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import NotFound

from qa_bot.dialogue.context import join_values
from qa_bot.text import normalize
from qa_bot.web.api import edition_of
from qa_bot.web.caching import cached
from qa_bot.web.problems import InvalidRequestError, unknown_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from qa_bot.settings import Settings
    from qa_bot.web.live import Edition, LiveBot

LOCALES = ["zh-CN", "zh-TW", "en"]
"""The languages of the widget's own words."""
OPENERS = 6
"""How many questions to begin with are offered."""
DEFAULT_SUGGESTIONS = 6
CONFIG_MAX_AGE, SUGGEST_MAX_AGE, ENTRY_MAX_AGE = 300, 60, 300
"""Seconds for which a client may go without asking again."""


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the endpoints."""

    @app.get("/api/v1/config")
    def config() -> Response:
        edition, settings = edition_of(live), live.settings
        body = _config(edition, settings)
        return cached(f"{edition.key} {body!r}", CONFIG_MAX_AGE, lambda: body)

    @app.get("/api/v1/suggest")
    def suggest() -> Response:
        edition = edition_of(live)
        typed, limit = read_typed(request.args, live.settings)
        key = f"{edition.key} {limit} {normalize(typed)}"
        return cached(key, SUGGEST_MAX_AGE, lambda: _suggestions(edition, typed, limit))

    @app.get("/api/v1/entries/<entry_id>")
    def entry(entry_id: str) -> Response:
        edition = edition_of(live)
        if entry_id not in edition.numbers:
            raise NotFound(f"There is no entry {entry_id!r}; it may have been renamed or removed.")
        number = edition.numbers[entry_id]
        today = datetime.datetime.now().astimezone().date()
        expired = edition.bot.index.base.entries[number].expired(today)
        key = f"{edition.key} {expired}"
        return cached(key, ENTRY_MAX_AGE, lambda: entry_json(edition, number, expired=expired))


def read_typed(args: Mapping[str, str], settings: Settings) -> tuple[str, int]:
    """Check what was typed, and how many suggestions are wanted; raise InvalidRequestError."""
    errors = unknown_fields(args, {"q", "limit"})
    typed, limit = args.get("q"), args.get("limit", str(DEFAULT_SUGGESTIONS))
    if typed is None:
        errors.append(("#/q", "is missing: what was typed so far, may be empty"))
    elif len(typed) > settings.max_question_chars:
        errors.append(("#/q", f"at most {settings.max_question_chars} characters are taken"))
    right = limit.isdecimal() and len(limit) <= len(str(settings.max_top))
    if not right or not 1 <= int(limit) <= settings.max_top:
        errors.append(("#/limit", f"must be a whole number from 1 to {settings.max_top}"))
    if errors or typed is None:
        raise InvalidRequestError(errors)
    return typed, int(limit)


def entry_json(edition: Edition, number: int, *, expired: bool) -> dict[str, Any]:
    """Give an entry with all that is held of it; what may no longer be said is left out."""
    entry = edition.bot.index.base.entries[number]
    passages = () if expired else entry.passages
    return {
        "id": entry.id,
        "question": entry.question,
        "wordings": list(entry.wordings),
        "url": entry.url or None,
        "facets": join_values(edition.bot.ranker.agreement.of_entries[number]),
        "answered": entry.answered,
        "expired": expired,
        "answer": "\n\n".join(passage.text for passage in passages) or None,
        "passages": [
            {
                "text": passage.text,
                "section": passage.section or None,
                "file": passage.location.file,
                "line": passage.location.line,
            }
            for passage in passages
        ],
        "source": {"file": entry.location.file, "line": entry.location.line},
        "basis": entry.basis or None,
        "reviewed_on": entry.reviewed_on or None,
        "valid_until": entry.valid_until or None,
    }


def _config(edition: Edition, settings: Settings) -> dict[str, Any]:
    say = edition.bot.phrases.say
    return {
        "name": say("name"),
        "greeting": say("greeting"),
        "openers": [entry.question for entry in edition.suggestions.openers(OPENERS)],
        "contact": edition.bot.settings.contact or None,
        "disclaimer": say("disclaimer"),
        "max_question": settings.max_question_chars,
        "release": edition.bot.release,
        "locales": LOCALES,
    }


def _suggestions(edition: Edition, typed: str, limit: int) -> dict[str, Any]:
    found = edition.suggestions.find(typed, limit)
    return {
        "suggestions": [
            {
                "id": suggestion.entry.id,
                "question": suggestion.entry.question,
                "segments": [list(segment) for segment in suggestion.segments],
                "answered": suggestion.entry.answered,
            }
            for suggestion in found
        ]
    }
