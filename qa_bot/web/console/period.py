"""Read for how many days back a page is to look."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = (7, 30, 90)
"""How many days one may choose."""
USUAL = 30


@dataclass(frozen=True, slots=True)
class Period:
    """The last days up to now."""

    length: int
    since: datetime.datetime
    """Midnight, in this machine's zone, at the beginning of the first day."""
    lengths: tuple[int, ...] = LENGTHS

    def days(self) -> Iterator[datetime.date]:
        """Give every day, today last."""
        first = self.since.date()
        return (first + datetime.timedelta(number) for number in range(self.length))


def read_period() -> Period:
    """Give the period that the address names by its `days`; else the usual one."""
    asked = request.args.get("days", "")
    length = int(asked) if asked in map(str, LENGTHS) else USUAL
    today = datetime.datetime.now().astimezone().date()
    first = today - datetime.timedelta(length - 1)
    return Period(length, datetime.datetime.combine(first, datetime.time()).astimezone())
