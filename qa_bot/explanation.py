"""Explain a hit: which words found it and by which rule, adding up to its score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qa_bot.analyzer import CHARACTER, FACET, SOUND, WORD, unit_terms
from qa_bot.index import by_passage, likeness_of, strength
from qa_bot.text import units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.query import Query
    from qa_bot.ranking import Hit, Ranker


@dataclass(frozen=True, slots=True)
class Match:
    """A word of the question, what it met in the entry, by which rule, and what that is worth."""

    asked: str
    met: str
    rule: str
    """`exact`, `word`, `synonym`, `facet`, `likeness`, `passage` or `wordings`."""
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a hit was found."""

    score: float
    """The hit's strength: what its wordings and its passage say for it; the contributions of the
    matches add up to it."""
    matched: tuple[Match, ...]
    unused: tuple[str, ...]
    """Words of the question that met nothing in the entry."""
    learned: float = 0.0
    """How near the entry lies to the question, as the base's wordings teach: -1 to 0.5, below 0
    against it, 0 where they teach nothing of it. It counts in the order and in the confidence."""


UNEXPLAINED = Explanation(0.0, (), ())
"""That of a reply that nothing was found for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A word or facet value of the question, and the terms that stand for it."""

    asked: str
    means: str
    rule: str
    terms: frozenset[str]


def explain(query: Query, hit: Hit, ranker: Ranker) -> Explanation:
    """Give the matches of a query and a hit; their contributions add up to the hit's strength.

    Likeness is additive over terms: each word of the question gets what its characters, sounds
    and subwords share of it. What a passage and further wordings add is shared out likewise.
    """
    candidate = hit.candidate
    if candidate.exact:
        return Explanation(1.0, (Match(query.question, hit.entry.question, "exact", 1.0),), ())
    asked = ranker.weigher.weigh(query.reading)
    stored = ranker.weights_of(hit)
    written = likeness_of(asked.written, stored.written)
    in_own_words = written >= likeness_of(asked.canonical, stored.canonical)
    if in_own_words:
        parts, weights, held = _written(query.reading), asked.written, stored.written
    else:
        parts = _canonical(query.reading, ranker.analyzer)
        weights, held = asked.canonical, stored.canonical
    matches = _shared_out(parts, held, weights, candidate.wording)
    score = strength(candidate)
    # Each of the three adds its part of what the one before it left open.
    left = 1 - candidate.wording
    text_part = left * by_passage(candidate)
    further = score - candidate.wording - text_part
    if hit.answered:
        words = [Part(p.asked, p.asked, "passage", p.terms) for p in _written(query.reading)]
        said = ranker.index.said_in(candidate.number, hit.passage_number)
        text = stored.written.keys() | said
        matches += _shared_out(words, text, asked.written, text_part)
    if further:
        matches.append(Match("", "", "wordings", further))
    met = {match.asked for match in matches}
    unused = dict.fromkeys(part.asked for part in parts if part.asked not in met)
    return Explanation(score, tuple(matches), tuple(unused), hit.sense.meant)


def _written(reading: Reading) -> list[Part]:
    return [Part(word, word, "word", _terms_of(word)) for word in reading.words]


def _canonical(reading: Reading, analyzer: Analyzer) -> list[Part]:
    """Give the words as the owner's lexicon reads them, and the facet values."""
    told = {word for run in reading.canonical for word in run}
    parts = []
    for word in reading.words:
        means = analyzer.lexicon.asks_for([word])
        if told.issuperset(means):
            terms = frozenset().union(*map(_terms_of, means))
            rule = "word" if means == [word] else "synonym"
            parts.append(Part(word, "、".join(means), rule, terms))
    for mention in reading.mentions:
        term = f"{FACET}{mention.facet}={mention.value}"
        parts.append(Part(mention.text, mention.value, "facet", frozenset({term})))
    return parts


@lru_cache(maxsize=4096)
def _terms_of(word: str) -> frozenset[str]:
    return frozenset([WORD + word, *unit_terms(units(word), CHARACTER + SOUND)])


def _shared_out(
    parts: Iterable[Part], held: Collection[str], weights: Mapping[str, float], total: float
) -> list[Match]:
    """Share a score out among the parts whose terms are held; a term counts for its first part."""
    counted: set[str] = set()
    found: list[tuple[Part, str, float]] = []
    for part in parts:
        common = {term for term in part.terms if term in held} - counted
        counted |= common
        weight = sum(weights.get(term, 0.0) for term in common)
        if weight > 0:
            whole = WORD + part.asked in common or part.rule in {"facet", "synonym", "passage"}
            found.append((part, part.rule if whole else "likeness", weight))
    whole_weight = sum(weight for _, _, weight in found) or 1.0
    return [
        Match(part.asked, part.means, rule, total * weight / whole_weight)
        for part, rule, weight in found
    ]
