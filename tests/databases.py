"""The databases that the journal is tested on: a SQLite file, and a real PostgreSQL server."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
UNPRIVILEGED = "postgres"
"""Who runs the server for root, whom it refuses; Debian's package makes this user."""
READY = "database system is ready to accept connections"
QUICK = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=50")


class PostgreSQL:
    """A server of the test run's own, in a temporary folder, at a socket in it."""

    def __init__(self):
        """Make a cluster and start its server; skip where there is none."""
        pytest.importorskip("psycopg", reason="psycopg is not installed")
        if not PROGRAMS:
            pytest.skip("PostgreSQL is not installed; QA_BOT_TEST_POSTGRES may name a server")
        # A socket's path must be short, and pytest's own folders are closed to other users.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.user = {}
        name = getpass.getuser()
        if os.geteuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
            self.user = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            name = UNPRIVILEGED
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = [word for setting in QUICK for word in ("-c", setting)]
        self.process = subprocess.Popen(
            [PROGRAMS[-1] / "postgres", "-D", data, "-k", self.folder, *options],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C"},
            **self.user,
        )
        seen = []
        for line in self.process.stderr:
            seen.append(line)
            if READY in line:
                break
        else:
            pytest.fail("PostgreSQL did not start:\n" + "".join(seen))
        self.url = f"postgresql://{name}@/postgres?host={self.folder}"

    def close(self):
        self.process.terminate()
        self.process.communicate()
        shutil.rmtree(self.folder)

    def _run(self, program, *arguments):
        subprocess.run(
            [PROGRAMS[-1] / program, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            **self.user,
        )


def schema_in(url, name):
    """Make a schema of its own in a database, and give the URL at which it is all there is."""
    name = re.sub(r"\W", "_", name, flags=re.ASCII)[-60:].lower()
    with engine_of(url).begin() as connection:
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))
        connection.execute(text(f'CREATE SCHEMA "{name}"'))
    at = make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
    return at.render_as_string(hide_password=False)


def engine_of(url):
    """Open a database beside the journal; PostgreSQL's default driver differs by version."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
