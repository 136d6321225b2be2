"""Hold what the journal keeps of a reply and of its vote, and make a reply's row."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from qa_bot.dialogue import join_values
from qa_bot.journal.masking import mask
from qa_bot.reply import DIGESTED, UNRELEASED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import RowMapping

    from qa_bot.reply import Reply

ASKED = "asked"
"""The one field of a context that holds a visitor's text."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What a visitor thought of a reply."""

    rating: str
    voted_at: datetime.datetime
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a reply; a field that an earlier version did not keep is None."""

    number: int
    """Grows from reply to reply."""
    id: str
    asked_at: datetime.datetime
    """In UTC."""
    question: str
    """As it was asked, masked; empty: its text is not kept."""
    understood: str
    """The complete question that was answered, masked."""
    outcome: str
    confidence: float
    entry: str | None
    """The id of the entry that was spoken of; None: none."""
    rule: str
    nearest: str | None
    """The id of the likeliest entry, whether or not it was spoken of."""
    nearest_confidence: float | None
    margin: float | None
    """How much surer the likeliest entry was than the next."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """What the question was about."""
    clarify: str | None = None
    """The facet that was asked back for."""
    release: int = UNRELEASED
    top: int | None = None
    """How many alternatives were asked for."""
    context: Mapping[str, Any] | None = None
    """What came with the question."""
    masked: bool = False
    """Whether question or context are not kept as they came: masked, or without their text."""
    digest: str | None = None
    """What tells the reply from others (see `Reply.digest`).

    None of what is masked, and where an earlier version made it otherwise.
    """
    vote: Vote | None = None

    @property
    def exact(self) -> bool:
        """Tell whether the same can be asked again, to the letter."""
        return not self.masked and self.context is not None and self.top is not None

    def to_dict(self) -> dict[str, Any]:
        """Give plain data, with times as RFC 3339."""
        data = asdict(self) | {"asked_at": self.asked_at.isoformat()}
        if self.vote:
            data["vote"]["voted_at"] = self.vote.voted_at.isoformat()
        return data


def kept_of(row: RowMapping) -> Kept:
    """Read a row of answers joined with votes."""
    values = {name: row[name] for name in Kept.__dataclass_fields__ if name != "vote"}
    values["asked_at"] = in_utc(row["asked_at"])
    values["facets"] = row["facets"] or {}
    if not (row["digest"] or "").startswith(DIGESTED):
        values["digest"] = None
    vote = None
    if row["rating"] is not None:
        reasons = tuple(row["reasons"])
        vote = Vote(row["rating"], in_utc(row["voted_at"]), reasons, row["comment"])
    return Kept(**values, vote=vote)


def row_of(
    reply: Reply,
    context: Mapping[str, Any],
    top: int,
    asked_at: datetime.datetime,
    *,
    with_text: bool,
) -> dict[str, Any]:
    """Make the row of a reply; `context` and `top` came with the question."""
    said = str(context.get(ASKED) or "")
    question, asked = (text_of(reply.question), text_of(said)) if with_text else ("", "")
    understood = question
    if with_text and reply.query.question != reply.question:
        understood = text_of(reply.query.question)
    nearest, masked = reply.nearest, (question, asked) != (reply.question, said)
    return {
        "id": reply.answer_id,
        "asked_at": asked_at,
        "question": question,
        "understood": understood,
        "outcome": reply.outcome,
        "confidence": reply.confidence,
        "entry": reply.hit.entry.id if reply.hit else None,
        "rule": reply.rule,
        "nearest": nearest.entry.id if nearest else None,
        "nearest_confidence": nearest.confidence if nearest else None,
        "margin": reply.margin,
        "facets": join_values(reply.query.facets),
        "clarify": reply.clarify.facet if reply.clarify else None,
        "release": reply.release,
        "top": top,
        "context": {**context, ASKED: asked or None} if ASKED in context else dict(context),
        "masked": masked,
        # A digest of what is masked would let a guess at it be tried.
        "digest": None if masked else reply.digest(),
    }


def vote_row(
    answer_id: str, rating: str, reasons: Sequence[str], comment: str, voted_at: datetime.datetime
) -> dict[str, Any]:
    """Make the row of a vote."""
    return {
        "answer_id": answer_id,
        "voted_at": voted_at,
        "rating": rating,
        "reasons": [text_of(reason) for reason in reasons],
        "comment": text_of(comment),
    }


def text_of(text: str) -> str:
    """Give a text as it is kept: masked, and of characters that every database takes."""
    return mask(text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode())


def now() -> datetime.datetime:
    """Give the time in UTC, as databases keep it."""
    return as_kept(datetime.datetime.now(datetime.UTC))


def as_kept(time: datetime.datetime) -> datetime.datetime:
    """Give a time (of this machine's zone where it names none) as databases keep it."""
    return time.astimezone(datetime.UTC).replace(tzinfo=None)


def in_utc(time: datetime.datetime) -> datetime.datetime:
    """Give a time as databases keep it with its zone."""
    return time.replace(tzinfo=datetime.UTC)
