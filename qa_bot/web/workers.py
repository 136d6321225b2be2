"""Keep several processes answering at one port: start, reload, replace and end them."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections import deque
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from qa_bot.mistakes import MistakesError
from qa_bot.releases import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkProcess
    from types import FrameType

    Work = Callable[[int, Callable[[], None], bool], None]
    """Answer as the worker of a number; call what is given whenever the knowledge was opened.

    True: at once, as no other worker answers; False: only when the knowledge is open.
    """

log = logging.getLogger(__name__)

PAUSE = 5.0
"""Seconds until a worker that could not open the knowledge is replaced."""
PATIENCE = 30.0
"""Seconds that workers have to end by themselves."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that answers, and the line on which it says that it has opened the knowledge."""

    process: ForkProcess
    line: Connection


class Workers:
    """The processes that answer, and whose turn it is to open the knowledge.

    They open it one after another: the first builds the index where it is new, the others map what
    it has saved, and on a reload all but one answer without delay.
    """

    def __init__(self, count: int, work: Work) -> None:
        """Take how many processes there are, and what each of them does."""
        self._work = work
        self._count = count
        self._running: dict[int, Worker] = {}
        self._ready: set[int] = set()
        self._turns: deque[int] = deque()
        self._opening = 0
        self._failed: list[int] = []
        self._told, self._tell = Pipe(duplex=False)
        # Only the parent holds the end that is written to: when it is gone, workers read its end.
        self._parent_lives, self._end = os.pipe()

    def run(self) -> None:
        """Keep them running until SIGINT or SIGTERM; SIGHUP lets all reload.

        Raise SystemExit where the first one could not open the knowledge; it has said why.
        """
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGHUP, lambda *_: self._tell.send(None))
        self._turns.extend(range(1, self._count + 1))
        try:
            while True:
                self._next()
                self._wait()
        finally:
            for worker in self._running.values():
                worker.process.terminate()
            for worker in self._running.values():
                worker.process.join(PATIENCE)
                worker.process.kill()

    def _next(self) -> None:
        """Start or reload the worker whose turn it is, unless another is still opening."""
        if self._opening or not self._turns:
            return
        number = self._opening = self._turns.popleft()
        if number in self._running:
            os.kill(self._running[number].process.pid or 0, signal.SIGHUP)
            return
        here, there = Pipe(duplex=False)
        process = get_context("fork").Process(
            target=self._live, args=(number, there, not self._ready)
        )
        process.start()
        there.close()
        self._running[number] = Worker(process, here)

    def _wait(self) -> None:
        """Wait for the next thing to happen, and take it into account."""
        lines = {worker.line: number for number, worker in self._running.items()}
        ends = {worker.process.sentinel: number for number, worker in self._running.items()}
        happened = wait([self._told, *lines, *ends], PAUSE if self._failed else None)
        if not happened:
            self._turns.extend(self._failed)
            self._failed.clear()
        for what in happened:
            if what is self._told:
                self._told.recv()
                self._turns.extend(self._running)
            elif isinstance(what, Connection):
                self._opened(lines[what])
        for what in happened:
            if isinstance(what, int):
                self._ended(ends[what])

    def _opened(self, number: int) -> None:
        try:
            self._running[number].line.recv()
        except EOFError:
            return  # It has ended, which its process says as well.
        self._ready.add(number)
        if self._opening == number:
            self._opening = 0

    def _ended(self, number: int) -> None:
        worker = self._running.pop(number)
        worker.process.join()
        worker.line.close()
        code = worker.process.exitcode
        if self._opening == number:
            self._opening = 0
        if number in self._ready:
            self._turns.appendleft(number)
        elif self._ready:
            self._failed.append(number)
        else:
            raise SystemExit(code)
        self._ready.discard(number)
        log.error("worker %d ended (%s): another takes its place", number, code)

    def _live(self, number: int, line: Connection, at_once: bool) -> None:  # noqa: FBT001 - by fork
        """Be a worker: answer, and end with the parent."""
        os.close(self._end)
        threading.Thread(target=self._end_with_parent, daemon=True).start()
        try:
            self._work(number, lambda: line.send(None), at_once)
        except (MistakesError, ReleaseError, OSError) as error:
            sys.stderr.write(f"{error}\n")
            raise SystemExit(1) from None

    def _end_with_parent(self) -> None:
        os.read(self._parent_lives, 1)
        os.kill(os.getpid(), signal.SIGTERM)


def stop(_: int, __: FrameType | None) -> None:
    """End the process, as a handler of signals."""
    raise SystemExit(0)
