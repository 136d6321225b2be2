"""Measure how far a confidence is the chance to be right, and what a threshold would cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation.table import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    Outcome = tuple[float, bool]
    """A confidence, 0 to 1, and whether what it was given to was right."""

BINS = 10
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Bin:
    """The outcomes whose confidence lies within a range."""

    low: float
    high: float
    count: int
    confidence: float | None
    """Their mean confidence; None: there are none."""
    right: float | None
    """The share of them that was right."""


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """What becomes of the first hits when only those of a confidence or more are given."""

    threshold: float
    coverage: float
    """The share of all first hits that is given."""
    wrong: float | None
    """The share of those given that is wrong; None: none is given."""


def reliability(outcomes: Sequence[Outcome]) -> list[Bin]:
    """Sort outcomes into ten bins of equal width; the last holds confidence 1 as well."""
    edges = [number / BINS for number in range(BINS + 1)]
    table = []
    for low, high in pairwise(edges):
        last = high == edges[-1]
        held = [(c, right) for c, right in outcomes if low <= c < high or (last and c >= high)]
        count = len(held)
        mean = sum(confidence for confidence, _ in held) / count if count else None
        share = sum(right for _, right in held) / count if count else None
        table.append(Bin(low, high, count, mean, share))
    return table


def expected_calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """Give the mean gap between confidence and share right, bins weighed by their counts.

    Naeini, Cooper and Hauskrecht (2015), with ten bins of equal width. None: no outcomes.
    """
    gaps = [
        found.count * abs(found.confidence - found.right)
        for found in reliability(outcomes)
        if found.confidence is not None and found.right is not None
    ]
    return sum(gaps) / len(outcomes) if outcomes else None


def tradeoffs(outcomes: Sequence[Outcome]) -> list[Tradeoff]:
    """Give coverage and the share of wrong ones (selective risk) at each threshold.

    El-Yaniv and Wiener (2010).
    """
    table = []
    for threshold in THRESHOLDS:
        given = [right for confidence, right in outcomes if confidence >= threshold]
        coverage = len(given) / len(outcomes) if outcomes else 0.0
        wrong = given.count(False) / len(given) if given else None
        table.append(Tradeoff(threshold, coverage, wrong))
    return table


def to_dict(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Give both tables as plain data."""
    return {
        "reliability": [asdict(found) for found in reliability(outcomes)],
        "tradeoffs": [asdict(found) for found in tradeoffs(outcomes)],
    }


def tables(outcomes: Sequence[Outcome]) -> str:
    """Write both as Markdown tables."""
    bins = [
        (f"{found.low:.1f} to {found.high:.1f}", found.count, found.confidence, found.right)
        for found in reliability(outcomes)
    ]
    costs = [
        (f"{found.threshold:.2f}", found.coverage, found.wrong) for found in tradeoffs(outcomes)
    ]
    return "\n\n".join(
        (
            markdown(("confidence", "first hits", "mean confidence", "right"), bins),
            markdown(("confidence at least", "coverage", "wrong"), costs),
        )
    )
