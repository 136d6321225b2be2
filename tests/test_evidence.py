"""The sentence that answers: found whole, marked without losing a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.evidence import find_evidence, mark
from qa_bot.text import sentences, units

PASSAGE = (
    "材料齐全后由省级网信办初审。初审的法定时限是30个工作日,实践中常在15–25天内完成。"
    "期间会有补充问询。\n问询常见的内容:\n- 内容过滤机制\n- 未成年人保护策略"
)


def evidence(question, text=PASSAGE):
    weights = dict.fromkeys(units(question), 1.0)
    return find_evidence(text, question, weights, units)


def test_the_sentence_that_shares_most_with_the_question_is_the_evidence():
    assert evidence("期间有补充问询吗") == ["期间会有补充问询。"]


def test_a_question_for_a_number_gets_the_sentence_that_holds_one():
    assert evidence("初审要多少天") == ["初审的法定时限是30个工作日,实践中常在15–25天内完成。"]


def test_a_sentence_that_leads_into_a_list_brings_the_list():
    found = evidence("问询常见的内容有哪些")
    assert found == ["问询常见的内容:", "- 内容过滤机制", "- 未成年人保护策略"]


def test_a_question_for_all_there_is_gets_the_whole_list():
    assert evidence("未成年人保护策略和别的有哪些")[0] == "问询常见的内容:"
    assert evidence("有没有未成年人保护策略") == ["- 未成年人保护策略"]


def test_a_passage_that_shares_nothing_is_shown_by_its_first_sentence():
    assert evidence("量子力学") == ["材料齐全后由省级网信办初审。"]


@pytest.mark.parametrize("text", ["期限为3.5个月。", "罚款1,000元以上。", "见GB/T 22239-2019。"])
def test_numbers_are_never_cut(text):
    assert sentences(text) == [text]


def test_marks_keep_every_character():
    segments = mark("一。二。三。", ["二。"])
    assert segments == [("一。", False), ("二。", True), ("三。", False)]


@given(st.text(alphabet="一二三。\n- ", max_size=40), st.data())
def test_the_segments_joined_are_the_text(text, data):
    pieces = [piece.strip() for piece in sentences(text)]
    chosen = data.draw(st.lists(st.sampled_from(pieces), max_size=3) if pieces else st.just([]))
    assert "".join(piece for piece, _ in mark(text, chosen)) == text
