"""Text: one form for comparing, words for counting."""

from __future__ import annotations

import jieba
import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.text import (
    Segmenter,
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

WORDS = ("网络文化经营许可证", "icp证", "b2b平台", "3类医疗器械", "文网文")


@pytest.fixture(scope="module")
def segmenter(settings):
    return Segmenter(WORDS, settings.cache / "jieba")


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


def test_a_kept_dictionary_that_was_damaged_is_made_anew(segmenter, settings, tmp_path):
    (kept,) = (settings.cache / "jieba").glob("dictionary-*")
    (tmp_path / kept.name).write_bytes(kept.read_bytes()[:-1])
    text = "办理网络文化经营许可证要多久"
    assert Segmenter(WORDS, tmp_path).cut(text) == segmenter.cut(text)
    assert (tmp_path / kept.name).read_bytes() == kept.read_bytes()


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
