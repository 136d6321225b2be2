"""Keep what was asked, what was said and how it was judged; the owner of SQLAlchemy."""

from __future__ import annotations

import datetime
import logging
import queue
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from qa_bot.journal.masking import mask as mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

    from qa_bot.reply import Reply

    Write = Callable[[Connection], bool]
    Row = dict[str, object]
    Waiting = tuple[Write | Row, Future[bool] | None] | None
    """The row of an answer, or another write; and whom to tell its result, if anybody waits for it;
    None: there is no more."""

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""How many writes may wait; an answer beyond them is not kept, so that no visitor waits for one."""
MOST_AT_ONCE = 200
"""How many writes share a transaction."""
GATHERING = 0.1
"""Seconds for which answers are gathered into one: a transaction takes as long as an answer."""
PATIENCE = 5.0
"""Seconds until a vote that is not written is given up."""

UP, DOWN = RATINGS = ("up", "down")

tables = MetaData()
answers = Table(
    "answers",
    tables,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), unique=True, nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("question", Text, nullable=False),
    Column("understood", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("entry", String, nullable=True),
    Column("rule", String(40), nullable=False),
    sqlite_autoincrement=True,
)
votes = Table(
    "votes",
    tables,
    Column("answer_id", ForeignKey(answers.c.id, ondelete="CASCADE"), primary_key=True),
    Column("voted_at", DateTime, nullable=False),
    Column("rating", String(4), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("comment", Text, nullable=False),
)


class JournalError(Exception):
    """The journal's database can't be opened, read or written."""


class Journal:
    """The answers that were given, and the votes on them, in a database.

    One thread writes, from a bounded queue: an answer never waits for the disk. What names a
    person is masked before it is kept.
    """

    def __init__(self, url: str, most_answers: int) -> None:
        """Open the database at a URL and make its tables; raise JournalError where that fails."""
        try:
            self._engine = _engine(url)
            tables.create_all(self._engine)
        except (ArgumentError, NoSuchModuleError, ImportError, SQLAlchemyError) as error:
            reason = str(error).partition("\n")[0]
            raise JournalError(f"the journal cannot be opened: {reason}") from None
        self._most_answers = most_answers
        self._waiting: queue.Queue[Waiting] = queue.Queue(MOST_WAITING)
        self.left_out = 0
        """How many answers could not be kept since the start."""
        self._losing = False
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    def keep(self, reply: Reply) -> None:
        """Keep a reply; where too many are waiting it is left out, and the log says so."""
        row: Row = {
            "id": reply.answer_id,
            "asked_at": _now(),
            "question": mask(reply.question),
            "understood": mask(reply.query.question),
            "outcome": reply.outcome,
            "confidence": reply.confidence,
            "entry": reply.hit.entry.id if reply.hit else None,
            "rule": reply.rule,
        }
        try:
            self._waiting.put_nowait((row, None))
            self._losing = False
        except queue.Full:
            if not self._losing:
                log.warning("the journal writes too slowly: answers are left out of it")
            self._losing = True
            self.left_out += 1

    def vote(self, answer_id: str, rating: str, reasons: Sequence[str], comment: str) -> bool:
        """Keep the vote on an answer instead of any before it; False: no such answer is known."""
        row = {
            "answer_id": answer_id,
            "voted_at": _now(),
            "rating": rating,
            "reasons": [mask(reason) for reason in reasons],
            "comment": mask(comment),
        }

        def replace(connection: Connection) -> bool:
            if not _knows(connection, answer_id):
                return False
            connection.execute(delete(votes).where(votes.c.answer_id == answer_id))
            connection.execute(insert(votes), row)
            return True

        return self._written(replace)

    def withdraw(self, answer_id: str) -> bool:
        """Forget the vote on an answer, if there is one; False: no such answer is known."""

        def remove(connection: Connection) -> bool:
            connection.execute(delete(votes).where(votes.c.answer_id == answer_id))
            return _knows(connection, answer_id)

        return self._written(remove)

    def close(self) -> None:
        """Write what is waiting, and close the database."""
        self._waiting.put(None)
        self._writer.join()
        self._engine.dispose()

    def _written(self, write: Write) -> bool:
        """Wait until the writer has done a write, after all those before it."""
        done: Future[bool] = Future()
        try:
            self._waiting.put((write, done), timeout=PATIENCE)
            return done.result(timeout=PATIENCE)
        except (queue.Full, TimeoutError, SQLAlchemyError) as error:
            raise JournalError(f"the journal cannot be written: {error}") from error

    def _write(self) -> None:
        """Write what waits, several in one transaction, until there is no more to come."""
        item = self._waiting.get()
        while item is not None:
            batch = [item]
            end = time.monotonic() + GATHERING
            while item and len(batch) < MOST_AT_ONCE:
                # Somebody waits for a vote: it ends the gathering.
                left = 0.0 if item[1] else max(end - time.monotonic(), 0.0)
                try:
                    item = self._waiting.get(timeout=left) if left else self._waiting.get_nowait()
                except queue.Empty:
                    break
                if item:
                    batch.append(item)
            self._commit(batch)
            if item:
                item = self._waiting.get()

    def _commit(self, batch: Sequence[tuple[Write | Row, Future[bool] | None]]) -> None:
        # One by one rows take many times as long, of the time in which others are answered.
        rows = [write for write, _ in batch if isinstance(write, dict)]
        try:
            with self._engine.begin() as connection:
                if rows:
                    connection.execute(insert(answers), rows)
                results = [isinstance(write, dict) or write(connection) for write, _ in batch]
                newest = connection.scalar(select(func.max(answers.c.number))) or 0
                too_old = answers.c.number <= newest - self._most_answers
                connection.execute(delete(answers).where(too_old))
        except SQLAlchemyError as error:
            log.warning("the journal cannot be written: %s", error)
            self.left_out += sum(done is None for _, done in batch)
            for _, done in batch:
                if done:
                    done.set_exception(error)
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if done:
                    done.set_result(result)


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: object, _: object) -> None:
    """Let others read while the writer writes, and let a vote go with its answer."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _knows(connection: Connection, answer_id: str) -> bool:
    return connection.scalar(select(answers.c.number).where(answers.c.id == answer_id)) is not None


def _now() -> datetime.datetime:
    """Give the time in UTC, as databases keep it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
