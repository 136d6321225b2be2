"""The command line: what it prints, and its three exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from qa_bot.cli import main

FAQ = "question,answer\n文网文怎么续期?,期满前30日内申请延续。\n"


@pytest.fixture
def run(settings):
    def invoke(*arguments, **environment):
        environment["QA_BOT_CACHE"] = str(settings.cache)
        return CliRunner().invoke(main, [str(a) for a in arguments], env=environment)

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


def test_eval_prints_a_table_and_json(run):
    assert run("eval").stdout.startswith("| kind |")
    assert json.loads(run("eval", "--json").stdout)["all"]["questions"] > 100


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
