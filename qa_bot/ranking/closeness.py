"""Say how near a candidate's wording and its evidence come to the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_bot.evidence import Evidence
    from qa_bot.index import Candidate
    from qa_bot.weights import Beside, Sense, Told

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
    "foretold",
    "alike",
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
    candidate: Candidate, passages: int, nats: float, sense: Sense, *, taught: bool
) -> tuple[float, ...]:
    """Give `NEAR_FEATURES`, what the search itself says of a candidate, for its place in the order.

    `passages` says how many its entry has, `nats` is its log strength, `sense` how near it lies to
    the question as the base teaches, `taught` whether its own wordings are among what teaches.
    """
    left, meant = left_open(candidate), sense.meant
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
        sense.foretold,
        sense.alike,
    )


class Closeness(NamedTuple):
    """How near a candidate comes to what a question asks beside its typed facets."""

    sentence: float
    """Likeness of the best sentence."""
    held: float
    """The share that the nearest wording and the passage hold, where there is a passage."""
    told: float
    """The share that the entry's wordings hold together."""
    unmet: float
    """How telling the rarest word is that neither wording nor passage holds."""
    met: float
    """The share that the nearest wording and the passage hold, …"""
    said: float
    """… the passage alone, …"""
    common: float
    """… and what of it the wording holds, by weight."""

    @property
    def features(self) -> tuple[float, ...]:
        """Give `CLOSE_FEATURES`."""
        return self[: len(CLOSE_FEATURES)]


NOT_LOOKED_AT = Closeness(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def closeness(asked: Beside, told: Told, found: Sequence[Evidence | None]) -> list[Closeness]:
    """Say how near some candidates come, given what their wordings hold and their evidence."""
    size = len(found), len(asked.terms)
    worded, said = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    worded[:, asked.known] = told.by_nearest
    for own, evidence in zip(said, found, strict=True):
        if evidence:
            own[asked.said] = evidence.held
    met = worded | said
    lacked = np.where(asked.words & ~met, asked.weights, 0.0).max(axis=1, initial=0.0)
    unmet = np.maximum(lacked - TELLING, 0.0) / WORD_MASS
    # Of a question that asks nothing beside its typed facets, nothing is lacked.
    total = asked.total or 1.0
    columns = (
        [evidence.likeness if evidence else 0.0 for evidence in found],
        told.shares.tolist(),
        unmet.tolist(),
        (met @ asked.weights / total if asked.total else np.ones(len(found))).tolist(),
        (said @ asked.weights / total).tolist(),
        (worded @ asked.weights).tolist(),
    )
    return [
        Closeness(sentence, share if own else 0.0, told_by, lacking, share, of_passage, common)
        for own, sentence, told_by, lacking, share, of_passage, common in zip(
            found, *columns, strict=True
        )
    ]
