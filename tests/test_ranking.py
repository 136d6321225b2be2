"""Ordering candidates: facets veto, ties are told apart, confidence is a chance."""

from __future__ import annotations

import json
from itertools import compress

import pytest

from qa_bot import MistakesError, Settings
from qa_bot.query import read_query
from qa_bot.ranking import VETOED, read_coefficients

FAQ = """question,answer
江苏文网文怎么续期?,江苏在期满前30日内申请延续。
浙江文网文怎么续期?,浙江在期满前30日内申请延续。
文网文续期要什么材料?,要交延续申请书、许可证原件和年度报告。
文网文审批要多久?,法定时限为受理之日起20日。
演出证怎么续期?,演出证在期满前30日申请延续。
奶茶品牌做特许经营备案要食品经营许可证吗?,要。
"""


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


@pytest.fixture
def ranked(bot):
    def rank(question):
        query = read_query(question, bot.analyzer)
        return query, bot.ranker.rank(query, bot.index.search(query, bot.analyzer, 10), 10)

    return rank


def test_another_province_is_vetoed_and_comes_last(ranked):
    _, hits = ranked("江苏文网文如何续期")
    assert hits[0].entry.question == "江苏文网文怎么续期?"
    vetoed = [hit.entry.question for hit in hits if "region" in hit.contradicted]
    assert vetoed == ["浙江文网文怎么续期?"]
    assert hits[-1].contradicted


def test_another_permit_is_vetoed(ranked):
    _, hits = ranked("文网文怎么续期")
    vetoed = {hit.entry.question for hit in hits if "permit" in hit.contradicted}
    assert "演出证怎么续期?" in vetoed


def test_entries_that_differ_only_in_an_open_province_are_tied(bot, ranked):
    query, hits = ranked("文网文怎么续期呀")
    tied = {hit.entry.question for hit in bot.ranker.tied(query, hits[0], hits)}
    assert tied == {"江苏文网文怎么续期?", "浙江文网文怎么续期?"}


def test_a_named_province_leaves_no_tie(bot, ranked):
    query, hits = ranked("浙江文网文怎么续期呀")
    assert bot.ranker.tied(query, hits[0], hits) == [hits[0]]


def test_the_aspect_asked_for_comes_before_others_of_the_same_permit(ranked):
    _, hits = ranked("文网文审批多长时间")
    assert hits[0].entry.question == "文网文审批要多久?"


def test_confidence_is_a_chance_and_falls_along_the_hits(ranked):
    _, hits = ranked("文网文续期材料")
    chances = [hit.confidence for hit in hits]
    assert all(0 <= chance <= 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)


def test_a_permit_that_only_stands_beside_another_is_not_held(bot, ranked):
    query, _ = ranked("食品经营许可证要什么材料")
    assert bot.ranker.agreement.unknown_values(query) == ["食品经营许可证"]
    query, _ = ranked("特许经营备案要食品经营许可证吗")
    assert bot.ranker.agreement.unknown_values(query) == []


def test_what_lies_beside_the_procedure_is_not_answered_by_it(bot, ranked):
    query, hits = ranked("文网文审批人员工资多少")
    assert bot.ranker.unmet_needs(query, hits[0]) == ["工资待遇"]
    assert hits[0].confidence <= VETOED


def test_a_matter_that_an_entry_names_is_answered_by_it(open_faq):
    bot = open_faq("question,answer\n演出经纪人员资格证怎么考?,考试由文化和旅游部组织。\n")
    query = read_query("演出经纪人员资格证考试时间", bot.analyzer)
    (hit,) = bot.ranker.rank(query, bot.index.search(query, bot.analyzer, 10), 1)
    assert bot.ranker.unmet_needs(query, hit) == []


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("热气球驾驶许可证怎么办", ["热气球驾驶许可证"]),
        ("我们奶茶品牌的许可证怎么办", []),
        ("文网文许可证怎么续期", []),
    ],
)
def test_a_name_like_a_permit_with_a_word_unheard_of_is_not_held(bot, question, unknown):
    query = read_query(question, bot.analyzer)
    assert bot.ranker.unknown_values(query) == unknown


