"""Replies that are remembered: the same as new ones, each with an id of its own."""

from __future__ import annotations

import json

import pytest

from qa_bot.dialogue import ContextError
from qa_bot.web.replies import Replies

QUESTION = "文网文几年到期"


def asked(replies, *questions):
    return [replies.ask(question) for question in questions]


def without_id_and_time(reply):
    return {
        name: value
        for name, value in reply.to_dict().items()
        if name not in {"answer_id", "links", "timing_ms"}
    }


def test_a_reply_that_is_remembered_says_what_the_bot_says(bundled):
    first, again = asked(Replies(bundled, 10), QUESTION, QUESTION)
    assert without_id_and_time(again) == without_id_and_time(first)
    assert without_id_and_time(again) == without_id_and_time(bundled.ask(QUESTION))
    assert again.hit is first.hit
    assert again.digest() == first.digest() == bundled.ask(QUESTION).digest()


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        (QUESTION, "answered"),
        ("劳务派遣许可网上申报入口", "clarify"),
        ("香港大模型备案怎么办", "no_match"),
        ('“引号”、"引号"和\\和\n和😀', "no_match"),
        ("你好", "no_match"),
    ],
)
def test_a_reply_is_written_as_the_json_that_its_dictionary_is(bundled, question, outcome):
    for reply in (bundled.ask(question), *asked(Replies(bundled, 10), question, question)):
        assert reply.outcome == outcome
        compact = json.dumps(reply.to_dict(), ensure_ascii=False, separators=(",", ":"))
        assert reply.to_json().decode() == compact


def test_no_two_servers_give_the_same_ids(bundled):
    ids = {reply.answer_id for _ in range(2) for reply in asked(Replies(bundled, 10), *"文网文网")}
    assert len(ids) == 8
    assert {len(id_) for id_ in ids} == {32}


def test_each_reply_has_an_id_that_can_be_voted_on(bundled, journal):
    first, again = asked(Replies(bundled, 10), QUESTION, QUESTION)
    assert first.answer_id != again.answer_id
    journal.keep(first, {}, 3)
    journal.keep(again, {}, 3)
    assert journal.vote(again.answer_id, "up", [], "")


def test_what_was_said_before_is_part_of_what_is_asked(bundled):
    replies = Replies(bundled, 10)
    alone = replies.ask("费用呢")
    after = replies.ask("费用呢", replies.ask(QUESTION).context)
    assert not alone.carried
    assert after.carried


def test_how_many_alternatives_are_wanted_is_part_of_what_is_asked(bundled):
    replies = Replies(bundled, 10)
    assert [len(replies.ask("文网文", {}, top).alternatives) for top in (1, 3)] == [1, 3]


def test_the_replies_asked_longest_ago_are_forgotten(bundled):
    replies = Replies(bundled, 2)
    first, *_, again = asked(replies, QUESTION, "演出证怎么办", "版号是什么", QUESTION)
    assert again.hit is not first.hit


def test_none_is_remembered_where_none_may_be(bundled):
    first, again = asked(Replies(bundled, 0), QUESTION, QUESTION)
    assert again.hit is not first.hit


def test_a_context_that_is_wrong_is_refused_each_time(bundled):
    replies = Replies(bundled, 10)
    for _ in range(2):
        with pytest.raises(ContextError):
            replies.ask(QUESTION, {"entry": "没有这一条"})
