"""Ask for a key where the settings list any."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Collection


def require_key(given: str, keys: Collection[str], header: str) -> None:
    """Raise 401 unless one of the keys is given; without any keys everyone may ask."""
    # All are compared, in a time that tells nothing of how much of a key is right.
    fits = [hmac.compare_digest(given.encode(), key.encode()) for key in keys]
    if keys and not any(fits):
        raise Unauthorized(
            f"Send one of this server's keys in the header {header}.",
            www_authenticate=WWWAuthenticate("bearer"),
        )
