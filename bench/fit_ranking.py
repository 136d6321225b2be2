"""Fit the coefficients of ranking and confidence, and write them to data/ranking.json.

    python bench/fit_ranking.py [--public FOLDER]

The order of candidates is fitted listwise (conditional logit) on the choosing half of the judged
questions; confidence by logistic regression on the same half and, where FOLDER holds public
question sets, on the choosing part of each. Only coefficients leave this script.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from public_sets import chosen, read_set
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from qa_bot import Bot, Settings
from qa_bot.evaluation import CHOOSE, half_of, read_judgments
from qa_bot.index import Index
from qa_bot.knowledge import KnowledgeBase
from qa_bot.query import read_query
from qa_bot.ranking import Coefficients, Hit, Ranker
from qa_bot.ranking.coefficients import FOUND_BY, ORDER_FEATURES
from qa_bot.ranking.confidence import FEATURES
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa_bot.analyzer import Analyzer
    from qa_bot.evaluation import Judgment
    from qa_bot.knowledge import Entry
    from qa_bot.query import Query

CANDIDATES = 60
QUESTIONS = 300
"""How many questions of each kind are taken from a public set."""
PENALTY = 0.01
REGULARITY = {"wording": 0.1, "passage": 0.03}
SHARES = {
    "wording": {"judged": 0.5, "own": 0.3, "public": 0.2},
    "passage": {"judged": 0.8, "own": 0.15, "public": 0.05},
}
"""What each group counts in a fit; the public sets share theirs evenly. Their passages have no
question of their own, as an article's paragraphs have: they say little about those."""
WORDINGS_LEFT_OUT = 3
"""How many wordings of each entry are asked as if they were not stored."""
SETTLED = ("bias",)

Row = tuple[dict[str, float], str, bool]
"""Features of a first hit, what it was found by, whether it is right."""


def main() -> None:
    """Fit, write, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path)
    arguments = parser.parse_args()
    settings = Settings()
    bot = Bot.open()
    judged = [
        judgment
        for judgment in read_judgments(settings.judged, bot.index.base)
        if judgment.half == CHOOSE and not judgment.before and judgment.kind != "region_missing"
    ]
    order = fit_order(bot, judged)
    models = Coefficients(order, bot.ranker.coefficients.confidence)
    ranker = Ranker(bot.index, bot.analyzer, models)
    groups = {
        "judged": list(judged_rows(bot, ranker, judged)),
        "own": list(own_rows(bot, models)),
    }
    folders = sorted(arguments.public.iterdir()) if arguments.public else []
    for folder in folders:
        if (folder / "unanswerable.jsonl").exists():
            groups[folder.name] = list(public_rows(folder, bot.analyzer, models))
            print(folder.name, len(groups[folder.name]), file=sys.stderr)
    confidence = {by: rounded(fit_confidence(groups, by)) for by in FOUND_BY}
    data = {"order": rounded(order), "confidence": confidence}
    settings.coefficients.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def fit_order(bot: Bot, judged: list[Judgment]) -> dict[str, float]:
    """Fit the order by conditional logit: the right entry among the candidates of its question."""
    lists = []
    for judgment in judged:
        right = right_entries(bot, judgment.entries)
        query = read_query(judgment.question, bot.analyzer)
        hits = hits_of(bot.ranker, query, bot.analyzer)
        held = np.array([hit.candidate.number in right for hit in hits])
        if held.any() and not held.all():
            features = (bot.ranker.order_features(query, hit.candidate) for hit in hits)
            rows = [[found[name] for name in ORDER_FEATURES] for found in features]
            lists.append((np.array(rows), held))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros_like(weights)
        for rows, held in lists:
            scores = rows @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = chances[held].sum()
            total -= np.log(right)
            slope += rows.T @ (chances - held * chances / right)
        total = total / len(lists) + PENALTY * weights @ weights
        return total, slope / len(lists) + 2 * PENALTY * weights

    weights = minimize(loss, np.zeros(len(ORDER_FEATURES)), jac=True, method="L-BFGS-B").x
    return dict(zip(ORDER_FEATURES, weights / weights[0], strict=True))


def judged_rows(bot: Bot, ranker: Ranker, judged: list[Judgment]) -> Iterator[Row]:
    """Yield the features of each question's first hit, and whether it is right."""
    for judgment in judged:
        right = right_entries(bot, judgment.entries)
        yield from first_row(ranker, judgment.question, bot.analyzer, right)


