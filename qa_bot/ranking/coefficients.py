"""Read the coefficients of ranking: reviewable data, made by bench/fit_ranking.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.ranking.agreement import STATE_FEATURES
from qa_bot.ranking.closeness import CLOSE_FEATURES, NEAR_FEATURES
from qa_bot.ranking.confidence import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHORTLIST_FEATURES = (*CLOSE_FEATURES, "unaddressed")
"""What a closer look at the first candidates adds."""
ORDER_FEATURES = (*NEAR_FEATURES, *SHORTLIST_FEATURES, *STATE_FEATURES)
FOUND_BY = ("wording", "passage", "paragraph")


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The linear models of ranking."""

    order: Mapping[str, float]
    """Feature → coefficient."""
    confidence: Mapping[str, Mapping[str, float]]
    """What a hit was found by → feature → coefficient."""


def read_coefficients(path: Path) -> Coefficients:
    """Read the models; raise MistakesError when a coefficient is missing or not a number."""
    try:
        data = json.loads(read_text(path, path.name))
        return Coefficients(
            {name: float(data["order"][name]) for name in ORDER_FEATURES},
            {
                by: {name: float(data["confidence"][by][name]) for name in FEATURES}
                for by in FOUND_BY
            },
        )
    except (ValueError, KeyError, TypeError) as error:
        problem = f"the coefficients cannot be read ({error!r})"
        remedy = "make them anew: python bench/fit_ranking.py"
        raise MistakesError([Mistake(Location(path.name), problem, remedy)]) from None
