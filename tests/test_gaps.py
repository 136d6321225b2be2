"""Gaps: what people ask and the base fails, grouped, ranked, and what to write next."""

from __future__ import annotations

import datetime
import itertools
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from qa_bot import Bot
from qa_bot.gaps import Action, Kind, find_gaps
from qa_bot.gaps.grouping import group
from qa_bot.journal import Journal
from qa_bot.query import read_query

FAQ = """question,answer
文网文怎么续期？,期满前30日内申请延续。
江苏劳务派遣经营许可证多久能办下来？,20个工作日。
浙江劳务派遣经营许可证多久能办下来？,15个工作日。
大模型备案要什么材料？,准备安全评估报告。
算法备案要多少钱？,
"""
DAY = "2026-11-20"


@pytest.fixture(scope="module")
def strict(settings, tmp_path_factory):
    """Open a bot that answers only what it holds to the letter, unless settings say otherwise."""

    def open_strict(table=FAQ, **changes):
        path = tmp_path_factory.mktemp("faq") / "faq.csv"
        path.write_text(table, encoding="utf-8")
        return Bot.open(path, replace(settings, **{"answer_confidence": 1.0, **changes}))

    return open_strict


@pytest.fixture(scope="module")
def bot(strict):
    return strict()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/journal.sqlite"


@pytest.fixture
def journal(url):
    with closing(Journal(url, most_answers=100_000)) as opened:
        yield opened


@pytest.fixture
def asked(bot, journal, url):
    """Ask questions, and keep the replies as if they had been given on a day."""
    numbers = itertools.count()

    def ask(*questions, day=DAY, context=None, vote="", bot=bot):
        replies = []
        for question in questions:
            replies.append(bot.ask(question, context))
            journal.keep(replies[-1], context or {}, 3)
            journal.prune()  # Until then it is waiting.
            if vote:
                journal.vote(replies[-1].answer_id, vote, [], "")
            time = f"{day} 04:{next(numbers):02}:00.000000"
            with closing(create_engine(url).connect()) as connection, connection.begin():
                where = {"id": replies[-1].answer_id, "time": time}
                connection.execute(text("UPDATE answers SET asked_at=:time WHERE id=:id"), where)
            connection.engine.dispose()
        return replies

    return ask


def only(gaps):
    (gap,) = gaps
    return gap


# ---- what is a gap


@pytest.mark.parametrize(
    ("question", "kind", "action"),
    [
        ("四川劳务派遣经营许可证多久能办下来", Kind.NO_MATCH, Action.NEW),
        ("演出证怎么办", Kind.NO_MATCH, Action.OUTSIDE),
        ("算法备案费用多少", Kind.LISTED, Action.ANSWER),
        ("劳务派遣证多久办好", Kind.CLARIFY_LEFT, Action.NEW),
    ],
)
def test_a_question_that_fails_is_a_gap_with_what_to_do(
    bot, journal, asked, question, kind, action
):
    (reply,) = asked(question)
    gap = only(find_gaps(bot, journal))
    assert (gap.question, gap.kinds, gap.action) == (question, {kind: 1}, action)
    assert (gap.count, gap.days, gap.variants) == (1, 1, ())
    assert gap.answer_id == reply.answer_id
    assert (gap.nearest, gap.nearest_question) == (
        reply.nearest.entry.id,
        reply.nearest.entry.question,
    )
    assert gap.confidence == pytest.approx(reply.nearest.confidence, abs=1e-4)


def test_what_an_answered_entry_is_likely_to_answer_is_a_wording_of_it(bot, journal, asked):
    asked("文网文到期了怎么续")
    gap = only(find_gaps(bot, journal))
    assert (gap.kinds, gap.action) == ({Kind.NO_MATCH: 1}, Action.WORDING)
    assert gap.nearest_question == "文网文怎么续期？"


def test_what_no_entry_is_likely_to_answer_needs_a_new_one(strict, journal, asked):
    unsure = strict(clarify_confidence=1.0)
    asked("文网文可以转让吗", bot=unsure)
    assert only(find_gaps(unsure, journal)).action == Action.NEW


def test_what_is_answered_hardly_is_a_wording_to_confirm(strict, journal, asked):
    unsure = strict(answer_confidence=0.95)
    (reply,) = asked("文网文到期了怎么续", bot=unsure)
    assert reply.outcome == "answered"
    gap = only(find_gaps(unsure, journal))
    assert (gap.kinds, gap.action) == ({Kind.WEAK: 1}, Action.WORDING)


