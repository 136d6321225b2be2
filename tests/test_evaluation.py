"""Judged questions: read with every mistake told, counted honestly, held to floors, compared."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

from qa_bot import Bot, MistakesError
from qa_bot.cli import main
from qa_bot.evaluation import CHOOSE, REPORT, Metrics, evaluate, read_judgments
from qa_bot.evaluation.calibration import expected_calibration_error, reliability, tradeoffs
from qa_bot.evaluation.comparison import compare, questions
from qa_bot.evaluation.conversation import ask_in_turn
from qa_bot.evaluation.floors import missed, read_floors
from qa_bot.text import match_key

FAQ = """question,answer
文网文怎么续期?,期满前30日内申请延续。
演出证怎么变更?,
"""


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


@pytest.fixture
def judged(tmp_path, bot):
    def read(*lines):
        (tmp_path / "judged.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return read_judgments(tmp_path, bot.index.base)

    return read


def test_right_answers_honest_noes_and_listed_titles_count_as_right(bot, judged):
    metrics = evaluate(
        bot,
        judged(
            '{"question": "文网文怎么续期", "entries": ["文网文怎么续期?"], "kind": "k"}',
            '{"question": "演出证怎么变更", "entries": ["演出证怎么变更?"], "kind": "k"}',
            '{"question": "明天下雨吗", "entries": [], "kind": "k"}',
        ),
    ).to_dict()
    assert metrics["right"] == 1.0
    assert metrics["coverage"] == metrics["listed"] == metrics["honest_no"] == 1.0
    assert metrics["wrong_answers"] == 0.0


def test_an_answer_to_what_must_not_be_answered_is_wrong(bot, judged):
    lines = judged('{"question": "文网文怎么续期", "entries": [], "kind": "k"}')
    assert evaluate(bot, lines).to_dict()["wrong_answers"] == 1.0


def test_an_answer_without_the_judged_sentence_is_not_right(bot, judged):
    line = '{"question": "文网文怎么续期", "entries": ["文网文怎么续期?"], "kind": "k", '
    metrics = evaluate(bot, judged(line + '"sentences": ["60日"]}'))
    assert metrics.to_dict()["sentence"] == 0.0


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "judged.jsonl:1: not JSON"),
        ("[]", "not a JSON object"),
        ('{"question": "问", "entries": []}', "the field 'kind' is missing"),
        ('{"question": "问", "entries": [], "kind": "k", "x": 1}', "unknown field 'x'"),
        ('{"question": "问", "entries": "问", "kind": "k"}', "'entries' is not a list"),
        ('{"question": "?", "entries": [], "kind": "k"}', "the question is empty"),
        ('{"question": "问", "entries": ["没有的"], "kind": "k"}', "no entry asks '没有的'"),
        (
            '{"question": "问", "entries": [], "kind": "k", "outcomes": ["maybe"]}',
            "unknown outcome 'maybe'",
        ),
    ],
)
def test_a_broken_judgment_is_located(judged, line, problem):
    with pytest.raises(MistakesError, match=r"judged\.jsonl:1") as error:
        judged(line)
    assert problem in str(error.value)


def test_a_question_judged_twice_is_told_with_both_places(judged):
    line = '{"question": "明天下雨吗", "entries": [], "kind": "k"}'
    with pytest.raises(MistakesError, match=r"jsonl:2: .* judged again at judged\.jsonl:1"):
        judged(line, line)


def test_all_questions_of_an_entry_are_in_one_half(bundled, settings):
    halves = {}
    for judgment in read_judgments(settings.judged, bundled.index.base):
        for name in judgment.entries[:1]:
            halves.setdefault(name, set()).add(judgment.half)
    assert {frozenset(half) for half in halves.values()} == {
        frozenset({CHOOSE}),
        frozenset({REPORT}),
    }


def test_no_judged_question_is_held_to_the_letter(bundled, settings):
    base = bundled.index.base
    held = {match_key(text) for entry in base.entries for text in entry.asked_as()}
    first = [each for each in read_judgments(settings.judged, base) if not each.before]
    assert [each.question for each in first if match_key(each.question) in held] == []


def test_a_third_of_the_judged_questions_must_not_be_answered(bundled, settings):
    base = bundled.index.base
    judgments = read_judgments(settings.judged, base)
    answered = [entry for entry in base.entries if entry.answered]
    held = {name for e in answered for name in (e.id, *map(match_key, e.asked_as()))}
    # A title without an answer can be told to be listed, and is not answered either.
    must_not = [j for j in judgments if held.isdisjoint({*j.entries, *map(match_key, j.entries)})]
    assert 3 * len(must_not) >= len(judgments)


def test_the_table_has_a_line_a_kind(bot, judged):
    table = evaluate(
        bot, judged('{"question": "明天下雨吗", "entries": [], "kind": "外行"}')
    ).table()
    assert [row.split("|")[1].strip() for row in table.splitlines()] == [
        "kind",
        "---",
        "外行",
        "all",
    ]


REGIONS = """question,answer
浙江文网文电子证照怎么下载?,在浙江的政务网下载。
江苏文网文电子证照怎么下载?,在江苏的政务网下载。
营业性演出许可证有效期几年?,营业性演出许可证有效期2年。
"""


@pytest.fixture(scope="module")
def regional(open_faq):
    return open_faq(REGIONS)


@pytest.fixture
def ask_judged(tmp_path, regional):
    def ask(**judgment):
        line = json.dumps({"kind": "k", **judgment}, ensure_ascii=False)
        (tmp_path / "judged.jsonl").write_text(line, encoding="utf-8")
        return evaluate(regional, read_judgments(tmp_path, regional.index.base))

    return ask


@pytest.mark.parametrize(
    ("entries", "led"),
    [
        (["江苏文网文电子证照怎么下载?"], 1.0),
        (["营业性演出许可证有效期几年?"], 0.0),
        ([], None),
    ],
)
def test_a_question_back_succeeds_when_one_of_its_options_leads_to_a_right_entry(
    ask_judged, entries, led
):
    metrics = ask_judged(question="文网文电子证照怎么下载", entries=entries)
    assert metrics.verdicts[0].reply.clarify is not None
    assert metrics.to_dict()["led"] == led


def test_a_judged_follow_up_is_asked_after_what_was_asked_before(ask_judged, regional):
    before, question = ["浙江文网文电子证照怎么下载?"], "那江苏的呢"
    metrics = ask_judged(question=question, entries=["江苏文网文电子证照怎么下载?"], before=before)
    assert metrics.verdicts[0].first
    assert ask_in_turn(regional, [], question).hit is None


def test_confidence_is_weighed_only_where_something_was_found_and_not_word_for_word(ask_judged):
    exact = ask_judged(question="浙江文网文电子证照怎么下载", entries=[])
    smalltalk = ask_judged(question="你好", entries=[])
    assert exact.weighed() == smalltalk.weighed() == []
    found = ask_judged(question="演出许可证有效期", entries=["营业性演出许可证有效期几年?"])
    assert found.weighed() == [(found.verdicts[0].reply.confidence, True)]


def test_confidences_are_sorted_into_ten_bins_with_their_share_right():
    table = reliability([(0.0, False), (0.05, True), (0.95, True), (1.0, True)])
    assert len(table) == 10
    assert [found.count for found in table] == [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (table[0].confidence, table[0].right) == (0.025, 0.5)
    assert (table[4].confidence, table[4].right) == (None, None)


@pytest.mark.parametrize(
    ("outcomes", "error"),
    [
        ([(1.0, True), (0.0, False)], 0.0),
        ([(1.0, False), (0.0, True)], 1.0),
        ([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 0.0),
        ([(0.75, True), (0.25, True)], 0.5),
    ],
)
def test_the_calibration_error_is_the_mean_gap_between_confidence_and_share_right(outcomes, error):
    assert math.isclose(expected_calibration_error(outcomes), error)


def test_a_calibration_error_of_nothing_is_none():
    assert expected_calibration_error([]) is None


def test_a_higher_threshold_gives_less_and_is_wrong_less_often():
    table = {found.threshold: found for found in tradeoffs([(0.95, True), (0.35, False)])}
    assert (table[0.0].coverage, table[0.0].wrong) == (1.0, 0.5)
    assert (table[0.9].coverage, table[0.9].wrong) == (0.5, 0.0)


@pytest.mark.parametrize(
    ("floors", "sentences"),
    [
        ({"coverage": 0.5, "wrong_answers": 0.1}, []),
        ({"coverage": 0.7}, ["judged: coverage is 0.600, must be at least 0.7"]),
        ({"wrong_answers": 0.01}, ["judged: wrong_answers is 0.050, must be at most 0.01"]),
        ({"led": 1.0}, []),
    ],
)
def test_a_floor_is_missed_from_below_or_above_as_the_measure_has_it(floors, sentences):
    measures = {"coverage": 0.6, "wrong_answers": 0.05, "led": None}
    assert missed(floors, "judged", measures) == sentences


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "floors.json: not JSON"),
        ("[]", "not an object of objects"),
        ('{"juged": {}}', "nothing is called 'juged'"),
        ('{"judged": {"coverige": 0.5}}', "judged has no measure 'coverige'"),
        ('{"facet_swapped": {"wrong": "0"}}', "the floor of facet_swapped.wrong is not a number"),
    ],
)
def test_floors_that_cannot_be_held_to_are_mistakes(tmp_path, text, problem):
    (tmp_path / "floors.json").write_text(text, encoding="utf-8")
    with pytest.raises(MistakesError, match=r"floors\.json") as error:
        read_floors(tmp_path)
    assert problem in str(error.value)


def test_a_folder_without_floors_has_none(tmp_path):
    assert read_floors(tmp_path) == {}


def test_the_projects_own_floors_can_be_held_to(settings):
    assert read_floors(settings.judged)["judged"].keys() <= Metrics().to_dict().keys()


def test_two_bots_are_compared_by_outcome_entry_and_answer(settings, write, regional):
    text = REGIONS.replace("有效期2年", "有效期3年").replace("江苏", "山东")
    new = Bot.open(write("faq.csv", text), settings)
    asked = questions(regional, new, [])
    assert len(asked) == 4
    changes = {change.asked[-1]: change for change in compare(regional, new, asked)}
    assert "浙江文网文电子证照怎么下载?" not in changes
    answer = changes["营业性演出许可证有效期几年?"]
    assert (answer.old.outcome, answer.new.outcome) == ("answered", "answered")
    assert ("2年" in answer.old.text, "3年" in answer.new.text) == (True, True)
    assert changes["江苏文网文电子证照怎么下载?"].new.entry != "江苏文网文电子证照怎么下载?"
    assert compare(regional, regional, asked) == []


def test_judged_questions_are_compared_with_what_was_asked_before_them(regional, tmp_path):
    line = '{"question": "那江苏的呢", "entries": [], "kind": "k", "before": ["浙江的怎么下载"]}'
    (tmp_path / "judged.jsonl").write_text(line, encoding="utf-8")
    asked = questions(regional, regional, read_judgments(tmp_path))
    assert asked[0] == ("浙江的怎么下载", "那江苏的呢")


@pytest.fixture
def run(settings, write, tmp_path):
    """Run `eval` on a base of three entries, with judged questions and floors of its own."""

    def invoke(*arguments, floors=None):
        folder = tmp_path / "judged"
        folder.mkdir(exist_ok=True)
        line = '{"question": "演出许可证管几年", "entries": [], "kind": "k"}'
        (folder / "k.jsonl").write_text(line, encoding="utf-8")
        (folder / "floors.json").write_text(json.dumps(floors or {}), encoding="utf-8")
        environment = {
            "QA_BOT_CACHE": str(settings.cache),
            "QA_BOT_JUDGED": str(folder),
            "QA_BOT_KNOWLEDGE": str(write("faq.csv", REGIONS)),
        }
        return CliRunner().invoke(main, ["eval", *map(str, arguments)], env=environment)

    return invoke


def test_eval_exits_with_1_and_says_why_when_a_floor_is_missed(run):
    done = run("--half", "all", floors={"judged": {"questions": 2}})
    assert done.exit_code == 1
    assert "missed: judged: questions is 1.000, must be at least 2" in done.stderr
    assert run("--half", "all", floors={"judged": {"questions": 1}}).exit_code == 0
    done = run("--suite", "verbatim", "--json", floors={"verbatim": {"questions": 99}})
    assert done.exit_code == 1
    assert len(json.loads(done.stdout)["missed"]) == 1


def test_floors_hold_for_the_bundled_base_only(run, write):
    done = run(
        *("--suite", "verbatim", "--knowledge", write("faq.csv", REGIONS)),
        floors={"verbatim": {"questions": 99}},
    )
    assert done.exit_code == 0


def test_eval_prints_reliability_and_what_each_threshold_would_cost(run):
    done = run("--half", "all")
    headings = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "---" in line]
    assert len(headings) == 3
    data = json.loads(run("--half", "all", "--json").stdout)
    assert (len(data["reliability"]), data["half"]) == (10, "all")
    assert data["tradeoffs"][0]["coverage"] == 1.0


def test_eval_against_lists_every_changed_reply_and_exits_with_0(run, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(REGIONS.replace("2年", "3年"), encoding="utf-8")
    done = run("--against", other)
    assert done.exit_code == 0
    assert "old  answered" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("of 4 replies differ")


def test_eval_against_itself_finds_no_change(run, tmp_path):
    same = tmp_path / "same.csv"
    same.write_text(REGIONS, encoding="utf-8")
    done = run("--against", same, "--json")
    assert json.loads(done.stdout) == {"questions": 4, "changed": 0, "changes": []}
