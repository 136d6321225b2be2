"""Knowledge: entries, and the base in which no question stands twice."""

from __future__ import annotations

import datetime
import itertools

import pytest

from qa_bot.knowledge import (
    Entry,
    KnowledgeBase,
    Passage,
    entry_id,
    merge,
    read_row,
    write_row,
)
from qa_bot.mistakes import Location

numbers = itertools.count(1)


def entry(question: str, answer: str = "", **fields) -> Entry:
    """Make an entry at a line of its own."""
    place = fields.pop("location", Location("文网文.csv", line=next(numbers)))
    passages = (Passage(answer, place),) if answer else ()
    own = fields.pop("id", entry_id(question))
    return Entry(own, question, place, passages=passages, **fields)


def at(line: int, file: str = "文网文.csv") -> Location:
    return Location(file, line=line)


def test_an_id_depends_on_the_question_alone():
    assert entry_id("文网文怎么续期?") == entry_id("文網文怎么续期？")
    assert entry_id("文网文怎么续期?") != entry_id("文网文怎么变更?")


def test_ids_stay_when_entries_are_reordered():
    entries = [entry(f"第{n}个问题?", "答案。" * (n % 2)) for n in range(6)]
    ids = [
        {e.question: e.id for e in merge(order)[0].entries} for order in (entries, entries[::-1])
    ]
    assert ids[0] == ids[1]


def test_equal_titles_become_one_entry_at_the_first_place():
    base, mistakes = merge(
        [entry("文网文怎么办?", location=at(2)), entry("文網文怎麼辦", location=at(9))]
    )
    assert [e.question for e in base.entries] == ["文网文怎么办?"]
    assert base.merged == ((at(9), at(2)),)
    assert not mistakes


@pytest.mark.parametrize("answered_first", [True, False])
def test_the_answered_one_of_equal_questions_is_kept(answered_first):
    title, full = entry("文网文怎么办?", location=at(2)), entry("文网文怎么办", "网上办。")
    base, mistakes = merge([full, title] if answered_first else [title, full])
    assert [e.answered for e in base.entries] == [True]
    assert base.merged == ((at(2), full.location),)
    assert not mistakes


def test_equal_questions_with_equal_answers_are_joined():
    base, mistakes = merge([entry("要备案吗?", "要备案。"), entry("要备案吗", "要,备案!")])
    assert (len(base.entries), base.answered, mistakes) == (1, 1, [])


def test_two_answers_to_one_question_are_refused_naming_both_places():
    one = entry("文网文要多久?", "二十个工作日。", location=at(7, "甲.csv"))
    other = entry("文网文要多久", "三十个工作日。", location=at(3, "乙.csv"))
    _, mistakes = merge([one, other])
    assert [str(mistake) for mistake in mistakes] == [
        "乙.csv:3: '文网文要多久' has another answer at 甲.csv:7; keep one of the two"
    ]


def test_wordings_and_url_of_joined_entries_are_kept():
    first = entry("文网文怎么办?", "网上办。", wordings=("文网文如何办",))
    again = entry("文网文怎么办", wordings=("怎么办文网文",), url="https://example.cn/1")
    (kept,) = merge([first, again])[0].entries
    assert kept.wordings == ("文网文如何办", "怎么办文网文")
    assert kept.url == "https://example.cn/1"


@pytest.mark.parametrize(
    "stated",
    [
        {"facets": {"region": ("江苏",)}},
        {"basis": "互联网文化管理暂行规定"},
        {"reviewed_on": "2026-05-01"},
        {"valid_until": "2026-12-31"},
        {"id": "wangwen-1"},
    ],
)
@pytest.mark.parametrize("stated_first", [True, False])
def test_what_only_one_of_joined_entries_states_is_kept(stated, stated_first):
    full, title = entry("文网文怎么办?", "网上办。"), entry("文网文怎么办", **stated)
    (kept,) = merge([title, full] if stated_first else [full, title])[0].entries
    assert {name: getattr(kept, name) for name in stated} == stated


def test_a_title_that_is_anothers_wording_becomes_that_entry():
    full = entry("文网文怎么办?", "网上办。", wordings=("文网文如何办理?",), location=at(2))
    base, mistakes = merge([entry("文网文如何办理", location=at(1)), full])
    assert base.entries == (full,)
    assert base.merged == ((at(1), at(2)),)
    assert not mistakes


def test_a_title_taken_over_leaves_its_wordings_and_url():
    full = entry("文网文怎么办?", "网上办。", wordings=("文网文如何办理?",))
    title = entry("文网文如何办理", wordings=("咋办文网文",), url="https://example.cn/1")
    (kept,) = merge([full, title])[0].entries
    assert "咋办文网文" in kept.wordings
    assert kept.url == "https://example.cn/1"


def test_titles_that_name_each_other_as_wordings_become_one_entry():
    one = entry("文网文怎么办?", wordings=("文网文如何办理",))
    other = entry("文网文如何办理?", wordings=("文网文怎么办",))
    assert merge([one, other])[0].entries == (one,)


def test_a_wording_belongs_to_one_entry():
    one = entry("文网文怎么办?", "网上办。", wordings=("咋办",), location=at(2))
    other = entry("ICP证怎么办?", "也网上办。", wordings=("咋办?",), location=at(5))
    (mistake,) = merge([one, other])[1]
    assert mistake.location == at(5)
    assert "'咋办?' is also one of '文网文怎么办?' at 文网文.csv:2" in mistake.problem


def test_a_wording_is_not_the_question_of_another_answer():
    one = entry("文网文怎么办?", "网上办。", wordings=("文网文要多久",), location=at(2))
    other = entry("文网文要多久?", "二十个工作日。", location=at(5))
    (mistake,) = merge([one, other])[1]
    assert str(mistake).startswith("文网文.csv:2: the wording '文网文要多久' is the question of")
    assert "文网文.csv:5" in mistake.problem


def test_an_id_belongs_to_one_entry():
    one, other = entry("甲证怎么办?", id="a", location=at(2)), entry("乙证怎么办?", id="a")
    (mistake,) = merge([one, other])[1]
    assert mistake.location == other.location
    assert mistake.problem == "the id 'a' is also that of 文网文.csv:2"


@pytest.mark.parametrize(
    ("valid_until", "expired"), [("2026-05-01", False), ("2026-04-30", True), ("", False)]
)
def test_an_answer_is_given_up_to_its_last_day(valid_until, expired):
    until = entry("文网文怎么办?", "网上办。", valid_until=valid_until)
    assert until.expired(datetime.date(2026, 5, 1)) is expired


@pytest.mark.parametrize(
    "stored",
    [
        entry("丙?"),
        entry("半个字\ud800?", "答\udfff。"),
        entry(
            "甲?",
            "答。",
            wordings=("乙?",),
            facets={"region": ("江苏", "南京")},
            url="https://a.cn",
            basis="《条例》第三条",
            reviewed_on="2026-05-01",
            valid_until="2027-05-01",
        ),
    ],
)
def test_an_entry_is_read_from_the_row_that_it_was_written_as(stored):
    row = write_row(stored)
    assert b"\n" not in row
    assert read_row(row) == stored


def test_the_hash_is_that_of_the_content():
    entries = [entry("甲?", "答。", location=at(1)), entry("乙?", location=at(2))]
    base = KnowledgeBase(tuple(entries))
    changed = KnowledgeBase((entry("甲?", "答!", location=at(1)), entries[1]))
    assert base.content_hash == KnowledgeBase(tuple(entries), ((at(8), at(1)),)).content_hash
    assert base.content_hash != changed.content_hash
