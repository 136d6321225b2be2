"""Measure how long an import takes, and hold it to losing no row.

    python bench/imports.py [--rows N] [--forms csv xlsx jsonl]

For each form a file is made from a seed: of every hundred rows one is broken, in another way each
time. In a process of its own the file is planned into an empty folder, the wrong rows are written,
the import is applied, and planned once more. Every broken row must be told, every other one be
there, and the second import must change nothing; anything else ends with an error.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from titles import Titles

from qa_bot import edits, imports
from qa_bot.facets import read_facets
from qa_bot.settings import Settings
from qa_bot.sources.workbook import write_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADINGS = ["问题", "答案", "其他问法", "分面", "链接", "依据", "核对日期"]
BROKEN_EVERY = 100
REGIONS = ("region=江苏", "region=北京", "", "", "")
SPOILT: dict[str, list[str]] = {
    "核对日期": ["去年", "2026-02-30"],
    "链接": ["example.cn"],
    "分面": ["region=火星", "江苏"],
    "问题": ["", "长" * 301],
}
"""What is written into which cell of a broken row."""


def rows(count: int) -> Iterator[list[str]]:
    """Give rows, of which every hundredth is broken."""
    spoilt = cycle([(column, text) for column, texts in SPOILT.items() for text in texts])
    for number, words in enumerate(Titles(count), start=1):
        title = "".join(words)
        answer = "。".join(["".join(words[at:] + words[:at]) for at in range(4)]) + "。"
        wordings = [f"{''.join(reversed(words))}{number}", f"{' '.join(words[:4])}{number}"]
        region = REGIONS[number % len(REGIONS)]
        row = [f"{title}{number}？", answer, "|".join(wordings), region]
        row += ["https://www.example.cn/a", "《办法》第三条", "2026-05-01"]
        if number % BROKEN_EVERY == 0:
            column, text = next(spoilt)
            row[HEADINGS.index(column)] = text
        yield row


def write(path: Path, count: int) -> None:
    """Write the rows in the form that the file's name says."""
    match path.suffix:
        case ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows([HEADINGS, *rows(count)])
        case ".xlsx":
            write_sheets(path, {"FAQ": [HEADINGS, *rows(count)]})
        case ".jsonl":
            with path.open("w", encoding="utf-8") as file:
                for row in rows(count):
                    data = dict(zip(HEADINGS, row, strict=True))
                    data["其他问法"] = data["其他问法"].split("|")
                    file.write(json.dumps(data, ensure_ascii=False) + "\n")


def measure(form: str, count: int) -> str:
    """Import a file of a form; give a row of the table of figures."""
    settings = Settings()
    facets = read_facets(settings.lexicon / "facets")
    broken = count // BROKEN_EVERY
    with tempfile.TemporaryDirectory() as folder:
        path, root = Path(folder) / f"来件.{form}", Path(folder) / "knowledge"
        write(path, count)
        started, busy = time.perf_counter(), time.process_time()
        plan = imports.plan([path], edits.read_base(root, facets), root, facets)
        planned = time.perf_counter()
        imports.write_wrong_rows(plan, Path(folder) / imports.wrong_name(plan))
        given_back = time.perf_counter()
        base = imports.apply(plan)
        applied, worked = time.perf_counter(), time.process_time() - busy
        expect = {"rows": count, "new": count - broken, "wrong": broken}
        check({name: plan.counts[name] for name in expect}, expect)
        check(len(base.entries), count - broken)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        started_again = time.perf_counter()
        again = imports.plan([path], base, root, facets)
        ended = time.perf_counter()
        check((again.counts["same"], again.counts["wrong"]), (count - broken, broken))
        left = imports.plan([Path(folder) / imports.wrong_name(plan)], base, root, facets)
        check((left.counts["rows"], left.counts["wrong"]), (broken, broken))
    size = f"{count:,} | {form} | {planned - started:.1f} | {given_back - planned:.1f}"
    steps = f"{applied - given_back:.1f} | {applied - started:.1f} | {worked:.1f}"
    return f"| {size} | {steps} | {ended - started_again:.1f} | {peak:,} |"


def check(found: object, expected: object) -> None:
    """End where a row was lost, or taken that was wrong."""
    if found != expected:
        raise SystemExit(f"expected {expected}, found {found}")


def main() -> None:
    """Print a table of figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--forms", nargs="+", default=["csv", "xlsx", "jsonl"])
    given = parser.parse_args()
    print("| rows | form | plan | wrong rows | apply | in all | processor | plan again | MB |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for form in given.forms:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(measure, (form, given.rows)), flush=True)


if __name__ == "__main__":
    main()
