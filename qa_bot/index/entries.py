"""Keep entries as rows of a file that is mapped, and read each when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from qa_bot.knowledge import read_row, write_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from qa_bot.knowledge import Entry

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
        """Write entries as rows."""
        rows = [write_row(entry) for entry in entries]
        ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(rows), np.uint8), ends)

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
