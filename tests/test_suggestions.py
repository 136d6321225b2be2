"""Suggestions: what is typed, finished or not, leads to the questions that hold it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from qa_bot.index import Characters
from qa_bot.suggestions import Suggestions
from qa_bot.text import match_key

TABLE = """question,answer,wordings
网络文化经营许可证怎么续期？,期满前三十日申请。,文网文到期了怎么办|文网文怎么续
算法备案要准备什么材料？,准备五份材料。,
大模型备案要多久？,,
重庆的《广播电视节目制作经营许可证》怎么办理？,在线办理。,
AI生成的内容要加标识吗？,要加。,
西安办演出证去哪里？,,
"""
RENEWAL = "网络文化经营许可证怎么续期？"
ALGORITHM = "算法备案要准备什么材料？"
MODEL = "大模型备案要多久？"
RADIO = "重庆的《广播电视节目制作经营许可证》怎么办理？"
AI = "AI生成的内容要加标识吗？"
XIAN = "西安办演出证去哪里？"


def suggestions_of(entries):
    return Suggestions(entries, Characters.of(entries))


@pytest.fixture
def suggestions(read, write):
    return suggestions_of(read(write("faq.csv", TABLE)).entries)


def questions(found):
    return [suggestion.entry.question for suggestion in found]


def typed(suggestion):
    return [text for text, was_typed in suggestion.segments if was_typed]


@pytest.mark.parametrize(
    ("text", "question", "marked"),
    [
        pytest.param("网络文化", RENEWAL, ["网络文化"], id="characters"),
        pytest.param("網絡文化", RENEWAL, ["网络文化"], id="traditional"),
        pytest.param("wangluo wenhua", RENEWAL, ["网络文化"], id="pinyin"),
        pytest.param("wang'luo'wen'hua", RENEWAL, ["网络文化"], id="pinyin-of-an-ime"),
        pytest.param("wangluowenh", RENEWAL, ["网络文化"], id="half-a-syllable"),
        pytest.param("wlwh", RENEWAL, ["网络文化"], id="initials"),
        pytest.param("WLWH", RENEWAL, ["网络文化"], id="capitals"),
        pytest.param("网络wenh", RENEWAL, ["网络文化"], id="characters-and-pinyin"),
        pytest.param("wluowh", RENEWAL, ["网络文化"], id="pinyin-and-initials"),
        pytest.param("shengc", AI, ["生成"], id="initial-of-two-letters"),
        pytest.param("chongqing", RADIO, ["重庆"], id="a-character-of-several-sounds"),
        pytest.param("guangbodianshi", RADIO, ["广播电视"], id="marks-do-not-part"),
        pytest.param("重庆的广播", RADIO, ["重庆的《广播"], id="marks-need-not-be-typed"),
        pytest.param("ai", AI, ["AI"], id="letters"),
        pytest.param("aisc", AI, ["AI生成"], id="letters-and-initials"),
        pytest.param("xian", XIAN, ["西安"], id="syllables-that-may-be-one"),
        pytest.param("大模型 多久", MODEL, ["大模型", "多久"], id="two-parts"),
        pytest.param("模型要多久", MODEL, ["模型", "要多久"], id="almost"),
    ],
)
def test_what_is_typed_finds_the_question_and_is_marked_in_it(suggestions, text, question, marked):
    first, *_ = suggestions.find(text, 5)
    assert first.entry.question == question
    assert typed(first) == marked


@pytest.mark.parametrize("question", [RENEWAL, ALGORITHM, RADIO, AI])
def test_the_segments_are_the_question(suggestions, question):
    for text in (question[:3], "banli", "b", "什么"):
        for found in suggestions.find(text, 5):
            assert "".join(piece for piece, _ in found.segments) == found.entry.question


def test_one_letter_finds_what_begins_with_it_first(suggestions):
    assert questions(suggestions.find("s", 5))[0] == ALGORITHM
    assert questions(suggestions.find("w", 5)) == [RENEWAL]
    assert questions(suggestions.find("a", 5))[:2] == [AI, ALGORITHM]


def test_every_beginning_of_what_is_typed_finds_the_question(suggestions):
    for text in ("suanfabeian", "sfba", "算法备案"):
        for end in range(2, len(text) + 1):
            assert ALGORITHM in questions(suggestions.find(text[:end], 5))


def test_another_wording_leads_to_its_question_where_nothing_is_marked(suggestions):
    (found,) = suggestions.find("文网文到期", 5)
    assert found.entry.question == RENEWAL
    assert found.segments == ((RENEWAL, False),)


def test_a_question_is_suggested_once_however_many_wordings_fit(suggestions):
    assert questions(suggestions.find("wwwzm", 5)) == [RENEWAL]


def test_answered_questions_come_first_among_those_that_fit_alike(suggestions):
    assert questions(suggestions.find("备案", 5)) == [ALGORITHM, MODEL]
    assert questions(suggestions.find("beian", 5)) == [ALGORITHM, MODEL]


def test_a_whole_sound_fits_better_than_a_beginning(suggestions):
    found = questions(suggestions.find("ban", 5))
    assert set(found[:3]) == {RENEWAL, RADIO, XIAN}  # 办
    assert set(found[3:]) == {ALGORITHM, MODEL}  # 备案, by b and an


def test_no_more_come_than_are_wanted(suggestions):
    assert len(suggestions.find("b", 2)) == 2


@pytest.mark.parametrize(
    "text", ["", " ", "？！", "香港烟草", "qqqq", "x" * 500, "\ud800", "网" * 500]
)
def test_what_is_in_no_question_finds_none(suggestions, text):
    assert suggestions.find(text, 5) == ()


def test_a_base_may_hold_one_question(read, write):
    only = suggestions_of(read(write("faq.csv", "question,answer\n问？,答。\n")).entries)
    assert questions(only.find("wen", 5)) == ["问？"]


@bounded(max_examples=100, derandomize=True, deadline=None)
@given(text=st.text(st.sampled_from("wangluohzcs网络文化备案证 ？'1😀"), max_size=20))
def test_anything_typed_gives_questions_in_whole(bundled_suggestions, text):
    for found in bundled_suggestions.find(text, 3):
        assert "".join(piece for piece, _ in found.segments) == found.entry.question


@pytest.fixture(scope="module")
def bundled_suggestions(bundled):
    return Suggestions(bundled.index.base.entries, bundled.index.characters)


def test_every_bundled_question_is_found_by_its_first_half(bundled, bundled_suggestions):
    for entry in bundled.index.base.entries:
        half = entry.question[: len(entry.question) // 2 + 1].rstrip("（《“")
        found = bundled_suggestions.find(half, 50)
        # Whatever marks stand between, as in 做了算法备案，还要.
        assert all(match_key(half) in match_key(f.entry.question) or not typed(f) for f in found)
        assert found


def test_openers_are_answered_and_spread_over_the_base(bundled_suggestions):
    openers = bundled_suggestions.openers(6)
    assert len(openers) == 6
    assert all(entry.answered for entry in openers)
    assert len({entry.location.file for entry in openers}) > 3
