"""Give every request an id, and every response the headers that keep browsers safe."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
}


def init_app(app: Flask) -> None:
    """Take or make an id before each request; set the headers after it."""
    app.before_request(_identify)
    app.after_request(_set_headers)


def request_id() -> str:
    """Give the id of the request that is being answered."""
    return str(g.get("request_id", ""))


def _identify() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _set_headers(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