def test_what_is_about_other_things_is_outside(bundled, journal, asked):
    asked("今天天气怎么样", bot=bundled)
    gap = only(find_gaps(bundled, journal))
    assert (gap.action, gap.cell) == (Action.OUTSIDE, None)


@pytest.mark.parametrize("question", ["文网文怎么续期", "大模型备案要什么材料？！", "你好"])
def test_what_is_answered_well_and_small_talk_are_no_gaps(bot, journal, asked, question):
    asked(question)
    assert find_gaps(bot, journal) == []


def test_an_answer_voted_down_is_a_gap_and_one_voted_up_is_none(bot, journal, asked):
    asked("文网文怎么续期", vote="down")
    asked("大模型备案要什么材料", vote="up")
    asked("你好", vote="down")
    gap = only(find_gaps(bot, journal))
    assert (gap.kinds, gap.action) == ({Kind.VOTED_DOWN: 1}, Action.ANSWER)
    assert gap.nearest_question == "文网文怎么续期？"


def test_a_clarifying_question_that_is_taken_up_is_no_gap(bot, journal, asked):
    (reply,) = asked("劳务派遣证多久办好")
    asked("江苏", context=reply.context)
    assert Kind.CLARIFY_LEFT not in {kind for gap in find_gaps(bot, journal) for kind in gap.kinds}


def test_a_clarifying_question_that_is_passed_over_is_a_gap(bot, journal, asked):
    (reply,) = asked("劳务派遣证多久办好")
    asked("大模型备案要什么材料", context=reply.context)
    assert only(find_gaps(bot, journal)).kinds == {Kind.CLARIFY_LEFT: 1}


def test_of_clarifying_questions_those_that_were_left_count(bot, journal, asked):
    reply, *_ = asked("劳务派遣证多久办好", "劳务派遣证多久办好", "劳务派遣证多久办好")
    asked("浙江的", context=reply.context)
    assert {Kind.CLARIFY_LEFT: 2} in [gap.kinds for gap in find_gaps(bot, journal)]


def test_a_follow_up_that_fails_is_a_gap_by_what_it_means(bot, journal, asked):
    (reply,) = asked("文网文怎么续期")
    asked("可以转让吗", context=reply.context)
    gap = only(find_gaps(bot, journal))
    assert "转让" in gap.question
    assert gap.facets["permit"] == "网络文化经营许可证"


def test_what_was_asked_before_is_left_out(bot, journal, asked):
    asked("文网文可以转让吗", day="2026-10-01")
    asked("大模型备案能加急吗", day="2026-11-20")
    since = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    assert only(find_gaps(bot, journal, since)).question == "大模型备案能加急吗"


# ---- grouping


def test_what_is_asked_alike_is_one_gap(bot, journal, asked):
    asked("文网文可以转让吗", day="2026-11-18")
    asked("文网文允许转让吗", "文网文可以转让吗", day="2026-11-20")
    asked("文网文可以转让吗?", day="2026-11-20")
    gap = only(find_gaps(bot, journal))
    assert gap.question.startswith("文网文可以转让吗")
    assert gap.variants == ("文网文允许转让吗",)
    assert (gap.count, gap.days) == (4, 2)
    assert f"{gap.first_seen:%Y-%m-%d}" == "2026-11-18"
    assert f"{gap.last_seen:%Y-%m-%d}" == "2026-11-20"


def test_what_is_about_something_else_is_another_gap(bot, journal, asked):
    asked("四川劳务派遣经营许可证多久能办下来", "湖南劳务派遣经营许可证多久能办下来")
    assert len(find_gaps(bot, journal)) == 2


def test_gaps_do_not_depend_on_the_order_of_questions(bot):
    texts = ["文网文可以转让吗", "文网文允许转让吗", "文网文转让", "大模型备案能加急吗"]
    for order in itertools.permutations(texts):
        queries = [read_query(text, bot.analyzer) for text in order]
        groups = [[order[place] for place in places] for places in group(queries, bot.analyzer)]
        assert sorted(map(len, groups)) == [1, 3]


def test_what_comes_first_heads_its_group(bot):
    texts = ["大模型备案能加急吗", "文网文可以转让吗", "文网文允许转让吗", "大模型备案可以加急吗"]
    queries = [read_query(text, bot.analyzer) for text in texts]
    assert group(queries, bot.analyzer) == [[0, 3], [1, 2]]
    assert group([], bot.analyzer) == []


def test_a_gap_keeps_its_key_when_more_is_asked(bot, journal, asked):
    asked("文网文可以转让吗", day="2026-11-01")
    key = only(find_gaps(bot, journal)).key
    asked(*["文网文允许转让吗"] * 3, day="2026-11-02")
    gap = only(find_gaps(bot, journal))
    assert gap.question == "文网文允许转让吗"
    assert gap.key == key


