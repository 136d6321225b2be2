"""The command line: what it prints, and its three exit codes."""

from __future__ import annotations

import csv
import datetime
import io
import json
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qa_bot import Bot
from qa_bot.cli import main
from qa_bot.journal import Journal
from qa_bot.releases import Releases

FAQ = "question,answer\n文网文怎么续期?,期满前30日内申请延续。\n"


@pytest.fixture
def run(settings):
    def invoke(*arguments, **environment):
        environment["QA_BOT_CACHE"] = settings.cache
        texts = {name: str(value) for name, value in environment.items()}
        return CliRunner().invoke(main, [str(a) for a in arguments], env=texts)

    return invoke


def test_ask_prints_the_answer_and_its_evidence(run, write):
    done = run("ask", "文网文怎么续期", "--knowledge", write("faq.csv", FAQ))
    assert done.exit_code == 0
    assert "期满前30日内申请延续。" in done.stdout


def test_ask_json_is_the_json_of_the_endpoint(run, write):
    done = run("ask", "文网文怎么续期", "--json", "--knowledge", write("faq.csv", FAQ))
    reply = json.loads(done.stdout)
    assert reply["outcome"] == "answered"
    assert reply["answer"]["source"]["line"] == 2


def test_ask_can_tell_why(run, write):
    path = write("faq.csv", FAQ)
    done = run("ask", "文网文要怎么续", "--explain", "--knowledge", path)
    assert "score" in done.stdout
    assert "facet     文网文 → 网络文化经营许可证" in done.stdout


def test_an_honest_no_is_a_reply_and_no_error(run, write):
    done = run("ask", "明天下雨吗", "--knowledge", write("faq.csv", FAQ))
    assert done.exit_code == 0
    assert "[no_match]" in done.stdout


@pytest.mark.parametrize("arguments", [["ask"], ["ask", ""], ["ask", "问" * 501], ["nonsense"]])
def test_wrong_usage_exits_with_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_a_setting_that_is_no_number_is_wrong_usage(run):
    done = run("check", QA_BOT_PORT="八千")
    assert done.exit_code == 2
    assert "QA_BOT_PORT" in done.output


def test_check_prints_every_mistake_and_exits_with_1(run, write):
    path = write("faq.csv", "question,answer,url\n,一,\n怎么办?,二,网址\n")
    done = run("check", "--knowledge", path)
    assert done.exit_code == 1
    assert "faq.csv:2:question: the question is empty" in done.stdout
    assert "faq.csv:3:url: '网址' is not a web address" in done.stdout


def test_check_of_the_bundled_base_finds_nothing(run):
    done = run("check", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["mistakes"]) == (0, [])
    assert found["answered"] >= 60
    assert found["judged"] >= 120


@pytest.mark.parametrize("command", [["ask", "问题"], ["index", "somewhere"], ["eval"]])
def test_mistakes_in_the_data_exit_with_1_and_no_traceback(run, write, command):
    done = run(*command, "--knowledge", write("faq.csv", "question\n?\n"))
    assert done.exit_code == 1
    assert "faq.csv:2:question" in done.stderr
    assert "Traceback" not in done.output


def test_a_saved_index_can_be_asked(run, write, tmp_path):
    saved = tmp_path / "saved"
    assert run("index", saved, "--knowledge", write("faq.csv", FAQ)).exit_code == 0
    done = run("ask", "文网文怎么续期", "--knowledge", saved)
    assert "[answered]" in done.stdout


def test_check_reads_a_saved_index_through(run, write, tmp_path):
    saved = tmp_path / "索引"
    run("index", saved, "--knowledge", write("faq.csv", FAQ))
    assert json.loads(run("check", "--json", "--knowledge", saved).stdout)["entries"] == 1
    (saved / "entries-rows.npy").write_bytes(b"")
    done = run("check", "--knowledge", saved)
    assert done.exit_code == 1
    assert "entries-rows.npy: missing or damaged" in done.stdout


def test_eval_prints_a_table_and_json(run):
    assert run("eval").stdout.startswith("| kind |")
    assert json.loads(run("eval", "--json").stdout)["all"]["questions"] > 100


@pytest.fixture
def releasing(run, write, tmp_path):
    """Run a command on releases of the test's own, and on a FAQ that nobody judged yet."""
    knowledge = write("faq.csv", FAQ).parent

    def invoke(*arguments, **environment):
        places = {"QA_BOT_STATE": str(tmp_path), "QA_BOT_JUDGED": str(tmp_path / "judged")}
        places["QA_BOT_KNOWLEDGE"] = str(knowledge)
        return run(*arguments, **{**places, **environment})

    return invoke


