"""Several processes at one port: they start, reload, replace each other and end together."""

from __future__ import annotations

import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest
from running import DEADLINE, Server

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="/proc tells a process's children"
)

OLD = "question,answer\n几点上班？,早上九点上班。\n食堂在哪里？,食堂在二楼。\n"
NEW = "question,answer\n几点上班？,早上八点半上班。\n食堂在哪里？,食堂在二楼。\n"
OPENED = "answering from 2 entries"


@pytest.fixture
def knowledge(write):
    return write("faq.csv", OLD)


@pytest.fixture
def server(settings, knowledge):
    """A server of two processes that have opened their knowledge."""
    started = Server(knowledge, QA_BOT_CACHE=settings.cache, QA_BOT_WORKERS=2)
    started.listen()
    for _ in range(2):
        started.wait_for(OPENED)
    yield started
    started.close()


def workers_of(server):
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answers(server):
    """Ask often enough, by connections of their own, that every process has answered."""
    return {server.answer("几点上班？") for _ in range(20)}


def test_two_processes_answer_at_one_port(server):
    assert len(workers_of(server)) == 2
    assert answers(server) == {(200, "早上九点上班。")}


def test_a_reload_reaches_every_process(server, knowledge):
    knowledge.write_text(NEW, encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(2):
        server.wait_for(OPENED)
    assert answers(server) == {(200, "早上八点半上班。")}


def test_a_process_that_ends_is_replaced_while_the_other_answers(server):
    before = workers_of(server)
    os.kill(before[0], signal.SIGKILL)
    server.wait_for(r"worker 1 ended \(-9\): another takes its place")
    assert server.answer("食堂在哪里") == (200, "食堂在二楼。")
    server.wait_for(OPENED)
    after = workers_of(server)
    assert len(after) == 2
    assert before[1] in after


def test_a_process_takes_no_question_before_it_can_answer(server):
    os.kill(workers_of(server)[0], signal.SIGKILL)
    server.wait_for("another takes its place")
    statuses = [server.get("/readyz")[0] for _ in range(200)]
    server.wait_for(OPENED)
    assert set(statuses) == {200}


def test_every_process_ends_when_the_server_is_told_to(server):
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0
    with pytest.raises(ConnectionRefusedError):
        server.get("/healthz")


def test_no_process_outlives_the_server(server):
    server.process.kill()
    server.wait_until_silent()
    with pytest.raises(ConnectionRefusedError):
        server.get("/healthz")


def test_knowledge_that_is_broken_ends_the_start_as_with_one_process(knowledge, settings):
    knowledge.write_text(OLD + ",没有问题的答案。\n", encoding="utf-8")
    server = Server(knowledge, QA_BOT_CACHE=settings.cache, QA_BOT_WORKERS=2)
    server.wait_for("^faq.csv:4:question: the question is empty; ")
    assert server.process.wait(DEADLINE) == 1
    server.close()
    assert "Traceback" not in "".join(server.written)


def test_a_worker_that_cannot_open_what_was_broken_since_is_replaced_when_it_is_mended(
    server, knowledge
):
    knowledge.write_text(OLD + ",没有问题的答案。\n", encoding="utf-8")
    os.kill(workers_of(server)[1], signal.SIGKILL)
    server.wait_for("^faq.csv:4:question: the question is empty; ")
    assert server.answer("食堂在哪里") == (200, "食堂在二楼。")
    knowledge.write_text(NEW, encoding="utf-8")
    server.wait_for(OPENED)
    assert len(workers_of(server)) == 2


def test_each_process_counts_for_itself_and_says_which_it_is(settings, knowledge):
    server = Server(
        knowledge, QA_BOT_CACHE=settings.cache, QA_BOT_WORKERS=2, QA_BOT_METRICS_TOKEN="eins"
    ).listen()
    for _ in range(2):
        server.wait_for(OPENED)
    answers(server)
    address = f"http://127.0.0.1:{server.port}/metrics"
    request = urllib.request.Request(address, headers={"Authorization": "Bearer eins"})
    with urllib.request.urlopen(request) as response:
        figures = response.read().decode()
    server.close()
    lines = [line for line in figures.splitlines() if not line.startswith("#")]
    named = {re.search(r'worker="(.)"', line)[1] for line in lines}
    assert len(named) == 1
    assert named < {"1", "2"}


@pytest.mark.parametrize("count", ["0", "-1"])
def test_fewer_than_one_process_is_told_without_a_traceback(knowledge, count):
    server = Server(knowledge, QA_BOT_WORKERS=count)
    server.wait_for(f"QA_BOT_WORKERS={count} is not possible here; set 1, or more")
    assert server.process.wait(DEADLINE) == 2
    server.close()
    assert "Traceback" not in "".join(server.written)
