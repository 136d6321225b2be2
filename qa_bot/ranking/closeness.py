"""Say how near a candidate's wording and its evidence come to the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.analyzer import WORD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from qa_bot.evidence import Evidence
    from qa_bot.index import Candidate

NEAR_FEATURES = (
    "strength",
    "wording",
    "passage",
    "support",
    "several",
    "answered",
    "meant",
    "meant_several",
    "untaught",
    "meant_untaught",
)
CLOSE_FEATURES = ("sentence", "held", "told", "unmet")
TELLING = 4.5
"""Weight from which on a word that nothing met counts against a candidate."""
WORD_MASS = 3.0
"""Weight beyond `TELLING` that counts as much: it brings `unmet` near 1."""


def left_open(candidate: Candidate) -> float:
    """Give what a candidate's wording leaves open, 0 to 1: only there does its text speak.

    Where the wording says what the question says, no text of another entry comes nearer.
    """
    return 1 - candidate.wording


def near_features(
    candidate: Candidate, passages: int, nats: float, meant: float, *, taught: bool
) -> tuple[float, ...]:
    """Give `NEAR_FEATURES`, what the search itself says of a candidate, for its place in the order.

    `passages` says how many its entry has, `nats` is its log strength, `meant` how near it lies to
    the question as the base teaches, `taught` whether its own wordings are among what teaches.
    """
    left = left_open(candidate)
    return (
        nats,
        candidate.wording,
        left * candidate.passage,
        left * candidate.support,
        left if passages > 1 else 0.0,
        left if passages else 0.0,
        meant if taught else 0.0,
        meant if taught and passages > 1 else 0.0,
        0.0 if taught else 1.0,
        0.0 if taught else meant,
    )


def close_features(
    asked: Mapping[str, float], stored: Collection[str], told: float, evidence: Evidence | None
) -> tuple[float, ...]:
    """Give `CLOSE_FEATURES`, each about the question beside its typed facets.

    `asked` are its terms and their weights, `stored` those of the candidate's wording.
    `sentence` is the likeness of the best sentence, `held` the share that wording and passage
    hold, `told` the share that the entry's wordings hold together, `unmet` how telling the rarest
    word is that neither wording nor passage holds.
    """
    total = sum(asked.values()) or 1.0
    met = evidence.held.union(stored) if evidence else frozenset(stored)
    lacked = [weight for term, weight in asked.items() if term not in met]
    words = (w for term, w in asked.items() if term[0] == WORD and term not in met)
    return (
        evidence.likeness if evidence else 0.0,
        1 - sum(lacked) / total if evidence else 0.0,
        told,
        max(max(words, default=0.0) - TELLING, 0.0) / WORD_MASS,
    )
