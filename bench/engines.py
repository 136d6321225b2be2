"""The engines that are compared: ours and others, on the same words.

Each library is imported only by the process that measures it, so that no engine pays for another's
imports, in time or in memory.
"""

# ruff: noqa: D102, PLC0415 - what the methods do says Engine

from __future__ import annotations

import csv
import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from qa_bot import Settings
    from qa_bot.index.search import Kernel

    Title = list[str]

K = 10
"""How many titles are asked for."""
CHUNK = 4096
ANSWERED = 2
"""Of five titles so many have an answer."""


class Engine(Protocol):
    """Finds the K titles nearest a question; both are lists of words."""

    most: ClassVar[int]
    """The most titles that it is tried with."""
    saves: ClassVar[bool]
    """Whether it keeps what it built; if not, `open` builds it anew."""

    def build(self, titles: Path, folder: Path) -> None:
        """Index the titles, one a line with a space between words, and save the index."""

    def open(self, titles: Path, folder: Path) -> None:
        """Open what was saved."""

    def search(self, question: Sequence[str]) -> object:
        """Find the nearest titles."""


def read_titles(path: Path) -> Iterator[Title]:
    """Read titles, one a line with a space between words."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.split()


class Ours:
    """The bot's own index over words alone, searched by NumPy."""

    most = 10**9
    saves = True
    compiled = False

    def build(self, titles: Path, folder: Path) -> None:
        from qa_bot.analyzer import WORD
        from qa_bot.index.building import Counts, count, lay_out
        from qa_bot.index.postings import Weighting
        from qa_bot.index.saved import save

        counts = Counts()
        texts = read_titles(titles)
        while chunk := [[WORD + word for word in title] for title in islice(texts, CHUNK)]:
            counts.add(count(chunk))
        weighting = Weighting({WORD: 1.0}, saturation=0.3, length=0.0)
        save(folder, {}, {"titles": lay_out(counts, weighting, lambda _: 0.0)}, {})

    def open(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        from qa_bot.index import TERMS
        from qa_bot.index.plain import PlainKernel
        from qa_bot.index.saved import open_saved
        from qa_bot.index.search import Room, Search

        self._postings = open_saved(folder)[1]["titles"]
        starts = np.arange(self._postings.size + 1)
        kernel: Kernel = PlainKernel(self._postings, starts)
        if self.compiled:
            from qa_bot.index.compiled import CompiledKernel

            kernel = CompiledKernel(self._postings, starts)
        self._search = Search(self._postings, starts, Room(), kernel)
        self._look_up = lru_cache(TERMS)(lambda term: self._postings.look_up(term, lambda _: 0.0))

    def search(self, question: Sequence[str]) -> object:
        from qa_bot.analyzer import WORD
        from qa_bot.index.candidates import UNASKED
        from qa_bot.index.likeness import Likeness, Sought
        from qa_bot.index.nearest import Nearest

        terms = [self._look_up(WORD + word) for word in question]
        likeness = Likeness(sum(weight for _, weight, _ in terms), UNASKED)
        nearest = Nearest(K)
        most = self._postings.weighting.most
        self._search.find(Sought.of(terms, likeness, most), nearest)
        return nearest.best


class OursCompiled(Ours):
    """The bot's own index, searched by Numba."""

    compiled = True


class Bm25s:
    """bm25s: scores computed at indexing, summed by NumPy."""

    most = 10**9
    saves = True
    backend = "numpy"

    def build(self, titles: Path, folder: Path) -> None:
        import bm25s

        index = bm25s.BM25(backend=self.backend)
        index.index(list(read_titles(titles)), show_progress=False)
        index.save(folder)

    def open(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        import bm25s

        self._index = bm25s.BM25.load(folder, mmap=True)
        self._index.backend = self.backend
        if self.backend == "numba":
            self._index.activate_numba_scorer()

    def search(self, question: Sequence[str]) -> object:
        asked = [list(question)]
        return self._index.retrieve(asked, k=K, show_progress=False, backend_selection=self.backend)


class Bm25sCompiled(Bm25s):
    """bm25s with its loops compiled by Numba."""

    backend = "numba"


class Tantivy:
    """tantivy, the Rust engine, through its Python binding."""

    most = 10**9
    saves = True

    def _schema(self) -> Any:  # noqa: ANN401
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("title", tokenizer_name="whitespace", index_option="freq")
        return builder.build()

    def build(self, titles: Path, folder: Path) -> None:
        import tantivy

        folder.mkdir()
        index = tantivy.Index(self._schema(), path=str(folder))
        writer = index.writer(heap_size=512 << 20, num_threads=1)
        for title in read_titles(titles):
            writer.add_document(tantivy.Document(title=" ".join(title)))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        import tantivy

        self._tantivy = tantivy
        index = tantivy.Index.open(str(folder))
        index.reload()
        self._index, self._searcher = index, index.searcher()

    def search(self, question: Sequence[str]) -> object:
        query, occur = self._tantivy.Query, self._tantivy.Occur
        schema = self._index.schema
        words = [(occur.Should, query.term_query(schema, "title", word)) for word in question]
        return self._searcher.search(query.boolean_query(words), K).hits


class Fts5:
    """SQLite's full-text search."""

    most = 10**9
    saves = True

    def build(self, titles: Path, folder: Path) -> None:
        folder.mkdir()
        database = sqlite3.connect(folder / "titles.db")
        database.execute("CREATE VIRTUAL TABLE titles USING fts5(title, content='', detail=none)")
        rows = ((number, " ".join(title)) for number, title in enumerate(read_titles(titles)))
        database.executemany("INSERT INTO titles(rowid, title) VALUES (?, ?)", rows)
        database.execute("INSERT INTO titles(titles) VALUES ('optimize')")
        database.commit()
        database.close()

    def open(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        self._database = sqlite3.connect(folder / "titles.db")

    def search(self, question: Sequence[str]) -> object:
        asked = " OR ".join(f'"{word}"' for word in question)
        sql = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rank LIMIT ?"
        return self._database.execute(sql, (asked, K)).fetchall()


class Cosine:
    """scikit-learn's TF-IDF and cosine similarity, as tutorials do it."""

    most = 1_000_000
    saves = False

    def build(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer=list)
        self._matrix = self._vectorizer.fit_transform(read_titles(titles))

    def open(self, titles: Path, folder: Path) -> None:
        self.build(titles, folder)

    def search(self, question: Sequence[str]) -> object:
        from sklearn.metrics.pairwise import cosine_similarity

        scores = cosine_similarity(self._vectorizer.transform([question]), self._matrix).ravel()
        return np.argsort(scores)[::-1][:K]


class Product(Cosine):
    """scikit-learn's TF-IDF and the plain sparse product, the best of it picked by NumPy."""

    def search(self, question: Sequence[str]) -> object:
        asked = self._vectorizer.transform([question])
        scores = (self._matrix @ asked.T).toarray().ravel()
        return np.argpartition(scores, -K)[-K:]


class Minsearch:
    """minsearch, the teaching engine of course FAQs."""

    most = 1_000_000
    saves = False

    def build(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        import minsearch

        self._index = minsearch.Index(["title"], vectorizer_params={"token_pattern": r"\S+"})
        self._index.fit([{"title": " ".join(title)} for title in read_titles(titles)])

    def open(self, titles: Path, folder: Path) -> None:
        self.build(titles, folder)

    def search(self, question: Sequence[str]) -> object:
        return self._index.search(" ".join(question), num_results=K)


class RankBm25:
    """rank_bm25, BM25 by dictionaries and NumPy."""

    most = 100_000
    saves = False

    def build(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        from rank_bm25 import BM25Okapi

        self._index = BM25Okapi(list(read_titles(titles)))

    def open(self, titles: Path, folder: Path) -> None:
        self.build(titles, folder)

    def search(self, question: Sequence[str]) -> object:
        return np.argpartition(self._index.get_scores(question), -K)[-K:]


class Whole:
    """The whole bot: reading the question, search, ranking, evidence, explanation."""

    most = 1_000_000
    saves = True

    def build(self, titles: Path, folder: Path) -> None:
        from qa_bot.index import Index
        from qa_bot.opening import read_base

        table = folder.with_suffix(".csv")
        asked = {"".join(title): title for title in read_titles(titles)}
        with table.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["question", "answer"])
            for number, (question, words) in enumerate(asked.items()):
                answer = f"{words[0]}要先提交{words[-1]}。之后等候{words[1]}的通知。"
                rows.writerow([question, answer if number % 5 < ANSWERED else ""])
        base, analyzer = read_base(table, self._settings(titles))
        Index.build(base, analyzer).save(folder)

    def open(self, titles: Path, folder: Path) -> None:
        from qa_bot import Bot

        self._bot = Bot.open(folder, self._settings(titles))

    def search(self, question: Sequence[str]) -> object:
        return self._bot.ask("".join(question))

    def _settings(self, titles: Path) -> Settings:
        from qa_bot import Settings

        return Settings(cache=titles.parent / "cache", state=titles.parent / "state")


class Segmentation:
    """jieba's cutting into words alone, to compare with; titles are cut on all cores."""

    most = 10**9
    saves = False

    def build(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        import jieba

        jieba.dt.tmp_dir = str(titles.parent)
        jieba.initialize()
        with ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("fork")) as processes:
            texts = ("".join(title) for title in read_titles(titles))
            while chunk := list(islice(texts, CHUNK * 16)):
                for _ in processes.map(_cut, batched(chunk)):
                    pass

    def open(self, titles: Path, folder: Path) -> None:  # noqa: ARG002
        import jieba

        jieba.dt.tmp_dir = str(titles.parent)
        jieba.initialize()
        self._cut = jieba.lcut

    def search(self, question: Sequence[str]) -> object:
        return self._cut("".join(question))


def batched(texts: Sequence[str]) -> list[Sequence[str]]:
    """Part texts into chunks."""
    return [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]


def _cut(texts: Sequence[str]) -> int:
    import jieba

    return sum(len(jieba.lcut(text)) for text in texts)


ENGINES: dict[str, type[Engine]] = {
    "qa_bot, Numba": OursCompiled,
    "qa_bot, NumPy": Ours,
    "tantivy": Tantivy,
    "bm25s, Numba": Bm25sCompiled,
    "bm25s, NumPy": Bm25s,
    "SQLite FTS5": Fts5,
    "scikit-learn product": Product,
    "scikit-learn cosine": Cosine,
    "minsearch": Minsearch,
    "rank_bm25": RankBm25,
    "bot.ask, whole": Whole,
    "jieba.lcut alone": Segmentation,
}
