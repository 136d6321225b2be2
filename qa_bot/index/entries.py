"""Keep entries as rows of a file that is mapped, and read each when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from qa_bot.knowledge import read_row, write_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from qa_bot.knowledge import Entry

    Rows = tuple[bytes, list[int]]

END = b"\n"
REMEMBERED = 4096
"""How many entries are remembered once they were read; questions share most of theirs."""


class StoredEntries(Sequence["Entry"]):
    """The entries of a base, in order; opening it reads none of them."""

    def __init__(self, rows: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        """Take the bytes of all rows; entry `n` has those from `ends[n]` up to `ends[n + 1]`."""
        self._rows, self._ends = rows, ends
        self._count = len(ends) - 1
        self._read = lru_cache(maxsize=REMEMBERED)(self._read_row)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> StoredEntries:
        """Write entries as rows, but for those that are."""
        if isinstance(entries, cls):
            return entries
        maker = RowsMaker()
        maker.add(*write_rows(entries))
        return maker.done()[0]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        return {"rows": self._rows, "ends": self._ends}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StoredEntries:
        """Take what `arrays` gave."""
        return cls(arrays["rows"], arrays["ends"])

    def _read_row(self, number: int) -> Entry:
        return read_row(self._rows[self._ends[number] : self._ends[number + 1]].tobytes())

    @overload
    def __getitem__(self, number: int) -> Entry: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, number: int | slice) -> Entry | tuple[Entry, ...]:
        if isinstance(number, slice):
            return tuple(map(self._read, range(*number.indices(len(self)))))
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        return self._read(number if number >= 0 else number + len(self))

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        """Compare with any sequence of entries."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Agree with equality; which entries they are would take reading all of them."""
        return len(self)


def write_rows(entries: Iterable[Entry]) -> Rows:
    """Write entries as lines, and tell how long each is without its end."""
    rows = list(map(write_row, entries))
    return b"".join(row + END for row in rows), list(map(len, rows))


class RowsMaker:
    """Joins the rows of ranges of entries, one range after another."""

    def __init__(self) -> None:
        """Begin without entries."""
        self._digest = hashlib.sha256()
        self._parts: list[bytes] = []
        self._lengths = [0]

    def add(self, lines: bytes, lengths: Iterable[int]) -> None:
        """Add a range of entries; see `write_rows`."""
        self._digest.update(lines)
        # JSON writes the line ends within texts in another way.
        self._parts.append(lines.replace(END, b""))
        self._lengths += lengths

    def done(self) -> tuple[StoredEntries, str]:
        """Give all entries, and their `KnowledgeBase.content_hash`."""
        rows = np.frombuffer(b"".join(self._parts), np.uint8)
        ends = np.cumsum(self._lengths, dtype=np.int64)
        return StoredEntries(rows, ends), self._digest.hexdigest()