def own_rows(bot: Bot, models: Coefficients) -> Iterator[Row]:
    """Yield rows that the base itself gives, of entries of the choosing half.

    A wording left out must still find its entry, and must find none when the entry is left out.
    """
    for turn in range(WORDINGS_LEFT_OUT):
        entries = bot.index.base.entries
        kept = KnowledgeBase(tuple(without(entry, turn) for entry in entries))
        ranker = Ranker(Index.build(kept, bot.analyzer), bot.analyzer, models)
        for number, entry in enumerate(entries):
            if turn < len(entry.wordings) and half_of(entry.question) == CHOOSE:
                wording = entry.wordings[turn]
                yield from first_row(ranker, wording, bot.analyzer, {number})
                yield from first_row(ranker, wording, bot.analyzer, set(), left_out=number)


def without(entry: Entry, turn: int) -> Entry:
    """Give the entry without one of its wordings."""
    wordings = entry.wordings[:turn] + entry.wordings[turn + 1 :]
    return replace(entry, wordings=wordings)


def public_rows(folder: Path, analyzer: Analyzer, models: Coefficients) -> Iterator[Row]:
    """Yield the same for the choosing part of a public set."""
    found = read_set(folder)
    index = Index.build(found.base, analyzer)
    ranker = Ranker(index, analyzer, models)
    numbers = {entry.id: number for number, entry in enumerate(found.base.entries)}
    for source in (found.queries, found.typos):
        for query_id, text in [item for item in source.items() if chosen(item[0])][:QUESTIONS]:
            right = {numbers[document] for document in found.relevant[query_id]}
            yield from first_row(ranker, text, analyzer, right)
    for kind in sorted({kind for _, kind in found.unanswerable.values()}):
        texts = [t for i, (t, k) in found.unanswerable.items() if k == kind and chosen(i)]
        for text in texts[:QUESTIONS]:
            yield from first_row(ranker, text, analyzer, set())


def first_row(
    ranker: Ranker,
    question: str,
    analyzer: Analyzer,
    right: set[int],
    left_out: int = -1,
) -> Iterator[Row]:
    """Yield (features, whether right) of the first hit, unless it is certain or vetoed."""
    query = read_query(question, analyzer)
    candidates = ranker.index.search(query, analyzer, CANDIDATES)
    hits = ranker.rank(query, [c for c in candidates if c.number != left_out], 1)
    if hits and not hits[0].candidate.exact and not hits[0].contradicted:
        yield dict(hits[0].features), hits[0].by, hits[0].candidate.number in right


def fit_confidence(groups: dict[str, list[Row]], by: str) -> dict[str, float]:
    """Fit how likely a first hit found by wording, or by passage, is right by its features."""
    names = [name for name in FEATURES if name not in SETTLED]
    rows, labels, weights = [], [], []
    for name, group in groups.items():
        rows_of = [row for row in group if row[1] == by]
        shares = SHARES[by]
        share = shares.get(name, shares["public"] / max(len(groups) - len(shares) + 1, 1))
        for features, _, right in rows_of:
            rows.append([features[feature] for feature in names])
            labels.append(right)
            weights.append(share / len(rows_of))
    x, y, w = np.array(rows), np.array(labels), np.array(weights)
    spread = x.std(axis=0)
    spread[spread == 0] = 1
    model = LogisticRegression(C=REGULARITY[by], max_iter=2000)
    model.fit(x / spread, y, sample_weight=w * len(w))
    return {"bias": float(model.intercept_[0])} | dict(
        zip(names, map(float, model.coef_[0] / spread), strict=True)
    )


def right_entries(bot: Bot, names: tuple[str, ...]) -> set[int]:
    """Give the places of the entries that a judgment names."""
    places = {entry.id: number for number, entry in enumerate(bot.index.base.entries)}
    return {places.get(name, bot.index.exact.get(match_key(name), -1)) for name in names}


def hits_of(ranker: Ranker, query: Query, analyzer: Analyzer) -> list[Hit]:
    """Give the hits that no facet vetoes."""
    candidates = ranker.index.search(query, analyzer, CANDIDATES)
    hits = ranker.order(query, candidates)
    return [hit for hit in hits if not hit.contradicted]


def rounded(model: dict[str, float]) -> dict[str, float]:
    """Keep three decimals."""
    return {name: round(float(value), 3) for name, value in model.items()}


if __name__ == "__main__":
    main()
