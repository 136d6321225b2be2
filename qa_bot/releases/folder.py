"""Put a folder on the disk for good: synced, read-only; and take such a folder away again."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
READ = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
ENTER = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def settle(folder: Path) -> None:
    """Have all in a folder on the disk, and let nobody write there any more, but all read."""
    for path in _below(folder):
        if path.is_dir():
            path.chmod(READ | ENTER)
            sync_folder(path)
        else:
            with path.open("r+b") as file:
                os.fsync(file.fileno())
            path.chmod(READ)


def remove(folder: Path) -> None:
    """Delete a folder, settled or not."""
    for path in _below(folder):
        if path.is_dir():
            path.chmod(path.stat().st_mode | stat.S_IRWXU)
    shutil.rmtree(folder)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; Windows, which cannot, does so itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _below(folder: Path) -> list[Path]:
    """Give all below a folder, what lies in a folder before it, and the folder itself last."""
    return [*sorted(folder.rglob("*"), reverse=True), folder]
