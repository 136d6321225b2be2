"""Lint: what an owner should mend in a base that can be read, and the grid of what it holds."""

from __future__ import annotations

import datetime
import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qa_bot import Bot
from qa_bot.cli import main
from qa_bot.index import Index
from qa_bot.lint import lint

TODAY = datetime.date(2026, 5, 1)
HEADING = "question,answer,wordings,facets,basis,reviewed_on,valid_until\n"


@pytest.fixture
def open_table(bundled, write, read):
    """Open a bot on a table, with the words of the bundled base: no dictionary is built anew."""

    def open_rows(table):
        return Bot(
            Index.build(read(write("faq.csv", table)), bundled.analyzer),
            bundled.analyzer,
            bundled.phrases,
            bundled.ranker.coefficients,
            bundled.smalltalk,
            bundled.dialogue.followups,
            bundled.settings,
        )

    return open_rows


@pytest.fixture
def found(open_table):
    """Lint rows of a table; give the diagnostics, those on missing basis left out."""

    def diagnostics(*rows):
        report = lint(open_table(HEADING + "\n".join(rows) + "\n"), TODAY)
        return [one for one in report.diagnostics if one.kind != "no_basis"]

    return diagnostics


def kinds(diagnostics):
    return [(one.severity, one.kind) for one in diagnostics]


def test_nothing_is_found_where_every_title_leads_to_its_entry(found):
    assert found("文网文怎么续期?,期满前申请。", "演出证有效期几年?,2年。", "版号能转让吗?,") == []


def test_titles_that_differ_only_in_polite_words_cannot_be_told_apart(found):
    (one,) = found("文网文怎么续期?,期满前申请。", "请问文网文怎么续期?,")
    assert kinds([one]) == [("error", "indistinguishable")]
    assert str(one).startswith("error [indistinguishable] faq.csv:3: '请问文网文怎么续期?'")
    assert "'文网文怎么续期?' at faq.csv:2" in str(one)


def test_a_pair_that_cannot_be_told_apart_is_told_once(found):
    assert kinds(found("请问文网文怎么续期?,", "您好文网文怎么续期?,")) == [
        ("error", "indistinguishable")
    ]


def test_titles_that_a_veto_tells_apart_are_no_rivals(found):
    assert found("浙江文网文怎么续期?,在浙江办。", "江苏文网文怎么续期?,在江苏办。") == []


def test_a_wording_that_leads_to_another_entry_first_is_told_with_both_places(found):
    (one,) = found(
        "特许经营备案要交什么材料?,合同样本。,特许备案费用是多少",
        "商业特许经营备案费用是多少?,不收费。",
    )
    assert kinds([one]) == [("warning", "outranked")]
    assert one.mistake.location.line == 2
    assert "'特许备案费用是多少' leads first to '商业特许经营备案费用是多少?' at faq.csv:3" in str(
        one
    )


AUCTION = "拍卖证怎么申请?,向商务部门申请。"


def test_a_wording_whose_permit_its_question_does_not_name_is_kept_from_its_answer(found):
    (one,) = found(AUCTION, "公司登记变了批准文件要换吗?,要换。,拍卖证变更法人")
    assert kinds([one]) == [("warning", "vetoed")]
    assert "names permit=拍卖经营批准证书" in one.mistake.problem
    assert "state permit=拍卖经营批准证书" in one.mistake.remedy


def test_stating_the_facet_mends_it(found):
    row = "公司登记变了批准文件要换吗?,要换。,拍卖证变更法人,permit=拍卖经营批准证书"
    assert found(AUCTION, row) == []


def test_a_wording_that_names_what_the_base_has_nothing_of_is_told(found):
    (one,) = found("新闻许可证要不要配增值电信许可证?,要。,新闻许可证还要配ICP许可证吗")
    assert kinds([one]) == [("warning", "unknown_value")]
    assert "ICP许可证" in one.mistake.problem


def test_a_question_keeps_its_permit_when_another_is_stated_beside_it(found):
    stated = "permit=电视剧制作许可证;permit=广电证"
    row = f"拍电视剧还要电视剧制作许可证吗?,不需要。,,{stated}"
    assert found("广电证怎么续期?,到期前申请。", row) == []


