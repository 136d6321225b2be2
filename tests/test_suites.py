"""Suites made of any knowledge: what they ask, and what counts as right and as wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qa_bot import Bot
from qa_bot.cli import main
from qa_bot.evaluation import suites
from qa_bot.evaluation.cases import Case, not_answered, own_first
from qa_bot.evaluation.frames import frames, not_contradicted, reached
from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED, NO_MATCH
from qa_bot.text import match_key, normalize

FAQ = """question,answer,wordings
浙江文网文电子证照怎么下载?,在浙江的政务网下载。,浙江文网文电子版
江苏文网文电子证照怎么下载?,在江苏的政务网下载。,
演出证有效期几年?,营业性演出许可证有效期2年。,演出许可证几年到期|演出证管多久
没有备案的算法上线会罚款吗?,逾期不改的处罚款。,
"""


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


@pytest.fixture
def cases(bot):
    return lambda name: suites.SUITES[name].cases(bot)


@pytest.fixture
def entry(bot):
    by_question = {entry.question: entry for entry in bot.index.base.entries}
    return lambda question: by_question[question]


def test_verbatim_asks_every_question_and_every_wording(cases):
    assert len(cases("verbatim")) == 7
    result = suites.run("verbatim", cases("verbatim"))
    assert result.to_dict() == {"questions": 7, "right": 1.0, "wrong": 0}


def test_a_wording_left_out_is_asked_of_a_bot_that_does_not_hold_it(cases):
    asked = cases("wording_left_out")
    assert len(asked) == 2
    for case in asked:
        assert case.question in case.entry.wordings
        assert match_key(case.question) not in case.bot.index.exact
        assert match_key(case.entry.question) in case.bot.index.exact


def test_an_entry_left_out_is_held_by_none_of_its_wordings(cases):
    asked = cases("entry_left_out")
    assert {case.question for case in asked} == {c.question for c in cases("wording_left_out")}
    for case in asked:
        assert not {match_key(text) for text in case.entry.asked_as()} & set(case.bot.index.exact)


def test_a_typing_error_is_a_small_one_and_names_no_other_facet_value(bot, cases):
    read = bot.analyzer.facets.read
    asked = cases("typing_error")
    assert len(asked) == 4
    for case in asked:
        assert abs(len(case.question) - len(case.entry.question)) <= 1
        assert len(set(case.entry.question) - set(case.question)) <= 1
        meant = read(normalize(case.entry.question)).get("region", frozenset())
        assert read(normalize(case.question)).get("region", frozenset()) <= meant


@pytest.mark.parametrize("name", suites.SUITES)
def test_the_same_base_gives_the_same_cases(cases, name):
    first, second = cases(name), cases(name)
    assert [case.question for case in first] == [case.question for case in second]
    assert first


def test_what_is_added_to_the_base_leaves_the_other_typing_errors_as_they_are(
    bot, settings, write, cases
):
    more = Bot.open(write("faq.csv", FAQ + "版号多久批下来?,约80个工作日。,\n"), settings)
    kept = [case.question for case in suites.SUITES["typing_error"].cases(more)]
    before = [case.question for case in cases("typing_error")]
    # A new character may be a homophone; which place errs, and how, stays.
    assert len(kept) == len(before) + 1
    assert len(set(before) - set(kept)) <= 1
    assert more.index.base.entries[0].id == bot.index.base.entries[0].id


def test_a_frame_is_a_text_around_the_only_value_of_a_vetoing_facet(facets):
    found = {frame.facet: frame for frame in frames("浙江文网文电子证照怎么下载?", facets)}
    assert found.keys() == {"region", "permit"}
    assert found["region"].value == "浙江"
    assert "江苏".join(found["region"].pieces) == "江苏文网文电子证照怎么下载?"
    assert "region" not in {frame.facet for frame in frames("浙江和江苏的文网文通用吗", facets)}


def test_no_swap_makes_a_question_that_the_base_holds(bot, cases):
    asked = cases("facet_swapped")
    assert {case.facet for case in asked} == {"region", "permit"}
    regions = {case.value for case in asked if case.facet == "region"}
    assert not regions & {"浙江", "江苏"}
    assert not {match_key(case.question) for case in asked} & set(bot.index.exact)


def test_swaps_name_places_within_the_mainland_and_without(cases, facets):
    within = {
        "全国" in facets.facets["region"].lineage(case.value)
        for case in cases("facet_swapped")
        if case.facet == "region"
    }
    assert within == {True, False}


def test_no_swapped_facet_is_answered(cases):
    result = suites.run("facet_swapped", cases("facet_swapped"))
    assert result.to_dict()["wrong"] == 0


def test_an_answer_about_another_region_is_wrong(bot, entry):
    own = entry("浙江文网文电子证照怎么下载?")
    case = Case("香港文网文电子证照怎么下载?", own, bot, "region", "香港")
    reply = bot.ask(own.question)
    assert reply.outcome == ANSWERED
    assert not_contradicted(case, reply).wrong
    neighbour = bot.ask("江苏文网文电子证照怎么下载?")
    assert not_contradicted(case, neighbour).wrong
    assert not_contradicted(replace(case, value="南京"), neighbour).right


def test_a_deleted_region_is_asked_for_and_one_click_reaches_the_entry(bot, cases):
    asked = cases("facet_deleted")
    assert {case.question for case in asked} == {"文网文电子证照怎么下载?"}
    assert {case.value for case in asked} == {"浙江", "江苏"}
    assert bot.ask(asked[0].question).outcome == CLARIFY
    result = suites.run("facet_deleted", asked)
    assert result.to_dict() == {"questions": 2, "right": 1.0, "wrong": 0}


def test_an_answer_of_a_neighbour_instead_of_a_question_back_is_wrong(bot, entry):
    own = entry("浙江文网文电子证照怎么下载?")
    case = Case("文网文电子证照怎么下载?", own, bot, "region", "浙江")
    finding = reached(case, bot.ask("江苏文网文电子证照怎么下载?"))
    assert (finding.right, finding.wrong) == (False, True)


def test_an_honest_no_is_not_right_but_not_wrong_either(bot, entry):
    case = Case("明天下雨吗", entry("演出证有效期几年?"), bot)
    reply = bot.ask(case.question)
    assert reply.outcome == NO_MATCH
    finding = own_first(case, reply)
    assert (finding.right, finding.wrong) == (False, False)
    assert not_answered(case, reply).right


def test_a_base_without_wordings_has_no_wordings_to_leave_out(settings, write):
    bot = Bot.open(write("a.titles.txt", "文网文怎么续期?\n演出证怎么变更?\n"), settings)
    result = suites.run("wording_left_out", suites.SUITES["wording_left_out"].cases(bot))
    assert result.to_dict() == {"questions": 0, "right": None, "wrong": 0}
    listed = suites.run("verbatim", suites.SUITES["verbatim"].cases(bot))
    assert {finding.reply.outcome for finding in listed.findings} == {LISTED_UNANSWERED}


@pytest.fixture
def run(settings, write):
    def invoke(*arguments, **environment):
        environment["QA_BOT_CACHE"] = str(settings.cache)
        path = write("faq.csv", FAQ)
        arguments = ["eval", *map(str, arguments), "--knowledge", str(path)]
        return CliRunner().invoke(main, arguments, env=environment)

    return invoke


def test_all_suites_of_any_knowledge_are_one_table(run):
    done = run("--suite", "all")
    assert done.exit_code == 0
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line]
    assert rows == ["suite", "---", *suites.SUITES]


def test_one_suite_as_json_with_what_went_wrong(run):
    done = run("--suite", "entry_left_out", "--json", "--failures")
    data = json.loads(done.stdout)
    assert list(data["suites"]) == ["entry_left_out"]
    assert data["missed"] == []
    assert {failure["outcome"] for failure in data["failures"]} <= {ANSWERED}


def test_a_suite_that_does_not_exist_is_wrong_usage(run):
    assert run("--suite", "nonsense").exit_code == 2
    assert run("--suite", "verbatim", "--against", "data").exit_code == 2
