"""Stacked bars: as high as what they count, a day beside the other."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.web.console.chart import HEIGHT, LEFT, WIDTH, stacked

KINDS = ("answered", "clarify", "no_match")
DAY = datetime.date(2026, 11, 1)

counts = st.dictionaries(
    st.integers(0, 60).map(lambda n: DAY + datetime.timedelta(n)),
    st.fixed_dictionaries({kind: st.integers(0, 5000) for kind in KINDS}),
    max_size=40,
)


def test_a_bar_is_as_high_as_what_it_counts():
    chart = stacked({DAY: {"answered": 30, "no_match": 10}}, KINDS)
    answered, none = chart.bars
    assert (answered.count, none.count) == (30, 10)
    assert answered.height == 3 * none.height
    assert none.y + none.height == answered.y


def test_nothing_asked_is_an_empty_chart_with_its_lines():
    chart = stacked({}, KINDS)
    assert chart.bars == ()
    assert [number for _, number in chart.lines] == [0, 1]


@given(counts)
def test_every_bar_is_inside_and_none_covers_another(counted):
    chart = stacked(counted, KINDS)
    assert sum(bar.count for bar in chart.bars) == sum(sum(by.values()) for by in counted.values())
    for bar in chart.bars:
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH + 1e-6
        assert bar.y >= 0
        assert bar.y + bar.height <= HEIGHT
    by_day = {}
    for bar in chart.bars:
        assert bar.y + bar.height <= by_day.get(bar.day, HEIGHT) + 1e-6
        by_day[bar.day] = bar.y


@given(counts)
def test_lines_stand_at_round_numbers_up_to_the_highest_bar(counted):
    numbers = [number for _, number in stacked(counted, KINDS).lines]
    most = max((sum(by.values()) for by in counted.values()), default=0)
    assert numbers[-1] >= most
    assert 2 <= len(numbers) <= 6
