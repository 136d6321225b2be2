"""Keep which release is current, and who changed that when and why."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.releases.folder import sync_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CURRENT, AUDIT, LOCK = "current", "audit.jsonl", "lock"

PUBLISH, ROLL_BACK, ROLL_FORWARD, PRUNE = "publish", "roll back", "roll forward", "prune"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the audit log: what was done, by whom, when and why."""

    action: str
    old: int
    """The release that was current before (of a pruning: the release that was deleted)."""
    new: int
    """The release that is current since."""
    at: str
    """The time, as RFC 3339 has it."""
    who: str
    why: str
    overruled: tuple[str, ...] = ()
    """What spoke against it, and was known."""

    def to_dict(self) -> dict[str, Any]:
        """Give the line as plain data."""
        return {**asdict(self), "overruled": list(self.overruled)}


class History:
    """The current release and the audit log, in a folder; any number of processes may write.

    The file `current` holds the whole last step, and is replaced by one rename. The log is
    written after it: whoever finds a step missing there, because a process ended between the two,
    adds it.
    """

    def __init__(self, folder: Path) -> None:
        """Keep it in a folder."""
        self.folder = folder

    def current(self) -> Step | None:
        """Give the step that led to the current release; None: nothing was published yet."""
        path = self.folder / CURRENT
        return _read_step(read_text(path, CURRENT), CURRENT, 0) if path.exists() else None

    def stamp(self) -> tuple[int, ...] | None:
        """Give what is another value whenever another release became current; it costs little."""
        try:
            found = (self.folder / CURRENT).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def steps(self) -> list[Step]:
        """Give all steps, the first one first."""
        logged, _ = self._logged()
        current = self.current()
        return logged if current is None or current in logged else [*logged, current]

    def record(self, step: Step, *, switch: bool = True) -> None:
        """Add a step, and make the release current that it leads to unless told not to.

        Only within `locked`.
        """
        logged, end = self._logged()
        lacking = self.steps()[len(logged) :]
        if switch:
            _write_whole(self.folder / CURRENT, _line(step))
        with (self.folder / AUDIT).open("ab") as file:
            file.truncate(end)
            file.write("".join(map(_line, [*lacking, step])).encode())
            file.flush()
            os.fsync(file.fileno())

    def _logged(self) -> tuple[list[Step], int]:
        """Give the steps in the log, and where the last of them ends, in bytes.

        A line without its end was cut off by a crash; `current` holds it whole.
        """
        path = self.folder / AUDIT
        data = path.read_bytes() if path.exists() else b""
        end = data.rfind(b"\n") + 1
        lines = data[:end].decode(errors="replace").splitlines()
        return [_read_step(line, AUDIT, number) for number, line in enumerate(lines, 1)], end

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all others, threads and processes, from changing anything meanwhile."""
        with (self.folder / LOCK).open("a+b") as file:
            _lock(file.fileno())
            yield


def _line(step: Step) -> str:
    return json.dumps(step.to_dict(), ensure_ascii=False) + "\n"


def _read_step(text: str, name: str, line: int) -> Step:
    try:
        data = json.loads(text)
        return Step(**{**data, "overruled": tuple(data["overruled"])})
    except (ValueError, TypeError, KeyError) as error:
        problem, remedy = f"not a step of the history ({error})", "put it back from a backup"
        raise MistakesError([Mistake(Location(name, line=line), problem, remedy)]) from None


def _write_whole(path: Path, text: str) -> None:
    """Replace a file by one rename, so that it is there whole or as it was."""
    draft = path.with_name(f".{path.name}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        """Wait until nobody else has locked the file; closing it unlocks it."""
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:

    def _lock(descriptor: int) -> None:
        """Wait until nobody else has locked the file; closing it unlocks it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)
