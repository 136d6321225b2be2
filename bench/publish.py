"""Measure publishing and going back under load, and check that no reply fails or mixes releases.

    python bench/publish.py [--size N] [--rate N] [--rounds N] [--folder DIR]

Three states of N generated titles, in which every answer tells its state, are published, the last
of them while another process asks a real server the given number of questions a second, on a
schedule that does not wait for replies. Then the releases are switched: between two that the
server has at hand, and around all three, so that each has to be opened anew. The time of a switch
is that from the renaming of the pointer to the first reply of the new release. A reply fails if it
is not 200, and is mixed if its text is not of the release that it names. Writes DIR/publish.md.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import multiprocessing
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from speed import machine

from qa_bot import Settings
from qa_bot.releases import Releases

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

PROCESSES = multiprocessing.get_context("spawn")
CLIENTS = 32
"""How many questions may be under way at once."""
ASKED = 500
"""How many of the titles are asked."""
SETTLING = 2.0
"""Seconds between switches, so that each is seen on its own."""
LOOKING = 0.5
"""Seconds between two looks whether a switch was followed."""
PATIENCE = 60.0
"""Seconds until a reply that does not come counts as failed."""
ANSWER = "这是第{state}版的答案，写在第{line}行。"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, and what came of it."""

    due: float
    """When it was to be sent; waiting for a free client counts as waiting for the reply."""
    came: float
    failed: bool
    release: int
    state: int
    """Which state the text is of."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A release that was made current."""

    what: str
    number: int
    at: float
    """When the pointer was renamed."""


def main() -> None:
    """Publish, switch under load, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=100_000, metavar="N")
    parser.add_argument("--rate", type=int, default=50, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--folder", type=Path, default=Path("var/publish"), metavar="DIR")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="publish-", dir=arguments.folder) as work:
        text = measure(Path(work), arguments.size, arguments.rate, arguments.rounds)
    (arguments.folder / "publish.md").write_text(text, encoding="utf-8")
    print(text)


def measure(work: Path, size: int, rate: int, rounds: int) -> str:
    """Give the table of what was measured in a folder of its own."""
    environ = {
        **os.environ,
        "QA_BOT_STATE": str(work),
        "QA_BOT_CACHE": str(work / "cache"),
        "QA_BOT_JUDGED": str(work / "judged"),
        "QA_BOT_ASKS_PER_MINUTE": "0",
    }
    for state in (1, 2, 3):
        questions = write_state(work, state, size)
    built = [publish(environ, work, state) for state in (1, 2)]
    server = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "serve", "--port", "0"],
        env=environ,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        port = int(wait_for(server, r"listening at http://[^/]+:(\d+)/")[1])
        wait_for(server, "answering from")
        # What the server goes on to write must be read, or it would wait for that.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        asked, switches, published = under_load(environ, work, port, questions, rate, rounds)
    finally:
        server.terminate()
        server.wait()
    return report(size, rate, [*built, published], asked, switches)


def write_state(work: Path, state: int, size: int) -> list[str]:
    """Write a state of the knowledge, and give some of its questions."""
    from titles import Titles  # noqa: PLC0415 - so that no other process imports jieba for it

    titles = list(dict.fromkeys("".join(title) for title in Titles(size)))
    path = work / f"state-{state}" / "faq.csv"
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer"])
        writer.writerows(
            (title, ANSWER.format(state=state, line=line)) for line, title in enumerate(titles)
        )
    return random.Random(0).sample(titles, min(ASKED, len(titles)))


def publish(environ: dict[str, str], work: Path, state: int) -> float:
    """Publish a state by the command line, and give the seconds that it took."""
    knowledge = str(work / f"state-{state}")
    command = [sys.executable, "-m", "qa_bot", "publish", "--why", "bench", "--who", "bench"]
    started = time.time()
    subprocess.run([*command, "--knowledge", knowledge], env=environ, check=True)  # noqa: S603
    return time.time() - started


def under_load(
    environ: dict[str, str], work: Path, port: int, questions: Sequence[str], rate: int, rounds: int
) -> tuple[list[Asked], list[Switch], float]:
    """Switch releases while questions are asked; give all of both, and how long publishing took."""
    releases = Releases.of(Settings.from_env(environ))
    here, there = PROCESSES.Pipe()
    load = PROCESSES.Process(target=ask_steadily, args=(port, questions, rate, there))
    load.start()
    here.recv()
    time.sleep(SETTLING)
    switches = []

    def note(what: str, number: int) -> None:
        pointer = (releases.folder / "current").stat().st_mtime
        switches.append(Switch(what, number, pointer))
        while release_of(port) != number:
            time.sleep(LOOKING)
        time.sleep(SETTLING)

    published = publish(environ, work, 3)
    note("published by another process", 3)
    for what, numbers in (("at hand", (2, 3)), ("opened anew", (1, 2, 3))):
        for number in numbers * rounds:
            releases.activate(number, "bench", "bench", releases.current())
            note(f"switched, {what}", number)
    here.send(None)
    asked = here.recv()
    load.join()
    return asked, switches, published


def release_of(port: int) -> int:
    """Give the number of the release that a server answers from."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/config") as response:
        return int(json.load(response)["release"])


