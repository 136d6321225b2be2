"""Let the owner in, and nobody else: one password, a signed cookie, forms that can't be forged.

The owner of argon2 and itsdangerous. Nothing of a password is kept but its hash; a new password
ends every session.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden, TooManyRequests

from qa_bot.web.limits import Allowance, client
from qa_bot.web.origins import is_own

if TYPE_CHECKING:
    from werkzeug import Response

COOKIE = "qa_bot_console"
PATH = "/admin"
HOURS = 12
"""How long a session lasts from its login on."""
SHORTEST = 10
"""Characters of the shortest password that is taken."""
TRIES, TRIES_OF_ALL = 5, 60
"""How many passwords one client, and all clients together, may try in a minute."""
EVERYBODY = "*"


class PasswordTooShortError(ValueError):
    """A password that can be guessed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is kept of the password, and the key that sessions are signed with."""

    password: str
    """The hash, with its salt and costs, as Argon2 writes it."""
    key: str


@dataclass(frozen=True, slots=True)
class Session:
    """The login that a request comes with."""

    id: str
    token: str
    """What every form brings back; another site's page can't know it."""


def set_password(place: Path, password: str) -> None:
    """Keep a password's hash in a file that only its owner reads; raise PasswordTooShortError."""
    if len(password) < SHORTEST:
        raise PasswordTooShortError(f"a password has at least {SHORTEST} characters")
    kept = Credentials(PasswordHasher().hash(password), secrets.token_hex(32))
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".console-", dir=place.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(kept), file)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(place)


class Door:
    """Who may come in; it is closed to all while no password is set."""

    def __init__(self, place: Path) -> None:
        """Read what is at the place at every request: a new password holds at once."""
        self._place = place
        self._tries = Allowance(TRIES)
        self._tries_of_all = Allowance(TRIES_OF_ALL)

    def credentials(self) -> Credentials | None:
        """Give what is kept of the password; None: none was set, there is no console."""
        try:
            kept = json.loads(self._place.read_text(encoding="utf-8"))
            return Credentials(kept["password"], kept["key"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def session(self) -> Session | None:
        """Give the session of the request; None: nobody is logged in."""
        kept = self.credentials()
        if kept is None:
            return None
        try:
            id_ = _signer(kept).loads(request.cookies.get(COOKIE, ""), max_age=HOURS * 3600)
        except BadData:
            return None
        return Session(id_, hmac.digest(kept.key.encode(), id_.encode(), "sha256").hex())

    def enter(self, password: str) -> str | None:
        """Check a password and give the new session's cookie; None: it is wrong.

        Raise TooManyRequests where too many were tried within a minute.
        """
        kept = self.credentials()
        address, now = client(request.remote_addr or ""), time.monotonic()
        for allowance, who in ((self._tries, address), (self._tries_of_all, EVERYBODY)):
            left, seconds = allowance.spend(who, now)
            if left < 0:
                wait = int(seconds) + 1
                raise TooManyRequests(f"{wait}", retry_after=wait)
        try:
            if kept is None or not PasswordHasher().verify(kept.password, password):
                return None
        except (VerificationError, InvalidHashError):
            return None
        return str(_signer(kept).dumps(secrets.token_hex(16)))


def keep(response: Response, cookie: str) -> Response:
    """Give the browser the session's cookie: sent to the console alone, never by other sites."""
    options = {"path": PATH, "secure": True, "httponly": True, "samesite": "Strict"}
    response.set_cookie(COOKIE, cookie, max_age=HOURS * 3600, **options)  # type: ignore[arg-type]
    return response


def forget(response: Response) -> Response:
    """Take the session's cookie back."""
    response.delete_cookie(COOKIE, path=PATH, secure=True, httponly=True, samesite="Strict")
    return response


def refuse_forgery(session: Session | None) -> None:
    """Raise Forbidden for what another site's page sends, or a form that isn't this session's."""
    origin = request.headers.get("Origin")
    if origin is not None and not is_own(origin):
        raise Forbidden(f"Pages of {origin!r} may not write here.")
    if session and not hmac.compare_digest(request.form.get("token", ""), session.token):
        raise Forbidden("The form is not of this session; open the page anew and send it again.")


def session() -> Session:
    """Give the session of the request that is being answered."""
    found: Session = g.console_session
    return found


def _signer(kept: Credentials) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(kept.key, salt="console")
