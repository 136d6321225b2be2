"""The sentence that answers: found whole, marked without losing a character."""

from __future__ import annotations

from itertools import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot import Bot
from qa_bot.evidence import chosen, mark
from qa_bot.index import form_terms
from qa_bot.query import read_query
from qa_bot.text import sentences

ARTICLE = """# 大模型备案的初审

## 初审

材料齐全后由省级网信办初审。初审的法定时限是30个工作日,实践中常在15–25天内完成。期间会有补充问询。

问询常见的内容:

- 内容过滤机制
- 未成年人保护策略

## 复评

专家复评看技术细节。日志片段比理论描述更有说服力。
"""


@pytest.fixture(scope="module")
def find(settings, tmp_path_factory):
    """Find the evidence for a question in the article."""
    path = tmp_path_factory.mktemp("article") / "初审.md"
    path.write_text(ARTICLE, encoding="utf-8")
    bot = Bot.open(path, settings)

    def find_evidence(question):
        query = read_query(question, bot.analyzer)
        return bot.ranker.evidence.compare(query, [0]).evidence(0)

    return find_evidence


def test_the_sentence_that_shares_most_with_the_question_is_the_evidence(find):
    assert find("期间有补充问询吗").sentences == ("期间会有补充问询。",)


def test_a_question_for_a_number_gets_the_sentence_that_holds_one(find):
    sentence = "初审的法定时限是30个工作日,实践中常在15–25天内完成。"
    assert find("初审要多少天").sentences == (sentence,)


def test_a_sentence_that_leads_into_a_list_brings_the_list(find):
    found = find("问询常见的内容有哪些").sentences
    assert found == ("问询常见的内容:", "- 内容过滤机制", "- 未成年人保护策略")


def test_a_question_for_all_there_is_gets_the_whole_list(find):
    assert find("未成年人保护策略和别的有哪些").sentences[0] == "问询常见的内容:"
    assert find("有没有未成年人保护策略").sentences == ("- 未成年人保护策略",)


def test_the_passage_is_that_of_the_sentence(find):
    found = find("日志片段有说服力吗")
    assert found.sentences == ("日志片段比理论描述更有说服力。",)
    assert found.passage.section == "复评"


def test_an_article_that_shares_nothing_is_shown_by_its_first_sentence(find):
    found = find("kubernetes")
    assert found.sentences == ("材料齐全后由省级网信办初审。",)
    assert found.likeness == 0


@pytest.mark.parametrize(("scores", "shown"), [([1, 0.9, 0.2], [0, 1]), ([1, 0.8, 0.2], [0])])
def test_a_sentence_nearly_as_good_is_evidence_too(scores, shown):
    assert list(chosen(["一。", "二。", "三。"], scores, "")) == shown


@pytest.mark.parametrize("text", ["期限为3.5个月。", "罚款1,000元以上。", "见GB/T 22239-2019。"])
def test_numbers_are_never_cut(text):
    assert sentences(text) == [text]


@pytest.fixture(scope="module")
def several(settings, tmp_path_factory):
    """A base of the article, of answers and of a title without one."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "初审.md").write_text(ARTICLE, encoding="utf-8")
    faq = "question,answer\n江苏文网文要多少钱?,不收费。补证也要3天。\n演出证怎么换?,带旧证。\n"
    (folder / "faq.csv").write_text(faq, encoding="utf-8")
    (folder / "listed.titles.txt").write_text("演出证丢了怎么办?\n", encoding="utf-8")
    return Bot.open(folder, settings)


ASKED = ["补证收费吗", "初审要多少天", "演出证丢了怎么换", "未成年人保护", "kubernetes", "带旧证吗"]


@pytest.mark.parametrize("question", ASKED)
def test_what_is_found_in_an_entry_does_not_depend_on_the_others(several, question):
    query = read_query(question, several.analyzer)
    compare = several.ranker.evidence.compare
    entries = range(len(several.index.base.entries))
    together = compare(query, entries)
    for number in entries:
        alone = compare(query, [number]).evidence(number)
        found = together.evidence(number)
        assert (found is None) == (not several.index.base.entries[number].answered)
        if found and alone:
            assert found.sentences == alone.sentences
            assert found.held.tolist() == alone.held.tolist()
            assert found.scores == pytest.approx(alone.scores)


@pytest.mark.parametrize("question", ASKED)
def test_what_is_held_are_the_terms_of_the_passage_as_it_is_read_by_itself(several, question):
    analyzer = several.analyzer
    query = read_query(question, analyzer)
    asked = several.ranker.weigher.beside(query.reading)
    could = [asked.terms[place] for place in asked.said]
    for number, entry in enumerate(several.index.base.entries):
        found = several.ranker.evidence.compare(query, [number]).evidence(number)
        readings = map(analyzer.read, sentences(found.passage.text)) if found else ()
        said = {term for own in readings for term in form_terms("canonical", own, analyzer)}
        assert set(compress(could, found.held) if found else ()) == said & {*could}, entry.question


def test_marks_keep_every_character():
    segments = mark("一。二。三。", ["二。"])
    assert segments == [("一。", False), ("二。", True), ("三。", False)]


@given(st.text(alphabet="一二三。\n- ", max_size=40), st.data())
def test_the_segments_joined_are_the_text(text, data):
    pieces = [piece.strip() for piece in sentences(text)]
    chosen = data.draw(st.lists(st.sampled_from(pieces), max_size=3) if pieces else st.just([]))
    assert "".join(piece for piece, _ in mark(text, chosen)) == text
