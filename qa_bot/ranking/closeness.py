"""Say how near a candidate's wording and its evidence come to the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.index import log_strength

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from qa_bot.evidence import Evidence
    from qa_bot.index import Candidate
    from qa_bot.knowledge import Entry

NEAR_FEATURES = ("strength", "wording", "passage", "support", "several", "answered")
CLOSE_FEATURES = ("sentence", "held")


def left_open(candidate: Candidate) -> float:
    """Give what a candidate's wording leaves open, 0 to 1: only there does its text speak.

    Where the wording says what the question says, no text of another entry comes nearer.
    """
    return 1 - candidate.wording


def near_features(candidate: Candidate, entry: Entry) -> dict[str, float]:
    """Give what the search itself says of a candidate, for its place in the order."""
    left = left_open(candidate)
    return {
        "strength": log_strength(candidate),
        "wording": candidate.wording,
        "passage": left * candidate.passage,
        "support": left * candidate.support,
        "several": left * (len(entry.passages) > 1),
        "answered": left * entry.answered,
    }


def close_features(
    asked: Mapping[str, float], stored: Container[str], evidence: Evidence | None
) -> dict[str, float]:
    """Give what a closer look adds: shares of the question beside its typed facets, 0 to 1.

    `asked` are its terms and their weights, `stored` the terms of the candidate's wording.
    `sentence` is the likeness of the best sentence; `held` is what wording and passage hold.
    """
    if not evidence:
        return dict.fromkeys(CLOSE_FEATURES, 0.0)
    total = sum(asked.values()) or 1.0
    held = sum(w for term, w in asked.items() if term in evidence.held or term in stored)
    return {"sentence": evidence.likeness, "held": held / total}
