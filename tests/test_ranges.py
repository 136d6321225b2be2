"""Ranges: the places of many ranges, one after another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.index.ranges import within
from qa_bot.vocabulary import Vocabulary


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
@examples(max_examples=60, derandomize=True, deadline=None)
def test_the_places_of_ranges_follow_each_other(ranges):
    begins = np.array([begin for begin, _ in ranges], np.int64)
    lengths = np.array([length for _, length in ranges], np.int64)
    expected = [place for begin, length in ranges for place in range(begin, begin + length)]
    assert within(begins, lengths).tolist() == expected


def test_terms_that_begin_with_a_letter_stand_together():
    terms = Vocabulary.of(["c办", "c证", "f级别=一级", "w办理"])
    assert [terms.beginning_with(letter) for letter in "cfpw"] == [(0, 2), (2, 3), (3, 3), (3, 4)]
