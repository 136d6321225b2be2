"""Lattice: many texts are cut at once into the words that each is cut into by itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.lattice import Lattice
from qa_bot.segmenter import LONG, Segmenter
from qa_bot.text import normalize

WORDS = ("网络文化经营许可证", "icp证", "b2b平台", "3类医疗器械", "文网文")
LETTERS = "网络文化经营许可证的办理要多久b2平台3.5%-_+ 。éｂ😀㐀龥"
TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.text(st.sampled_from(LETTERS), max_size=30),
    max_size=8,
)


@pytest.fixture(scope="module")
def segmenter(settings):
    return Segmenter(WORDS, settings.cache / "jieba")


@pytest.fixture(scope="module")
def lattice(segmenter):
    return segmenter.lattice()


@given(TEXTS)
@example([])
@example(["", "办", "文网文3.5天办b2b平台 c++ 和 icp备案、a_b", ""])
@example(["办理许可证" * LONG])
@examples(max_examples=100, derandomize=True, deadline=None)
def test_words_are_those_of_each_text_by_itself(segmenter, lattice, texts):
    normal = list(map(normalize, texts))
    assert segmenter.cut_all(normal, lattice) == [segmenter.cut(text) for text in normal]


def test_of_ways_that_are_equally_likely_the_longer_word_comes_first():
    assert Lattice({"办": 1, "理": 1, "办理": 1}, 0.0).cut(["办理办"]) == [["办理", "办"]]


def test_what_no_word_begins_with_is_a_word_by_itself():
    assert Lattice({"办": 1, "理": 0, "理发": 1}, 1.0).cut(["证理b2b"]) == [["证", "理", "b2b"]]
