"""Send JSON that clients may keep, and tell them when what they keep is still right."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

if TYPE_CHECKING:
    from collections.abc import Callable

STALE = 10
"""How many times as long as it is fresh a copy may be shown while a new one is fetched."""


def cached(key: str, max_age: int, make: Callable[[], dict[str, Any]]) -> Response:
    """Give JSON with a weak ETag; 304, without making it, to a client that still holds it.

    `key` must be another whenever what is made at this path is another; `max_age` in seconds.
    """
    named = f"{request.path}\n{key}".encode(errors="replace")
    etag = hashlib.blake2s(named, digest_size=12).hexdigest()
    held = request.if_none_match.contains_weak(etag)
    response = Response(status=304) if held else jsonify(make())
    response.set_etag(etag, weak=True)
    fresh = f"max-age={max_age}, stale-while-revalidate={STALE * max_age}"
    response.headers["Cache-Control"] = fresh
    return response
