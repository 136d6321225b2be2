"""Run the application under waitress: one process, threads, a reload on SIGHUP."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from waitress.server import create_server

from qa_bot.mistakes import MistakesError
from qa_bot.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa_bot.web.live import LiveBot


MOST_RECEIVED = 1 << 20
"""Bytes of a request that are received at all; the application refuses far smaller ones."""


def serve(live: LiveBot) -> None:
    """Answer until SIGINT or SIGTERM; SIGHUP reloads the knowledge.

    The port answers at once, `/readyz` when the knowledge is open. Raise MistakesError or OSError
    when the knowledge can't be opened at the start.

    waitress, because it is pure Python, runs wherever Python does, and reads slow requests and
    writes slow responses in one event loop, so that a slow client never holds a thread.
    """
    settings = live.settings
    server = create_server(
        create_app(live),
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        max_request_body_size=MOST_RECEIVED,
    )
    failed: list[MistakesError | OSError] = []

    def open_knowledge() -> None:
        try:
            live.reload()
        except (MistakesError, OSError) as error:
            failed.append(error)
            # The main thread is the one that serves; it wakes up at least once a second.
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGHUP"):  # Not on Windows.
        signal.signal(signal.SIGHUP, lambda *_: _in_background(live.reload_or_keep))
    try:
        _in_background(open_knowledge)
        server.print_listen("listening at http://{}:{}/")
        server.run()
    finally:
        server.close()
        if failed:
            raise failed[0]


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
