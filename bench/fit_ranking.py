"""Fit the coefficients of ranking and confidence, and write them to data/ranking.json.

    python bench/fit_ranking.py [--keep-order | --added FEATURE…] [--public FOLDER]

The order of candidates is fitted listwise (conditional logit); with `--added` only those features
of it, beside the others, which keep their proportions. Confidence is fitted by logistic regression,
once for bases whose wordings teach and once for those that teach nothing. All are fitted on the
choosing half of the judged questions, on questions that the base itself gives, on
bench/beside.txt, which must not be answered, and, where FOLDER holds public question sets, on the
choosing part of each; confidence also on small parts of all these bases (small_bases.py). Only
coefficients leave this script.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from public_sets import chosen, joined, read_set
from quality import analyzer_for, set_folders
from scipy.optimize import minimize
from scipy.special import expit
from small_bases import Asked, parts_of_bundled, parts_of_public

from qa_bot import Bot, Settings
from qa_bot.bot import CANDIDATES
from qa_bot.evaluation import CHOOSE, half_of, read_judgments
from qa_bot.evaluation.frames import deleted
from qa_bot.index import Index
from qa_bot.index.latent import Latent
from qa_bot.knowledge import KnowledgeBase
from qa_bot.mistakes import MistakesError
from qa_bot.opening import make_analyzer
from qa_bot.query import read_query
from qa_bot.ranking import SHORTLIST, Coefficients, Ranker, read_coefficients
from qa_bot.ranking.agreement import STATE_FEATURES
from qa_bot.ranking.coefficients import FOUND_BY, ORDER_FEATURES
from qa_bot.ranking.confidence import FEATURES
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from public_sets import PublicSet
    from small_bases import Part

    from qa_bot.analyzer import Analyzer
    from qa_bot.evaluation import Judgment
    from qa_bot.index import Candidate
    from qa_bot.knowledge import Entry
    from qa_bot.query import Query

BESIDE_QUESTIONS = Path(__file__).with_name("beside.txt")
QUESTIONS = 120
"""How many questions of each kind are taken from a public set."""
WORDINGS_LEFT_OUT = 5
"""How many wordings of each entry are asked as if they were not stored."""
JUDGED, OWN, ARTICLES, BESIDE, PUBLIC = "judged", "own", "articles", "beside", "public"
SMALL, SMALL_PUBLIC = "small", "small public"
ORDER_SHARES = {JUDGED: 0.36, OWN: 0.18, ARTICLES: 0.1, PUBLIC: 0.36}
FEW_SHARES = {SMALL: 0.2, SMALL_PUBLIC: 0.08}
CONFIDENCE_SHARES = {
    "wording": {JUDGED: 0.4, OWN: 0.18, BESIDE: 0.06, PUBLIC: 0.6} | FEW_SHARES,
    "passage": {JUDGED: 0.33, OWN: 0.1, ARTICLES: 0.06, BESIDE: 0.08, PUBLIC: 0.25} | FEW_SHARES,
    "paragraph": {JUDGED: 0.4, OWN: 0.1, ARTICLES: 0.4, BESIDE: 0.1},
}
UNLEARNED_SHARES = {
    "wording": CONFIDENCE_SHARES["wording"] | {PUBLIC: 1.2},
    "passage": CONFIDENCE_SHARES["passage"] | {PUBLIC: 1.0},
    "paragraph": CONFIDENCE_SHARES["paragraph"],
}
"""What each group counts in a fit; the public sets share theirs evenly. Their passages have no
question of their own, as an article's paragraphs have: they say little about those."""
PENALTY = 0.003
REGULARITY = {"wording": 1.0, "passage": 0.1, "paragraph": 0.05}
"""Of confidence: the weight of the rows beside that of the coefficients' squares."""
NOT_BELOW_0 = {"strength", "wording", "passage", "support", "sentence", "held", "frame"}
NOT_BELOW_0 |= {"cover", "reverse", "margin", "shape", "residual", "residual_passage"}
NOT_BELOW_0 |= {"told", "told_mass", "meant", "meant_lead", "foretold", "alike"}
NOT_BELOW_0 |= {"residual_asked", "met", "typed_agree", "loose_agree", "few_met"}
NOT_ABOVE_0 = {"overshadowed", "unasked", "unaddressed", "unmet", "few_agree", "few_conflict"}
NOT_ABOVE_0 |= set(STATE_FEATURES) - {"typed_agree", "loose_agree"}
"""What can only speak for a hit, and what only against it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions asked of a base, or of several small ones."""

    name: str
    analyzer: Analyzer
    parts: list[Part]
    share: float
    """What part of what its kind counts."""

    def count(self, shares: Mapping[str, float]) -> float:
        """Give what the group counts in a fit."""
        return shares.get(self.name, 0.0) * self.share


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path, metavar="FOLDER")
    order = parser.add_mutually_exclusive_group()
    order.add_argument("--keep-order", action="store_true", help="fit confidence alone")
    order.add_argument("--added", nargs="+", choices=ORDER_FEATURES, metavar="FEATURE")
    arguments = parser.parse_args()
    settings = Settings()
    bot = open_bot(settings)
    groups = [judged(bot, settings), *own(bot), articles(bot, settings), beside(bot)]
    groups += [small(bot, settings)]
    if arguments.public:
        folders = set_folders([arguments.public])
        for folder in folders:
            groups += public(folder, settings, 1 / len(folders))
    models = bot.ranker.coefficients
    if arguments.added:
        models = replace(models, order=rounded(fit_added(groups, models, arguments.added)))
    elif not arguments.keep_order:
        models = replace(models, order=rounded(fit_order(groups, models)))
    confidence = fit_models(map(teaching, groups), models, CONFIDENCE_SHARES)
    unlearned = fit_models(map(teaching_nothing, groups), models, UNLEARNED_SHARES)
    write(settings.coefficients, replace(models, confidence=confidence, unlearned=unlearned))


