"""Write to the journal's database in one thread, from a bounded queue, off the answers' path."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from qa_bot.journal.database import JournalError, passes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, Engine, Table

    Write = Callable[[Connection], int]
    """Writes, and gives how many rows it concerned."""
    Row = dict[str, object]
    Waiting = tuple[Write | Row, Future[int] | None]
    """A write, or a row of `added`; and whom to tell the result, if anybody waits for it."""

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""How many writes may wait; a reply beyond them is not kept, so that no visitor waits for one."""
MOST_AT_ONCE = 200
"""How many writes share a transaction."""
GATHERING = 0.1
"""Seconds for which replies are gathered into one: a transaction takes as long as an answer."""
PATIENCE = 5.0
"""Seconds until a write that somebody waits for is given up."""
AGAIN = 0.5
"""Seconds until what the database could not take is tried again."""
TIDYING = 3600.0
"""Seconds after which what is too old is deleted, where nothing has been written in between."""


class Writer:
    """Writes in the order in which it was told to, several writes in one transaction.

    What the database can't take because it is busy, full or away waits and is tried again; once
    closed, it is tried one last time.
    """

    def __init__(self, engine: Engine, added: Table, tidy: Write, every: float = TIDYING) -> None:
        """Start the thread; `added` is the table that rows are added to.

        `tidy` deletes what is too much or too old. It is called at once, with whatever is
        written, and after `every` seconds without that.
        """
        self._engine = engine
        self._added = added
        self._tidy = tidy
        self._every = every
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(MOST_WAITING)
        self._closing = threading.Event()
        self._urgent = threading.Event()
        """Somebody waits for what is in the queue."""
        self.left_out = 0
        """How many replies could not be kept since the start."""
        self._losing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def add(self, row: Row) -> None:
        """Add a row soon; where too much is waiting leave it out, and say so in the log."""
        try:
            self._waiting.put_nowait((row, None))
            self._losing = False
        except queue.Full:
            if not self._losing:
                log.warning("the journal writes too slowly: answers are left out of it")
            self._losing = True
            self.left_out += 1

    def done(self, write: Write) -> int:
        """Write after all that waits, wait for it, and give its result."""
        result: Future[int] = Future()
        try:
            self._waiting.put((write, result), timeout=PATIENCE)
            self._urgent.set()
            return result.result(timeout=PATIENCE)
        except (queue.Full, TimeoutError, SQLAlchemyError) as error:
            raise JournalError(f"the journal cannot be written: {error}") from error

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        self._closing.set()
        self._waiting.put(None)
        self._urgent.set()
        self._thread.join()

    def _run(self) -> None:
        """Write what waits until there is no more to come; tidy up when nothing comes for long."""
        batch: list[Waiting] = []
        ended = False
        while not ended:
            self._commit(batch)
            try:
                batch, ended = self._gather(self._waiting.get(timeout=self._every))
            except queue.Empty:
                batch = []
        self._commit(batch)

    def _gather(self, item: Waiting | None) -> tuple[list[Waiting], bool]:
        """Give what is written together with a first write, and whether that is all to come."""
        batch: list[Waiting] = []
        if self._waiting.qsize() < MOST_AT_ONCE:
            # It sleeps meanwhile: woken by each reply it would take its time from answering.
            self._urgent.wait(GATHERING)
        self._urgent.clear()
        while item is not None:
            batch.append(item)
            if len(batch) == MOST_AT_ONCE:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: Sequence[Waiting]) -> None:
        """Write a batch; what a single write is to blame for does not cost the others."""
        try:
            results = self._written(batch)
        except SQLAlchemyError as error:
            if len(batch) > 1 and not passes(error):
                for item in batch:
                    self._commit([item])
            else:
                self._refuse(batch, error)
            return
        for (_, waiting), result in zip(batch, results, strict=True):
            if waiting:
                waiting.set_result(result)

    def _written(self, batch: Sequence[Waiting]) -> list[int]:
        """Write a batch in one transaction; try again as long as what is in the way may pass."""
        while True:
            try:
                with self._engine.begin() as connection:
                    results = [
                        result
                        for of_rows, writes in groupby(batch, _is_row)
                        for result in self._results(connection, writes, of_rows=of_rows)
                    ]
                    self._tidy(connection)
            except SQLAlchemyError as error:
                if not passes(error) or self._closing.wait(AGAIN):
                    raise
            else:
                return results

    def _results(
        self, connection: Connection, batch: Iterable[Waiting], *, of_rows: bool
    ) -> list[int]:
        if not of_rows:
            return [write(connection) for write, _ in batch if callable(write)]
        # One by one rows take many times as long.
        rows = [row for row, _ in batch if isinstance(row, dict)]
        connection.execute(insert(self._added), rows)
        return [1] * len(rows)

    def _refuse(self, batch: Sequence[Waiting], error: SQLAlchemyError) -> None:
        log.warning("the journal cannot be written: %s", error)
        self.left_out += sum(waiting is None for _, waiting in batch)
        for _, waiting in batch:
            if waiting:
                waiting.set_exception(error)


def _is_row(waiting: Waiting) -> bool:
    return isinstance(waiting[0], dict)
