"""Hold what the bot says to a question, and write it as the endpoint's JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qa_bot.evidence import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.explanation import Explanation
    from qa_bot.query import Query
    from qa_bot.ranking import Hit

ANSWERED = "answered"
CLARIFY = "clarify"
LISTED_UNANSWERED = "listed_unanswered"
NO_MATCH = "no_match"
OUTCOMES = (ANSWERED, CLARIFY, LISTED_UNANSWERED, NO_MATCH)

UNRELEASED = 0
"""The release number of a base that was never published."""


@dataclass(frozen=True, slots=True)
class Clarification:
    """The question to ask back: one facet, and the values that exist."""

    facet: str
    prompt: str
    options: tuple[tuple[str, bool], ...]
    """Value, and whether an answer is held for it; answered ones first."""


DIGESTED = "2-"
"""What a digest begins with: by what it was made. Those that begin otherwise can't be compared."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a reply says, whatever its id and its time."""

    json: bytes
    """The members of the endpoint's JSON that are not the reply's own, without the braces."""
    digest: str
    """What tells it from all else that may be said, to the byte."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says to a question; `to_dict` is the JSON of the endpoint."""

    answer_id: str
    question: str
    outcome: str
    confidence: float
    hit: Hit | None
    evidence: tuple[str, ...]
    clarify: Clarification | None
    alternatives: tuple[Hit, ...]
    query: Query
    explanation: Explanation
    runner_up: str
    """Why the hit after the best was not taken."""
    rule: str
    sentence: str
    notice: str
    timing_ms: float
    say: str = ""
    """A fixed sentence that is the whole reply (small talk); empty: none."""
    part: str = ""
    """Which of several questions in the message this answers; empty: it asked one."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """The facet values that were taken over from what was said before."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What the client sends back with the next question."""
    release: int = UNRELEASED
    """The release of the knowledge that answers."""
    written: Said | None = None
    """What it says, where that was written before for the same reply; None: it was not."""
    nearest: Hit | None = None
    """The likeliest hit, whether or not it is spoken of; None: nothing was found."""
    margin: float | None = None
    """How much surer that hit is than the next; None: there is none, or it was not weighed."""

    def to_dict(self) -> dict[str, Any]:
        """Give the reply as the JSON that `/api/v1/answers` sends."""
        return {
            "answer_id": self.answer_id,
            **self._said_json(),
            "links": {"feedback": f"/api/v1/answers/{self.answer_id}/feedback"},
            "timing_ms": round(self.timing_ms, 2),
        }

    def to_json(self) -> bytes:
        """Write `to_dict`, without a space; an id holds nothing that JSON would escape."""
        link = f"/api/v1/answers/{self.answer_id}/feedback"
        own = f'"links":{{"feedback":"{link}"}},"timing_ms":{round(self.timing_ms, 2)}'
        first = f'{{"answer_id":"{self.answer_id}",'
        return first.encode() + self.said().json + f",{own}}}".encode()

    def said(self) -> Said:
        """Write what is said, or give it as it was written before."""
        if self.written:
            return self.written
        text = json.dumps(self._said_json(), ensure_ascii=False, separators=(",", ":"))
        members = text[1:-1].encode()
        return Said(members, DIGESTED + hashlib.sha224(members).hexdigest())

    def digest(self) -> str:
        """Identify what is said: equal for equal replies, whatever their ids and times."""
        return self.said().digest

    def _said_json(self) -> dict[str, Any]:
        shown = self.hit if self.outcome in {ANSWERED, LISTED_UNANSWERED} else None
        return {
            "release": self.release,
            "outcome": self.outcome,
            "confidence": round(self.confidence, 4),
            "entry": _entry_json(shown) if shown else None,
            "answer": self._answer_json() if self.outcome == ANSWERED else None,
            "clarify": self._clarify_json(),
            "say": self.say or None,
            "alternatives": [
                {"entry": _entry_json(hit), "confidence": round(hit.confidence, 4)}
                for hit in self.alternatives
            ],
            "explanation": {
                "score": round(self.explanation.score, 4),
                "matched": [
                    [match.asked, match.met, match.rule, round(match.contribution, 4)]
                    for match in self.explanation.matched
                ],
                "unused": list(self.explanation.unused),
                "learned": round(self.explanation.learned, 4),
                "facets": {name: "、".join(sorted(v)) for name, v in self.query.facets.items()},
                "carried": dict(self.carried),
                "repairs": [[repair.wrong, repair.right] for repair in self.query.repairs],
                "part": self.part or None,
                "runner_up": self.runner_up or None,
                "rule": self.rule,
                "sentence": self.sentence,
            },
            "context": dict(self.context),
        }

    def _answer_json(self) -> dict[str, Any] | None:
        if self.hit is None or self.hit.passage is None:
            return None
        entry, passage = self.hit.entry, self.hit.passage
        return {
            "text": passage.text,
            "segments": [list(pair) for pair in mark(passage.text, list(self.evidence))],
            "evidence": list(self.evidence),
            "source": {
                "title": entry.question,
                "url": entry.url or None,
                "section": passage.section or None,
                "file": passage.location.file,
                "line": passage.location.line,
            },
            "basis": entry.basis or None,
            "reviewed_on": entry.reviewed_on or None,
            "notice": self.notice or None,
        }

    def _clarify_json(self) -> dict[str, Any] | None:
        if self.clarify is None:
            return None
        options = [
            {"value": value, "label": value, "answered": answered}
            for value, answered in self.clarify.options
        ]
        return {"facet": self.clarify.facet, "prompt": self.clarify.prompt, "options": options}


def _entry_json(hit: Hit) -> dict[str, Any]:
    entry = hit.entry
    return {
        "id": entry.id,
        "question": entry.question,
        "url": entry.url or None,
        "facets": {name: "、".join(sorted(values)) for name, values in hit.facets.items()},
        "answered": entry.answered,
    }