def open_bot(settings: Settings) -> Bot:
    """Open the bundled base; where the coefficients are of other features, with none at all."""
    try:
        read_coefficients(settings.coefficients)
    except MistakesError:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ranking.json"
            confidence = {by: dict.fromkeys(FEATURES, 0.0) for by in FOUND_BY}
            write(path, Coefficients(dict.fromkeys(ORDER_FEATURES, 0.0), confidence, confidence))
            return Bot.open(settings=replace(settings, coefficients=path))
    return Bot.open(settings=settings)


def write(path: Path, models: Coefficients) -> None:
    """Write coefficients as the bot reads them."""
    path.write_text(json.dumps(asdict(models), indent=1) + "\n", encoding="utf-8")


def judged(bot: Bot, settings: Settings) -> Group:
    """Give the choosing half of the judged questions that are complete in themselves."""
    asked = [
        Asked(judgment.question, right_entries(bot, judgment.entries))
        for judgment in chosen_judgments(bot, settings)
    ]
    return Group(JUDGED, bot.analyzer, [(bot.index, asked)], 1)


def chosen_judgments(bot: Bot, settings: Settings) -> list[Judgment]:
    """Give the choosing half of the judged questions that are complete in themselves."""
    return [
        judgment
        for judgment in read_judgments(settings.judged, bot.index.base)
        if judgment.half == CHOOSE and not judgment.before
    ]


