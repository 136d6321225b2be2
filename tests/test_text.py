"""Text: one form for comparing, words for counting."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.text import (
    match_key,
    normalize,
    normalize_all,
    sentences,
    syllable,
    units,
)

ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("网络文化经营許可證乾縣瞭解反覆藉口ＩＣＰ①㎡ﬁ3.5?？;；\n 　"),
    ),
    max_size=40,
)
CHINESE_TEXT = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20)
bounded = examples(max_examples=60, derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ＩＣＰ证１２３", "icp证123"),
        ("網絡文化經營許可證怎麼辦理？", "网络文化经营许可证怎么办理?"),
        ("  文网文\t续期\n怎么　办 ", "文网文续期怎么办"),
        ("ICP   许可证  办理", "icp 许可证办理"),
        ("面积100㎡以上", "面积100m2以上"),
        ("", ""),
    ],
)
def test_text_has_one_normal_form(written, normal):
    assert normalize(written) == normal


@given(ANY_TEXT)
@example("乾縣")
@example("不瞭 解")
@example("薴")
@bounded
def test_normalizing_twice_changes_nothing(text):
    assert normalize(normalize(text)) == normalize(text)


@given(st.lists(ANY_TEXT, max_size=6))
@example([])
@example(["乾縣", "", "文网文\n续期", "網絡", "反", "覆"])
@bounded
def test_many_texts_have_the_normal_forms_of_each(texts):
    assert normalize_all(texts) == list(map(normalize, texts))


@pytest.mark.parametrize(
    "other",
    ["ICP证,怎么办?", "icp證怎麼辦", "ＩＣＰ证——怎么办？！", "《ICP证》 怎么办", "I_C_P证怎么办"],
)
def test_titles_that_differ_in_case_width_script_and_marks_are_the_same(other):
    assert match_key(other) == match_key("ICP证怎么办?")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("文网文怎么办?", "文网文怎么续?"),
        ("2024年的新规", "2025年的新规"),
        ("满1.5年可以办吗?", "满15年可以办吗?"),
    ],
)
def test_titles_that_differ_in_a_word_or_number_are_not_the_same(one, other):
    assert match_key(one) != match_key(other)


@given(CHINESE_TEXT)
@bounded
def test_marks_around_a_title_do_not_change_its_key(text):
    assert match_key(f" 《{text}》？！\n") == match_key(text)


def test_a_title_of_marks_alone_has_no_key():
    assert match_key("？！…… 《》_") == ""


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("先备案。再上线。", ["先备案。", "再上线。"]),
        ("要备案吗?要!先自查;再提交", ["要备案吗?", "要!", "先自查;", "再提交"]),
        ("要备案吗？要！先自查；再提交", ["要备案吗？", "要！", "先自查；", "再提交"]),
        ("分两步:\n- 自查\n\n- 提交\n", ["分两步:", "- 自查", "- 提交"]),
        (" \n ", []),
    ],
)
def test_sentences_end_at_marks_and_lines(text, pieces):
    assert sentences(text) == pieces


@given(ANY_TEXT)
@bounded
def test_sentences_lose_nothing_but_white_space(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("icp证3.5天", ["icp", "证", "3.5", "天"]),
        ("iso9001 认证,要吗?", ["iso9001", "认", "证", "要", "吗"]),
        ("?!", []),
    ],
)
def test_a_character_a_latin_word_and_a_number_are_one_unit(text, counted):
    assert units(text) == counted


@pytest.mark.parametrize(
    ("one", "other"), [("知", "资"), ("城", "岑"), ("商", "三"), ("经", "今"), ("妈", "马")]
)
def test_characters_that_people_mishear_sound_the_same(one, other):
    assert syllable(one) == syllable(other)


@pytest.mark.parametrize(("one", "other"), [("男", "兰"), ("飞", "灰"), ("证", "照")])
def test_characters_that_people_tell_apart_sound_different(one, other):
    assert syllable(one) != syllable(other)


def test_what_is_not_chinese_sounds_as_itself():
    assert [syllable(unit) for unit in ("icp", "3.5")] == ["icp", "3.5"]
