"""Measure the engine on public question sets, beside the usual methods.

    python bench/quality.py [--output FILE] FOLDER…

A FOLDER is a public question set (see public_sets.py) or holds several. Every method gets the
same normalised text in the same cut; what has to be chosen is chosen on the choosing part of
the sets, what is printed is of the reporting part: a Markdown table on stdout.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import bm25s
import numpy as np
from public_sets import chosen, joined, read_set
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

from qa_bot import Settings
from qa_bot.bot import CANDIDATES
from qa_bot.facets import read_facets
from qa_bot.index import Index
from qa_bot.lexicon import read_lexicon
from qa_bot.mining import mine_words
from qa_bot.opening import make_analyzer
from qa_bot.query import read_query
from qa_bot.ranking import Ranker, read_coefficients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from public_sets import PublicSet

    from qa_bot.analyzer import Analyzer
    from qa_bot.ranking import Coefficients

    Scores = NDArray[np.float32]
    """One row a question, one column a document."""

DEPTH = 10
"""How many documents of each answer are looked at."""
BLOCK = 128
"""How many questions are scored at once: a block over 35,000 documents takes 18 MB."""
WEIGHTS = tuple(weight / 10 for weight in range(1, 10))
"""Weights of BM25 that are tried for the fusion."""
KINDS = {"indomain_removed": "removed", "ood": "other domain", "chitchat": "chit-chat"}
OURS, OURS_JOINED = "qa_bot", "qa_bot, one entry an intent"
"""Documents of one intent are entries of their own, or wordings of one entry."""
NOT_MEASURED = "–"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method finds for a question: document ids, the best first, and how sure it is."""

    ids: tuple[str, ...]
    score: float


if TYPE_CHECKING:
    Method = Callable[[Sequence[str]], list[Answer]]
    """Questions → answers."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured of one method on one set; None: the set has nothing to measure it with."""

    first: float
    """Share of questions whose first document is right."""
    five: float
    """Share with a right document among the first five."""
    reciprocal: float
    """Mean reciprocal rank of the first right document, 0 beyond the tenth."""
    typo: float | None
    """R@1 of the same questions with a typing error."""
    loss: float | None
    """R@1 lost to the typing error, over the questions that were given one."""
    apart: Mapping[str, float | None]
    """Kind of unanswerable question → AUROC of answerable over unanswerable, by score."""


class UsualMethods:
    """The usual methods over one corpus: word TF-IDF, BM25, character TF-IDF, a fusion."""

    def __init__(self, found: PublicSet, analyzer: Analyzer) -> None:
        """Index the corpus; a document is its title and its body."""
        self._read = analyzer.read
        self._ids = [entry.id for entry in found.base.entries]
        readings = [analyzer.read(text) for text in found.texts]
        self._words = TfidfVectorizer(analyzer=list)
        self._by_word = self._words.fit_transform([reading.words for reading in readings]).T
        self._characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
        self._by_character = self._characters.fit_transform([r.normal for r in readings]).T
        self._bm25 = bm25s.BM25()
        self._bm25.index([list(reading.words) for reading in readings], show_progress=False)
        # One scale a corpus, not one a question: a fused score still tells questions apart.
        questions = [text for key, text in found.queries.items() if chosen(key)]
        bests = [self.bm25_words([question]).max() for question in questions]
        self._usual_best = float(np.mean(bests))

    def word_cosine(self, questions: Sequence[str]) -> Scores:
        """Score by the cosine of word TF-IDF."""
        words = [self._read(question).words for question in questions]
        return (self._words.transform(words) @ self._by_word).toarray()

    def bm25_words(self, questions: Sequence[str]) -> Scores:
        """Score by BM25 over words, with the library's defaults."""
        nothing = np.zeros(len(self._ids), np.float32)
        words = [list(self._read(question).words) for question in questions]
        return np.array([self._bm25.get_scores(held) if held else nothing for held in words])

    def character_cosine(self, questions: Sequence[str]) -> Scores:
        """Score by the cosine of sublinear TF-IDF of characters and their pairs."""
        normal = [self._read(question).normal for question in questions]
        return (self._characters.transform(normal) @ self._by_character).toarray()

    def fused(self, weight: float) -> Callable[[Sequence[str]], Scores]:
        """Give the convex sum of the character cosine and BM25, this over its usual best."""
        return lambda questions: (
            weight / self._usual_best * self.bm25_words(questions)
            + (1 - weight) * self.character_cosine(questions)
        )

    def method(self, scores_of: Callable[[Sequence[str]], Scores]) -> Method:
        """Make a method of a way to score: the best documents that score at all."""

        def answer(questions: Sequence[str]) -> list[Answer]:
            answers = []
            for start in range(0, len(questions), BLOCK):
                for scores in scores_of(questions[start : start + BLOCK]):
                    order = np.argsort(-scores, kind="stable")[:DEPTH]
                    ids = tuple(self._ids[number] for number in order if scores[number] > 0)
                    answers.append(Answer(ids, float(scores[order[0]])))
            return answers

        return answer