SAME = ("文网文怎么续期?", "网络文化经营许可证怎么续期?")


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (("期满前30日申请。", "期满前60日申请。"), [("warning", "contradiction")]),
        (("期满前30日申请。", ""), [("warning", "same_question")]),
        (("", ""), [("warning", "same_question")]),
        (("期满前30日申请。", "期满前30日申请!"), []),
    ],
)
def test_questions_that_are_the_same_in_other_words(found, answers, kind):
    rows = [f"{question},{answer}" for question, answer in zip(SAME, answers, strict=True)]
    assert kinds(found(*rows)) == kind


def test_a_pair_is_told_once_however_many_wordings_are_alike(found):
    first = "文网文怎么续期?,一。,文网文去哪里续期"
    second = "网络文化经营许可证如何续期?,二。,网络文化经营许可证去哪里续期"
    assert kinds(found(first, second)) == [("warning", "contradiction")]


@pytest.mark.parametrize(
    ("reviewed_on", "valid_until", "kind"),
    [
        ("2025-05-02", "", []),
        ("2025-05-01", "", [("warning", "stale")]),
        ("2026-04-30", "2026-05-01", []),
        ("2026-04-30", "2026-04-30", [("warning", "expired")]),
        ("2020-01-01", "2026-04-30", [("warning", "expired")]),
        ("", "", []),
    ],
)
def test_an_answer_is_reviewed_yearly_and_given_up_to_its_last_day(
    found, reviewed_on, valid_until, kind
):
    row = f"版号能转让吗?,不能。,,,,{reviewed_on},{valid_until}"
    assert kinds(found(row)) == kind


def test_after_how_many_days_an_answer_is_stale_is_a_setting(open_table):
    bot = open_table(HEADING + "版号能转让吗?,不能。,,,《规定》第一条,2026-04-01,\n")
    assert lint(bot, TODAY).clean
    bot.settings = replace(bot.settings, review_after_days=30)
    assert kinds(lint(bot, TODAY).diagnostics) == [("warning", "stale")]


def test_an_answer_without_basis_is_told_where_others_name_theirs(open_table):
    rows = "版号能转让吗?,不能。,,,《规定》第一条,,\n版号收费吗?,不收费。\n版号多久?,\n"
    (one,) = lint(open_table(HEADING + rows), TODAY).diagnostics
    assert kinds([one]) == [("warning", "no_basis")]
    assert one.mistake.location.line == 3


def test_a_base_that_names_no_basis_at_all_is_told_once_and_is_clean(open_table):
    report = lint(open_table("question,answer\n版号能转让吗?,不能。\n版号收费吗?,不收。\n"), TODAY)
    assert kinds(report.diagnostics) == [("hint", "no_basis")]
    assert "none of the 2 answers" in report.diagnostics[0].mistake.problem
    assert report.clean


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ("region=江苏", [("warning", "stated_facet")]),
        ("region=杭州", [("warning", "stated_facet")]),
        ("region=浙江;region=江苏", []),
        ("intent=费用", [("hint", "stated_facet")]),
    ],
)
def test_a_stated_facet_must_not_contradict_the_question(found, stated, kind):
    assert kinds(found(f"浙江文网文怎么续期?,在线办理。,,{stated}")) == kind


GRID = """question,answer,valid_until
文网文要哪些材料?,申请表。,
文网文多久办下来?,20日。,
演出证要哪些材料?,申请表。,2020-01-01
浙江文网文要哪些材料?,,
浙江文网文收费吗?,不收费。,
浙江演出证多久办下来?,,
什么时候放假?,,
"""


@pytest.fixture
def grid(open_table):
    return lint(open_table(GRID), TODAY).grid


def test_the_grid_counts_answers_and_titles_by_region_permit_and_intent(grid):
    data = grid.to_dict()
    assert data["axes"] == {"page": "region", "row": "permit", "column": "intent"}
    assert data["columns"] == ["材料", "费用", "时限"]
    zhejiang = data["pages"]["浙江"]["网络文化经营许可证"]
    assert zhejiang["cells"] == {
        "材料": {"answered": 0, "listed": 1},
        "费用": {"answered": 1, "listed": 0},
    }
    assert data["outside"] == 1


def test_a_cell_is_a_hole_unless_the_whole_country_answers_it(grid):
    assert grid.holes("浙江", "网络文化经营许可证") == []
    assert grid.holes("浙江", "营业性演出许可证") == ["材料", "费用"]
    assert grid.holes("全国", "网络文化经营许可证") == ["费用"]


