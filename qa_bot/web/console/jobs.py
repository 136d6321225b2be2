"""Do what takes longer than a page may, and tell any of the server's processes how far it is.

What is known of a job is a small file, so that the process that shows it need not be the one that
does it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, render_template

from qa_bot.mistakes import MistakesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flask import Blueprint
    from werkzeug import Response

ID = re.compile(r"[0-9a-f]{16}")
RUNNING, DONE, FAILED, LOST = "running", "done", "failed", "lost"
SECTIONS = {
    "gaps": "/admin/gaps",
    "import": "/admin/import",
    "apply": "/admin/import",
    "compare": "/admin/releases",
    "publish": "/admin/releases",
}
"""The part of the console that a kind of job belongs to."""
TELLING = 0.3
"""Seconds after which progress is written down again."""
REFRESHING = 1
"""Seconds after which the page of a running job looks again."""
KEPT_SECONDS = 7 * 24 * 60 * 60
"""How long what came of a job can be looked at."""


class JobError(Exception):
    """A job can't do what it should, for a reason that its owner can mend."""

    def __init__(self, reason: str, status: int = 422) -> None:
        """Say the reason, and the HTTP status that it would have had as a response."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job."""

    id: str
    kind: str
    state: str
    process: int
    done: int = 0
    total: int = 0
    """How many steps there are; 0: nobody knows."""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    status: int = 500
    """The HTTP status of its failure."""


class Jobs:
    """The jobs of a server, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Keep what is known of them in a folder, which is made with the first."""
        self._folder = folder
        self._threads: dict[str, threading.Thread] = {}

    def init_app(self, pages: Blueprint) -> None:
        """Register the page that shows how far a job is, and what came of it."""

        @pages.get("/jobs/<id_>")
        def job(id_: str) -> Response:
            found = self.get(id_) or abort(404)
            html = render_template(
                "console/job.html", job=found, seconds=REFRESHING, here=SECTIONS.get(found.kind)
            )
            return make_response(html, found.status if found.state == FAILED else 200)

    def start(
        self, kind: str, work: Callable[[Progress], Mapping[str, Any]], id_: str | None = None
    ) -> str:
        """Begin to work in a thread, and give the job's id; what `work` gives is its result."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._remove_old()
        job = Job(id_ or new_id(), kind, RUNNING, os.getpid())
        self._write(job)
        thread = threading.Thread(target=self._run, args=(job, work), daemon=True)
        self._threads = {i: t for i, t in self._threads.items() if t.is_alive()} | {job.id: thread}
        thread.start()
        return job.id

    def get(self, id_: str) -> Job | None:
        """Give what is known of a job; None: there is none of that id."""
        if not ID.fullmatch(id_):
            return None
        try:
            job = Job(**json.loads((self._folder / f"{id_}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return replace(job, state=LOST) if job.state == RUNNING and not _lives(job) else job

    def wait(self, id_: str, seconds: float) -> Job | None:
        """Give what is known of a job of this process when it has ended, or after so long."""
        if thread := self._threads.get(id_):
            thread.join(seconds)
        return self.get(id_)

    def place(self, id_: str) -> Path:
        """Give the folder for the files of a job; it is made when first asked for."""
        folder = self._folder / id_
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _run(self, job: Job, work: Callable[[Progress], Mapping[str, Any]]) -> None:
        progress = Progress(lambda done, total: self._write(replace(job, done=done, total=total)))
        ended = replace(job, state=FAILED)
        try:
            ended = replace(job, state=DONE, result=work(progress))
        except JobError as error:
            ended = replace(ended, error=str(error), status=error.status)
        except MistakesError as error:
            ended = replace(ended, error=str(error), status=422)
        finally:
            # What broke it otherwise is told by the log.
            self._write(ended)

    def _write(self, job: Job) -> None:
        draft = self._folder / f".{job.id}"
        draft.write_text(json.dumps(asdict(job), ensure_ascii=False), encoding="utf-8")
        draft.replace(self._folder / f"{job.id}.json")

    def _remove_old(self) -> None:
        for path in self._folder.glob("*.json"):
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink(missing_ok=True)
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)


def new_id() -> str:
    """Make the id of a job that is to be started."""
    return secrets.token_hex(8)


class Progress:
    """How far a job is; it is called with how many more steps are done."""

    def __init__(self, tell: Callable[[int, int], object]) -> None:
        """Write down what is told, seldom enough to cost nothing."""
        self._tell = tell
        self._told = 0.0
        self.done = 0
        self.total = 0

    def begin(self, total: int) -> None:
        """Say how many steps come now."""
        self.done, self.total, self._told = 0, total, 0.0
        self(0)

    def __call__(self, steps: int = 1) -> None:
        """Count steps that are done."""
        self.done += steps
        if time.monotonic() - self._told >= TELLING:
            self._told = time.monotonic()
            self._tell(self.done, self.total)


def _lives(job: Job) -> bool:
    if job.process == os.getpid():
        return True
    try:
        os.kill(job.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
