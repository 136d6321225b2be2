"""Save an index in a folder, and open it again mapped into memory; no pickle.

Every file's checksum stands in the header. To read gigabytes at each start would take longer than
all else, so a file that was found whole is given a time of change that its checksum says, long
past: whoever writes to it changes that time, and it is read through again when it is next opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from qa_bot.index.postings import Postings, Weighting
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.vocabulary import ARRAYS as TERMS
from qa_bot.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

FORMAT = 12
"""Raised whenever saved indexes of before can't be read any more."""
HEADER = "index.json"
REMEDY = "build it anew: python -m qa_bot index"
FACTS = "facts.json"
EARLIEST = 315_532_800
"""The first second of 1980: no file system takes a time before it."""
SECONDS = 1 << 29
"""The times of files that are whole lie within the seventeen years after it."""
ARRAYS = tuple(
    part.name
    for part in fields(Postings)
    if part.name not in {"weighting", "lengths", "vocabulary"}
)


class OutdatedIndexError(MistakesError):
    """A saved index is whole, but of another program or lexicon than those that open it."""


def is_saved_index(path: Path) -> bool:
    """Tell whether a path is a folder that an index was saved in."""
    return (path / HEADER).is_file()


def save(
    folder: Path,
    facts: Mapping[str, Any],
    postings: Mapping[str, Postings],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write beside `folder` and rename: the index appears there whole or not at all.

    All is on the disk before it appears, so that a power cut cannot leave half of it either.
    """
    if folder.exists() and not is_saved_index(folder):
        problem = "this is there and is no saved index"
        raise MistakesError([Mistake(Location(str(folder)), problem, "name another folder")])
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".index-", dir=folder.parent))
    try:
        header: dict[str, Any] = {"format": FORMAT, "postings": {}}
        _write_json(draft / FACTS, facts)
        for name, part in postings.items():
            header["postings"][name] = {
                "weighting": asdict(part.weighting),
                "lengths": dict(part.lengths),
            }
            for array in ARRAYS:
                _write_array(draft / f"{name}-{array}.npy", getattr(part, array))
            for array, values in part.vocabulary.arrays().items():
                _write_array(draft / f"{name}-{array}.npy", values)
        for name, values in arrays.items():
            _write_array(draft / f"{name}.npy", values)
        header["files"] = {path.name: _checksum(path) for path in sorted(draft.iterdir())}
        for name, checksum in header["files"].items():
            _remember_whole(draft / name, checksum)
        _write_json(draft / HEADER, header)
        _sync_folder(draft)
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
        _sync_folder(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def open_saved(
    folder: Path,
) -> tuple[dict[str, Any], dict[str, Postings], dict[str, NDArray[Any]]]:
    """Give back what `save` was given, the arrays mapped into memory and read-only.

    Raise MistakesError when it is damaged, incomplete or of another format.
    """
    header = _read_header(folder, _is_surely_whole)
    try:
        return _read_parts(folder, header)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise unreadable(folder, error) from None


def parts_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    """Sort arrays by the part of their names before the first hyphen."""
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for name, values in arrays.items():
        part, _, own = name.partition("-")
        parts.setdefault(part, {})[own] = values
    return parts


def verify(folder: Path) -> None:
    """Read every file of a saved index through; raise MistakesError naming all that are damaged."""
    _read_header(folder, _is_whole)


def unreadable(folder: Path, error: Exception) -> MistakesError:
    """Say that a saved index lacks what it must have."""
    problem = f"the saved index cannot be read ({error!r})"
    return MistakesError([Mistake(Location(str(folder / HEADER)), problem, REMEDY)])


def _read_parts(
    folder: Path, header: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Postings], dict[str, NDArray[Any]]]:
    arrays = {
        file.removesuffix(".npy"): _map(folder / file)
        for file in header["files"]
        if file.endswith(".npy")
    }
    postings = {
        name: Postings(
            weighting=Weighting(**facts["weighting"]),
            lengths=facts["lengths"],
            vocabulary=Vocabulary(*(arrays.pop(f"{name}-{part}") for part in TERMS)),
            **{array: arrays.pop(f"{name}-{array}") for array in ARRAYS},
        )
        for name, facts in header["postings"].items()
    }
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return facts, postings, arrays


def _write_json(path: Path, data: object) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False)
        _sync(file)


def _write_array(path: Path, values: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, values)
        _sync(file)


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; Windows, which cannot, does so itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, checksum: str) -> bool:
    return path.is_file() and _checksum(path) == checksum


def _is_surely_whole(path: Path, checksum: str) -> bool:
    """Tell whether a file is whole; that nothing was written to it since it last was says so."""
    if path.is_file() and path.stat().st_mtime == _time_of(checksum):
        return True
    whole = _is_whole(path, checksum)
    if whole:
        # Where the folder is another user's, it is read through at each start.
        with suppress(OSError):
            _remember_whole(path, checksum)
    return whole


def _remember_whole(path: Path, checksum: str) -> None:
    os.utime(path, (_time_of(checksum), _time_of(checksum)))


def _time_of(checksum: str) -> int:
    """Give the time of change of a file that is whole; even, since some systems keep no odd one."""
    return EARLIEST + int(checksum[:8], 16) % SECONDS // 2 * 2


def _map(path: Path) -> NDArray[Any]:
    try:
        # As a plain array it is as quick to index as one in memory; it stays mapped.
        # Copied on write, which never happens: Numba is slow with what cannot be written at all.
        mapped = np.load(path, mmap_mode="c", allow_pickle=False)
        array: NDArray[Any] = mapped.view(np.ndarray)
        array.setflags(write=False)
    except ValueError as error:
        problem = f"not a plain array ({error})"
        raise MistakesError([Mistake(Location(str(path)), problem, REMEDY)]) from None
    return array


def _read_header(folder: Path, is_whole: Callable[[Path, str], bool]) -> dict[str, Any]:
    location = Location(str(folder / HEADER))
    try:
        header: dict[str, Any] = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        found = header["format"]
        files = header["files"].items() if found == FORMAT else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unreadable(folder, error) from None
    if found != FORMAT:
        problem = f"the saved index is of format {found}, this program's is {FORMAT}"
        raise OutdatedIndexError([Mistake(location, problem, REMEDY)])
    damaged = [
        Mistake(Location(str(folder / name)), "missing or damaged", REMEDY)
        for name, checksum in files
        if not is_whole(folder / name, checksum)
    ]
    if damaged:
        raise MistakesError(damaged)
    return header