def test_what_is_published_is_listed_with_who_did_it_and_why(releasing):
    done = releasing("publish", "--why", "首次发布", "--who", "王芳")
    assert (done.exit_code, done.stdout) == (0, "release 1 is current: 1 entries, 1 answered\n")
    listed = releasing("releases").stdout
    assert listed.startswith("* 1  20")
    assert "王芳: publish 0 → 1  首次发布" in listed
    data = json.loads(releasing("releases", "--json").stdout)
    assert (data["current"], data["audit"][0]["who"]) == (1, "王芳")
    assert data["releases"][0]["entries"] == 1


def test_publishing_the_same_again_says_so_and_is_no_error(releasing):
    releasing("publish", "--why", "首次发布")
    done = releasing("publish", "--why", "再来一次")
    assert (done.exit_code, done.stdout) == (0, "release 1 already holds exactly this\n")


def test_diff_shows_before_publishing_what_changes_and_what_is_said_instead(releasing, write):
    assert releasing("diff").stdout.startswith("+ 文网文怎么续期?")
    releasing("publish", "--why", "首次发布")
    write("faq.csv", FAQ.replace("30日", "60日"))
    shown = releasing("diff", "--replies").stdout
    assert "    - 期满前30日内申请延续。\n    + 期满前60日内申请延续。" in shown
    assert shown.endswith("1 of 1 replies differ\n")
    data = json.loads(releasing("diff", "--replies", "--json").stdout)
    assert data["replies"]["changes"][0]["new"]["text"] == "期满前60日内申请延续。"


def test_rollback_makes_the_release_before_current_again(releasing, write):
    releasing("publish", "--why", "首次发布")
    write("faq.csv", FAQ.replace("30日", "60日"))
    releasing("publish", "--why", "新规")
    done = releasing("rollback", "--why", "写错了", "--json")
    assert json.loads(done.stdout)["number"] == 1
    assert releasing("diff", "1", "2").stdout.startswith("~ 文网文怎么续期?")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rollback", "--why", "误点"], "no release to go back to"),
        (["rollback", "9", "--why", "误点"], "there is no release 9 (there are: 1)"),
        (["publish", "--why", "误点", "--expect", "0"], "王芳 made release 1 current"),
        (
            ["publish", "--why", "误点", "--knowledge", "data/knowledge/faq", "--expect", "7"],
            "王芳",
        ),
        (["diff", "3"], "there is no release 3 (there are: 1)"),
    ],
)
def test_what_is_refused_is_told_and_exits_with_1(releasing, arguments, told):
    releasing("publish", "--why", "首次发布", "--who", "王芳")
    done = releasing(*arguments)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output


def test_a_kept_reply_is_given_again_by_its_id(releasing, settings, tmp_path):
    releasing("publish", "--why", "首次发布")
    own = replace(settings, state=tmp_path, judged=tmp_path / "judged")
    reply = Releases.of(own).open(1, own).ask("文网文怎么续期")
    with closing(Journal.of(own)) as journal:
        journal.keep(reply, {}, 3)
    done = releasing("replay", reply.answer_id)
    assert "答:期满前30日内申请延续。" in done.stdout
    assert "the reply that release 1 gave at 20" in done.stdout
    assert done.stdout.endswith(", to the byte\n")
    data = json.loads(releasing("replay", reply.answer_id, "--json").stdout)
    assert (data["same"], data["exact"], data["reply"]["release"]) == (True, True, 1)
    unknown = releasing("replay", "0" * 32)
    assert (unknown.exit_code, "no reply '000" in unknown.stderr) == (1, True)


def test_releases_of_replies_that_the_journal_may_hold_are_pruned_only_by_force(releasing, write):
    releasing("publish", "--why", "首次发布")
    write("faq.csv", FAQ.replace("30日", "60日"))
    releasing("publish", "--why", "新规")
    prune = ("releases", "prune", "--keep", "1", "--why", "整理")
    assert releasing(*prune).stdout == "deleted releases: none\n"
    assert releasing(*prune, "--force").stdout == "deleted releases: 1\n"


def test_judged_questions_of_another_base_stop_a_release_with_a_hint(releasing, settings):
    done = releasing("publish", "--why", "首次发布", QA_BOT_JUDGED=str(settings.judged))
    assert done.exit_code == 1
    assert "QA_BOT_JUDGED names another folder" in done.stderr
    forced = releasing(
        "publish", "--why", "首次发布", "--force", QA_BOT_JUDGED=str(settings.judged)
    )
    assert forced.exit_code == 0
    assert "overruled: " in forced.stderr


