"""Run the application under waitress: threads, in one process or several; follow releases."""

from __future__ import annotations

import copy
import json
import logging
import os
import signal
import socket
import threading
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from qa_bot.journal import Journal, JournalError
from qa_bot.mistakes import MistakesError
from qa_bot.opening import prepare
from qa_bot.releases import ReleaseError
from qa_bot.settings import SettingsError
from qa_bot.web import create_app
from qa_bot.web.heap import give_back
from qa_bot.web.problems import MEDIA_TYPE, problem
from qa_bot.web.workers import Workers, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask

    from qa_bot.settings import Settings
    from qa_bot.web.live import LiveBot

log = logging.getLogger(__name__)

BACKLOG = 1024
"""How many connections may wait to be accepted."""
MOST_RECEIVED = 1 << 20
"""Bytes of a request that are received at all; the application refuses far smaller ones."""
IMPORT = "/admin/import"
"""Where the owner uploads files."""


def parser_for(most_imported: int) -> type[HTTPRequestParser]:
    """Make what reads requests: it takes large bodies where the console imports, only there."""

    class Parser(HTTPRequestParser):  # type: ignore[misc] # waitress ships no types
        adj: Any

        def parse_header(self, header: bytes) -> None:
            super().parse_header(header)
            if self.path == IMPORT:
                roomy = copy.copy(self.adj)
                roomy.max_request_body_size = most_imported
                self.adj = roomy

    return Parser


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
    """
    settings = live.settings
    if settings.workers < 1 or (settings.workers > 1 and not hasattr(os, "fork")):
        problem = f"QA_BOT_WORKERS={settings.workers} is not possible here"
        raise SettingsError(f"{problem}; set 1, or more where processes can be forked, as on Linux")
    app = create_app(live)
    sockets = bind(settings)
    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGHUP"):  # Not on Windows.
        # The knowledge is about to be opened anyway.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for listening in sockets:
        host, port = listening.getsockname()[:2]
        name = f"[{host}]" if listening.family == socket.AF_INET6 else host
        log.info("listening at http://%s:%d/", name, port)
    if settings.workers == 1:
        answer(app, live, sockets, lambda: None, at_once=True)
        return

    def work(number: int, opened: Callable[[], None], at_once: bool) -> None:  # noqa: FBT001 - a Work
        live.worker = number
        answer(app, live, sockets, opened, at_once=at_once)

    prepare(settings)
    Workers(settings.workers, work).run()


def bind(settings: Settings) -> list[socket.socket]:
    """Listen at the address that the settings name, at all addresses where it has several."""
    found = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(socket.create_server(address[:2], family=family, backlog=BACKLOG))
            for family, *_, address in found
        ]
        opened.pop_all()
    return sockets


def answer(
    app: Flask,
    live: LiveBot,
    sockets: Sequence[socket.socket],
    opened: Callable[[], None],
    *,
    at_once: bool,
) -> None:
    """Answer in this process; `opened` is called when the knowledge was opened, and reloaded.

    `at_once`, or only when the knowledge is open, where other processes answer until then.

    waitress, because it is pure Python, runs wherever Python does, and reads slow requests and
    writes slow responses in one event loop, so that a slow client never holds a thread.
    """
    give_back()
    if not at_once:
        live.reload()
    live.journal = open_journal(live.settings)
    server = make_server(app, sockets, live.settings.threads, live.settings.max_import_bytes)
    failed: list[MistakesError | ReleaseError | OSError] = []
    stopped = threading.Event()

    def open_knowledge() -> None:
        try:
            if at_once:
                live.reload()
            opened()
        except (MistakesError, ReleaseError, OSError) as error:
            failed.append(error)
            # The main thread is the one that serves; it wakes up at least once a second.
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            live.follow(stopped)

    def reload() -> None:
        live.reload_or_keep()
        opened()

    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: _in_background(reload))
    try:
        _in_background(open_knowledge)
        server.run()
    finally:
        stopped.set()
        server.close()
        if live.journal:
            live.journal.close()
        if failed:
            raise failed[0]


def make_server(
    app: Flask, sockets: Sequence[socket.socket], threads: int, most_imported: int
) -> BaseWSGIServer:
    """Make waitress ready to serve an application."""
    HTTPChannel.error_task_class = ProblemTask
    HTTPChannel.parser_class = parser_for(most_imported)
    # With as many visitors as threads it would warn of nearly every request.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return create_server(
        app,
        sockets=sockets,
        threads=threads,
        max_request_body_size=MOST_RECEIVED,
        # The application itself trusts as many proxies as the settings say.
        clear_untrusted_proxy_headers=False,
    )


def open_journal(settings: Settings) -> Journal | None:
    """Open the journal that the settings name, if any; the bot answers without one as well."""
    if not settings.journal:
        return None
    try:
        return Journal.of(settings)
    except JournalError as error:
        log.warning("no answers and votes are kept: %s; see QA_BOT_JOURNAL", error)
        return None


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