def own(bot: Bot) -> Iterator[Group]:
    """Yield questions that the base itself gives, of entries of the choosing half.

    A wording left out must still find its entry, and must find none when the entry is left out;
    a question without its region or permit must find the entries that differ in it.
    """
    entries = bot.index.base.entries
    for turn in range(WORDINGS_LEFT_OUT):
        kept = KnowledgeBase(tuple(without(entry, left_out(entry, turn)) for entry in entries))
        asked = []
        for number, entry in enumerate(entries):
            if len(entry.wordings) >= WORDINGS_LEFT_OUT and half_of(entry.question) == CHOOSE:
                wording = entry.wordings[left_out(entry, turn)]
                asked.append(Asked(wording, frozenset({number})))
                asked.append(Asked(wording, frozenset(), left_out=number))
        index = Index.build(kept, bot.analyzer)
        yield Group(OWN, bot.analyzer, [(index, asked)], 0.9 / WORDINGS_LEFT_OUT)
    # What is left when a permit or a region is left out means every entry that it stands in.
    meant: dict[str, set[int]] = {}
    numbers = {entry.id: number for number, entry in enumerate(entries)}
    for case in deleted(bot):
        meant.setdefault(case.question, set()).add(numbers[case.entry.id])
    asked = [Asked(q, frozenset(right)) for q, right in meant.items() if half_of(q) == CHOOSE]
    yield Group(OWN, bot.analyzer, [(bot.index, asked)], 0.1)


def left_out(entry: Entry, turn: int) -> int:
    """Choose one of an entry's wordings, in each turn another; those written later come last."""
    return turn * len(entry.wordings) // WORDINGS_LEFT_OUT


def without(entry: Entry, place: int) -> Entry:
    """Give the entry without one of its wordings."""
    wordings = entry.wordings[:place] + entry.wordings[place + 1 :]
    return replace(entry, wordings=wordings)


def articles(bot: Bot, settings: Settings) -> Group:
    """Give a base of articles and unanswered titles alone, as many owners begin with.

    A question about a paragraph must find it, and nothing when its article is left out; what must
    not be answered from the whole base must not be answered from this one.
    """
    kept = tuple(entry for entry in bot.index.base.entries if len(entry.passages) != 1)
    places = {entry.id: number for number, entry in enumerate(kept)}
    by_question = {match_key(entry.question): number for number, entry in enumerate(kept)}
    asked = []
    for judgment in chosen_judgments(bot, settings):
        names = judgment.entries
        right = {places.get(name, by_question.get(match_key(name), -1)) for name in names}
        if judgment.sentences and right - {-1}:
            asked.append(Asked(judgment.question, frozenset(right)))
            if len(right) == 1:
                asked.append(Asked(judgment.question, frozenset(), left_out=right.pop()))
        elif not names:
            asked.append(Asked(judgment.question, frozenset()))
    index = Index.build(KnowledgeBase(kept), bot.analyzer)
    return Group(ARTICLES, bot.analyzer, [(index, asked)], 1)


def beside(bot: Bot) -> Group:
    """Give questions beside what the bundled base holds: nothing answers them."""
    lines = BESIDE_QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = [Asked(line, frozenset()) for line in lines if line and not line.startswith("#")]
    return Group(BESIDE, bot.analyzer, [(bot.index, asked)], 1)


def small(bot: Bot, settings: Settings) -> Group:
    """Give small parts of the bundled base, of entries of the choosing half."""
    entries = bot.index.base.entries
    numbers = [n for n, entry in enumerate(entries) if half_of(entry.question) == CHOOSE]
    asked_of: dict[int, list[str]] = {}
    for judgment in chosen_judgments(bot, settings):
        for number in right_entries(bot, judgment.entries):
            if len(judgment.entries) == 1 and not judgment.sentences:
                asked_of.setdefault(number, []).append(judgment.question)
    # A small base shows no words of its own: those mined from the whole are not known to it.
    analyzer = make_analyzer(bot.analyzer.lexicon, bot.analyzer.facets, (), settings)
    return Group(SMALL, analyzer, list(parts_of_bundled(bot, analyzer, numbers, asked_of)), 1)


def public(folder: Path, settings: Settings, share: float) -> Iterator[Group]:
    """Yield the choosing part of a public set, asked of its base and of small parts of it.

    Documents of one intent are asked both as entries of their own and as wordings of one.
    """
    found = read_set(folder)
    analyzer = analyzer_for(found, settings)
    yield Group(PUBLIC, analyzer, [whole(found, analyzer)], share)
    if found.intents:
        found = joined(found)
        yield Group(PUBLIC, analyzer, [whole(found, analyzer)], share)
    yield Group(SMALL_PUBLIC, analyzer, list(parts_of_public(found, analyzer)), share)


