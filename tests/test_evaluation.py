"""Judged questions: read with every mistake told, and counted honestly."""

from __future__ import annotations

import pytest

from qa_bot import Bot, MistakesError
from qa_bot.evaluation import CHOOSE, REPORT, evaluate, read_judgments

FAQ = """question,answer
文网文怎么续期?,期满前30日内申请延续。
演出证怎么变更?,
"""


@pytest.fixture(scope="module")
def bot(settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("faq") / "faq.csv"
    path.write_text(FAQ, encoding="utf-8")
    return Bot.open(path, settings)


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
