"""Measure how fast titles are searched, how much memory that takes, and how both grow.

    python bench/speed.py [--sizes N …] [--titles FILE] [--questions FILE] [--folder DIR]

Every engine runs in a process of its own and gets the same words; the engines take turns, a round
of questions each, so that a busy minute of the machine falls on all of them. A question's time is
its best of the rounds, a figure the median over questions; p95 and p99 are over all rounds. Titles
and questions are generated from a seed; with --titles and --questions they are read, one a line,
words with a space between them. Writes DIR/speed.md, speed.json, speed.png and speed.svg.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import re
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from engines import ENGINES, read_titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from multiprocessing.connection import Connection

SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS = 500
ROUNDS = 5
WARM = 3
SHARE = 15.0
"""Seconds that all rounds of one engine may take; a slow engine gets fewer questions."""
LEAST = 3
"""Questions that even the slowest engine gets."""
PROCESSES = multiprocessing.get_context("spawn")
KILO = 1024
HEAD = (
    ("titles", "{:,}"),
    ("engine", "{}"),
    ("best", "{:.3f}"),
    ("p50", "{:.3f}"),
    ("p95", "{:.3f}"),
    ("p99", "{:.3f}"),
    ("per_second", "{:,.0f}"),
    ("resident", "{:,.0f}"),
    ("second", "{:,.0f}"),
    ("start", "{:.2f}"),
    ("build", "{:.1f}"),
    ("build_peak", "{:,.0f}"),
    ("disk", "{:,.0f}"),
    ("asked", "{}"),
)


@dataclass(slots=True)
class Figures:
    """What was measured of an engine with so many titles; times of a question in milliseconds."""

    titles: int
    engine: str
    build: float
    """Seconds that indexing and saving took."""
    build_peak: float
    """The most memory that building took, in MB."""
    disk: float
    """What was saved, in MB; 0: it saves nothing."""
    start: float = 0.0
    """Seconds from a process's start to its first answer; what saves nothing is built anew."""
    resident: float = 0.0
    """Memory of the process that has answered all questions, in MB."""
    second: float = 0.0
    """What a second such process has for itself, in MB; 0: it was not tried."""
    best: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    per_second: float = 0.0
    asked: int = 0


def main() -> None:
    """Measure all sizes and engines, and write the tables and the plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--titles", type=Path, metavar="FILE")
    parser.add_argument("--questions", type=Path, metavar="FILE")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--folder", type=Path, default=Path("var/speed"), metavar="DIR")
    arguments = parser.parse_args()
    if bool(arguments.titles) != bool(arguments.questions):
        parser.error("--titles and --questions are given together")
    figures: list[Figures] = []
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory(prefix="speed-") as work:
            titles = Path(work) / "titles.txt"
            questions = make_texts(titles, size, arguments.titles, arguments.questions)
            engines = [name for name in arguments.engines if size <= ENGINES[name].most]
            figures += measure(engines, size, titles, questions)
        text = markdown(figures)
        (arguments.folder / "speed.md").write_text(text, encoding="utf-8")
        lines = [asdict(own) for own in figures]
        (arguments.folder / "speed.json").write_text(json.dumps(lines, indent=1), encoding="utf-8")
    plot(figures, arguments.folder)
    print(text)


def make_texts(
    path: Path, size: int, titles: Path | None, questions: Path | None
) -> list[list[str]]:
    """Write the titles to a file, and give the questions."""
    if titles and questions:
        with titles.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as file:
            file.writelines(line for _, line in zip(range(size), lines, strict=False))
        return [asked for asked in read_titles(questions) if asked][:QUESTIONS]
    from titles import Titles  # noqa: PLC0415 - so that engines' processes do not import jieba

    generated = Titles(size)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(" ".join(title) + "\n" for title in generated)
    return generated.questions(QUESTIONS)


def measure(
    engines: Sequence[str], size: int, titles: Path, questions: list[list[str]]
) -> list[Figures]:
    """Build every engine's index, then let the engines answer in turns."""
    figures = [build(name, size, titles) for name in engines]
    running = []
    for own in figures:
        process, line, own.start = start(own.engine, titles, questions[:1])
        if ENGINES[own.engine].saves:
            # The second start finds the files in memory, as any but the first after a boot does.
            line.send(None)
            process.join()
            process, line, own.start = start(own.engine, titles, questions[:1])
        running.append((own, process, line))
    times: dict[str, list[list[float]]] = {own.engine: [] for own in figures}
    for own, _, line in running:
        line.send(questions[:WARM])
        slow = max(line.recv())
        own.asked = int(np.clip(SHARE * 1000 / ROUNDS / slow, LEAST, len(questions)))
    for _ in range(ROUNDS):
        for own, _, line in running:
            line.send(questions[: own.asked])
            times[own.engine].append(line.recv())
    for own, process, line in running:
        if ENGINES[own.engine].saves:
            own.second = second_process(own, titles, questions)
        line.send(None)
        own.resident, _ = line.recv()
        process.join()
        rounds = np.array(times[own.engine])
        own.best = float(np.median(rounds.min(axis=0)))
        own.p50, own.p95, own.p99 = (float(x) for x in np.percentile(rounds, (50, 95, 99)))
        own.per_second = 1000 / float(rounds.mean())
        print(f"{size:>9,} {own.engine:22} {own.best:10.3f} ms", file=sys.stderr)
    return figures