def whole(found: PublicSet, analyzer: Analyzer) -> Part:
    """Give what the choosing part of a public set asks of the whole of it."""
    numbers = {entry.id: number for number, entry in enumerate(found.base.entries)}
    asked = []
    for source in (found.queries, found.typos):
        for query_id, text in [item for item in source.items() if chosen(item[0])][:QUESTIONS]:
            right = frozenset(numbers[document] for document in found.relevant[query_id])
            asked.append(Asked(text, right))
    for kind in sorted({kind for _, kind in found.unanswerable.values()}):
        texts = [t for i, (t, k) in found.unanswerable.items() if k == kind and chosen(i)]
        asked += [Asked(text, frozenset()) for text in texts[:QUESTIONS]]
    return Index.build(found.base, analyzer), asked


def fit_order(groups: Iterable[Group], models: Coefficients) -> dict[str, float]:
    """Fit the order by conditional logit: the right entry among the candidates of its question."""
    lists = order_lists(groups, models)
    scale = np.concatenate([rows for _, rows, _ in lists]).std(axis=0)
    scale[scale == 0] = 1
    scaled = [(count, rows / scale, held) for count, rows, held in lists]
    weights = conditional_logit(scaled, signs(ORDER_FEATURES), PENALTY) / scale
    return dict(zip(ORDER_FEATURES, map(float, weights), strict=True))


def fit_added(
    groups: Iterable[Group], models: Coefficients, added: Sequence[str]
) -> dict[str, float]:
    """Fit some features of the order likewise; the others keep their proportions to each other."""
    kept = [0.0 if name in added else models.order[name] for name in ORDER_FEATURES]
    places = list(map(ORDER_FEATURES.index, added))
    lists = [
        (count, np.column_stack([rows @ kept, rows[:, places]]), held)
        for count, rows, held in order_lists(groups, models)
    ]
    scale, *weights = conditional_logit(lists, [(0, None), *signs(added)], 0)
    order = dict(zip(ORDER_FEATURES, np.multiply(kept, scale), strict=True))
    return order | dict(zip(added, weights, strict=True))


OrderLists = list[tuple[float, np.ndarray, np.ndarray]]
"""What a question counts, its candidates' features, and which of them are right."""


def order_lists(groups: Iterable[Group], models: Coefficients) -> OrderLists:
    """Give what the order is fitted on."""
    lists = []
    for group in groups:
        count = group.count(ORDER_SHARES)
        found = list(candidate_lists(group, models)) if count else []
        lists += [(count / len(found), rows, held) for rows, held in found]
    return lists


