"""Save an index in a folder, and open it again mapped into memory; no pickle."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from qa_bot.index import vocabulary
from qa_bot.index.postings import Postings, Weighting
from qa_bot.index.vocabulary import Vocabulary
from qa_bot.mistakes import Location, Mistake, MistakesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FORMAT = 7
"""Raised whenever saved indexes of before can't be read any more."""
HEADER = "index.json"
REMEDY = "build it anew: python -m qa_bot index"
FACTS = "facts.json"
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
            for array in vocabulary.ARRAYS:
                _write_array(draft / f"{name}-{array}.npy", getattr(part.vocabulary, array))
        for name, values in arrays.items():
            _write_array(draft / f"{name}.npy", values)
        header["files"] = {path.name: _checksum(path) for path in sorted(draft.iterdir())}
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
    header = _read_header(folder)
    try:
        return _read_parts(folder, header)
    except (KeyError, TypeError) as error:
        raise unreadable(folder, error) from None


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
            vocabulary=Vocabulary(*(arrays.pop(f"{name}-{part}") for part in vocabulary.ARRAYS)),
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


def _read_header(folder: Path) -> dict[str, Any]:
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
        if not (folder / name).is_file() or _checksum(folder / name) != checksum
    ]
    if damaged:
        raise MistakesError(damaged)
    return header
