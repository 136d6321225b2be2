"""Releases: numbered, immutable states; publishing, going back, and what may go wrong meanwhile."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from qa_bot import Bot, MistakesError
from qa_bot.evaluation import read_judgments
from qa_bot.evaluation.conversation import ask_in_turn
from qa_bot.releases import (
    BelowFloorsError,
    PublishedMeanwhileError,
    ReleaseError,
    Releases,
    UnchangedError,
    differences,
    replay,
    replies_changed,
)
from qa_bot.releases.contents import SHAPING
from qa_bot.settings import PROJECT

OLD = "question,answer\n几点上班？,早上九点上班。\n食堂在哪里？,食堂在二楼。\n"
NEW = "question,answer\n几点上班？,早上八点半上班。\n宿舍在哪里？,宿舍在东门外。\n"
PREPARE = """
import os, sys
from qa_bot import Settings
from qa_bot.releases import Releases
releases, settings = Releases.of(Settings.from_env(os.environ)), Settings.from_env(os.environ)
"""
DIE = "os.kill(os.getpid(), 9)"
DIGESTS = """
from qa_bot.evaluation import read_judgments
from qa_bot.evaluation.conversation import ask_in_turn
bot = releases.open(int(sys.argv[1]), settings)
for judged in read_judgments(settings.judged):
    print(ask_in_turn(bot, judged.before, judged.question).digest())
