"""The journal: replies and votes are kept, names are masked, no visitor waits; on two databases."""

from __future__ import annotations

import datetime
import threading
import time
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from databases import engine_of, schema_in
from sqlalchemy import text

from qa_bot.journal import Journal, JournalError, Vote
from qa_bot.journal.tables import tables
from qa_bot.journal.writer import MOST_WAITING

DEADLINE = 60
OLD_TABLES = """
CREATE TABLE answers (
    number {number}, id VARCHAR(32) NOT NULL, asked_at {time} NOT NULL,
    question TEXT NOT NULL, understood TEXT NOT NULL, outcome VARCHAR(20) NOT NULL,
    confidence FLOAT NOT NULL, entry VARCHAR, rule VARCHAR(40) NOT NULL, UNIQUE (id));
CREATE TABLE votes (
    answer_id VARCHAR(32) NOT NULL, voted_at {time} NOT NULL, rating VARCHAR(4) NOT NULL,
    reasons JSON NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (answer_id),
    FOREIGN KEY(answer_id) REFERENCES answers (id) ON DELETE CASCADE);
INSERT INTO answers (id, asked_at, question, understood, outcome, confidence, entry, rule)
VALUES ('a1', '2026-11-20 08:00:00', '文网文几年到期', '文网文几年到期', 'answered', 0.9, 'e1',
        'exact');
INSERT INTO votes VALUES ('a1', '2026-11-20 08:01:00', 'down', '["过时"]', '不对')
"""
"""What versions before the migrations made, with a row in each."""
OLD_TYPES = {
    "sqlite": {"number": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "time": "DATETIME"},
    "postgresql": {"number": "SERIAL PRIMARY KEY", "time": "TIMESTAMP"},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of an empty database of the test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.sqlite"
    return schema_in(request.getfixturevalue("postgresql"), tmp_path.name)


@pytest.fixture
def start(url):
    """Open journals in the database; the last one is closed with the test."""
    opened = []

    def open_journal(most_answers=1000, **options):
        for earlier in opened:
            earlier.close()
        opened[:] = [Journal(url, most_answers, **options)]
        return opened[0]

    yield open_journal
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(start):
    return start()


@pytest.fixture
def kept(start):
    """Write what is waiting, and give all that is kept."""
    return lambda: list(start().replies())


@pytest.fixture
def run(url):
    """Run statements in the database beside the journal, and give the rows of the last one."""

    def run_all(*statements):
        with engine_of(url).begin() as connection:
            results = [connection.execute(text(one)) for one in statements]
            return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []

    return run_all


def until(condition):
    """Wait until something that another thread does is done."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end


def keep(journal, bot, question, context=None, top=3, **changes):
    """Ask, and keep the reply as the server does."""
    reply = replace(bot.ask(question, context, top), **changes)
    journal.keep(reply, context or {}, top)
    return reply


# ---- replies


def test_a_reply_is_kept_with_all_that_it_takes_to_ask_again(journal, bundled, kept):
    before = bundled.ask("文网文几年到期").context
    reply = keep(journal, bundled, "政府收费吗", before, top=5)
    (row,) = kept()
    assert row.id == reply.answer_id
    assert row.question == "政府收费吗"
    assert "网络文化经营许可证" in row.understood
    assert (row.outcome, row.rule) == ("answered", reply.rule)
    assert row.entry == row.nearest == reply.hit.entry.id
    assert row.confidence == row.nearest_confidence == pytest.approx(reply.confidence)
    assert 0 <= row.margin < 1
    assert row.facets["permit"] == "网络文化经营许可证"
    assert (row.context, row.top, row.release, row.exact) == (before, 5, 0, True)
    assert datetime.datetime.now(datetime.UTC) - row.asked_at < datetime.timedelta(minutes=5)


def test_a_digest_that_an_earlier_version_made_is_not_compared(journal, bundled, kept, run):
    old, new = (keep(journal, bundled, question) for question in ("文网文几年到期", "演出证怎么办"))
    assert [row.digest for row in kept()] == [old.digest(), new.digest()]
    run(f"UPDATE answers SET digest = '{'e3' * 32}' WHERE id = '{old.answer_id}'")
    assert [row.digest for row in kept()] == [None, new.digest()]


def test_the_nearest_entry_is_kept_where_none_is_spoken_of(journal, bundled, kept):
    reply = keep(journal, bundled, "香港大模型备案怎么办")
    (row,) = kept()
    assert (row.outcome, row.entry, row.confidence) == ("no_match", None, 0.0)
    assert row.nearest == reply.nearest.entry.id
    assert row.nearest_confidence > 0


def test_the_facet_that_is_asked_back_for_is_kept(journal, bundled, kept):
    reply = keep(journal, bundled, "劳务派遣许可网上申报入口")
    (row,) = kept()
    assert row.clarify == (reply.clarify and reply.clarify.facet)
    assert row.outcome == "clarify"


def test_a_question_is_masked_and_said_not_to_be_exact(journal, bundled, kept):
    reply = keep(journal, bundled, "文网文几年到期，回我13812345678")
    keep(journal, bundled, "那费用呢", reply.context)
    first, second = kept()
    assert "13812345678" not in str((first, second))
    assert first.question == "文网文几年到期，回我[phone]"
    assert first.masked
    assert not first.exact
    assert "[phone]" in second.context["asked"]
    assert not second.exact


def test_characters_that_no_database_takes_are_replaced(journal, bundled, kept):
    keep(journal, bundled, "文网文\x00几年到期\ud800")
    (row,) = kept()
    assert row.question == "文网文\ufffd几年到期?"
    assert not row.exact


def test_the_text_of_questions_can_be_left_out(start, bundled, run):
    quiet = start(questions=False)
    reply = keep(quiet, bundled, "文网文几年到期")
    follow = keep(quiet, bundled, "那费用呢", reply.context)
    rows = list(start().replies())
    assert [(row.id, row.question, row.understood) for row in rows] == [
        (reply.answer_id, "", ""),
        (follow.answer_id, "", ""),
    ]
    assert rows[1].context["asked"] is None
    assert rows[1].context["entry"] == reply.hit.entry.id
    assert "文网文" not in str(run("SELECT question, understood, context FROM answers"))
    assert not any(row.exact for row in rows)


def test_what_was_kept_is_there_after_a_restart(start, bundled):
    reply = keep(start(), bundled, "文网文几年到期")
    assert start().vote(reply.answer_id, "up", [], "")


def test_a_clean_stop_loses_nothing(start, bundled):
    journal = start()
    reply = bundled.ask("文网文几年到期")
    ids = [f"{number:032x}" for number in range(MOST_WAITING)]
    for id_ in ids:
        journal.keep(replace(reply, answer_id=id_), {}, 3)
    assert [row.id for row in start().replies()] == ids


def test_two_journals_write_to_one_database(url, bundled, journal):
    other = Journal(url, most_answers=1000)
    replies = [keep(one, bundled, "文网文几年到期") for one in (journal, other) * 20]
    other.close()
    until(lambda: len(list(journal.replies())) == len(replies))


# ---- votes


def test_a_vote_is_kept_and_the_next_replaces_it(journal, bundled, kept):
    reply = keep(journal, bundled, "文网文几年到期")
    assert journal.vote(reply.answer_id, "down", ["过时"], "打13812345678问过")
    assert journal.vote(reply.answer_id, "up", [], "")
    (row,) = kept()
    assert row.vote == Vote("up", row.vote.voted_at)


def test_the_comment_of_a_vote_is_masked(journal, bundled, kept):
    reply = keep(journal, bundled, "文网文几年到期")
    journal.vote(reply.answer_id, "down", ["找zhang@example.com"], "打13812345678问过")
    (row,) = kept()
    assert row.vote.reasons == ("找[email]",)
    assert row.vote.comment == "打[phone]问过"


def test_a_vote_can_be_withdrawn_as_often_as_one_likes(journal, bundled, kept):
    reply = keep(journal, bundled, "文网文几年到期")
    journal.vote(reply.answer_id, "up", [], "")
    assert journal.withdraw(reply.answer_id)
    assert journal.withdraw(reply.answer_id)
    (row,) = kept()
    assert row.vote is None


def test_a_reply_that_was_never_given_takes_no_vote(journal, run):
    assert not journal.vote("没有", "up", [], "")
    assert not journal.withdraw("没有")
    assert run("SELECT * FROM votes") == []


def test_many_threads_may_vote_at_once(journal, bundled, kept):
    replies = [bundled.ask("文网文几年到期") for _ in range(20)]

    def visit(reply):
        journal.keep(reply, {}, 3)
        journal.vote(reply.answer_id, "up", [], "")

    threads = [threading.Thread(target=visit, args=(reply,)) for reply in replies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    voted = {row.id for row in kept() if row.vote}
    assert voted == {reply.answer_id for reply in replies}


# ---- what goes, and when


def test_the_oldest_replies_go_first_and_their_votes_with_them(start, bundled, run):
    small = start(most_answers=3)
    replies = [keep(small, bundled, "文网文几年到期") for _ in range(5)]
    for reply in replies[2:]:
        assert small.vote(reply.answer_id, "up", [], "")
    last = keep(small, bundled, "文网文几年到期")
    small.close()
    newest = {reply.answer_id for reply in (*replies[3:], last)}
    assert {id_ for (id_,) in run("SELECT id FROM answers")} == newest
    assert {id_ for (id_,) in run("SELECT answer_id FROM votes")} == newest - {last.answer_id}


def test_replies_go_when_they_are_too_old(start, bundled, run):
    journal = start(days=30)
    old, new = (keep(journal, bundled, "文网文几年到期") for _ in range(2))
    journal.vote(old.answer_id, "up", [], "")
    run(f"UPDATE answers SET asked_at = '2026-01-01 00:00:00' WHERE id = '{old.answer_id}'")
    keep(journal, bundled, "文网文几年到期")
    journal.close()
    assert old.answer_id not in str(run("SELECT id FROM answers"))
    assert new.answer_id in str(run("SELECT id FROM answers"))
    assert run("SELECT * FROM votes") == []


def test_what_is_too_old_goes_at_opening(start, bundled, run):
    reply = keep(start(), bundled, "文网文几年到期")
    start().close()
    run("UPDATE answers SET asked_at = '2026-01-01 00:00:00'")
    assert start().find(reply.answer_id)
    patient = start(days=30)
    until(lambda: patient.find(reply.answer_id) is None)


def test_what_becomes_too_old_goes_though_nothing_is_asked(start, bundled, run):
    journal = start(days=30, tidying=0.01)
    reply = keep(journal, bundled, "文网文几年到期")
    until(lambda: journal.find(reply.answer_id))
    run("UPDATE answers SET asked_at = '2026-01-01 00:00:00'")
    until(lambda: journal.find(reply.answer_id) is None)


def test_what_goes_can_be_counted(start, bundled, run):
    for _ in range(3):
        keep(start(), bundled, "文网文几年到期")
    start().close()
    run("UPDATE answers SET asked_at = '2026-01-01 00:00:00'")
    assert start().prune() == 0
    assert start(days=30).prune() == 3


def test_a_reply_is_forgotten_with_its_vote(journal, bundled, kept, run):
    first, second = (keep(journal, bundled, "文网文几年到期") for _ in range(2))
    journal.vote(first.answer_id, "down", [], "我是张三")
    assert journal.forget(first.answer_id) == 1
    assert journal.forget(first.answer_id) == 0
    assert [row.id for row in kept()] == [second.answer_id]
    assert run("SELECT * FROM votes") == []


def test_a_question_is_forgotten_wherever_it_stands(journal, bundled, run, tmp_path):
    named = "张三的文网文几年到期"
    reply = keep(journal, bundled, named)
    keep(journal, bundled, named)
    keep(journal, bundled, "那费用呢", reply.context)
    keep(journal, bundled, "文网文几年到期")
    assert journal.forget(question=named) == 2
    rows = run("SELECT question, context, masked FROM answers ORDER BY number")
    assert [row[0] for row in rows] == ["那费用呢", "文网文几年到期"]
    assert [bool(row[2]) for row in rows] == [True, False]
    for file in tmp_path.iterdir():
        assert "张三".encode() not in file.read_bytes()


# ---- reading


def test_replies_are_read_by_time_and_outcome(start, bundled, run):
    journal = start()
    ids = [keep(journal, bundled, "文网文几年到期").answer_id for _ in range(4)]
    ids += [keep(journal, bundled, "今天天气怎么样").answer_id]
    journal = start()
    for day, id_ in enumerate(ids, start=1):
        run(f"UPDATE answers SET asked_at = '2026-11-0{day} 12:00:00.000000' WHERE id = '{id_}'")
    second, fourth = (datetime.datetime(2026, 11, day, 12, tzinfo=datetime.UTC) for day in (2, 4))
    assert [row.id for row in journal.replies(second, fourth)] == ids[1:3]
    assert [row.id for row in journal.replies(outcomes=["no_match"])] == ids[4:]
    assert [row.id for row in journal.replies(limit=2)] == ids[:2]
    third = journal.find(ids[2])
    assert [row.id for row in journal.replies(after=third.number)] == ids[3:]
    newest = journal.replies(after=third.number, limit=1, newest_first=True)
    assert [row.id for row in newest] == [ids[1]]


def test_many_replies_are_read_page_by_page(start, bundled):
    journal = start(most_answers=10_000)
    reply = bundled.ask("文网文几年到期")
    for number in range(2500):
        journal.keep(replace(reply, answer_id=f"{number:032x}"), {}, 3)
        if number % MOST_WAITING == MOST_WAITING - 1:
            journal.prune()
    journal = start(most_answers=10_000)
    assert [int(row.id, 16) for row in journal.replies()] == list(range(2500))
    newest = journal.replies(newest_first=True, limit=2200)
    assert [int(row.id, 16) for row in newest] == list(range(2499, 299, -1))


def test_votes_are_read_with_what_they_judge(start, bundled):
    journal = start()
    replies = [keep(journal, bundled, "文网文几年到期") for _ in range(3)]
    for reply, rating in zip(replies, ("down", "up", "down"), strict=True):
        journal.vote(reply.answer_id, rating, ["过时"], "不对")
    down = list(journal.votes(rating="down"))
    assert [row.id for row in down] == [replies[2].answer_id, replies[0].answer_id]
    assert down[0].vote.reasons == ("过时",)
    assert down[0].question == "文网文几年到期"
    assert len(list(journal.votes())) == 3


def test_replies_are_counted_by_day_outcome_and_facet(start, bundled, run):
    journal = start()
    for question in (
        "文网文几年到期",
        "大模型备案要什么材料",
        "大模型备案要准备什么材料",
        "今天天气怎么样",
    ):
        keep(journal, bundled, question)
    journal = start()
    run("UPDATE answers SET asked_at = '2026-11-20 12:00:00' WHERE question LIKE '大%'")
    run("UPDATE answers SET asked_at = '2026-11-21 12:00:00' WHERE question NOT LIKE '大%'")
    days = [datetime.date(2026, 11, 20), datetime.date(2026, 11, 21)]
    counted = [(count.day, count.outcome, count.replies) for count in journal.counts()]
    assert counted == [
        (days[0], "answered", 2),
        (days[1], "answered", 1),
        (days[1], "no_match", 1),
    ]
    by_permit = {(count.value, count.replies) for count in journal.counts(facet="permit")}
    assert by_permit == {("大模型备案", 2), ("网络文化经营许可证", 1), ("", 1)}
    later = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
    assert sum(count.replies for count in journal.counts(since=later)) == 2


def test_what_is_asked_most_comes_first(start, bundled):
    journal = start()
    for question in ("文网文几年到期", "大模型备案要什么材料", "文网文几年到期"):
        keep(journal, bundled, question)
    most, second = start().most_asked()
    assert (most.question, most.times, most.outcome) == ("文网文几年到期", 2, "answered")
    assert second.times == 1
    assert len(start().most_asked(limit=1)) == 1


def test_a_reader_does_not_keep_the_writer_waiting(start, bundled):
    journal = start()
    replies = [keep(journal, bundled, "文网文几年到期") for _ in range(3)]
    journal = start()
    reading = journal.replies()
    assert next(reading).id == replies[0].answer_id
    assert journal.vote(replies[1].answer_id, "up", [], "")
    assert len(list(reading)) == 2


def test_a_gap_is_ignored_until_it_is_heeded(start):
    journal = start()
    for key, question in (("k1", "能报销吗"), ("k1", "能报销吗13812345678"), ("k2", "天气")):
        journal.ignore(key, question)
    assert start().ignored() == {"k1": "能报销吗[phone]", "k2": "天气"}
    assert start().heed("k1")
    assert not start().heed("k1")
    assert start().ignored() == {"k2": "天气"}


# ---- opening


def test_a_journal_of_a_version_without_migrations_is_taken_over(start, run, url):
    run(*OLD_TABLES.format(**OLD_TYPES[url.partition(":")[0]]).split(";"))
    journal = start()
    row = journal.find("a1")
    assert (row.question, row.confidence, row.entry) == ("文网文几年到期", 0.9, "e1")
    assert row.asked_at == datetime.datetime(2026, 11, 20, 8, tzinfo=datetime.UTC)
    assert (row.vote.rating, row.vote.reasons, row.vote.comment) == ("down", ("过时",), "不对")
    assert (row.nearest, row.context, row.facets, row.exact) == (None, None, {}, False)
    assert journal.vote("a1", "up", [], "")


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_the_migrations_lead_to_the_tables_that_are_used(start, run, url, old):
    if old:
        run(*OLD_TABLES.format(**OLD_TYPES[url.partition(":")[0]]).split(";"))
    start().close()
    with engine_of(url).begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables) == []


def test_many_may_open_a_new_database_at_once(url):
    opened = []
    threads = [threading.Thread(target=lambda: opened.append(Journal(url, 1000))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for journal in opened:
        journal.close()
    assert len(opened) == 5


def test_a_database_of_a_newer_version_is_refused(start, run, url):
    start().close()
    run("UPDATE alembic_version SET version_num = 'r99'")
    with pytest.raises(JournalError, match=r"newer version of qa-bot \(r99\); update qa-bot"):
        Journal(url, 1000)


@pytest.mark.parametrize(
    "address",
    [
        "没有",
        "nosuch://server/db",
        "mysql://server/db",
        "sqlite:////proc/没有/journal.sqlite",
        "postgresql+x://a",
        "postgresql://nobody@127.0.0.1:1/nothing",
    ],
)
def test_a_journal_that_cannot_be_opened_says_why(address):
    with pytest.raises(JournalError, match=r"^the journal cannot be opened: .+"):
        Journal(address, 1000)


# ---- trouble


def test_an_answer_never_waits_for_the_database(bundled, journal, url, caplog):
    reply = bundled.ask("文网文几年到期")
    with engine_of(url).begin() as other:
        lock(other)
        for number in range(3 * MOST_WAITING):
            journal.keep(replace(reply, answer_id=str(number)), {}, 3)
        assert journal.left_out > 0
        assert "answers are left out" in caplog.text


def test_what_waited_for_a_busy_database_is_kept(bundled, start, url):
    journal = start()
    with engine_of(url).begin() as other:
        lock(other)
        reply = keep(journal, bundled, "文网文几年到期")
    until(lambda: journal.find(reply.answer_id))
    assert journal.left_out == 0


def test_a_reply_that_cannot_be_written_costs_no_other(bundled, journal, kept, caplog):
    first = keep(journal, bundled, "文网文几年到期")
    twice = replace(bundled.ask("文网文几年到期"), answer_id=first.answer_id)
    journal.keep(twice, {}, 3)
    last = keep(journal, bundled, "文网文几年到期")
    assert [row.id for row in kept()] == [first.answer_id, last.answer_id]
    assert journal.left_out == 1
    assert "cannot be written" in caplog.text


def test_a_journal_that_cannot_be_read_says_so(journal, run):
    run("DROP TABLE votes")
    with pytest.raises(JournalError, match="cannot be read"):
        journal.find("a1")


def lock(connection):
    """Keep others from writing until the connection's transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM ignored_gaps"))
    else:
        connection.execute(text("LOCK TABLE answers IN EXCLUSIVE MODE"))