def test_an_expired_answer_is_only_listed(grid):
    cells = grid.to_dict()["pages"]["全国"]["营业性演出许可证"]["cells"]
    assert cells == {"材料": {"answered": 0, "listed": 1}}


def test_the_grid_is_a_table_for_the_whole_country_and_lines_for_the_rest(grid):
    assert str(grid).splitlines()[3:] == [
        "全国                材费时",
        "                    料用限",
        "网络文化经营许可证  # . #",
        "营业性演出许可证    o . .",
        "",
        "浙江",
        "  网络文化经营许可证: o材料 #费用; 0 holes",
        "  营业性演出许可证: o时限; 2 holes",
    ]


@pytest.fixture
def bakery(settings, tmp_path):
    """Open titles of a bakery, whose facets are its own."""

    def open_bakery(**facets):
        lexicon = tmp_path / "lexicon"
        shutil.copytree(settings.lexicon, lexicon, ignore=shutil.ignore_patterns("facets"))
        (lexicon / "facets").mkdir()
        for name, text in facets.items():
            (lexicon / "facets" / f"{name}.txt").write_text(text, encoding="utf-8")
        titles = tmp_path / "bakery.titles.txt"
        titles.write_text("面包几点出炉?\n蛋糕几点出炉?\n蛋糕可以预订吗?\n", encoding="utf-8")
        return Bot.open(titles, replace(settings, lexicon=lexicon))

    return open_bakery


def test_the_axes_of_the_grid_are_data_in_any_field(bakery):
    goods = "@label 品种\n@grid row\n面包\n蛋糕\n"
    report = lint(bakery(goods=goods, asked="@grid column\n出炉\n预订\n"), TODAY)
    assert report.grid.to_dict()["pages"] == {
        "": {
            "面包": {"cells": {"出炉": {"answered": 0, "listed": 1}}, "holes": ["预订"]},
            "蛋糕": {
                "cells": {
                    "出炉": {"answered": 0, "listed": 1},
                    "预订": {"answered": 0, "listed": 1},
                },
                "holes": [],
            },
        }
    }


def test_without_axes_there_is_no_grid(bakery):
    report = lint(bakery(goods="面包\n蛋糕\n"), TODAY)
    assert report.grid is None
    assert report.to_dict()["grid"] is None
    assert str(report) == "0 errors, 0 warnings, 0 hints"


def test_the_worst_comes_first(open_table):
    rows = "版号能转让吗?,不能。,,,,2020-01-01,\n文网文怎么续?,\n请问文网文怎么续?,\n"
    found = lint(open_table(HEADING + rows), TODAY).diagnostics
    assert [one.severity for one in found] == ["error", "warning", "hint"]


def test_the_bundled_base_is_clean(bundled):
    report = lint(bundled, datetime.date(2026, 11, 21))
    assert [str(one) for one in report.diagnostics] == []


@pytest.fixture
def run(settings):
    def invoke(*arguments):
        environment = {"QA_BOT_CACHE": str(settings.cache)}
        return CliRunner().invoke(main, ["lint", *map(str, arguments)], env=environment)

    return invoke


def test_lint_exits_with_1_when_there_is_something_to_mend(run, write):
    path = write("faq.csv", HEADING + "版号能转让吗?,不能。,,,,,2020-01-01\n")
    done = run("--knowledge", path)
    assert done.exit_code == 1
    assert "warning [expired] faq.csv:2: the answer was valid until 2020-01-01" in done.stdout
    assert done.stdout.endswith("0 errors, 1 warnings, 1 hints\n")


def test_lint_exits_with_0_when_there_are_only_hints_and_holes(run, write):
    done = run("--json", "--knowledge", write("faq.csv", HEADING + "文网文多少钱?,不收费。\n"))
    data = json.loads(done.stdout)
    assert (done.exit_code, data["errors"], data["warnings"], data["hints"]) == (0, 0, 0, 1)
    (one,) = data["diagnostics"]
    assert one.keys() == {"kind", "severity", "location", "problem", "remedy"}
    assert one["location"] == "faq.csv:2"


def test_lint_of_files_with_mistakes_tells_these(run, write):
    done = run("--knowledge", write("faq.csv", "question\n?\n"))
    assert done.exit_code == 1
    assert "faq.csv:2:question" in done.stderr


def test_lint_of_nothing_is_wrong_usage(run):
    assert run("--knowledge", "nowhere").exit_code == 2
