"""Say how far a hit is to be trusted: features → the chance that it answers the query.

Every feature is a share or a difference that means the same in any knowledge base.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qa_bot.index import strength, tversky
from qa_bot.ranking.agreement import STATE_FEATURES
from qa_bot.ranking.closeness import CLOSE_FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from qa_bot.query import Query
    from qa_bot.ranking import Hit
    from qa_bot.ranking.agreement import Agreement
    from qa_bot.ranking.closeness import Closeness
    from qa_bot.weights import Frame, Overlap

FEATURES = (
    "bias",
    "strength",
    "passage",
    "several",
    "cover",
    "reverse",
    "margin",
    "shape",
    "meant",
    "meant_lead",
    "untaught",
    "foretold",
    "alike",
    "overshadowed",
    "size",
    "residual",
    "frame",
    "residual_passage",
    "residual_asked",
    "met",
    "told_mass",
    "residual_mass",
    "wording_mass",
    "unasked",
    "unaddressed",
    *CLOSE_FEATURES,
    *STATE_FEATURES,
    "few_agree",
    "few_met",
    "few_conflict",
)
"""What confidence is made of. `residual` is what is left of a text beside its typed facets: in a
base of near-identical titles the permit's name says little about whether the rest fits. `few_…`
count in small bases alone: there nearly every question names the subject of nearly every entry, no
rivals stand behind a hit that meets nothing else, and what is asked of a subject is seldom held."""

MOST_MARGIN = 4.0
"""The most that a hit's order may count as apart from the next one's."""
WEAKEST = 0.1
"""A hit that lacks rivals is measured against some of this strength."""
RIVALS = 5
"""How many rivals tell the shape of the field behind a hit."""
MANY_WORDINGS = math.log(650)
"""Size from which on a base is not small."""
QUERY_MASS, WORDING_MASS, TERM_MASS = 60.0, 40.0, 6.0
"""Weights that count as much, of a query, a wording and a term: they bring features near 1."""
MOST_MASS = 2.0
SAME_FRAME = 0.8
"""Likeness beside the typed facets from which on two texts begin to be of one frame."""
LEAST_MET = 0.05
HARDLY_MET = 0.15
"""Share of the question beside its typed facets under which next to nothing of it is met, …"""
TELLING_MASS = 0.5
"""… where that much of it, of `QUERY_MASS`, there is to meet."""
HARDLY_TOLD = 0.05
"""Share of the question beside its typed facets under which no wording of an entry holds it."""
NOTHING_ELSE = 0.01
"""So little of `QUERY_MASS` is nothing: the question names its facets alone (那江苏的呢)."""


class ConfidenceModel:
    """Three linear models: for hits by wording, by passage, and by a paragraph of an article."""

    def __init__(
        self,
        size: int,
        agreement: Agreement,
        coefficients: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Take the coefficients: what a hit was found by → feature → coefficient.

        `size` is the number of wordings of the base.
        """
        self._agreement = agreement
        self._coefficients = coefficients
        self._size = math.log(size + 1)

    def confidence(self, by: str, features: Mapping[str, float]) -> float:
        """Give the chance, 0 to 1, that a hit with these features is right."""
        model = self._coefficients[by]
        return 1 / (1 + math.exp(-sum(model[name] * features[name] for name in FEATURES)))

    def features(
        self,
        query: Query,
        asked: float,
        overlaps: Sequence[Overlap],
        frame: Frame,
        hit: Hit,
        rivals: Sequence[Hit],
        vetoed: Iterable[Hit],
    ) -> dict[str, float]:
        """Give what the confidence of a hit is made of; `rivals` stand against it, in order.

        `asked` is what the query weighs beside its typed facets; `overlaps` say what it and the
        hit's nearest wording share in each form, `frame` what this says beside its typed facets.

        A vetoed hit that is much stronger says that the question is about what the veto is about.
        """
        own = strength(hit.candidate)
        behind = [strength(rival.candidate) for rival in rivals[:RIVALS]]
        behind += [WEAKEST] * (RIVALS - len(behind))
        margin = min((hit.order - rival.order for rival in rivals[:1]), default=MOST_MARGIN)
        shadow = max((strength(other.candidate) for other in vetoed), default=own)
        cover, reverse = max(map(_shares, overlaps), key=min)
        number = hit.candidate.number
        beside = _residual_features(asked, frame, hit.close)
        states = self._agreement.states(query, number)
        taught = hit.within.teaches(number)
        meant = hit.sense.meant
        nearest = max((rival.sense.meant for rival in rivals), default=0.0)
        few = max(1 - self._size / MANY_WORDINGS, 0.0)
        return {
            "bias": 1.0,
            "strength": hit.nats,
            "passage": hit.candidate.passage,
            "several": float(hit.within.count_passages(number) > 1),
            "cover": cover,
            "reverse": reverse,
            "margin": min(max(margin, -MOST_MARGIN), MOST_MARGIN),
            "shape": own - sum(behind) / RIVALS,
            "meant": meant if taught else 0.0,
            "meant_lead": meant - nearest if taught else 0.0,
            "untaught": 0.0 if taught else 1.0,
            "foretold": hit.sense.foretold,
            "alike": hit.sense.alike,
            "overshadowed": max(math.log(max(shadow, 1e-3) / max(own, 1e-3)), 0.0),
            "size": self._size,
            **beside,
            "told_mass": math.log(max(hit.close.told, LEAST_MET)) * min(asked / QUERY_MASS, 1),
            **dict(zip(CLOSE_FEATURES, hit.close.features, strict=True)),
            "unaddressed": self._agreement.unaddressed(query, number, hit.shown),
            **states,
            "few_agree": few * states["typed_agree"],
            "few_met": few * beside["met"],
            "few_conflict": few * states["loose_conflict"],
        }


def meets_facets_alone(features: Mapping[str, float]) -> bool:
    """Tell whether a hit shares next to nothing with the question but typed facets."""
    mass = features["residual_mass"]
    if mass < NOTHING_ELSE:
        return features["typed_agree"] > 0
    if mass < TELLING_MASS or features["loose_agree"] or not features["typed_agree"]:
        return False
    return math.exp(features["met"] / min(mass, 1)) < HARDLY_MET


def asks_another_aspect(features: Mapping[str, float]) -> bool:
    """Tell whether an entry asks another thing of the subject, and no wording holds what is left.

    However little else of a small base comes near: of 130 such hits of the fit 7 were right.
    """
    return features["loose_conflict"] > 0 and features["told"] < HARDLY_TOLD


def _shares(overlap: Overlap) -> tuple[float, float]:
    """Give the shares, by weight, of the query that a text holds, and of the text asked for."""
    return overlap.shared / (overlap.asked or 1.0), overlap.shared / (overlap.held or 1.0)


def _residual_features(asked: float, frame: Frame, close: Closeness) -> dict[str, float]:
    total, own = asked or 1e-9, frame.held or 1e-9
    likeness = tversky(close.common, asked, frame.held)
    return {
        "residual": likeness,
        "frame": max(likeness - SAME_FRAME, 0.0) / (1 - SAME_FRAME),
        "residual_passage": close.said,
        "residual_asked": 1 - frame.lacked / (frame.telling or 1e-9),
        # The less of a question is met, the steeper; a bare permit leaves nothing to meet.
        "met": math.log(max(close.met, LEAST_MET)) * min(total / QUERY_MASS, 1),
        "residual_mass": min(total / QUERY_MASS, MOST_MASS),
        "wording_mass": min(own / WORDING_MASS, MOST_MASS),
        "unasked": frame.most_lacked / TERM_MASS,
    }
