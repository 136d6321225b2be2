"""Measure POST /api/v1/answers through the real server, against an empty Flask route on the same.

    python bench/serving.py [--knowledge PATH] [--entries N] [--seconds S] [--workers N …]

Both servers are waitress with the same settings, each a process of its own; wrk, which must be
installed, asks them by eight connections, a second each in turns, so that a busy second of the
machine falls on all of them. A figure is the median over the turns. `new`: no question is asked
twice; `repeated`: questions are as unequally common as visitors' are, and the server remembers its
replies. Without --knowledge a base of N generated titles is made, every one with an answer.
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from speed import memory_of
from titles import Titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONNECTIONS = 8
THREADS = 8
QUESTIONS = 20_000
KINDS = 500
"""How many different questions the repeated ones are drawn from, the n-th as often as 1/n."""
DEADLINE = 900
EMPTY = """
import socket, sys
from flask import Flask, jsonify
from qa_bot.web.server import make_server
app = Flask("empty")
@app.post("/api/v1/answers")
def answers():
    return jsonify(status="ok")
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
make_server(app, [listening], int(sys.argv[2]), 1 << 20).run()
"""
ASK = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local number = %d
request = function()
    number = number %% #bodies + 1
    return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, bodies[number])
end
done = function(summary, latency)
    local wrong = summary.errors.status + summary.errors.connect + summary.errors.timeout
    io.write(string.format("\\n[%%d, %%d, %%d, %%f, %%f, %%f]\\n", summary.requests,
        summary.duration, wrong, latency:percentile(50), latency:percentile(95),
        latency:percentile(99)))
end
"""


