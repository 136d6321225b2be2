"""Put new contents of several files in place, all or nothing, also when the power fails.

Drafts are written into a hidden folder beside the files. Once a plan that names them is on the
disk, the change counts as made: what is then cut off is completed by whoever opens the folder next.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STAGE = ".edit"
PLAN = "plan.json"

_one_at_a_time = Lock()


def folder_of(root: Path) -> Path:
    """Give the folder of knowledge that is one file, or a folder."""
    return root.parent if root.is_file() else root


@contextmanager
def only_writer(root: Path) -> Iterator[None]:
    """Hold all other writers off, in this process and others, and complete what was cut off."""
    folder = folder_of(root)
    try:
        with _one_at_a_time, _locked(folder):
            _complete(folder)
            yield
    except OSError as error:
        problem = f"the files cannot be written ({error.strerror or error})"
        mistake = Mistake(Location(str(folder)), problem, "check the folder and its rights")
        raise MistakesError([mistake]) from None


def recover(root: Path) -> None:
    """Complete a change that was cut off, unless somebody is at it."""
    folder = folder_of(root)
    if not (folder / STAGE).exists():
        return
    with suppress(BlockingIOError), _locked(folder, wait=False):
        _complete(folder)


def stage(root: Path, contents: Mapping[str, bytes | None]) -> dict[str, Path | None]:
    """Write drafts of files; give where each lies (None: the file is to go)."""
    folder = folder_of(root) / STAGE
    folder.mkdir()
    drafts: dict[str, Path | None] = {}
    for number, (name, content) in enumerate(contents.items()):
        drafts[name] = None
        if content is not None:
            drafts[name] = draft = folder / str(number)
            _write(draft, content)
    return drafts


def commit(root: Path, drafts: Mapping[str, Path | None]) -> None:
    """Make the drafts the files."""
    folder = folder_of(root)
    plan = {name: draft.name if draft else None for name, draft in drafts.items()}
    written = folder / STAGE / f"{PLAN}.new"
    _write(written, json.dumps(plan, ensure_ascii=False).encode())
    written.replace(folder / STAGE / PLAN)
    _sync(folder / STAGE)
    _complete(folder)


def discard(root: Path) -> None:
    """Take away drafts that were not made the files."""
    folder = folder_of(root) / STAGE
    if folder.exists() and not (folder / PLAN).exists():
        shutil.rmtree(folder)


def _complete(folder: Path) -> None:
    """Do what is left of a plan, if there is one, and take the drafts away."""
    staged = folder / STAGE
    if not staged.exists():
        return
    plan = staged / PLAN
    if plan.exists():
        for name, draft in json.loads(plan.read_bytes()).items():
            _put(folder / name, staged / draft if draft else None)
        plan.unlink()
    shutil.rmtree(staged)


def _put(file: Path, draft: Path | None) -> None:
    if draft is None:
        file.unlink(missing_ok=True)
    elif draft.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            shutil.copymode(file, draft)
        draft.replace(file)
    _sync(file.parent)


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Lock a folder against other processes; the system lets go of it when a process ends."""
    if sys.platform == "win32":
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)
