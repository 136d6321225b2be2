"""Measure what the journal costs those who ask, and whether it keeps up.

    python bench/journal.py [--rate 500] [--rounds 20] [--seconds 2] [--url URL] [--knowledge PATH]

One visitor asks without pause and is timed, as a thread of the server: a reply is asked for,
written, and, with the journal, handed to it. None is remembered. Beside it a feeder hands over as
many replies a second as are missing to the rate; without the journal it does the same work but for
that. Rounds with and without take turns, so that a busy minute of the machine falls on both. Prints
a Markdown table.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa_bot import Bot, Settings
from qa_bot.evaluation import read_judgments
from qa_bot.journal import Journal
from qa_bot.web.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qa_bot import Reply

TICK = 0.01
"""Seconds between two turns of the feeder."""
QUESTIONS = 300
WITH, WITHOUT = "with the journal", "without"


class Feeder:
    """Hands over so many replies a second, counting those that the visitor hands over."""

    def __init__(self, replies: Sequence[Reply], rate: float) -> None:
        """Take the replies that are handed over in turn."""
        self.replies = replies
        self.rate = rate
        self.handed = 0

    def feed(self, keep: Callable[[Reply], object], seconds: float) -> None:
        """Hand over until the time is over."""
        started, first = time.monotonic(), self.handed
        while (passed := time.monotonic() - started) < seconds:
            while self.handed - first < passed * self.rate:
                self.hand_over(self.replies[self.handed % len(self.replies)], keep)
            time.sleep(TICK)

    def hand_over(self, reply: Reply, keep: Callable[[Reply], object]) -> None:
        """Hand over a reply under an id of its own."""
        self.handed += 1
        keep(replace(reply, answer_id=uuid.uuid4().hex))


def main() -> None:
    """Print what is measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--url", help="The journal's database (default: a SQLite file).")
    parser.add_argument("--knowledge", type=Path)
    options = parser.parse_args()
    settings = Settings()
    bot = Bot.open(options.knowledge, settings)
    judged = read_judgments(settings.judged)
    questions = [judgment.question for judgment in judged if not judgment.before][:QUESTIONS]
    with tempfile.TemporaryDirectory(prefix="journal-") as folder:
        url = options.url or f"sqlite:///{folder}/journal.sqlite"
        with closing(Journal(url, most_answers=10_000_000)) as journal:
            before = count(journal)
            times, feeder = measure(bot, journal, questions, options)
            started = time.monotonic()
            journal.prune()  # It waits for all that was handed over.
            behind = time.monotonic() - started
            kept = count(journal) - before
    print(table(times, feeder, kept, journal.left_out, behind))


def count(journal: Journal) -> int:
    """Count what the journal keeps."""
    return sum(found.replies for found in journal.counts())


def measure(
    bot: Bot, journal: Journal, questions: Sequence[str], options: argparse.Namespace
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Give the seconds that each question took, and how many replies were handed over, by arm."""
    replies = Replies(bot, most=0)
    feeder = Feeder([replies.ask(question) for question in questions], options.rate)
    keeps = {WITH: lambda reply: journal.keep(reply, {}, 3), WITHOUT: lambda _: None}
    times: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    handed = {WITH: 0, WITHOUT: 0}
    asked = 0
    for turn in range(2 * options.rounds):
        # Each arm comes first in every other pair of rounds.
        arm = (WITH, WITHOUT, WITHOUT, WITH)[turn % 4]
        keep, first = keeps[arm], feeder.handed
        feeding = threading.Thread(target=feeder.feed, args=(keep, options.seconds))
        feeding.start()
        while feeding.is_alive():
            started = time.perf_counter()
            reply = replies.ask(questions[asked % len(questions)])
            feeder.hand_over(reply, keep)
            times[arm].append(time.perf_counter() - started)
            asked += 1
        handed[arm] += feeder.handed - first
    return times, {arm: round(n / options.rounds / options.seconds) for arm, n in handed.items()}


def table(
    times: dict[str, list[float]], rates: dict[str, int], kept: int, left_out: int, behind: float
) -> str:
    """Write the figures as a table, and what they come to in a line."""
    lines = ["| | questions | replies a second | p50 ms | p95 ms | p99 ms |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    p99 = {}
    for arm, seconds in times.items():
        p50, p95, p99[arm] = np.percentile(np.array(seconds) * 1000, (50, 95, 99))
        figures = f"{p50:.2f} | {p95:.2f} | {p99[arm]:.2f}"
        lines.append(f"| {arm} | {len(seconds):,} | {rates[arm]} | {figures} |")
    slower = p99[WITH] / p99[WITHOUT] - 1
    lines.append(
        f"\np99 with the journal: {slower:+.1%}; {kept:,} replies kept, {left_out} left out, "
        f"the last of them {behind:.2f} s after the end"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
