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
    from collections.abc import Mapping, Sequence
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
    """What a hit was found by → feature → coefficient, in a base whose wordings teach."""
    unlearned: Mapping[str, Mapping[str, float]]
    """The same, in a base that teaches nothing."""


def read_coefficients(path: Path) -> Coefficients:
    """Read the models; raise MistakesError when one is missing, or names what is no feature.

    A feature that a model does not name counts nothing: a release holds the coefficients of the
    program that made it, which may have known fewer.
    """
    try:
        data = json.loads(read_text(path, path.name))
        confidence = data["confidence"]
        return Coefficients(
            _read_model(data["order"], ORDER_FEATURES),
            _read_models(confidence),
            # Releases from before the two were told apart hold one for both.
            _read_models(data.get("unlearned", confidence)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"the coefficients cannot be read ({error!r})"
        remedy = "make them anew: python bench/fit_ranking.py"
        raise MistakesError([Mistake(Location(path.name), problem, remedy)]) from None


def _read_models(models: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {by: _read_model(models[by], FEATURES) for by in FOUND_BY}


def _read_model(model: Mapping[str, float], features: Sequence[str]) -> dict[str, float]:
    if unknown := sorted(model.keys() - set(features)):
        raise ValueError(f"no such feature: {', '.join(unknown)}")
    return {name: float(model.get(name, 0.0)) for name in features}