def test_a_permit_that_a_large_base_mentions_in_passing_is_not_held(bundled):
    asked = "".join(text for entry in bundled.index.base.entries for text in entry.asked_as())
    assert "无人机" in asked
    for question in ("无人机驾驶许可证怎么办", "殡葬服务经营许可证怎么办"):
        reply = bundled.ask(question)
        assert (reply.outcome, reply.rule) == ("no_match", "unknown_value")
    assert bundled.ask("教科书 发行资质").outcome == "answered"


@pytest.mark.parametrize(
    ("question", "rule"), [("六级等保怎么做", "unknown_value"), ("五级等保怎么做", "wording")]
)
def test_a_level_that_does_not_exist_is_not_answered_by_what_holds_for_all(
    open_faq, question, rule
):
    bot = open_faq("question,answer\n等保怎么做?,先定级。\n三级等保多久测一次?,每年。\n")
    assert bot.ask(question).rule == rule


@pytest.mark.parametrize("question", ["来中国演出怎么报批", "演出怎么报批"])
def test_who_names_what_holds_where_nothing_is_named_says_no_more_than_silence(open_faq, question):
    bot = open_faq("question,answer\n演出怎么报批?,先申请。\n到内地演出怎么报批?,先申请。\n")
    query = read_query(question, bot.analyzer)
    states = bot.ranker.agreement.states
    assert states(query, 0) == states(query, 1)


def test_a_base_without_permits_finds_none_strange(open_faq):
    bot = open_faq("question,answer\n门店几点开门?,九点。\n")
    query = read_query("热气球驾驶许可证怎么办", bot.analyzer)
    assert bot.ranker.unknown_values(query) == []


def test_what_further_wordings_say_of_a_question_speaks_for_the_entry(open_faq):
    table = "question,answer,wordings\n奶茶洒了怎么办?,擦干。,泡水|被小狗咬坏\n"
    bot = open_faq(table)
    query = read_query("泡水被小狗咬坏", bot.analyzer)
    (candidate,) = bot.index.search(query, bot.analyzer, 10)
    told = bot.ranker.weigher.told(query.reading, [candidate])
    assert told.shares[0] > 0.8
    asked = bot.ranker.weigher.beside(query.reading).numbers.values()
    by_nearest = set(compress(asked, told.by_nearest[0]))
    assert "w小狗" in by_nearest
    assert "w泡水" not in by_nearest
    nothing = read_query("", bot.analyzer).reading
    assert bot.ranker.weigher.told(nothing, [candidate]).shares.tolist() == [1.0]


def test_the_bundled_coefficients_can_be_read():
    models = read_coefficients(Settings().coefficients)
    assert models.order["strength"] > 0 > models.order["unaddressed"]


@pytest.fixture
def altered(tmp_path):
    """Write the bundled coefficients, altered; give where they lie."""

    def write(alter):
        data = json.loads(Settings().coefficients.read_text(encoding="utf-8"))
        alter(data)
        path = tmp_path / "ranking.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return write


def test_a_feature_that_earlier_coefficients_do_not_name_counts_nothing(altered):
    models = read_coefficients(altered(lambda data: data["order"].pop("told")))
    assert models.order["told"] == 0


def test_a_base_that_teaches_nothing_is_judged_by_models_of_its_own(bot, bundled):
    # 每条只有一种问法的知识库没有可学的。
    assert not bot.index.latent.learned
    assert bot.ranker.confidence == bot.ranker.coefficients.unlearned
    assert bundled.index.latent.learned
    assert bundled.ranker.confidence == bundled.ranker.coefficients.confidence


def test_coefficients_of_before_hold_one_model_for_every_base(altered):
    models = read_coefficients(altered(lambda data: data.pop("unlearned")))
    assert models.unlearned == models.confidence


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        (lambda data: data["confidence"].pop("passage"), "passage"),
        (lambda data: data["unlearned"].pop("passage"), "passage"),
        (lambda data: data["order"].update(nosuch=1.0), "no such feature: nosuch"),
        (lambda data: data["order"].update(strength="viel"), "viel"),
        (lambda data: data.update(order=[1.0]), "cannot be read"),
    ],
)
def test_coefficients_that_make_no_model_are_told(altered, alter, told):
    with pytest.raises(MistakesError, match=rf"ranking\.json: .*{told}.*fit_ranking"):
        read_coefficients(altered(alter))
