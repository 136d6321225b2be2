"""Why a hit was found: words, rules, and contributions that add up to the score."""

from __future__ import annotations

import pytest

from qa_bot.explanation import explain
from qa_bot.index import strength
from qa_bot.query import read_query

FAQ = """question,answer,wordings
文网文怎么续期?,期满前30日内向原发证机关申请延续。,网络文化经营许可证到期咋办
演出证变更法定代表人怎么办?,凭变更后的营业执照到原发证机关办理。,
"""


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


@pytest.fixture
def explained(bot):
    def explain_question(question):
        query = read_query(question, bot.analyzer)
        candidates = bot.index.search(query, bot.analyzer, 5)
        hit = bot.ranker.rank(query, candidates, 1)[0]
        return hit, explain(query, hit, bot.ranker)

    return explain_question


@pytest.mark.parametrize(
    "question",
    ["文网文要怎么续", "网络文化许可证快到期了怎么续期", "演出证换法人", "量子文网文续期"],
)
def test_the_contributions_add_up_to_the_score(explained, question):
    hit, explanation = explained(question)
    assert explanation.score == pytest.approx(strength(hit.candidate))
    total = sum(match.contribution for match in explanation.matched)
    assert total == pytest.approx(explanation.score)


def test_an_exact_question_is_explained_by_itself(explained):
    _, explanation = explained("文网文怎么续期")
    (match,) = explanation.matched
    assert (match.rule, match.contribution) == ("exact", 1.0)


def test_another_name_of_the_permit_is_told_with_what_it_means(explained):
    _, explanation = explained("文网证怎样延续")
    rules = {(match.asked, match.met, match.rule) for match in explanation.matched}
    assert ("文网证", "网络文化经营许可证", "facet") in rules


def test_a_word_that_met_nothing_is_told(explained):
    _, explanation = explained("量子文网文怎么续期")
    assert "量子" in explanation.unused


def test_nothing_matched_contributes_less_than_nothing(explained):
    _, explanation = explained("演出证换了法人要怎么变更")
    assert all(match.contribution >= 0 for match in explanation.matched)