def conditional_logit(
    lists: OrderLists, bounds: Sequence[tuple[int | None, int | None]], penalty: float
) -> np.ndarray:
    """Find the weights that make the right candidates likeliest among those of their question."""

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = penalty * weights @ weights, 2 * penalty * weights
        for count, rows, held in lists:
            scores = rows @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = chances[held].sum()
            total -= count * np.log(right)
            slope += count * (rows.T @ (chances - held * chances / right))
        return total, slope

    start = np.zeros(len(bounds))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def candidate_lists(group: Group, models: Coefficients) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, a question, its candidates' features of order, and which of them are right.

    Left out are questions of which the order does not decide, and candidates that no closer look is
    taken at.
    """
    for asked, query, ranker, found in candidates(group, models):
        hits = ranker.order(query, found)
        fitting = [hit for hit in hits[:SHORTLIST] if not hit.contradicted]
        held = np.array([hit.candidate.number in asked.right for hit in fitting])
        exact = any(hit.candidate.exact for hit in hits)
        if held.any() and not held.all() and not exact:
            rows = [ranker.order_features(query, hit) for hit in fitting]
            yield np.array([[row[name] for name in ORDER_FEATURES] for row in rows]), held


def candidates(
    group: Group, models: Coefficients
) -> Iterator[tuple[Asked, Query, Ranker, list[Candidate]]]:
    """Yield each question of a group, as it is read, and what is found for it to be ranked."""
    for index, questions in group.parts:
        ranker = Ranker(index, group.analyzer, models)
        for asked in questions:
            query = read_query(asked.question, group.analyzer)
            found = index.search(query, group.analyzer, CANDIDATES)
            yield asked, query, ranker, [c for c in found if c.number != asked.left_out]


def teaching(group: Group) -> Group:
    """Keep those parts of a group whose bases teach, and small ones, which are few."""
    small = group.name in FEW_SHARES
    return replace(group, parts=[p for p in group.parts if small or p[0].latent.learned])


def teaching_nothing(group: Group) -> Group:
    """Give a group as it would be if its bases taught nothing."""
    parts = []
    for index, asked in group.parts:
        nothing = Latent.unlearned(len(index.base.entries))
        parts.append((replace(index, latent=nothing), asked))
    return replace(group, parts=parts)


Row = tuple[dict[str, float], str, bool]
"""Features of a first hit, what it was found by, whether it is right."""


def first_rows(group: Group, models: Coefficients) -> Iterator[Row]:
    """Yield a row for each question, unless its first hit is certain or vetoed."""
    for asked, query, ranker, found in candidates(group, models):
        hits = ranker.rank(query, found, 1)
        if hits and not hits[0].candidate.exact and not hits[0].contradicted:
            yield dict(hits[0].features), hits[0].by, hits[0].candidate.number in asked.right


def fit_models(
    groups: Iterable[Group], models: Coefficients, shares: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Fit confidence in what was found by wording, passage and paragraph; `shares` are of each."""
    rows = [(group, list(first_rows(group, models))) for group in groups]
    return {by: rounded(fit_confidence(rows, by, shares[by])) for by in FOUND_BY}


def fit_confidence(
    groups: Iterable[tuple[Group, list[Row]]], by: str, shares: Mapping[str, float]
) -> dict[str, float]:
    """Fit how likely a first hit found by wording, or by passage, is right by its features."""
    names = [name for name in FEATURES if name != "bias"]
    rows, labels, weights = [], [], []
    for group, group_rows in groups:
        rows_of = [row for row in group_rows if row[1] == by]
        for features, _, right in rows_of:
            rows.append([features[feature] for feature in names])
            labels.append(right)
            weights.append(group.count(shares) / len(rows_of))
    x, y, w = np.array(rows), np.array(labels), np.array(weights)
    spread = x.std(axis=0)
    spread[spread == 0] = 1
    scaled, counts = x / spread, w / w.sum() * len(w) * REGULARITY[by]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        bias, slopes = weights[0], weights[1:]
        logits = scaled @ slopes + bias
        missed = counts * (expit(logits) - y)
        total = counts @ (np.logaddexp(0, logits) - y * logits) + slopes @ slopes / 2
        return total, np.concatenate([[missed.sum()], scaled.T @ missed + slopes])

    start = np.zeros(len(names) + 1)
    bounds = [(None, None), *signs(names)]
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    slopes = dict(zip(names, map(float, weights[1:] / spread), strict=True))
    return {"bias": float(weights[0])} | slopes


def signs(names: Iterable[str]) -> list[tuple[int | None, int | None]]:
    """Bound coefficients by what their features can mean: few rows can't turn them around."""
    return [
        (0 if name in NOT_BELOW_0 else None, 0 if name in NOT_ABOVE_0 else None) for name in names
    ]


def right_entries(bot: Bot, names: tuple[str, ...]) -> frozenset[int]:
    """Give the places of the entries that a judgment names."""
    places = {entry.id: number for number, entry in enumerate(bot.index.base.entries)}
    found = (places.get(name, bot.index.exact.get(match_key(name), -1)) for name in names)
    return frozenset(found)


def rounded(model: dict[str, float]) -> dict[str, float]:
    """Keep three decimals."""
    return {name: round(float(value), 3) for name, value in model.items()}


if __name__ == "__main__":
    main()
