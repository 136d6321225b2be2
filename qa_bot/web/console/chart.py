"""Lay counts by day out as stacked bars; the page's template draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 220
LEFT, BOTTOM, TOP = 40, 24, 8
"""Room for the numbers beside and the days under the bars, in the same units."""
FILLED = 0.8
"""How much of a day's place its bar takes."""
TICKS = 4
MOST_LABELS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: how often something came out on a day."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    day: str
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a box of `WIDTH` by `HEIGHT`, the lines behind them and the words beside them."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    """Height in the box, and the number that it stands for."""
    days: tuple[tuple[float, str], ...]
    """Place along the box, and the day that it stands for."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def stacked(counts: Mapping[datetime.date, Mapping[str, int]], kinds: Sequence[str]) -> Chart:
    """Stack the kinds, the first lowest, a bar for each day in order."""
    most = max((sum(by.values()) for by in counts.values()), default=0)
    step = _round_step(most)
    top = max(step * math.ceil(most / step), step)
    floor, place = HEIGHT - BOTTOM, (WIDTH - LEFT) / max(len(counts), 1)
    scale = (floor - TOP) / top
    bars, days = [], []
    for number, (day, by) in enumerate(sorted(counts.items())):
        x, y = LEFT + number * place + place * (1 - FILLED) / 2, float(floor)
        for kind in kinds:
            if by.get(kind):
                y -= by[kind] * scale
                height = by[kind] * scale
                bars.append(Bar(x, y, place * FILLED, height, kind, day.isoformat(), by[kind]))
        if number % math.ceil(len(counts) / MOST_LABELS) == 0:
            days.append((LEFT + (number + 0.5) * place, f"{day.month}-{day.day}"))
    lines = tuple((floor - n * scale, n) for n in range(0, top + 1, step))
    return Chart(tuple(bars), lines, tuple(days))


def _round_step(most: int) -> int:
    """Give the step between the lines: 1, 2 or 5 times a power of ten, about `TICKS` of them."""
    wanted = max(most / TICKS, 1)
    power = 10 ** int(math.log10(wanted))
    return int(next(n * power for n in (1, 2, 5, 10) if n * power >= wanted))
