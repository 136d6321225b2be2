"""The journal: answers and votes are kept, names are masked, no visitor waits."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from qa_bot.journal import MOST_WAITING, Journal, JournalError, mask


@pytest.fixture
def rows(tmp_path, journal):
    """Close the journal and give the rows of a table."""

    def read(table):
        journal.close()
        database = sqlite3.connect(tmp_path / "journal.sqlite")
        database.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
        finally:
            database.close()

    return read


# ---- what names a person


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机13812345678", "我的手机[phone]"),
        ("打138-1234-5678吧", "打[phone]吧"),
        ("电话+86 13812345678", "电话[phone]"),
        ("１３８１２３４５６７８", "[phone]"),
        ("座机010-62345678", "座机[phone]"),
        ("发到zhang.san+1@example.com.cn", "发到[email]"),
        ("身份证11010519491231002X", "身份证[id]"),
        ("身份证 110105194912310021 办证", "身份证 [id] 办证"),
        ("卡号6222 0212 3456 7890 123", "卡号[card]"),
        ("卡号6222021234567890", "卡号[card]"),
        ("13812345678和13912345678", "[phone]和[phone]"),
    ],
)
def test_what_names_a_person_is_masked(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "网络文化经营许可证2026年11月21日到期",
        "注册资本1000000元要验资吗",
        "国务院令第292号",
        "《互联网文化管理暂行规定》第八条",
        "12345政务热线",
        "2026-11-21",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text) == text


# ---- answers and votes


def test_an_answer_is_kept_with_what_was_understood(journal, bundled, rows):
    before = bundled.ask("文网文几年到期")
    reply = bundled.ask("政府收费吗", before.context)
    journal.keep(reply)
    (row,) = rows("answers")
    assert row["id"] == reply.answer_id
    assert row["question"] == "政府收费吗"
    assert "网络文化经营许可证" in row["understood"]
    assert (row["outcome"], row["entry"]) == ("answered", reply.hit.entry.id)


def test_a_question_is_masked_before_it_is_kept(journal, bundled, rows):
    journal.keep(bundled.ask("文网文几年到期，回我13812345678"))
    (row,) = rows("answers")
    assert "13812345678" not in str(row)
    assert row["question"] == "文网文几年到期,回我[phone]"


def test_a_vote_is_kept_and_the_next_replaces_it(journal, bundled, rows):
    reply = bundled.ask("文网文几年到期")
    journal.keep(reply)
    assert journal.vote(reply.answer_id, "down", ["过时"], "打13812345678问过")
    assert journal.vote(reply.answer_id, "up", [], "")
    (row,) = rows("votes")
    assert (row["answer_id"], row["rating"], row["reasons"]) == (reply.answer_id, "up", "[]")


def test_the_comment_of_a_vote_is_masked(journal, bundled, rows):
    reply = bundled.ask("文网文几年到期")
    journal.keep(reply)
    journal.vote(reply.answer_id, "down", ["找zhang@example.com"], "打13812345678问过")
    (row,) = rows("votes")
    assert row["comment"] == "打[phone]问过"
    assert "example.com" not in row["reasons"]


def test_a_vote_can_be_withdrawn_as_often_as_one_likes(journal, bundled, rows):
    reply = bundled.ask("文网文几年到期")
    journal.keep(reply)
    journal.vote(reply.answer_id, "up", [], "")
    assert journal.withdraw(reply.answer_id)
    assert journal.withdraw(reply.answer_id)
    assert rows("votes") == []


def test_an_answer_that_was_never_given_takes_no_vote(journal, rows):
    assert not journal.vote("没有", "up", [], "")
    assert not journal.withdraw("没有")
    assert rows("votes") == []


def test_what_was_kept_is_there_after_a_restart(tmp_path, journal, bundled):
    reply = bundled.ask("文网文几年到期")
    journal.keep(reply)
    journal.close()
    again = Journal(f"sqlite:///{tmp_path}/journal.sqlite", most_answers=1000)
    assert again.vote(reply.answer_id, "up", [], "")
    again.close()


def test_the_oldest_answers_go_first_and_their_votes_with_them(tmp_path, bundled):
    small = Journal(f"sqlite:///{tmp_path}/small.sqlite", most_answers=3)
    replies = [bundled.ask("文网文几年到期") for _ in range(5)]
    for reply in replies:
        small.keep(reply)
        assert small.vote(reply.answer_id, "up", [], "")
    small.close()
    database = sqlite3.connect(tmp_path / "small.sqlite")
    newest = {reply.answer_id for reply in replies[2:]}
    for query in ("SELECT id FROM answers", "SELECT answer_id FROM votes"):
        assert {id_ for (id_,) in database.execute(query)} == newest
    database.close()


def test_an_answer_never_waits_for_the_database(tmp_path, bundled, journal, caplog):
    reply = bundled.ask("文网文几年到期")
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    journal.keep(reply)
    for _ in range(2 * MOST_WAITING):
        journal.keep(reply)
    assert journal.left_out > 0
    assert "answers are left out" in caplog.text
    other.execute("ROLLBACK")
    other.close()


def test_many_threads_may_vote_at_once(journal, bundled, rows):
    replies = [bundled.ask("文网文几年到期") for _ in range(20)]

    def visit(reply):
        journal.keep(reply)
        journal.vote(reply.answer_id, "up", [], "")

    threads = [threading.Thread(target=visit, args=(reply,)) for reply in replies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row["answer_id"] for row in rows("votes")} == {reply.answer_id for reply in replies}


@pytest.mark.parametrize(
    "url", ["没有", "nosuch://server/db", "sqlite:////proc/没有/journal.sqlite", "postgresql+x://a"]
)
def test_a_journal_that_cannot_be_opened_says_why(url):
    with pytest.raises(JournalError, match=r"^the journal cannot be opened: .+"):
        Journal(url, 1000)
