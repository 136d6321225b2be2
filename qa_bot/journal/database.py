"""Open the journal's database, SQLite or PostgreSQL, and bring its tables up to this version."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, func, make_url, select
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_180_423_911
"""The number of the lock that PostgreSQL lets only one opening process have; any would do."""
PATIENCE = 10
"""Seconds for which SQLite waits while another process writes."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
"""Others read while one writes; what was confirmed outlives a power cut; a vote goes with its
answer; what is deleted is overwritten."""
PAUSE = 0.01
"""Seconds until what SQLite itself does not wait for is tried again."""
BUSY = {5, 6}
"""SQLite's codes of a database that is busy or locked."""
PASSING = BUSY | {13}
"""Its codes of what passes: that, or the disk is full."""


class JournalError(Exception):
    """The journal's database can't be opened, read or written."""


def open_database(url: str) -> Engine:
    """Open a database and migrate its tables; raise JournalError where that fails.

    Of processes that open one at the same time, one migrates and the others wait.
    """
    try:
        engine = _engine(make_url(url))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise _cannot_be_opened(error) from None
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            _migrate(connection)
    except (JournalError, SQLAlchemyError) as error:
        engine.dispose()
        raise _cannot_be_opened(error) from None
    return engine


def reading(engine: Engine) -> Engine:
    """Give the same database for reading alone: nobody who writes waits for it."""
    return engine.execution_options(reading=True)


def truncate_log(engine: Engine) -> None:
    """Write SQLite's log into its file, so that nothing of what was deleted stays in the log."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def passes(error: SQLAlchemyError) -> bool:
    """Tell whether an error may pass by itself: the database is busy, full, or away."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in PASSING  # The upper bits say more of the same.
    return isinstance(error, OperationalError) or error.connection_invalidated


def _engine(url: URL) -> Engine:
    if url.get_backend_name() in {"postgresql", "postgres"}:
        if url.drivername in {"postgresql", "postgres"}:
            url = url.set(drivername="postgresql+psycopg")
        return create_engine(url, pool_pre_ping=True)
    if url.get_backend_name() != "sqlite":
        raise NoSuchModuleError(f"{url.drivername} is neither sqlite nor postgresql")
    engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # Python begins no transaction of its own: `_begin_sqlite` says of what kind it is to be.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        _execute(connection, f"PRAGMA {pragma}")


def _execute(connection: sqlite3.Connection, statement: str) -> None:
    """Execute a statement, and wait for others where SQLite does not: as a new database gets a log.

    Of several that give it one at once, all but the first are refused without delay.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in BUSY or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Begin as a reader, or as the one writer: a reader that turns writer may be refused."""
    is_reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    newer = set(MigrationContext.configure(connection).get_current_heads()) - known
    if newer:
        message = (
            f"its tables are those of a newer version of qa-bot ({', '.join(newer)}); "
            "update qa-bot, or name another database"
        )
        raise JournalError(message)
    command.upgrade(config, "head")


def _cannot_be_opened(error: Exception) -> JournalError:
    reason = str(error).partition("\n")[0]
    return JournalError(f"the journal cannot be opened: {reason}")