def our_engine(found: PublicSet, analyzer: Analyzer, models: Coefficients) -> Method:
    """Give the bot's own search and ranking; it is as sure as its confidence in the first hit."""
    index = Index.build(found.base, analyzer)
    ranker = Ranker(index, analyzer, models)

    def answer(questions: Sequence[str]) -> list[Answer]:
        answers = []
        for question in questions:
            query = read_query(question, analyzer)
            candidates = index.search(query, analyzer, CANDIDATES)
            hits = ranker.rank(query, candidates, 1)
            # What a facet vetoes is never given as an answer.
            sure = hits[0].confidence if hits and not hits[0].contradicted else 0.0
            answers.append(Answer(tuple(hit.entry.id for hit in hits[:DEPTH]), sure))
        return answers

    return answer


def main() -> None:
    """Measure every set and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--output", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    settings = Settings()
    models = read_coefficients(settings.coefficients)
    table: dict[str, dict[str, Figures]] = {}
    usual: list[tuple[PublicSet, UsualMethods]] = []
    for folder in set_folders(arguments.folders):
        found = read_set(folder)
        analyzer = analyzer_for(found, settings)
        print(f"{found.name}: {len(found.base.entries)} documents", file=sys.stderr)
        methods = UsualMethods(found, analyzer)
        usual.append((found, methods))
        table[found.name] = measure_all(found, analyzer, methods, models)
    weight = choose_weight(usual)
    print(f"fusion: BM25 weighs {weight}", file=sys.stderr)
    for found, methods in usual:
        table[found.name]["fusion"] = measure(methods.method(methods.fused(weight)), found)
    text = markdown(table, weight)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


def set_folders(folders: Iterable[Path]) -> list[Path]:
    """Give the folders that are question sets, or the sets they hold."""
    found = []
    for folder in folders:
        below = sorted(path.parent for path in folder.glob("*/queries.jsonl"))
        found += [folder] if (folder / "queries.jsonl").exists() else below
    if not found:
        sys.exit("no question set found: a set is a folder that holds queries.jsonl")
    return found


def analyzer_for(found: PublicSet, settings: Settings) -> Analyzer:
    """Make the analyzer as the bot does: our lexicon, and the words the corpus itself shows."""
    lexicon = read_lexicon(settings.lexicon)
    facets = read_facets(settings.lexicon / "facets")
    mined = mine_words(entry.question for entry in found.base.entries)
    return make_analyzer(lexicon, facets, mined, settings)


def measure_all(
    found: PublicSet, analyzer: Analyzer, usual: UsualMethods, models: Coefficients
) -> dict[str, Figures]:
    """Measure everything that needs no choosing."""
    figures = {
        "word TF-IDF": measure(usual.method(usual.word_cosine), found),
        "BM25 (bm25s)": measure(usual.method(usual.bm25_words), found),
        "character TF-IDF": measure(usual.method(usual.character_cosine), found),
        OURS: measure(our_engine(found, analyzer, models), found),
    }
    if found.intents:
        entries = joined(found)
        figures[OURS_JOINED] = measure(our_engine(entries, analyzer, models), entries)
    return figures


def choose_weight(usual: Sequence[tuple[PublicSet, UsualMethods]]) -> float:
    """Choose BM25's weight in the fusion: best mean R@1 on the choosing part of all sets."""
    means = dict.fromkeys(WEIGHTS, 0.0)
    for found, methods in usual:
        texts = {key: text for key, text in found.queries.items() if chosen(key)}
        right = [found.relevant[key] for key in texts]
        questions = list(texts.values())
        for weight in WEIGHTS:
            answer = methods.method(methods.fused(weight))
            means[weight] += share_right(answer(questions), right, 1)
    return max(means, key=means.__getitem__)


