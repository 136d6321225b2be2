"""Unpack a ZIP archive of knowledge into a folder, and nothing that could do harm."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MEMBERS = 10_000
MOST_BYTES = 1 << 30
"""Unpacked, all members together."""
MOST_TIMES = 200
"""How many times as large as the archive its members may be together: text shrinks to a tenth."""
FREE_BYTES = 1 << 24
"""What may be unpacked from an archive however small it is."""
ENCRYPTED = 0x1
NAMED_IN_UTF8 = 0x800
CHUNK = 1 << 16
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError)


def unpack(path: Path, name: str, folder: Path) -> Iterator[Mistake]:
    """Unpack what can be into a folder; yield what is wrong with the rest."""
    place = Location(name)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            left = min(MOST_BYTES, max(FREE_BYTES, path.stat().st_size * MOST_TIMES))
            if len(members) > MOST_MEMBERS:
                problem = f"{len(members)} files (at most {MOST_MEMBERS})"
                yield Mistake(place, problem, "part the archive into several")
                return
            for member in members:
                wrong, left = _unpack(archive, member, name, folder, left)
                if wrong:
                    yield wrong
                if left < 0:
                    return
    except (*BROKEN, OSError, ValueError) as error:
        yield Mistake(place, f"not a ZIP archive ({error})", "pack the files anew")


def _unpack(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, folder: Path, left: int
) -> tuple[Mistake | None, int]:
    """Give a member's mistake, if any, and how many bytes may still be unpacked."""
    inner = _name_of(member)
    place = Location(f"{name}/{inner}")
    file = folder / inner
    if "__MACOSX" in file.parts:
        return None, left
    refused = _refusal(member, inner)
    if not refused and file.exists():
        refused = ("two files of this name", "pack it once")
    if refused:
        return Mistake(place, *refused), left
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        left = _write(archive, member, file, left)
    except (NotImplementedError, *BROKEN) as error:
        file.unlink(missing_ok=True)
        return Mistake(place, f"it can't be unpacked ({error})", "pack it anew, as plain ZIP"), left
    if left < 0:
        file.unlink()
        problem = "the archive holds far more than its size"
        return Mistake(place, problem, "unpack it yourself, and take the folder"), left
    return None, left


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path, left: int) -> int:
    """Unpack a member until it ends, or no bytes are left; give how many are."""
    with archive.open(member) as packed, file.open("xb") as unpacked:
        while left >= 0 and (chunk := packed.read(CHUNK)):
            left -= len(chunk)
            unpacked.write(chunk)
    return left


def _refusal(member: zipfile.ZipInfo, inner: str) -> tuple[str, str] | None:
    """Give problem and remedy of a member that is not unpacked."""
    parts = PurePosixPath(inner).parts
    if not parts or inner.startswith("/") or ".." in parts or ":" in parts[0]:
        remedy = "pack the files by their names, without .. or a drive"
        return "a name that leads out of the archive", remedy
    if member.flag_bits & ENCRYPTED:
        return "the file is encrypted", "pack it without a password"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link, not a file", "pack the file itself"
    return None


def _name_of(member: zipfile.ZipInfo) -> str:
    """Give a member's name; one that isn't marked as UTF-8 was written in it, or in GB18030."""
    name = member.filename
    if not member.flag_bits & NAMED_IN_UTF8:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")