"""


@pytest.fixture
def own(settings, tmp_path, write):
    """The settings of somebody with a FAQ of their own, who judged nothing yet."""
    write("faq.csv", OLD)
    knowledge = tmp_path / "knowledge"
    return replace(settings, knowledge=knowledge, judged=tmp_path / "judged", state=tmp_path)


@pytest.fixture
def releases(own):
    return Releases.of(own)


@pytest.fixture
def publish(own, releases, write):
    """Write the FAQ, unless it stays, and publish it over the current release."""

    def publish_table(table=None, **options):
        if table:
            write("faq.csv", table)
        expected = options.pop("expected", releases.current())
        with releases.prepare(own) as draft:
            return releases.publish(draft, "王芳", "按新规定修改", expected, **options)

    return publish_table


def said(bot, question="几点上班"):
    reply = bot.ask(question)
    return reply.release, reply.hit.passage.text if reply.hit else None


def run(code, settings, *arguments, **environ):
    """Run a program with the settings in a process of its own."""
    names = ("knowledge", "judged", "state", "cache", "contact")
    own = {f"QA_BOT_{name.upper()}": str(getattr(settings, name)) for name in names}
    command = [sys.executable, "-c", PREPARE + code, *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **own, **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_release_says_what_the_files_said_when_it_was_published(own, releases, publish, write):
    release = publish()
    write("faq.csv", NEW)
    assert (release.number, release.parent, release.entries, release.answered) == (1, 0, 2, 2)
    assert said(releases.open(1, own)) == (1, "早上九点上班。")


def test_a_release_also_keeps_lexicon_phrases_and_the_settings_that_decide_what_is_said(
    own, releases, publish
):
    publish()
    other = replace(own, contact="别的电话", answer_confidence=0.99, port=1)
    bot = releases.open(1, other)
    assert (bot.settings.contact, bot.settings.answer_confidence) == (
        own.contact,
        own.answer_confidence,
    )
    assert bot.settings.port == 1
    for place in (bot.settings.lexicon, bot.settings.phrases, bot.settings.coefficients):
        assert place.is_relative_to(releases.folder / "1")


def test_every_setting_that_the_bot_reads_is_kept_or_a_limit_of_the_server():
    source = (PROJECT / "qa_bot" / "bot.py").read_text(encoding="utf-8")
    read = set(re.findall(r"self\.settings\.(\w+)", source))
    assert read - {"max_question_chars"} == set(SHAPING)


def test_a_single_file_is_called_in_a_release_as_it_was_before(own, releases):
    single = own.knowledge / "faq.csv"
    with releases.prepare(own, single) as draft:
        reply = draft.state.bot.ask("几点上班").to_dict()
    assert (
        reply["answer"]["source"]
        == Bot.open(single, own).ask("几点上班").to_dict()["answer"]["source"]
    )


def test_a_list_of_pages_is_published_with_its_pages(own, releases, write):
    write("pages/shangban.html", "<h1>几点上班？</h1><p>早上九点上班。</p>")
    pages = write("office.pages.txt", "https://example.cn/shangban\tpages/shangban.html\n")
    with releases.prepare(own, pages) as draft:
        reply = draft.state.bot.ask("几点上班").to_dict()
    assert reply["entry"]["url"] == "https://example.cn/shangban"
    assert reply == {
        **Bot.open(pages, own).ask("几点上班").to_dict(),
        **{name: reply[name] for name in ("answer_id", "links", "timing_ms")},
    }


def test_publishing_the_same_changes_nothing(releases, publish):
    publish()
    with pytest.raises(UnchangedError, match="release 1 already holds exactly this"):
        publish()
    assert releases.numbers() == [1]
    assert len(releases.history.steps()) == 1


def test_a_draft_is_of_one_moment_and_leaves_nothing_behind(own, releases, write):
    with releases.prepare(own) as draft:
        write("faq.csv", NEW)
        assert said(draft.state.bot) == (0, "早上九点上班。")
    assert list(releases.folder.iterdir()) == []
    with pytest.raises(ReleaseError, match="discarded"):
        releases.publish(draft, "王芳", "太晚了", 0)


def test_broken_files_are_told_and_leave_nothing_behind(own, releases, write):
    write("faq.csv", "question,answer\n,没有问题的答案。\n")
    with pytest.raises(MistakesError, match=r"^faq\.csv:2:question: the question is empty"):
        releases.prepare(own)
    assert list(releases.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "told"), [("nowhere", "no such file"), ("empty", "no knowledge")]
)
def test_where_there_is_no_knowledge_the_place_is_told(own, releases, tmp_path, place, told):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MistakesError, match=rf"{place}: .*{told}"):
        releases.prepare(own, tmp_path / place)


def test_a_saved_index_cannot_be_published_without_its_files(own, releases, tmp_path):
    Bot.open(own.knowledge, own).index.save(tmp_path / "saved")
    with pytest.raises(MistakesError, match="name the knowledge that it was built from"):
        releases.prepare(own, tmp_path / "saved")


def test_going_back_and_forward_is_written_down_with_who_when_and_why(own, releases, publish):
    publish()
    publish(NEW)
    releases.activate(1, "李强", "新答案有误", expected=2)
    assert said(releases.open(releases.current(), own)) == (1, "早上九点上班。")
    releases.activate(2, "王芳", "查过了，没有错", expected=1)
    steps = releases.history.steps()
    assert [(step.action, step.old, step.new, step.who) for step in steps] == [
        ("publish", 0, 1, "王芳"),
        ("publish", 1, 2, "王芳"),
        ("roll back", 2, 1, "李强"),
        ("roll forward", 1, 2, "王芳"),
    ]
    assert steps[2].why == "新答案有误"
    assert datetime.datetime.fromisoformat(steps[2].at).tzinfo


def test_there_is_no_going_to_a_release_that_is_current_or_was_never_there(releases, publish):
    publish()
    with pytest.raises(UnchangedError, match="release 1 is the current one"):
        releases.activate(1, "王芳", "误点", expected=1)
    with pytest.raises(ReleaseError, match=r"no release 7 \(there are: 1\)"):
        releases.activate(7, "王芳", "误点", expected=1)


def test_after_a_rollback_every_judged_question_gets_the_same_bytes_in_any_process(
    settings, releases, own
):
    bundled = replace(settings, state=own.state)
    with releases.prepare(replace(bundled, judged=own.judged)) as draft:
        releases.publish(draft, "王芳", "首次发布", 0)
        bot = draft.state.bot.released(1)
    with releases.prepare(own) as draft:
        releases.publish(draft, "王芳", "换成别的", 1)
    releases.activate(1, "王芳", "换回来", 2)
    judged = read_judgments(settings.judged)
    before = [ask_in_turn(bot, one.before, one.question).digest() for one in judged]
    done = run(DIGESTS, bundled, "1", PYTHONHASHSEED="7")
    assert done.stdout.split() == before
    assert len(before) > 900


def test_judged_questions_under_their_floors_stop_a_release_unless_somebody_takes_it_on_them(
    own, releases, publish
):
    own.judged.mkdir()
    line = {"question": "食堂在哪里呢", "entries": [], "kind": "keyword"}
    text = json.dumps(line, ensure_ascii=False)
    (own.judged / "keyword.jsonl").write_text(text, encoding="utf-8")
    (own.judged / "floors.json").write_text('{"judged": {"right": 0.5}}', encoding="utf-8")
    with pytest.raises(BelowFloorsError, match=r"judged: right is 0\.000, must be at least 0\.5"):
        publish()
    assert releases.current() == 0
    release = publish(force=True)
    assert release.overruled == ("judged: right is 0.000, must be at least 0.5",)
    assert releases.get(1).figures["questions"] == 1
    assert releases.history.steps()[0].overruled == release.overruled


def test_judged_questions_whose_entries_are_gone_stop_a_release(own, publish):
    own.judged.mkdir()
    lines = [
        json.dumps({"question": f"第{n}问", "entries": ["没有的问题"], "kind": "keyword"})
        for n in range(8)
    ]
    (own.judged / "keyword.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BelowFloorsError) as refused:
        publish()
    assert "keyword.jsonl:1: no entry asks '没有的问题'" in refused.value.missed[0]
    assert refused.value.missed[-1].startswith("3 more mistakes in ")


def test_whoever_looked_at_another_release_than_the_current_one_is_told(releases, publish):
    publish()
    publish(NEW)
    with pytest.raises(PublishedMeanwhileError, match=r"王芳 made release 2 current at 20.*\(按新"):
        publish(OLD, expected=1)
    with pytest.raises(PublishedMeanwhileError):
        releases.activate(1, "李强", "没看见第二版", expected=1)
    assert releases.current() == 2


def test_of_two_who_publish_at_once_the_second_is_told(own, releases, publish, tmp_path):
    publish()
    processes = []
    for name in ("王芳", "李强"):
        table = tmp_path / name / "faq.csv"
        table.parent.mkdir()
        table.write_text(OLD + f"谁发布的？,{name}。\n", encoding="utf-8")
        command = [sys.executable, "-m", "qa_bot", "publish", "--why", "同时", "--who", name]
        environ = {
            **os.environ,
            "QA_BOT_STATE": str(own.state),
            "QA_BOT_CACHE": str(own.cache),
            "QA_BOT_JUDGED": str(own.judged),
        }
        processes.append(
            subprocess.Popen(
                [*command, "--expect", "1", "--knowledge", str(table)],
                cwd=PROJECT,
                env=environ,
                stderr=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        )
    done = [(*process.communicate(), process.returncode) for process in processes]
    winner = next(number for number, (_, _, code) in enumerate(done) if code == 0)
    told, refused = done[winner][0], done[1 - winner]
    assert told == "release 2 is current: 3 entries, 3 answered\n"
    assert refused[2] == 1
    assert f"{('王芳', '李强')[winner]} made release 2 current" in refused[1]
    assert (releases.numbers(), releases.current()) == ([1, 2], 2)


def test_a_process_that_is_killed_before_the_switch_leaves_the_current_release_as_it_was(
    own, releases, publish, write
):
    publish()
    write("faq.csv", NEW)
    code = f"releases.publish(releases.prepare(settings), '王芳', '断电', 1, ready=lambda _: {DIE})"
    assert run(code, own).returncode == -9
    assert releases.current() == 1
    assert [step.new for step in releases.history.steps()] == [1]
    assert said(releases.open(2, own)) == (2, "早上八点半上班。")
    assert publish().number == 3


def test_a_process_that_is_killed_while_it_reads_leaves_only_a_draft_that_is_removed_later(
    own, releases, publish
):
    publish()
    assert (
        run(
            f"releases.prepare(settings, progress=lambda _: {DIE})",
            own,
            QA_BOT_CACHE=str(own.state / "another-cache"),
        ).returncode
        == -9
    )
    (left,) = releases.folder.glob(".draft-*")
    assert releases.numbers() == [1]
    os.utime(left, (0, 0))
    publish(NEW)
    assert not left.exists()


def test_a_step_that_a_crash_kept_from_the_log_is_added_to_it(releases, publish):
    publish()
    publish(NEW)
    log = releases.folder / "audit.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    assert [step.new for step in releases.history.steps()] == [1, 2]
    releases.activate(1, "李强", "新答案有误", expected=2)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["new"] for line in lines] == [1, 2, 1]


def change(path):
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace("上班".encode(), "下班".encode()) + b"\n")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: change(folder / "knowledge/faq.csv"), "1/knowledge/faq.csv: changed"),
        (lambda folder: change(folder / "lexicon/synonyms.txt"), "1/lexicon/synonyms.txt: changed"),
        (lambda folder: (folder / "phrases.toml").unlink(), "1/phrases.toml: missing"),
        (
            lambda folder: (folder / "lexicon/facets/mood.txt").write_text("高兴"),
            "1/lexicon/facets/mood.txt: no part of the release",
        ),
        (
            lambda folder: (folder / "release.json").write_text(
                (folder / "release.json").read_text(encoding="utf-8").replace("王芳", "李强"),
                encoding="utf-8",
            ),
            "1/release.json: the release was damaged",
        ),
        (lambda folder: change(folder / "index/facts.json"), "facts.json: missing or damaged"),
    ],
    ids=["knowledge", "lexicon", "phrases", "added", "release", "index"],
)
def test_a_damaged_release_is_refused(own, releases, publish, damage, told):
    publish()
    folder = releases.folder / "1"
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    damage(folder)
    with pytest.raises(MistakesError) as refused:
        releases.open(1, own)
    assert told in str(refused.value)
    publish(NEW)
    with pytest.raises(MistakesError) as refused:
        releases.activate(1, "王芳", "退回", expected=2)
    assert told in str(refused.value)
    assert releases.current() == 2


def test_nobody_writes_into_a_release_by_mistake(releases, publish):
    publish()
    folder = releases.folder / "1"
    assert [path for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o222] == []


def test_an_index_that_another_program_built_is_built_anew(own, releases, publish):
    publish()
    header = releases.folder / "1" / "index" / "index.json"
    header.chmod(0o644)
    text = header.read_text(encoding="utf-8")
    header.write_text(re.sub(r'"format": \d+', '"format": 1', text), encoding="utf-8")
    assert said(releases.open(1, own)) == (1, "早上九点上班。")


def test_differences_are_told_entry_by_entry_and_field_by_field(own, releases, publish):
    publish()
    old = releases.state(1, own)
    publish(NEW)
    new = releases.state(2, own)
    found = differences(old, new)
    assert [entry.question for entry in found.added] == ["宿舍在哪里？"]
    assert [entry.question for entry in found.removed] == ["食堂在哪里？"]
    (changed,) = found.changed
    assert (changed.question, changed.fields[0].name) == ("几点上班？", "answer")
    assert (changed.fields[0].old, changed.fields[0].new) == ("早上九点上班。", "早上八点半上班。")
    assert str(found).endswith("1 entries new, 1 changed, 1 removed")
    assert (found.files, found.settings) == ((), ())


def test_other_files_and_settings_differ_too(own, releases, tmp_path):
    with releases.prepare(own) as draft:
        releases.publish(draft, "王芳", "首次发布", 0)
    phrases = tmp_path / "phrases.toml"
    text = own.phrases.read_text(encoding="utf-8")
    phrases.write_text(text.replace("没有", "没"), encoding="utf-8")
    with releases.prepare(replace(own, phrases=phrases, contact="新电话")) as draft:
        found = differences(releases.state(1, own), draft.state)
    assert found.files == ("phrases.toml",)
    assert [(f.name, f.old, f.new) for f in found.settings] == [("contact", own.contact, "新电话")]
    assert found.to_dict()["changed"] == []


def test_before_anything_was_published_all_is_new(own, releases):
    with releases.prepare(own) as draft:
        assert len(differences(None, draft.state).added) == 2


def test_the_replies_that_change_are_listed_those_of_entries_that_differ_first(
    own, releases, publish
):
    publish()
    publish(NEW)
    old, new = releases.state(1, own), releases.state(2, own)
    found = replies_changed(old, new, own.judged, most=10)
    assert {change.asked[-1] for change in found.changes} == {
        "几点上班？",
        "宿舍在哪里？",
        "食堂在哪里？",
    }
    few = replies_changed(old, new, own.judged, most=1)
    assert (few.questions, few.asked, len(few.changes)) == (3, 1, 1)
    assert str(few).endswith("1 of 1 replies differ; 2 not asked")


def test_pruning_leaves_the_newest_and_the_current_one(own, releases, publish):
    for number in range(4):
        publish(OLD + f"第几版？,第{number}版。\n")
    releases.activate(2, "王芳", "退回", expected=4)
    assert releases.prune(1, "王芳", "腾地方", None) == [1, 3]
    assert releases.numbers() == [2, 4]
    assert releases.history.steps()[-1].action == "prune"
    assert said(releases.open(2, own), "第几版") == (2, "第1版。")
    assert publish().number == 5


def test_pruning_can_leave_what_was_current_lately(releases, publish):
    for number in range(3):
        publish(OLD + f"第几版？,第{number}版。\n")
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert releases.prune(1, "王芳", "腾地方", long_ago) == []
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    assert releases.prune(1, "王芳", "腾地方", later) == [1, 2]


@pytest.fixture
def keep(journal):
    """Keep a reply to a question in the journal, and give what is kept of it."""

    def keep_reply(reply, context=None):
        journal.keep(reply, context or {}, 3)
        journal.prune()  # It waits until all is written.
        return journal.find(reply.answer_id)

    return keep_reply


def test_a_replay_gives_the_same_from_the_release_that_gave_it_although_another_is_current(
    own, releases, publish, keep
):
    publish()
    first = releases.open(1, own).ask("几点上班")
    kept = keep(releases.open(1, own).ask("食堂呢", first.context), first.context)
    publish(NEW)
    again = replay(releases, own, kept)
    assert (again.exact, again.differs) == (True, ())
    assert again.reply.digest() == kept.digest
    assert again.reply.hit.passage.text == "食堂在二楼。"


def test_a_replay_is_of_the_day_on_which_the_question_was_asked(own, releases, publish, keep):
    publish(OLD.replace("answer", "answer,valid_until").replace("。\n", "。,2026-06-30\n"))
    june = datetime.datetime(2026, 6, 30, 12, tzinfo=datetime.UTC)
    reply = releases.open(1, own).as_of(june.date()).ask("几点上班")
    assert reply.outcome == "answered"
    kept = replace(keep(reply), asked_at=june)
    assert replay(releases, own, kept).differs == ()
    later = replace(kept, asked_at=june + datetime.timedelta(days=3))
    assert replay(releases, own, later).reply.outcome == "listed_unanswered"


def test_a_replay_tells_in_what_it_is_another_reply(own, releases, publish, keep):
    publish()
    kept = replace(keep(releases.open(1, own).ask("几点上班")), outcome="no_match", digest=None)
    again = replay(releases, own, kept)
    assert [(f.name, f.old, f.new) for f in again.differs] == [("outcome", "no_match", "answered")]


def test_what_was_masked_is_replayed_as_far_as_it_is_kept(own, releases, publish, keep):
    publish()
    kept = keep(releases.open(1, own).ask("几点上班？我的电话13812345678"))
    again = replay(releases, own, kept)
    assert (kept.digest, again.exact) == (None, False)
    assert again.reply.hit.entry.id == kept.entry


def test_what_was_never_published_or_is_not_kept_cannot_be_replayed(own, releases, publish, keep):
    publish()
    kept = keep(releases.open(1, own).ask("几点上班"))
    for changed, told in (
        ({"release": 0}, "not published"),
        ({"release": 7}, "there is no release 7"),
        ({"question": ""}, "was not kept"),
    ):
        with pytest.raises(ReleaseError, match=told):
            replay(releases, own, replace(kept, **changed))
