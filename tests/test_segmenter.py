"""Segmenter: text is cut into the words that jieba cuts, and general Chinese is known by them."""

from __future__ import annotations

import jieba
import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.segmenter import Segmenter
from qa_bot.text import normalize

ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("网络文化经营许可證乾縣瞭解反覆藉口ＩＣＰ①㎡ﬁ3.5?？;；\n 　"),
    ),
    max_size=40,
)
bounded = examples(max_examples=60, derandomize=True, deadline=None)

WORDS = ("网络文化经营许可证", "icp证", "b2b平台", "3类医疗器械", "文网文", "a 类", "龥", "久b")


@pytest.fixture(scope="module")
def segmenter(settings):
    return Segmenter(WORDS, settings.cache / "jieba")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("办理网络文化经营许可证要多久?", ["办理", "网络文化经营许可证", "要", "多久"]),
        ("证 照 办", ["证", "照", "办"]),
        ("注册资本100万元", ["注册资本", "100", "万元"]),
        ("icp证怎么办", ["icp证", "怎么办"]),
        ("b2b平台要gpt4o吗", ["b2b平台", "要", "gpt4o", "吗"]),
        ("3类医疗器械备案", ["3类医疗器械", "备案"]),
        ("。,!?  ", []),
    ],
)
def test_words_are_kept_whole_whatever_their_length_and_script(segmenter, text, words):
    assert segmenter.cut(text) == words


@given(ANY_TEXT)
@bounded
def test_cutting_loses_no_letter_and_no_digit(segmenter, text):
    letters = [character for character in normalize(text) if character.isalnum()]
    kept = "".join(segmenter.cut(normalize(text)))
    assert [character for character in kept if character.isalnum()] == letters


@pytest.fixture(scope="module")
def jieba_itself(tmp_path_factory):
    """jieba's own tokenizer with the same words, and a cache of its own."""
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    for word in sorted(WORDS):
        tokenizer.add_word(word)
    return tokenizer


SOME_TEXT = st.text(
    st.sampled_from("网络文化经营许可证的办理要多久b2平台3.5%-_+ 。éｂ😀㐀龥"), max_size=30
)


@given(ANY_TEXT | SOME_TEXT)
@bounded
@example("文网文3.5天办b2b平台 c++ 和 icp备案、a_b")
def test_words_are_those_that_jieba_itself_cuts(segmenter, jieba_itself, text):
    words = jieba_itself.cut(normalize(text), HMM=False)
    kept = [word for word in words if any(character.isalnum() for character in word)]
    assert segmenter.cut(normalize(text)) == kept


def test_the_dictionary_that_programs_share_is_left_alone(segmenter):
    assert "3类医疗器械" in segmenter.cut("3类医疗器械备案")
    assert not jieba.dt.FREQ.keys() & set(WORDS)


def test_a_long_word_is_counted_with_the_shorter_words_inside_it(segmenter):
    inside = segmenter.subwords("网络文化经营许可证")
    assert inside == ["网络", "文化", "经营", "许可", "许可证", "网络文化经营许可证"]
    assert segmenter.subwords("证") == ["证"]


def test_general_chinese_knows_how_common_words_are(segmenter):
    known = segmenter.background
    assert 1 > known.word("的") > known.word("许可证") > known.word("b2b平台") == 0
    assert 1 > known.character("的") > known.character("餐") > known.character("😀") == 0
    assert known.pair("许可") > known.pair("可许")
    assert known.sound("xu ke") >= known.pair("许可")
