"""Measure what building an index costs, part by part, beside jieba's cutting into words.

    python bench/building.py [--sizes N …] [--answers]

Titles are generated from a seed; with --answers two of five have an answer. The parts that take
most are done by one process, in microseconds of processor time a title; `jieba.lcut` cuts some of
the titles after every range of entries, so that a busy minute falls on both. The whole, which joins
and saves them, too, is done by all cores, in seconds of the clock. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import csv
import gc
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import jieba
from engines import ANSWERED, Segmentation
from speed import machine
from titles import Titles

from qa_bot import Settings
from qa_bot.facets import read_facets
from qa_bot.index import Characters, Index
from qa_bot.index.building import CHUNK, Counts, lay_out
from qa_bot.index.forms import FORMS
from qa_bot.index.reading import EntryReader
from qa_bot.lexicon import read_lexicon
from qa_bot.mining import mine_words
from qa_bot.opening import make_analyzer
from qa_bot.sources import read_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (20_000, 100_000)
MICRO = 1_000_000


def main() -> None:
    """Measure all sizes and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--answers", action="store_true")
    arguments = parser.parse_args()
    print(machine())
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory(prefix="building-") as work:
            folder = Path(work)
            write(folder, size, answers=arguments.answers)
            # First by all cores: what the parts leave behind would be copied.
            ours, cutting = by_all_cores(folder)
            spent = by_parts(folder)
        lcut = spent.pop("jieba.lcut")
        print(f"\n| {size:,} titles | µs a title | to `jieba.lcut` |\n| --- | ---: | ---: |")
        for part, seconds in [*spent.items(), ("together", spent.total()), ("jieba.lcut", lcut)]:
            print(f"| {part} | {seconds / size * MICRO:.1f} | {seconds / lcut:.2f} |")
        print(f"\nBy all cores: {ours:.1f} s, `jieba.lcut` {cutting:.1f} s: {ours / cutting:.2f}")


def write(folder: Path, size: int, *, answers: bool) -> None:
    """Write the titles twice: as knowledge, and as the engines read them."""
    knowledge = folder / "knowledge"
    knowledge.mkdir()
    asked = {"".join(title): title for title in Titles(size)}
    with (folder / "titles").open("w", encoding="utf-8") as file:
        file.writelines(f"{' '.join(words)}\n" for words in asked.values())
    if not answers:
        with (knowledge / "faq.titles.txt").open("w", encoding="utf-8") as file:
            file.writelines(f"{question}\n" for question in asked)
        return
    with (knowledge / "faq.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["question", "answer"])
        for number, (question, words) in enumerate(asked.items()):
            answer = f"{words[0]}要先提交{words[-1]}。之后等候{words[1]}的通知。"
            rows.writerow([question, answer if number % 5 < ANSWERED else ""])


def by_parts(folder: Path) -> Counter[str]:
    """Build in this process; give the seconds of processor time of each part."""
    spent: Counter[str] = Counter()

    @contextmanager
    def part(name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        spent[name] += time.process_time() - started

    settings = Settings(cache=folder / "cache")
    lexicon, facets = read_lexicon(settings.lexicon), read_facets(settings.lexicon / "facets")
    jieba.initialize()
    with part("files"):
        base = read_knowledge(folder / "knowledge", facets)
    entries = base.entries
    with part("words of titles"):
        mined = mine_words(entry.question for entry in entries)
    with part("dictionary"):
        analyzer = make_analyzer(lexicon, facets, mined, settings)
        reader = EntryReader(entries, analyzer)
    counts = {form: Counts() for form in FORMS}
    # As in the processes that read entries in earnest.
    gc.disable()
    for start in range(0, len(entries), CHUNK):
        numbers = range(start, min(start + CHUNK, len(entries)))
        with part("entries"):
            for form, chunk in reader.read(numbers).chunks.items():
                counts[form].add(chunk)
        with part("jieba.lcut"):
            for number in numbers:
                jieba.lcut(entries[number].question)
    gc.enable()
    for form, weighting in FORMS.items():
        with part(f"postings, {form}"):
            lay_out(counts.pop(form), weighting, analyzer.background)
    with part("characters"):
        Characters.of(entries)
    return spent


def by_all_cores(folder: Path) -> tuple[float, float]:
    """Give the seconds by the clock of building and saving, and of cutting the titles."""
    settings = Settings(cache=folder / "cache")
    started = time.perf_counter()
    lexicon, facets = read_lexicon(settings.lexicon), read_facets(settings.lexicon / "facets")
    base = read_knowledge(folder / "knowledge", facets)
    mined = mine_words(entry.question for entry in base.entries)
    analyzer = make_analyzer(lexicon, facets, mined, settings)
    Index.build(base, analyzer).save(folder / "index")
    ours = time.perf_counter() - started
    started = time.perf_counter()
    Segmentation().build(folder / "titles", folder / "cut")
    return ours, time.perf_counter() - started


if __name__ == "__main__":
    main()
