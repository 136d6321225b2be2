"""Give every request an id and a line in the log, and every response what keeps browsers safe."""

from __future__ import annotations

import logging
import random
import re
import time
from typing import TYPE_CHECKING

from flask import g, request

from qa_bot.logs import with_fields

if TYPE_CHECKING:
    from flask import Flask, Response

    from qa_bot.settings import Settings

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = {"healthz", "readyz", "metrics"}
"""Endpoints that machines ask every few seconds: they leave no line in the log."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
}


def init_app(app: Flask, settings: Settings) -> None:
    """Take or make an id before each request; set the headers and write the log after it."""

    @app.before_request
    def identify() -> None:
        g.started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        # It only names the request: it need not be hard to guess, and this is ten times as quick.
        g.request_id = given if REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"

    @app.after_request
    def finish(response: Response) -> Response:
        headers, id_ = response.headers, request_id()
        # Each look-up in the headers reads through all of them.
        given = {name.lower() for name, _ in headers}
        headers.add("X-Request-ID", id_)
        if "server-timing" not in given:
            headers.add("Server-Timing", f"app;dur={seconds() * 1000:.2f}")
        headers.extend({name: HEADERS[name] for name in HEADERS if name.lower() not in given})
        if request.endpoint not in QUIET:
            _log(response, id_, settings)
        return response


def request_id() -> str:
    """Give the id of the request that is being answered."""
    return str(g.get("request_id", ""))


def route() -> str:
    """Name what was asked for by its rule, never by its path, which strangers choose."""
    rule = request.url_rule
    return rule.rule if rule else "none"


def seconds() -> float:
    """Give how long the request has been worked on."""
    return float(time.perf_counter() - g.started)


def _log(response: Response, id_: str, settings: Settings) -> None:
    fields: dict[str, object] = {
        "status": response.status_code,
        "ms": round(seconds() * 1000, 2),
        "request_id": id_,
    }
    if reply := g.get("reply"):
        fields["outcome"] = reply.outcome
        if settings.log_questions:
            fields["question"] = reply.question
    log.info("%s %s", request.method, route(), extra=with_fields(**fields))
