"""Estimate how many rows files hold, for a progress bar, without reading what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.sources import ARCHIVE, file_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PACKED = (".xlsx", ARCHIVE)
PACKED_ROW = 60
"""Bytes that a row takes in a file that is packed, roughly."""
CHUNK = 1 << 20


def estimate_rows(paths: Iterable[Path]) -> int:
    """Give about as many rows as are in the files, at least one."""
    files = (file for path in paths for file in file_names(path).values() if file.is_file())
    return max(1, sum(map(_rows, files)))


def _rows(file: Path) -> int:
    if file.name.lower().endswith(PACKED):
        return file.stat().st_size // PACKED_ROW
    with file.open("rb") as opened:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(CHUNK), b""))
