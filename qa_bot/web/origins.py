"""Let the pages of listed sites ask, and no other site's: CORS, enforced on the server as well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.exceptions import Forbidden

from qa_bot.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask import Flask

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?|https?://\[[0-9a-f:]+\](?::\d+)?|null")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
ALLOWED_METHODS = "GET, POST, PUT, DELETE"
ALLOWED_HEADERS = "Content-Type, If-None-Match, X-Request-ID"
EXPOSED_HEADERS = "ETag, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, X-Request-ID"
MAX_AGE_SECONDS = 7200
"""How long a browser may remember a preflight; Chrome takes no longer."""


def init_app(app: Flask, listed: Collection[str]) -> None:
    """Answer preflights, refuse what foreign pages send, and let listed ones read the responses.

    No response ever allows credentials: there are none. Raise SettingsError for an origin that no
    browser sends.
    """
    for origin in listed:
        if not ORIGIN.fullmatch(origin):
            problem = f"QA_BOT_ORIGINS holds {origin!r}, which is not an origin"
            raise SettingsError(f"{problem}; write it as https://www.example.cn, without a path")

    @app.before_request
    def enforce() -> Response | None:
        origin = request.headers.get("Origin")
        if origin is None or origin in listed or is_own(origin):
            return _preflight() if origin in listed and is_preflight() else None
        if is_preflight() or request.method not in SAFE_METHODS:
            raise Forbidden(
                f"Pages of {origin!r} may not ask here; its owner can list it in QA_BOT_ORIGINS."
            )
        return None

    @app.after_request
    def allow(response: Response) -> Response:
        if listed:
            response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if origin in listed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        return response


def is_own(origin: str) -> bool:
    """Tell whether a request comes from a page of this server.

    Behind a proxy the server may not know its own name; then the browser's word is taken, which
    no page can forge.
    """
    own = {f"{scheme}://{request.host}" for scheme in ("http", "https")}
    return origin in own or request.headers.get("Sec-Fetch-Site") == "same-origin"


def is_preflight() -> bool:
    """Tell whether a browser asks whether a page may send its request."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _preflight() -> Response:
    headers = {
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
    return Response(status=204, headers=headers)