def measure(method: Method, found: PublicSet) -> Figures:
    """Measure a method on the reporting part of a set."""
    clean = {key: text for key, text in found.queries.items() if not chosen(key)}
    answers = dict(zip(clean, method(list(clean.values())), strict=True))
    right = [found.relevant[key] for key in clean]
    typo, loss = None, None
    mistyped = {key: text for key, text in found.typos.items() if not chosen(key)}
    if mistyped:
        right_mistyped = [found.relevant[key] for key in mistyped]
        typo = share_right(method(list(mistyped.values())), right_mistyped, 1)
        loss = share_right([answers[key] for key in mistyped], right_mistyped, 1) - typo
    apart = {}
    for kind in KINDS:
        texts = [t for key, (t, k) in found.unanswerable.items() if k == kind and not chosen(key)]
        apart[kind] = separation(answers.values(), method(texts)) if texts else None
    listed = list(answers.values())
    return Figures(
        share_right(listed, right, 1),
        share_right(listed, right, 5),
        float(np.mean([reciprocal(*pair) for pair in zip(listed, right, strict=True)])),
        typo,
        loss,
        apart,
    )


def share_right(answers: Sequence[Answer], right: Sequence[frozenset[str]], k: int) -> float:
    """Give the share of answers with a right document among the first k."""
    held = [not ids.isdisjoint(answer.ids[:k]) for answer, ids in zip(answers, right, strict=True)]
    return float(np.mean(held))


def reciprocal(answer: Answer, right: frozenset[str]) -> float:
    """Give 1 / the rank of the first right document, 0 where there is none."""
    return next((1 / rank for rank, found in enumerate(answer.ids, 1) if found in right), 0.0)


def separation(answerable: Iterable[Answer], unanswerable: Iterable[Answer]) -> float:
    """Give the chance that an answerable question scores above an unanswerable one (AUROC)."""
    yes, no = ([answer.score for answer in answers] for answers in (answerable, unanswerable))
    return float(roc_auc_score([1] * len(yes) + [0] * len(no), yes + no))


def markdown(table: Mapping[str, Mapping[str, Figures]], weight: float) -> str:
    """Write the means over sets, then every set."""
    head = ["R@1", "R@5", "MRR@10", "R@1 typo", "lost"]
    head += [f"AUROC {name}" for name in KINDS.values()]
    names = list(dict.fromkeys(name for figures in table.values() for name in figures))
    # Only the sets that name intents have the other way in; elsewhere the two are the same.
    means = [
        [name, *mean([row(figures.get(name, figures[OURS])) for figures in table.values()])]
        for name in names
    ]
    sets = [
        [set_name, name, *row(figures[name])]
        for set_name, figures in table.items()
        for name in names
        if name in figures
    ]
    caption = f"Mean over {len(table)} sets (BM25 weighs {weight:g} in the fusion):"
    return "\n".join(
        [caption, "", *rows(["method", *head], means), "", *rows(["set", "method", *head], sets)]
    )


def row(figures: Figures) -> list[float | None]:
    """Give the figures in the order of the table's head."""
    ranks = [figures.first, figures.five, figures.reciprocal, figures.typo, figures.loss]
    return [*ranks, *(figures.apart[kind] for kind in KINDS)]


def mean(figures: Sequence[Sequence[float | None]]) -> list[float | None]:
    """Give the mean of each column over the sets that have it."""
    held = (
        [value for value in column if value is not None] for column in zip(*figures, strict=True)
    )
    return [float(np.mean(values)) if values else None for values in held]


def rows(head: Sequence[str], body: Iterable[Sequence[str | float | None]]) -> list[str]:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *([_cell(value) for value in line] for line in body)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _cell(value: str | float | None) -> str:
    if value is None:
        return NOT_MEASURED
    return value if isinstance(value, str) else f"{value:.3f}"


if __name__ == "__main__":
    main()