INCOMING = "问题,答案,链接\n版号要多久?,六个月。,\n文网文怎么续期,窗口办。,\n等保?,,无\n"


@pytest.fixture
def incoming(tmp_path):
    path = tmp_path / "来件.csv"
    path.write_text(INCOMING, encoding="utf-8")
    return path


def test_import_shows_what_would_change_and_writes_nothing(run, write, incoming):
    knowledge = write("faq.csv", FAQ)
    done = run("import", incoming, "--knowledge", knowledge.parent)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "wrong: 来件.csv:4:链接: '无' is not a web address; write it as https://host/path",
        "new: 来件.csv:2: 版号要多久?",
        "changed: 来件.csv:3: 文网文怎么续期?",
        "3 rows: 1 new, 1 changed, 0 same, 1 wrong; 0 entries to remove",
        "nothing was written; --apply writes",
    ]
    assert [path.name for path in knowledge.parent.iterdir()] == ["faq.csv"]


def test_import_writes_when_asked_and_gives_the_wrong_rows_back(run, write, incoming, tmp_path):
    folder = write("faq.csv", FAQ).parent
    wrong = tmp_path / "来件.wrong.csv"
    done = run("import", incoming, "--apply", "--wrong", wrong, "--knowledge", folder)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "the knowledge holds 2 entries")
    assert "窗口办。" in (folder / "faq.csv").read_text(encoding="utf-8")
    assert (folder / "imported" / "来件.csv").exists()
    wrong.write_text(wrong.read_text(encoding="utf-8").replace(",无", ","), encoding="utf-8")
    done = run("import", wrong, "--apply", "--json", "--knowledge", folder)
    assert (done.exit_code, json.loads(done.stdout)["entries"]) == (0, 3)


def test_import_removes_what_is_gone_only_when_asked(run, tmp_path, incoming):
    folder = tmp_path / "新"
    incoming.write_text("问题\n甲?\n乙?\n", encoding="utf-8")
    run("import", incoming, "--apply", "--knowledge", folder)
    incoming.write_text("问题\n甲?\n", encoding="utf-8")
    done = run("import", incoming, "--apply", "--knowledge", folder)
    last = "the knowledge holds 2 entries; 1 were not removed (--remove)"
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, last)
    done = run("import", incoming, "--apply", "--remove", "--knowledge", folder)
    assert done.stdout.splitlines()[-1] == "the knowledge holds 1 entries"


def test_an_export_imports_to_the_same_base(run, write, tmp_path):
    folder = write("faq.csv", FAQ).parent
    done = run("export", tmp_path / "全部.xlsx", "--knowledge", folder)
    assert (done.exit_code, "1 entries written" in done.stdout) == (0, True)
    done = run("import", tmp_path / "全部.xlsx", "--knowledge", folder)
    assert "1 rows: 0 new, 0 changed, 1 same, 0 wrong" in done.stdout


def test_an_export_of_an_unknown_form_exits_with_1(run, write, tmp_path):
    done = run("export", tmp_path / "全部.docx", "--knowledge", write("faq.csv", FAQ))
    assert done.exit_code == 1
    assert ".csv .xlsx .jsonl" in done.stderr


def test_exit_codes_are_stated_in_the_help(run):
    assert "Exit codes: 0 done; 1" in " ".join(run("--help").stdout.split())


# ---- the journal


@pytest.fixture
def journal_run(run, tmp_path, bundled):
    """Run a command on a journal that keeps three replies, one of them voted down."""
    path = tmp_path / "state" / "journal.sqlite"
    path.parent.mkdir()
    with closing(Journal(f"sqlite:///{path}", 1000)) as journal:
        for question in ("文网文几年到期", '=HYPERLINK("http://x")的费用', "今天天气怎么样"):
            reply = bundled.ask(question)
            journal.keep(reply, {}, 3)
        journal.vote(reply.answer_id, "down", ["过时"], "+1,\n不对")
    return lambda *arguments, **more: run(
        "journal", *arguments, **{"QA_BOT_STATE": str(path.parent), **more}
    )


def test_the_journal_is_exported_as_a_table_that_spreadsheets_read(journal_run, tmp_path):
    done = journal_run("export", tmp_path / "回答.csv")
    assert (done.exit_code, done.stdout) == (0, f"3 replies written to {tmp_path / '回答.csv'}\n")
    content = (tmp_path / "回答.csv").read_bytes()
    assert content.startswith("\ufeff".encode())
    assert content.count(b"\r\n") == 4
    first, second, third = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert first["question"] == "文网文几年到期"
    assert first["outcome"] == "answered"
    assert second["question"].startswith("'=HYPERLINK(")
    assert (third["rating"], third["reasons"], third["comment"]) == ("down", "过时", "'+1,\n不对")
    asked_at = datetime.datetime.strptime(first["asked_at"], "%Y-%m-%d %H:%M:%S").astimezone()
    assert abs(datetime.datetime.now().astimezone() - asked_at) < datetime.timedelta(minutes=5)