def ask_steadily(port: int, questions: Sequence[str], rate: int, line: Connection) -> None:
    """Ask at a steady rate until told to stop, then send what came of it."""
    waiting: queue.Queue[tuple[float, str] | None] = queue.Queue()
    asked: list[Asked] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        while item := waiting.get():
            asked.append(ask(connection, *item))

    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    chosen = random.Random(0)
    line.send(None)
    due = time.time()
    while not line.poll():
        waiting.put((due, chosen.choice(questions)))
        due += 1 / rate
        time.sleep(max(due - time.time(), 0))
    for _ in clients:
        waiting.put(None)
    for client in clients:
        client.join()
    line.send(asked)


def ask(connection: http.client.HTTPConnection, due: float, question: str) -> Asked:
    """Ask a question, and tell what came of it."""
    try:
        connection.request("GET", f"/api/v1/answers?question={quote(question)}")
        response = connection.getresponse()
        reply: dict[str, Any] = json.loads(response.read())
        text = reply["answer"]["text"]
        state = int(re.match(ANSWER.format(state=r"(\d+)", line=r"\d+"), text)[1])
        failed = response.status != http.HTTPStatus.OK
        return Asked(due, time.time(), failed, reply["release"], state)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        connection.close()
        return Asked(due, time.time(), True, 0, 0)


def wait_for(server: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read the server's log up to a line that fits."""
    for line in server.stderr or ():
        if found := re.search(pattern, line):
            return found
    raise SystemExit(f"the server ended without writing {pattern!r}")


def report(
    size: int,
    rate: int,
    published: Sequence[float],
    asked: Sequence[Asked],
    switches: Sequence[Switch],
) -> str:
    """Write the machine and the tables."""
    lines = [machine(), "", f"{size:,} entries, {rate} questions a second:", ""]
    lines += ["| switch | times | median s | slowest s |", "| --- | ---: | ---: | ---: |"]
    for what in dict.fromkeys(switch.what for switch in switches):
        times = [seconds(switch, asked) for switch in switches if switch.what == what]
        row = f"| {what} | {len(times)} | {np.median(times):.2f} | {max(times):.2f} |"
        lines.append(row)
    waited = np.array([one.came - one.due for one in asked]) * 1000
    failed = sum(one.failed for one in asked)
    mixed = sum(one.release != one.state for one in asked if not one.failed)
    p50, p99 = np.percentile(waited, (50, 99))
    lines += [
        "",
        "| questions | failed | mixed | p50 ms | p99 ms | slowest ms |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {len(asked):,} | {failed} | {mixed} | {p50:.1f} | {p99:.1f} | {waited.max():.1f} |",
        "",
        f"Reading, indexing and publishing took {min(published[:-1]):.1f} s.",
        f"While questions were asked it took {published[-1]:.1f} s.",
    ]
    return "\n".join(lines) + "\n"


def seconds(switch: Switch, asked: Sequence[Asked]) -> float:
    """Give the seconds from a switch to the first reply of the release that it made current."""
    came = (one.came for one in asked if one.came > switch.at and one.release == switch.number)
    return min(came, default=float("inf")) - switch.at


if __name__ == "__main__":
    main()
