"""Show the contract: the OpenAPI 3.1 document at /api/v1/openapi.json.

It is kept by hand, in `openapi.json` beside this module: a dozen operations don't outweigh a
library that would make it from classes, and a test sends made-up requests to the running server
and finds whatever the document doesn't say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_bot.web.caching import cached

if TYPE_CHECKING:
    from flask import Flask, Response

    from qa_bot.settings import Settings

DOCUMENT = Path(__file__).with_name("openapi.json")
MAX_AGE_SECONDS = 300
TEXTS = ("Question", "Typed", "Said")
"""The schemas of what may be as long as a question."""


def init_app(app: Flask, settings: Settings) -> None:
    """Register the document, with the limits of this server's settings."""
    document = with_limits(json.loads(DOCUMENT.read_text(encoding="utf-8")), settings)

    @app.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return cached(repr(document), MAX_AGE_SECONDS, lambda: document)


def with_limits(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Give the document with the limits of the settings in the schemas that hold one."""
    schemas = document["components"]["schemas"]
    lengths = {name: {**schemas[name], "maxLength": settings.max_question_chars} for name in TEXTS}
    count = {**schemas["Count"], "maximum": settings.max_top}
    limited = {**schemas, **lengths, "Count": count}
    return {**document, "components": {**document["components"], "schemas": limited}}