def second_process(own: Figures, titles: Path, questions: list[list[str]]) -> float:
    """Let a second process answer what the first has; give what memory it shares with nobody."""
    process, line, _ = start(own.engine, titles, questions[:1])
    line.send(questions[: own.asked])
    line.recv()
    line.send(None)
    _, private = line.recv()
    process.join()
    return float(private)


def build(name: str, size: int, titles: Path) -> Figures:
    """Build an engine's index in a process of its own."""
    folder = index_folder(titles, name)
    receiving, sending = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_build, args=(name, titles, folder, sending))
    process.start()
    seconds, peak = receiving.recv()
    process.join()
    disk = sum(path.stat().st_size for path in folder.rglob("*")) if folder.exists() else 0
    print(f"{size:>9,} {name:22} built in {seconds:.1f} s", file=sys.stderr)
    return Figures(size, name, seconds, peak, disk / KILO**2)


def index_folder(titles: Path, name: str) -> Path:
    """Give the folder that an engine saves in."""
    return titles.parent / name.replace(" ", "-").replace(",", "")


def start(
    name: str, titles: Path, questions: list[list[str]]
) -> tuple[multiprocessing.process.BaseProcess, Connection, float]:
    """Start a process that answers; give it, the line to it, and how long its first answer took."""
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_answer, args=(name, titles, there), daemon=True)
    started = time.perf_counter()
    process.start()
    here.send(questions)
    here.recv()
    return process, here, time.perf_counter() - started


def _build(name: str, titles: Path, folder: Path, told: Connection) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    ENGINES[name]().build(titles, folder)
    seconds = time.perf_counter() - started
    told.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILO))


def _answer(name: str, titles: Path, line: Connection) -> None:
    engine = ENGINES[name]()
    engine.open(titles, index_folder(titles, name))
    while questions := line.recv():
        times = []
        for question in questions:
            started = time.perf_counter()
            engine.search(question)
            times.append((time.perf_counter() - started) * 1000)
        line.send(times)
    line.send(memory_of("self"))


def memory_of(process: int | str) -> tuple[float, float]:
    """Give what a process holds in memory, and what of it no other process shares, in MB."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    held = {name: int(size) / KILO for name, size in re.findall(r"(\w+): +(\d+) kB", text)}
    return held["Rss"], held["Private_Clean"] + held["Private_Dirty"]


def markdown(figures: Iterable[Figures]) -> str:
    """Write the machine and the table."""
    names = [name for name, _ in HEAD]
    lines = [names, ["---", "---", *["---:"] * (len(names) - 2)]]
    for own in figures:
        cells = [form.format(getattr(own, name)) for name, form in HEAD]
        if not ENGINES[own.engine].saves:
            cells[names.index("disk")] = cells[names.index("second")] = "–"
        lines.append(cells)
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{machine()}\n\n{table}\n"


def machine() -> str:
    """Name what was measured on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = info.partition("model name")[2].partition("\n")[0].strip(" \t:")
    cores = info.count("model name")
    return f"{name}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def plot(figures: Sequence[Figures], folder: Path) -> None:
    """Draw how time and memory grow."""
    import matplotlib as mpl  # noqa: PLC0415 - only the drawing needs it, no engine's process

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    picture, panels = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    for panel, name, label in zip(
        panels,
        ("best", "resident"),
        ("search, ms (median of the best of rounds)", "resident memory, MB"),
        strict=True,
    ):
        for engine in ENGINES:
            own = [line for line in figures if line.engine == engine]
            ours = engine.startswith("qa_bot")
            panel.plot(
                [line.titles for line in own],
                [getattr(line, name) for line in own],
                marker="o",
                linewidth=2.5 if ours else 1.2,
                label=engine,
            )
        panel.set(xscale="log", yscale="log", xlabel="titles", ylabel=label)
        panel.grid(visible=True, which="major", alpha=0.3)
    handles = panels[0].get_legend_handles_labels()
    picture.legend(*handles, loc="outside lower center", ncols=5)
    for ending in ("png", "svg"):
        picture.savefig(
            folder / f"speed.{ending}",
            dpi=120,
            metadata={"Date": None} if ending == "svg" else None,
        )


if __name__ == "__main__":
    main()
