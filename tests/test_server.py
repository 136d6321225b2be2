"""The real server as a process of its own: starting, reloading, stopping."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from urllib.parse import quote

import pytest
from running import DEADLINE, Server

from qa_bot.journal import Journal
from qa_bot.settings import PROJECT

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the signals are POSIX's")

OLD = "question,answer\n几点上班？,早上九点上班。\n食堂在哪里？,食堂在二楼。\n"
NEW = "question,answer\n几点上班？,早上八点半上班。\n食堂在哪里？,食堂在二楼。\n"
BROKEN = "question,answer\n几点上班？,早上八点上班。\n,没有问题的答案。\n"


@pytest.fixture
def start(settings):
    """Start a server on a file or folder of knowledge and wait until it listens."""
    servers = []

    def start_server(knowledge, cache=settings.cache, **environ):
        servers.append(Server(knowledge, QA_BOT_CACHE=cache, **environ))
        return servers[-1].listen()

    yield start_server
    for server in servers:
        server.close()


@pytest.fixture
def knowledge(write):
    return write("faq.csv", OLD)


@pytest.fixture
def server(start, knowledge):
    """A server that has opened its knowledge."""
    started = start(knowledge.parent)
    started.wait_for("answering from 2 entries")
    return started


def test_a_question_is_answered_over_http(server):
    assert server.get("/readyz") == (200, {"status": "ready"})
    assert server.answer("几点上班？") == (200, "早上九点上班。")


def test_a_reload_swaps_the_answer_and_fails_no_request(server, knowledge):
    seen, asked, enough = [], threading.Event(), threading.Event()

    def keep_asking():
        for _ in range(5000):
            seen.append(server.answer("几点上班？"))
            asked.set()
            if enough.is_set():
                return

    visitor = threading.Thread(target=keep_asking)
    visitor.start()
    asked.wait(DEADLINE)
    knowledge.write_text(NEW, encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("answering from 2 entries")
    assert server.answer("几点上班？") == (200, "早上八点半上班。")
    enough.set()
    visitor.join(DEADLINE)
    assert seen[0] == (200, "早上九点上班。")
    assert set(seen) <= {(200, "早上九点上班。"), (200, "早上八点半上班。")}
    assert seen == sorted(seen, key=lambda reply: reply == (200, "早上八点半上班。"))


def test_broken_knowledge_is_logged_and_the_old_answers_stay_until_it_is_mended(server, knowledge):
    knowledge.write_text(BROKEN, encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    assert server.wait_for("not reloaded: (.*)")[1].startswith("faq.csv:3:question: ")
    assert server.get("/readyz")[0] == 200
    assert server.answer("几点上班？") == (200, "早上九点上班。")
    knowledge.write_text(NEW, encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("answering from 2 entries")
    assert server.answer("几点上班？") == (200, "早上八点半上班。")


def test_a_server_stops_when_it_is_told_to(server):
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0
    with pytest.raises(ConnectionRefusedError):
        server.get("/healthz")


def test_a_server_stops_even_while_it_opens_its_knowledge(start, knowledge):
    server = start(knowledge)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0


def test_a_server_does_not_start_on_broken_knowledge(start, knowledge):
    knowledge.write_text(BROKEN, encoding="utf-8")
    server = start(knowledge.parent)
    server.wait_for("^faq.csv:3:question: the question is empty; ")
    assert server.process.wait(DEADLINE) == 1


def test_a_server_that_cannot_keep_its_cache_answers_all_the_same(start, knowledge):
    server = start(knowledge.parent, cache=knowledge)
    server.wait_for("the index is not kept for the next start")
    server.wait_for("answering from 2 entries")
    assert server.answer("食堂在哪里") == (200, "食堂在二楼。")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: viel\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 300_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_check_31_what_never_reaches_the_application_is_a_problem_too(server, sent, status):
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as connection:
        connection.sendall(sent)
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            problem = json.loads(response.read())
    assert (response.status, problem["status"]) == (status, status)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-ID"] == problem["request_id"]


def test_a_vote_on_an_answer_outlives_the_server(start, knowledge, tmp_path):
    journal = f"sqlite:///{tmp_path}/journal.sqlite"
    server = start(knowledge, QA_BOT_JOURNAL=journal)
    server.wait_for("answering from 2 entries")
    _, reply = server.get(f"/api/v1/answers?question={quote('几点上班13812345678')}")
    assert server.put(reply["links"]["feedback"], {"rating": "up"}) == 204
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    kept = database.execute(
        "SELECT question, rating FROM answers JOIN votes ON answers.id = answer_id"
    ).fetchall()
    database.close()
    assert kept == [("几点上班[phone]", "up")]


def test_a_server_that_is_killed_loses_at_most_the_last_second(start, knowledge, tmp_path):
    server = start(knowledge, QA_BOT_JOURNAL=f"sqlite:///{tmp_path}/journal.sqlite")
    server.wait_for("answering from 2 entries")
    given, end = [], time.monotonic() + 2
    while time.monotonic() < end:
        _, reply = server.get(f"/api/v1/answers?question={quote('几点上班')}")
        given.append((time.monotonic(), reply["answer_id"]))
    server.process.kill()
    killed = time.monotonic()
    server.process.wait(DEADLINE)
    with closing(Journal(f"sqlite:///{tmp_path}/journal.sqlite", 100_000)) as journal:
        kept = {row.id for row in journal.replies()}
    older = {id_ for at, id_ in given if at < killed - 1}
    assert older
    assert older <= kept


def test_a_server_that_cannot_keep_a_journal_says_so_and_answers_all_the_same(start, knowledge):
    server = start(knowledge, QA_BOT_JOURNAL="nosuch://server/db")
    server.wait_for("answering from 2 entries")
    assert server.answer("食堂在哪里") == (200, "食堂在二楼。")
    assert "no answers and votes are kept: " in "".join(server.written)


def test_check_32_each_line_of_the_log_may_be_an_object_with_the_id_of_its_request(
    start, knowledge
):
    server = start(knowledge, QA_BOT_LOG_JSON="true")
    server.wait_for("answering from 2 entries")
    server.answer("几点上班？")
    line = json.loads(server.wait_for('.*"GET /api/v1/answers".*')[0])
    assert (line["status"], line["outcome"]) == (200, "answered")
    assert len(line["request_id"]) == 32
    assert "几点上班" not in str(line)


def test_an_origin_that_is_none_is_told_without_a_traceback(knowledge):
    server = Server(knowledge, QA_BOT_ORIGINS="https://example.cn/")
    server.wait_for("QA_BOT_ORIGINS holds 'https://example.cn/', which is not an origin")
    assert server.process.wait(DEADLINE) == 2
    server.close()
    assert "Traceback" not in "".join(server.written)


def test_a_port_in_use_is_told_without_a_traceback(server):
    command = [sys.executable, "-m", "qa_bot", "serve", "--port", str(server.port)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert f"cannot serve at 127.0.0.1:{server.port}" in done.stderr
    assert "Traceback" not in done.stderr


def publish(state, knowledge, *arguments):
    """Publish from another process, as people do."""
    return released("publish", state, "--knowledge", str(knowledge), *arguments)


def released(command, state, *arguments):
    environ = {
        **os.environ,
        "QA_BOT_STATE": str(state),
        "QA_BOT_CACHE": str(state / "cache"),
        "QA_BOT_JUDGED": str(state / "judged"),
    }
    whole = [sys.executable, "-m", "qa_bot", command, "--why", "试试", *arguments]
    done = subprocess.run(
        whole, cwd=PROJECT, env=environ, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout


@pytest.fixture
def publishing(start, knowledge, tmp_path):
    """A server without `--knowledge`, on the release that was published before it started."""
    publish(tmp_path, knowledge)
    server = start(None, cache=tmp_path / "cache", QA_BOT_STATE=tmp_path)
    server.wait_for("answering from 2 entries of release 1")
    return server


def test_check_40_what_is_published_is_answered_and_a_rollback_brings_back_the_same(
    publishing, knowledge, tmp_path
):
    path = f"/api/v1/answers?question={quote('几点上班？')}"
    first = publishing.get(path)[1]
    knowledge.write_text(NEW, encoding="utf-8")
    assert publishing.answer("几点上班？") == (200, "早上九点上班。")
    assert publish(tmp_path, knowledge) == "release 2 is current: 2 entries, 2 answered\n"
    publishing.wait_for("answering from 2 entries of release 2")
    second = publishing.get(path)[1]
    assert (second["release"], second["answer"]["text"]) == (2, "早上八点半上班。")
    assert released("rollback", tmp_path) == "release 1 is current: 2 entries, 2 answered\n"
    publishing.wait_for("answering from 2 entries of release 1")
    third = publishing.get(path)[1]
    for own in ("answer_id", "links", "timing_ms"):
        del first[own], third[own]
    assert first == third


def test_publishing_and_going_back_fail_and_mix_no_reply(publishing, knowledge, tmp_path):
    path = f"/api/v1/answers?question={quote('几点上班？')}"
    seen, asked, enough = [], threading.Event(), threading.Event()

    def keep_asking():
        while not enough.is_set():
            status, reply = publishing.get(path)
            seen.append((status, reply["release"], reply["answer"]["text"]))
            asked.set()

    visitor = threading.Thread(target=keep_asking)
    visitor.start()
    asked.wait(DEADLINE)
    knowledge.write_text(NEW, encoding="utf-8")
    publish(tmp_path, knowledge)
    publishing.wait_for("of release 2")
    released("rollback", tmp_path)
    publishing.wait_for("of release 1")
    enough.set()
    visitor.join(DEADLINE)
    assert set(seen) <= {(200, 1, "早上九点上班。"), (200, 2, "早上八点半上班。")}


def test_etags_change_with_the_release_and_come_back_with_it(publishing, knowledge, tmp_path):
    paths = ("/api/v1/config", f"/api/v1/suggest?q={quote('几点')}")
    first = [publishing.etag(path) for path in paths]
    knowledge.write_text(NEW, encoding="utf-8")
    publish(tmp_path, knowledge)
    publishing.wait_for("of release 2")
    assert not set(first) & {publishing.etag(path) for path in paths}
    released("rollback", tmp_path, "1")
    publishing.wait_for("of release 1")
    assert [publishing.etag(path) for path in paths] == first


def test_the_first_release_takes_the_place_of_the_files(start, knowledge, tmp_path):
    server = start(
        None,
        cache=tmp_path / "cache",
        QA_BOT_STATE=tmp_path,
        QA_BOT_KNOWLEDGE=knowledge.parent,
    )
    server.wait_for("answering from 2 entries$")
    assert server.get("/api/v1/config")[1]["release"] == 0
    publish(tmp_path, knowledge)
    server.wait_for("answering from 2 entries of release 1")
    assert server.get("/api/v1/config")[1]["release"] == 1


def test_a_server_told_its_knowledge_follows_no_release(start, knowledge, tmp_path):
    publish(tmp_path, knowledge)
    knowledge.write_text(NEW, encoding="utf-8")
    server = start(knowledge.parent, cache=tmp_path / "cache", QA_BOT_STATE=tmp_path)
    server.wait_for("answering from 2 entries$")
    assert server.answer("几点上班？") == (200, "早上八点半上班。")


def test_a_damaged_release_is_logged_and_the_old_one_goes_on_answering(
    publishing, knowledge, tmp_path
):
    knowledge.write_text(NEW, encoding="utf-8")
    publish(tmp_path, knowledge)
    publishing.wait_for("of release 2")
    folder = tmp_path / "releases"
    broken = folder / "3"
    shutil.copytree(folder / "2", broken)
    broken.chmod(0o755)
    (broken / "phrases.toml").unlink()
    step = json.loads((folder / "current").read_text(encoding="utf-8"))
    (folder / "current").write_text(json.dumps({**step, "new": 3}), encoding="utf-8")
    publishing.wait_for(r"not reloaded: 3/phrases\.toml: missing; ")
    assert publishing.answer("几点上班？") == (200, "早上八点半上班。")
