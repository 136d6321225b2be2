"""Give every entry an address of its own, `/q/<id>`, that people share and search engines read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qa_bot.web.api import edition_of
from qa_bot.web.page import answer, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask
    from werkzeug import Response

    from qa_bot.web.live import LiveBot

DESCRIBED = 120
"""How many characters of an answer stand for it where the page is shared."""


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the address."""

    @app.get("/q/<entry_id>")
    def permalink(entry_id: str) -> Response:
        edition = edition_of(live)
        if entry_id not in edition.numbers:
            return show(edition, live.settings, status=404, gone=True)
        entry = edition.bot.index.base.entries[edition.numbers[entry_id]]
        reply = answer(live, edition, entry.question, {})
        return show(edition, live.settings, entry.question, {}, reply, **about(entry_id, reply))


def about(entry_id: str, reply: Mapping[str, Any]) -> dict[str, Any]:
    """Say what the page is about, for those who read its head; nothing if not about its entry."""
    entry, held = reply["entry"], reply["answer"]
    if entry is None or entry["id"] != entry_id or held is None:
        return {}
    text = " ".join(held["text"].split())
    return {
        "entry": entry,
        "description": text if len(text) <= DESCRIBED else text[: DESCRIBED - 1] + "…",
        "structured": {
            "@context": "https://schema.org",
            "@type": "FAQPage",
            "mainEntity": [
                {
                    "@type": "Question",
                    "name": entry["question"],
                    "acceptedAnswer": {"@type": "Answer", "text": held["text"]},
                }
            ],
        },
    }
