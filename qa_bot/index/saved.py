"""Save an index in a folder, and open it again mapped into memory; no pickle."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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
ARRAYS = tuple(
    name for name in Postings.__slots__ if name not in {"weighting", "lengths", "vocabulary"}
)
VOCABULARY = ("letters", "ends", "buckets", "by_bucket")


def is_saved_index(path: Path) -> bool:
    """Tell whether a path is a folder that an index was saved in."""
    return (path / HEADER).is_file()


def save(
    folder: Path,
    facts: Mapping[str, Any],
    postings: Mapping[str, Postings],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write beside `folder` and rename: the index appears there whole or not at all."""
    if folder.exists() and not is_saved_index(folder):
        problem = "this is there and is no saved index"
        raise MistakesError([Mistake(Location(str(folder)), problem, "name another folder")])
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".index-", dir=folder.parent))
    try:
        header: dict[str, Any] = {"format": FORMAT, "postings": {}}
        _write_json(draft / "facts.json", facts)
        for name, part in postings.items():
            header["postings"][name] = {
                "weighting": asdict(part.weighting),
                "lengths": dict(part.lengths),
            }
            for array in VOCABULARY:
                np.save(draft / f"{name}-{array}.npy", getattr(part.vocabulary, array))
            for array in ARRAYS:
                np.save(draft / f"{name}-{array}.npy", getattr(part, array))
        for name, values in arrays.items():
            np.save(draft / f"{name}.npy", values)
        header["files"] = {path.name: _checksum(path) for path in sorted(draft.iterdir())}
        _write_json(draft / HEADER, header)
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
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
    postings = {}
    for name, facts in header["postings"].items():
        postings[name] = Postings(
            weighting=Weighting(**facts["weighting"]),
            vocabulary=Vocabulary(*(_map(folder / f"{name}-{array}.npy") for array in VOCABULARY)),
            lengths=facts["lengths"],
            **{array: _map(folder / f"{name}-{array}.npy") for array in ARRAYS},
        )
    parts = {f"{name}-{array}.npy" for name in postings for array in ARRAYS + VOCABULARY}
    others = (file for file in header["files"] if file.endswith(".npy") and file not in parts)
    arrays = {file.removesuffix(".npy"): _map(folder / file) for file in others}
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return facts, postings, arrays


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _map(path: Path) -> NDArray[Any]:
    try:
        # As a plain array it is as quick to index as one in memory; it stays mapped.
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
        raise MistakesError([Mistake(location, problem, REMEDY)])
    damaged = [
        Mistake(Location(str(folder / name)), "missing or damaged", REMEDY)
        for name, checksum in files
        if not (folder / name).is_file() or _checksum(folder / name) != checksum
    ]
    if damaged:
        raise MistakesError(damaged)
    return header
