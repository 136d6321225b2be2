"""Give every error one shape: problem+json (RFC 9457)."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from qa_bot.web.requests import request_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from flask import Flask

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

TYPES = {
    400: "malformed",
    401: "key-missing",
    403: "foreign-origin",
    404: "not-found",
    405: "wrong-method",
    413: "too-large",
    415: "not-json",
    422: "invalid-fields",
    429: "rate-limited",
    500: "failed",
    503: "not-ready",
}
"""The problem type of each status; docs/api.md says what each means and how to mend it."""
TYPE_PREFIX = "urn:problem-type:qa-bot:"
COMPATIBLE = ("/language/", "/v1/")
"""Where the clients of other services ask: they look for their `error` in the body."""
KEPT_HEADERS = ("Allow", "Location", "Retry-After", "WWW-Authenticate")


class InvalidRequestError(HTTPException):
    """A request is well-formed, but fields of it hold what they must not."""

    code = 422

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Take (JSON pointer or parameter, what is wrong and how to mend it) pairs."""
        super().__init__("; ".join(f"{pointer}: {detail}" for pointer, detail in errors))
        self.errors = errors


def unknown_fields(body: Iterable[str], known: Collection[str]) -> list[tuple[str, str]]:
    """Tell which fields of a request are not known, each by its JSON pointer."""
    names = ", ".join(sorted(known))
    return [
        (f"#/{name.replace('~', '~0').replace('/', '~1')}", f"unknown field; known fields: {names}")
        for name in body
        if name not in known
    ]


def init_app(app: Flask) -> None:
    """Turn every error, foreseen or not, into problem+json."""
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(Exception, _unforeseen)


def problem(status: int, title: str, detail: str, path: str, id_: str) -> dict[str, Any]:
    """Give the members of every problem, for a request to a path with an id."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + TYPES[status] if status in TYPES else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
        "request_id": id_,
    }
    if path.startswith(COMPATIBLE):
        code = TYPES.get(status, "failed")
        body["error"] = {"code": code, "type": code, "message": detail, "param": None}
    return body


def _problem(error: HTTPException) -> Response:
    response = error.get_response()
    status = response.status_code
    detail = error.description or error.name
    body = problem(status, error.name, detail, request.path, request_id())
    if isinstance(error, InvalidRequestError):
        body["errors"] = [
            {"pointer": pointer, "detail": detail} for pointer, detail in error.errors
        ]
    answer = Response(json.dumps(body, ensure_ascii=False), status, mimetype=MEDIA_TYPE)
    for header in KEPT_HEADERS:
        if header in response.headers:
            answer.headers[header] = response.headers[header]
    return answer


def _unforeseen(error: Exception) -> Response:
    # The log has the traceback; the visitor gets the id to ask about it.
    log.error("request %s failed", request_id(), exc_info=error)
    return _problem(InternalServerError("The server failed; quote the request_id to its owner."))
