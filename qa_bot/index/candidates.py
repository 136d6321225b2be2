"""Say of an entry that was found how near it is, and how strongly that speaks for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

UNASKED = 0.7
"""How much what a wording says beyond the query counts against it (Tversky's beta)."""
SUPPORT = 0.2
MOST_SUPPORT = 2.0
"""How far the likenesses of an entry's three next wordings, summed up, speak for it."""
TRUST_IN_PASSAGE = 0.85
"""How far a passage that holds the whole query says that its entry answers it."""


class Candidate(NamedTuple):
    """A candidate entry, how near the query is to it, and by what."""

    number: int
    """The entry's place in the knowledge base."""
    wording: float
    """Likeness of the query and the entry's nearest wording, 0 to 1."""
    wording_number: int
    """Which of the entry's wordings that is; 0: its question."""
    support: float
    """Sum of the likenesses of the entry's three next wordings."""
    passage: float
    """Share of the query that the entry's best passage holds, 0 to 1."""
    passage_number: int
    """Which of the entry's passages that is; -1: it has none that shares a term."""
    exact: bool = False
    """Whether the query is one of the entry's wordings, but for case, width and punctuation."""


def likeness_of(asked: Mapping[str, float], held: Mapping[str, float]) -> float:
    """Give the likeness of two texts by the weights of their terms."""
    common = sum(map(asked.__getitem__, filter(held.__contains__, asked)))
    return tversky(common, sum(asked.values()), sum(held.values()))


def tversky(common: float, asked: float, held: float) -> float:
    """Give the likeness of two texts by what they share and what each weighs (Tversky 1977)."""
    whole = max(asked, common) + UNASKED * max(held - common, 0.0)
    return common / whole if whole else 0.0


def strength(candidate: Candidate) -> float:
    """Join what speaks for a candidate, 0 to 1, as if each spoke independently (noisy or)."""
    return 1 - (1 - candidate.wording) * (1 - by_passage(candidate)) * (1 - by_support(candidate))


def log_strength(candidate: Candidate) -> float:
    """Give a candidate's strength in nats; what speaks for nothing is bounded below."""
    return math.log(max(strength(candidate), 1e-3))


def by_passage(candidate: Candidate) -> float:
    """Give what a candidate's best passage says for it, 0 to 1."""
    return TRUST_IN_PASSAGE * candidate.passage


def by_support(candidate: Candidate) -> float:
    """Give what a candidate's further wordings say for it, 0 to 1."""
    return SUPPORT * min(candidate.support, MOST_SUPPORT)


def make_candidate(
    number: int, likeness: list[float], coverage: list[float], *, exact: bool
) -> Candidate:
    """Make the candidate of an entry, given how near its wordings and passages are."""
    wording = max(likeness)
    passage = max(coverage, default=0.0)
    return Candidate(
        number,
        wording,
        likeness.index(wording),
        sum(sorted(likeness, reverse=True)[1:4]) if len(likeness) > 1 else 0.0,
        passage,
        coverage.index(passage) if passage else -1,
        exact,
    )