def test_the_journal_is_exported_as_json_lines_of_all_that_is_kept(journal_run, tmp_path):
    assert journal_run("export", "--format", "jsonl", tmp_path / "a.jsonl").exit_code == 0
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    first, second, third = map(json.loads, lines)
    assert first["context"] == {}
    assert second["question"].startswith("=HYPERLINK")
    assert third["vote"]["reasons"] == ["过时"]


def test_the_journal_is_exported_by_time(journal_run, tmp_path):
    done = journal_run("export", "--until", "2026-01-01", tmp_path / "a.csv")
    assert done.stdout.startswith("0 replies")
    done = journal_run("export", "--since", "2026-01-01", tmp_path / "a.csv")
    assert done.stdout.startswith("3 replies")


def test_an_export_that_cannot_be_written_leaves_nothing(journal_run, tmp_path):
    done = journal_run("export", tmp_path / "没有" / "a.csv")
    assert done.exit_code == 1
    assert "cannot write" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_question_is_forgotten(journal_run):
    assert journal_run("forget", "--question", "今天天气怎么样").stdout == "1 replies forgotten\n"
    assert journal_run("forget", "--question", "今天天气怎么样").exit_code == 1
    assert journal_run("forget").exit_code == 2


def test_what_the_settings_do_not_allow_is_pruned(journal_run):
    assert journal_run("prune").stdout == "0 replies deleted\n"
    assert journal_run("prune", QA_BOT_JOURNAL_ANSWERS="1").stdout == "2 replies deleted\n"


def test_a_journal_that_cannot_be_opened_is_told(journal_run):
    done = journal_run("prune", QA_BOT_JOURNAL="nosuch://server/db")
    assert done.exit_code == 1
    assert "QA_BOT_JOURNAL" in done.stderr
    assert journal_run("prune", QA_BOT_JOURNAL="").exit_code == 2


# ---- gaps


@pytest.fixture
def gaps_run(run, tmp_path, write, settings):
    """Run `gaps` on a journal in which a listed question and one about nothing held were asked."""
    faq = write("faq.csv", FAQ + "算法备案要多少钱?,\n")
    bot = Bot.open(faq, settings)
    with closing(Journal(f"sqlite:///{tmp_path}/journal.sqlite", 1000)) as journal:
        for question in ("算法备案要多少钱", "演出证怎么办", "=演出证怎么办"):
            journal.keep(bot.ask(question), {}, 3)
    return lambda *arguments: run("gaps", "--knowledge", faq, *arguments, QA_BOT_STATE=tmp_path)


def test_gaps_are_listed_with_what_to_do(gaps_run):
    done = gaps_run()
    assert done.exit_code == 0
    first, second, counted = done.stdout.split("\n\n")
    assert first.startswith("[answer] 1  算法备案要多少钱\n")
    assert "算法备案 x 费用: 0 answered, 1 listed" in first
    assert second.startswith("[outside] 1.1  =演出证怎么办\n")
    assert "2 no_match; on 1 days" in second
    assert counted == "2 gaps\n"
    assert gaps_run("--top", "1").stdout.count("key: ") == 1


def test_gaps_are_given_as_json(gaps_run):
    data = json.loads(gaps_run("--json", "--top", "1").stdout)
    assert data["gaps"] == 2
    assert [gap["action"] for gap in data["top"]] == ["answer"]


def test_gaps_are_written_as_a_table_that_spreadsheets_read(gaps_run, tmp_path):
    assert gaps_run("--csv", tmp_path / "缺口.csv").exit_code == 0
    text = (tmp_path / "缺口.csv").read_text(encoding="utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert (first["question"], first["action"]) == ("算法备案要多少钱", "answer")
    assert (first["grid_row"], first["grid_listed"]) == ("算法备案", "1")
    assert second["question"] == "'=演出证怎么办"


def test_a_gap_is_ignored_and_listed_again(gaps_run):
    key = json.loads(gaps_run("--json").stdout)["top"][0]["key"]
    assert gaps_run("--ignore", key).stdout.endswith("1 gaps\n")
    assert key not in gaps_run().stdout
    assert "ignored, " in gaps_run("--all").stdout
    assert key in gaps_run("--heed", key).stdout
    assert gaps_run("--heed", key).exit_code == 2
    assert gaps_run("--ignore", "nichts").exit_code == 2
