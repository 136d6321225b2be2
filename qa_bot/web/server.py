"""Run the application under waitress: one process, threads; what is published is followed."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import uuid
from typing import TYPE_CHECKING

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from qa_bot.journal import Journal, JournalError
from qa_bot.mistakes import MistakesError
from qa_bot.releases import ReleaseError
from qa_bot.web import create_app
from qa_bot.web.problems import MEDIA_TYPE, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa_bot.settings import Settings
    from qa_bot.web.live import LiveBot

log = logging.getLogger(__name__)

MOST_RECEIVED = 1 << 20
"""Bytes of a request that are received at all; the application refuses far smaller ones."""


class ProblemTask(ErrorTask):  # type: ignore[misc] # waitress ships no types
    """Refuse what never reaches the application, in the shape of its own errors."""

    def execute(self) -> None:
        """Write the response."""
        error, id_ = self.request.error, uuid.uuid4().hex
        # A request that was not understood may have no path.
        path = getattr(self.request, "path", "")
        body = problem(error.code, error.reason, str(error.body), path, id_)
        text = json.dumps(body, ensure_ascii=False).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("X-Request-ID", id_)]
        self.set_close_on_finish()
        self.content_length = len(text)
        self.write(text)


def serve(live: LiveBot) -> None:
    """Answer until SIGINT or SIGTERM, from the current release; SIGHUP reloads.

    The port answers at once, `/readyz` when the knowledge is open. Raise MistakesError,
    ReleaseError or OSError when the knowledge can't be opened at the start, SettingsError for a
    setting that makes no sense.

    waitress, because it is pure Python, runs wherever Python does, and reads slow requests and
    writes slow responses in one event loop, so that a slow client never holds a thread.
    """
    settings = live.settings
    app = create_app(live)
    # With as many visitors as threads it would warn of nearly every request.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    HTTPChannel.error_task_class = ProblemTask
    live.journal = open_journal(settings)
    server = create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        max_request_body_size=MOST_RECEIVED,
        # The application itself trusts as many proxies as the settings say.
        clear_untrusted_proxy_headers=False,
    )
    failed: list[MistakesError | ReleaseError | OSError] = []
    stopped = threading.Event()

    def open_knowledge() -> None:
        try:
            live.reload()
        except (MistakesError, ReleaseError, OSError) as error:
            failed.append(error)
            # The main thread is the one that serves; it wakes up at least once a second.
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            live.follow(stopped)

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
        stopped.set()
        server.close()
        if live.journal:
            live.journal.close()
        if failed:
            raise failed[0]


def open_journal(settings: Settings) -> Journal | None:
    """Open the journal that the settings name, if any; the bot answers without one as well."""
    if not settings.journal:
        return None
    try:
        settings.state.mkdir(parents=True, exist_ok=True)
        url = settings.journal.replace("{state}", str(settings.state))
        return Journal(url, settings.journal_answers)
    except (JournalError, OSError) as error:
        log.warning("no answers and votes are kept: %s; see QA_BOT_JOURNAL", error)
        return None


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