@dataclass(slots=True)
class Subject:
    """A server that is measured, and what came of each turn."""

    name: str
    bodies: Path
    process: subprocess.Popen[bytes]
    port: int
    turns: list[list[float]] = field(default_factory=list)
    """Requests, microseconds, errors, and the 50th, 95th and 99th percentile in microseconds."""
    asked: int = 0

    def ask(self, seconds: int, folder: Path) -> None:
        """Ask for so long."""
        script = folder / "ask.lua"
        script.write_text(ASK % (self.bodies, self.asked), encoding="utf-8")
        address = f"http://127.0.0.1:{self.port}/api/v1/answers"
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
        done = subprocess.run(["wrk", *options, address], capture_output=True, check=True)  # noqa: S603, S607
        turn = json.loads(done.stdout.splitlines()[-1])
        if turn[2]:
            raise SystemExit(f"{self.name}: {turn[2]} requests failed")
        self.asked += turn[0]
        self.turns.append(turn)

    def per_second(self) -> float:
        """Give how many requests were answered in a second."""
        return statistics.median(requests / time * 1e6 for requests, time, *_ in self.turns)

    def milliseconds(self, percentile: int) -> float:
        """Give how long a request took: 50, 95 or 99 of 100 took no longer."""
        place = 3 + (50, 95, 99).index(percentile)
        return statistics.median(turn[place] for turn in self.turns) / 1000

    def memory(self) -> list[tuple[float, float]]:
        """Give, in MB, what each of its processes holds, and what of it no other process shares."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return [memory_of(int(each)) for each in (children or [pid])]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--knowledge", type=Path, metavar="PATH")
    parser.add_argument("--entries", type=int, default=100_000, metavar="N")
    parser.add_argument("--seconds", type=int, default=1, metavar="S")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--workers", type=int, nargs="+", default=[1], metavar="N")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        parser.error("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="serving-") as work:
        folder = Path(work)
        titles = Titles(arguments.entries)
        knowledge = arguments.knowledge or saved_base(titles, folder)
        subjects = list(start(titles, knowledge, folder, arguments.workers))
        try:
            for _ in range(arguments.turns + 1):
                for subject in subjects:
                    subject.ask(arguments.seconds, folder)
            for subject in subjects:
                del subject.turns[0]  # In the first all are still warming up.
            print(table(subjects))
        finally:
            for subject in subjects:
                subject.process.terminate()
                subject.process.wait()


def saved_base(titles: Titles, folder: Path) -> Path:
    """Make a base of which every title has an answer, and index it; give the index."""
    table = folder / "faq.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["question", "answer"])
        answered = {"".join(title): title for title in titles}
        for question, words in answered.items():
            rows.writerow([question, f"{words[0]}要先提交{words[-1]}。之后等候{words[1]}的通知。"])
    index = [sys.executable, "-m", "qa_bot", "index", str(folder / "index")]
    subprocess.run([*index, "--knowledge", str(table)], check=True)  # noqa: S603
    return folder / "index"


def start(
    titles: Titles, knowledge: Path, folder: Path, workers: Sequence[int]
) -> Iterator[Subject]:
    """Start the servers, and wait until each of them answers."""
    asked = ["".join(words) for words in titles.questions(QUESTIONS)]
    new, repeated = folder / "new.jsonl", folder / "repeated.jsonl"
    write(new, list(dict.fromkeys(asked)))
    drawn = np.random.default_rng(7).zipf(1.0001, QUESTIONS * 10)
    write(repeated, [asked[number] for number in drawn[drawn < KINDS].tolist()])
    port = free_port()
    command = [sys.executable, "-c", EMPTY, str(port), str(THREADS)]
    empty = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
    yield ready(Subject("empty Flask route", new, empty, port))
    for count in workers:
        of = f"{count} process" + "es" * (count > 1)
        for name, bodies, remembered in (("new", new, 0), ("repeated", repeated, 1000)):
            port = free_port()
            settings = {
                "QA_BOT_CACHE": str(folder / f"cache{port}"),
                "QA_BOT_STATE": str(folder / f"state{port}"),
                "QA_BOT_WORKERS": str(count),
                "QA_BOT_THREADS": str(THREADS),
                "QA_BOT_REMEMBERED_REPLIES": str(remembered),
                "QA_BOT_ASKS_PER_MINUTE": "0",
            }
            yield ready(Subject(f"{name}, {of}", bodies, serve(knowledge, port, settings), port))


def serve(knowledge: Path, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the bot's server; its log is written, to nowhere."""
    command = [sys.executable, "-m", "qa_bot", "serve", "--port", str(port)]
    return subprocess.Popen(  # noqa: S603
        [*command, "--knowledge", str(knowledge)],
        env={**os.environ, **settings},
        stderr=subprocess.DEVNULL,
    )


def ready(subject: Subject) -> Subject:
    """Wait until a server answers, and let it remember what is asked again and again."""
    bodies = list(dict.fromkeys(subject.bodies.read_bytes().splitlines()))
    for _ in range(DEADLINE * 10):
        try:
            post(subject, bodies[0])
        except OSError:
            time.sleep(0.1)
        else:
            break
    for body in bodies[:KINDS]:
        post(subject, body)
    return subject


def post(subject: Subject, body: bytes) -> None:
    """Ask once."""
    address = f"http://127.0.0.1:{subject.port}/api/v1/answers"
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(address, body, headers)).close()


def write(path: Path, questions: Sequence[str]) -> None:
    """Write the bodies of requests, one a line."""
    lines = (json.dumps({"question": question}, ensure_ascii=False) for question in questions)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def free_port() -> int:
    """Give a port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def table(subjects: Sequence[Subject]) -> str:
    """Write the figures: requests a second, beside the empty route, milliseconds, memory."""
    lines = [
        "| asked | per second | of the empty route's | p50, ms | p95 | p99 | resident, MB (own) |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for subject in subjects:
        shares = [
            own[0] / own[1] / (first[0] / first[1])
            for own, first in zip(subject.turns, subjects[0].turns, strict=True)
        ]
        cells = [
            subject.name,
            f"{subject.per_second():,.0f}",
            f"{statistics.median(shares):.2f}",
            *(f"{subject.milliseconds(percentile):.1f}" for percentile in (50, 95, 99)),
            ", ".join(f"{held:,.0f} ({own:,.0f})" for held, own in subject.memory()),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
