"""Weights: what is worked out by numbers for many texts at once is what their terms say by name."""

from __future__ import annotations

from itertools import compress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.analyzer import FACET, WORD
from qa_bot.index import Columns
from qa_bot.index.held import Contents
from qa_bot.query import read_query

FAQ = """question,answer,wordings
江苏文网文怎么续期?,期满前30日内申请延续。,文网文快到期了|江苏网络文化经营许可证延续
文网文续期要什么材料?,延续申请书和许可证原件。,续文网文交啥
演出证二级怎么办?,不分级。,
"""
ASKED = ["江苏文网文续期要什么材料", "浙江演出证怎么办", "奶茶洒了怎么擦", "文网文", "续期续期", ""]


@given(
    st.lists(st.lists(st.integers(0, 9), unique=True, max_size=6), min_size=1, max_size=6),
    st.lists(st.integers(0, 9), unique=True, max_size=5),
    st.data(),
)
@examples(max_examples=100, derandomize=True, deadline=None)
def test_what_texts_hold_is_told_text_by_text_and_term_by_term(texts, asked, data):
    starts = np.cumsum([0, *map(len, texts)])
    terms = np.array([term for text in texts for term in text], np.int32)
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1))
    held = Contents(starts, terms).hold(np.array(chosen), Columns(asked, 10))
    assert held.tolist() == [[term in texts[text] for term in asked] for text in chosen]


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


@pytest.mark.parametrize("question", ASKED)
def test_a_wording_and_a_question_share_what_their_terms_weigh(bot, question):
    weigher, reading = bot.ranker.weigher, read_query(question, bot.analyzer).reading
    asked = weigher.weigh(reading)
    places = range(bot.index.wording_starts[-1])
    for place, overlaps in zip(places, weigher.overlaps(reading, places), strict=True):
        stored = weigher.of_wording(place)
        forms = (asked.written, stored.written), (asked.canonical, stored.canonical)
        for overlap, (own, other) in zip(overlaps, forms, strict=True):
            assert overlap.shared == pytest.approx(sum(own[t] for t in own if t in other))
            assert overlap.asked == pytest.approx(sum(own.values()))
            assert overlap.held == pytest.approx(sum(other.values()))


@pytest.mark.parametrize("question", ASKED)
def test_what_a_wording_says_beside_typed_facets_is_told_apart_from_what_is_asked(bot, question):
    weigher, reading = bot.ranker.weigher, read_query(question, bot.analyzer).reading
    asked = weigher.beside(reading).terms
    assert not any(map(bot.analyzer.names_typed_facet, asked))
    for place in range(bot.index.wording_starts[-1]):
        stored = weigher.of_wording(place).canonical
        own = {t: w for t, w in stored.items() if not bot.analyzer.names_typed_facet(t)}
        telling = {t: w for t, w in own.items() if t[0] in {WORD, FACET}}
        lacked = [w for t, w in telling.items() if t not in asked]
        expected = sum(own.values()), sum(telling.values()), sum(lacked), max(lacked, default=0.0)
        assert weigher.frame(reading, place) == pytest.approx(expected)


def test_the_terms_that_wordings_hold_are_found_again_by_their_columns(bot):
    reading = read_query("江苏文网文续期要什么材料", bot.analyzer).reading
    asked = bot.ranker.weigher.beside(reading)
    held = bot.index.hold("canonical", [0, 1, 2], asked.columns)
    by_place = [set(compress(asked.numbers.values(), row)) for row in held]
    for place, found in enumerate(by_place):
        assert found == bot.ranker.weigher.of_wording(place).canonical.keys() & {*asked.terms}
