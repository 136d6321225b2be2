"""Limit how often one client may ask, and tell it in headers how often it still may.

The counters are our own: the usual library starts a thread and looks at every client's counter on
each request, which at many clients costs more than answering.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import g, request
from werkzeug.exceptions import TooManyRequests

if TYPE_CHECKING:
    from flask import Flask, Response

    from qa_bot.settings import Settings

SECONDS = 60
"""How long a client's allowance lasts from its first request on."""
MOST_CLIENTS = 100_000
"""How many clients are counted; beyond them the one counted longest is forgotten."""
UNLIMITED = {"widget", "asset", "healthz", "readyz", "metrics", None}
"""Endpoints that cost nothing, or are the owner's."""
MOST_REMEMBERED = 10_000
"""Of how many addresses it is remembered which client they are."""
IPV6_SITE = 64
"""How many bits of an IPv6 address one client has to itself."""


class Allowance:
    """How many requests each client may send within a minute of its first."""

    def __init__(self, quota: int, most_clients: int = MOST_CLIENTS) -> None:
        """Allow each of the last `most_clients` clients `quota` requests."""
        self.quota = quota
        self._most_clients = most_clients
        self._lock = threading.Lock()
        self._used: dict[str, tuple[float, int]] = {}
        """Client → when its allowance ends, and how much of it is used; the first to end first."""

    def spend(self, client: str, now: float) -> tuple[int, float]:
        """Count a request; give how many are left, below 0 for one too many, and for how long."""
        with self._lock:
            self._forget(now)
            ends, used = self._used.get(client, (now + SECONDS, 0))
            self._used[client] = ends, min(used + 1, self.quota + 1)
        return self.quota - used - 1, ends - now

    def _forget(self, now: float) -> None:
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest][0] > now and len(self._used) < self._most_clients:
                return
            del self._used[oldest]


def init_app(app: Flask, settings: Settings) -> None:
    """Count requests before they are answered; refuse those beyond the allowance with 429."""
    allowances = {
        "ask": Allowance(settings.asks_per_minute),
        "read": Allowance(settings.reads_per_minute),
    }

    @app.before_request
    def count() -> None:
        name = policy()
        if name is None or not allowances[name].quota:
            return
        allowance = allowances[name]
        left, seconds = allowance.spend(client(request.remote_addr or ""), time.monotonic())
        wait = math.ceil(seconds)
        g.rate_limit = {
            "RateLimit-Policy": f'"{name}";q={allowance.quota};w={SECONDS}',
            "RateLimit": f'"{name}";r={max(left, 0)};t={wait}',
        }
        if left < 0:
            raise TooManyRequests(f"Too many requests; ask again in {wait} s.", retry_after=wait)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers.extend(g.get("rate_limit", {}))
        return response


def policy() -> str | None:
    """Name the allowance that a request draws on: asking and writing cost more than reading."""
    endpoint, method = request.endpoint, request.method
    if endpoint in UNLIMITED or method == "OPTIONS":
        return None
    asks_on_page = endpoint == "page" and "q" in request.args
    if endpoint in {"get_answers", "permalink"} or asks_on_page:
        return "ask"
    return "read" if method in {"GET", "HEAD"} else "ask"


@lru_cache(MOST_REMEMBERED)
def client(address: str) -> str:
    """Give what identifies a client: its address; of IPv6 the part that its site is given."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, IPV6_SITE), strict=False))