# ---- ranking


def test_what_is_asked_on_more_days_comes_first(bot, journal, asked):
    asked(*["文网文可以转让吗"] * 8, day="2026-11-18")
    for day in ("2026-11-18", "2026-11-19"):
        asked("大模型备案能加急吗", day=day)
    first, second = find_gaps(bot, journal)
    assert (first.question, first.demand) == ("大模型备案能加急吗", 2.0)
    assert (second.count, second.demand) == (8, 1.7)


def test_what_fails_hardly_counts_less(strict, journal, asked):
    unsure = strict(answer_confidence=0.95)
    asked("文网文到期了怎么续", "劳务派遣证多久办好", "算法备案费用多少", bot=unsure)
    demands = [(kind, gap.demand) for gap in find_gaps(unsure, journal) for kind in gap.kinds]
    assert demands == [(Kind.LISTED, 1.0), (Kind.CLARIFY_LEFT, 0.5), (Kind.WEAK, 0.25)]


def test_what_is_outside_comes_last(bot, journal, asked):
    asked(*["演出证怎么办"] * 5, "四川劳务派遣经营许可证多久能办下来")
    assert [gap.action for gap in find_gaps(bot, journal)] == [Action.NEW, Action.OUTSIDE]


# ---- the grid


def test_a_gap_is_placed_in_the_grid(bot, journal, asked):
    asked("四川劳务派遣经营许可证多久能办下来", "算法备案费用多少", "文网文可以转让吗")
    cells = {gap.question: gap.cell for gap in find_gaps(bot, journal)}
    held = {
        question: (cell.page, cell.row, cell.column, cell.answered, cell.listed, cell.general)
        for question, cell in cells.items()
    }
    assert held == {
        "四川劳务派遣经营许可证多久能办下来": ("四川", "劳务派遣经营许可证", "时限", 0, 0, 0),
        "算法备案费用多少": ("全国", "算法备案", "费用", 0, 1, 0),
        "文网文可以转让吗": ("全国", "网络文化经营许可证", "转让", 0, 0, 0),
    }


# ---- closing


def test_a_gap_closes_when_its_questions_are_answered(journal, asked, strict):
    asked("文网文可以转让吗", "大模型备案能加急吗")
    wider = strict(FAQ + "文网文可以转让吗？,不可以转让。\n")
    assert only(find_gaps(wider, journal)).question == "大模型备案能加急吗"


def test_a_vote_down_stands_until_another_entry_answers(strict, journal, asked):
    bot = strict(answer_confidence=0.5)
    asked("文网文到期了怎么续", vote="down", bot=bot)
    assert find_gaps(bot, journal)
    wider = strict(FAQ + "文网文到期了怎么续,到原发证机关办理。\n")
    assert find_gaps(wider, journal) == []


def test_an_ignored_gap_stays_out_with_what_is_asked_alike(bot, journal, asked):
    asked("文网文可以转让吗", "大模型备案能加急吗")
    gap = next(gap for gap in find_gaps(bot, journal) if "转让" in gap.question)
    journal.ignore(gap.key, gap.question)
    asked("文网文允许转让吗")
    assert only(find_gaps(bot, journal)).question == "大模型备案能加急吗"
    everything = {found.key: found.ignored for found in find_gaps(bot, journal, ignored=True)}
    assert everything[gap.key]
    assert sum(everything.values()) == 1
    journal.heed(gap.key)
    assert len(find_gaps(bot, journal)) == 2


def test_an_ignored_gap_stays_out_though_its_first_question_is_long_past(bot, journal, asked):
    asked("文网文可以转让吗", day="2026-06-01")
    gap = only(find_gaps(bot, journal))
    journal.ignore(gap.key, gap.question)
    asked("文网文允许转让吗")
    assert find_gaps(bot, journal, datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)) == []


def test_without_the_text_of_questions_there_are_no_gaps(bot, url):
    with closing(Journal(url, 1000, questions=False)) as quiet:
        quiet.keep(bot.ask("文网文可以转让吗"), {}, 3)
        quiet.prune()
        assert find_gaps(bot, quiet) == []


def test_a_gap_is_plain_data(bot, journal, asked):
    asked("文网文可以转让吗")
    data = only(find_gaps(bot, journal)).to_dict()
    assert data["kinds"] == {"no_match": 1}
    assert data["action"] == "new"
    assert data["first_seen"].startswith(DAY)
    assert data["cell"]["row"] == "网络文化经营许可证"
