"""Read a request of Azure's Custom Question Answering runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.web.fields import Fields, is_flag, is_list, is_number, is_text, is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.ranking import Hit
    from qa_bot.settings import Settings

DEFAULT_TOP = 1
MOST_FILTERS = 50
LONGEST_VALUE = 500
LARGEST_ID = 2**31 - 1
RANKERS = ("Default", "QuestionOnly")
OPERATIONS = ("AND", "OR")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries a client wants to hear of."""

    metadata: tuple[tuple[str, str], ...]
    all_metadata: bool
    sources: tuple[str, ...]
    both: bool
    """Whether metadata and source must fit; else one of the two."""

    @property
    def stated(self) -> bool:
        """Tell whether there are any."""
        return bool(self.metadata or self.sources)

    def let_through(self, hit: Hit) -> bool:
        """Tell whether a hit's entry is wanted; metadata are its facets, whatever their case."""
        if not self.stated:
            return True
        held = {
            (name.lower(), value.lower()) for name, values in hit.facets.items() for value in values
        }
        fits = [pair in held for pair in self.metadata]
        by_metadata = all(fits) if self.all_metadata else any(fits)
        by_source = not {hit.entry.url, hit.entry.location.file}.isdisjoint(self.sources)
        if not self.metadata or not self.sources:
            return by_metadata if self.metadata else by_source
        return by_metadata and by_source if self.both else by_metadata or by_source


@dataclass(frozen=True, slots=True)
class KnowledgeBaseQuery:
    """What a client of Azure's runtime asks, checked."""

    question: str
    qna_id: int | None
    """The entry wanted, whatever the question."""
    top: int
    least_confidence: float
    previous_question: str
    previous_id: int | None
    filters: Filters
    question_only: bool
    spans: int
    """For how many answers the sentence that carries them is wanted."""
    least_span_confidence: float


def read_query(body: Mapping[str, Any], settings: Settings) -> KnowledgeBaseQuery:
    """Check a request's fields; raise InvalidRequestError with every mistake in them.

    Fields that are not known are left aside: newer versions of the service have more.
    """
    fields = Fields(body)
    longest = settings.max_question_chars
    text = f"must be a text of at most {longest} characters"
    question = fields.take("question", "", lambda v: is_text(v, longest), text)
    whole = "must be a whole number"
    qna_id = fields.take("qnaId", None, lambda v: is_whole(v, -1, LARGEST_ID), whole)
    if not question.strip() and (qna_id is None or qna_id < 1):
        fields.wrong("question", "is missing or empty, and so is qnaId")
    most = settings.max_top
    top_problem = f"must be a whole number from 1 to {most}"
    top = fields.take("top", DEFAULT_TOP, lambda v: is_whole(v, 1, most), top_problem)
    least = _share(fields, "confidenceScoreThreshold")
    ranker = _choice(fields, "rankerType", RANKERS)
    before = fields.inner("context")
    spans = fields.inner("answerSpanRequest")
    enabled = spans.take("enable", False, is_flag, "must be true or false")
    shown = spans.take("topAnswersWithSpan", 1, lambda v: is_whole(v, 0, most), whole)
    query = KnowledgeBaseQuery(
        question,
        qna_id if qna_id and qna_id > 0 else None,
        top,
        least,
        before.take("previousUserQuery", "", lambda v: is_text(v, longest), text),
        before.take("previousQnaId", None, lambda v: is_whole(v, -1, LARGEST_ID), whole),
        _filters(fields.inner("filters")),
        ranker == "QuestionOnly",
        shown if enabled else 0,
        _share(spans, "confidenceScoreThreshold"),
    )
    fields.check()
    return query


def _filters(fields: Fields) -> Filters:
    metadata = fields.inner("metadataFilter")
    problem = f'must be a list of at most {MOST_FILTERS} objects like {{"key": "…", "value": "…"}}'
    pairs = metadata.take(
        "metadata", [], lambda value: is_list(value, MOST_FILTERS, _is_pair), problem
    )
    sources = fields.take(
        "sourceFilter",
        [],
        lambda value: is_list(value, MOST_FILTERS, lambda v: is_text(v, LONGEST_VALUE)),
        f"must be a list of at most {MOST_FILTERS} texts",
    )
    return Filters(
        tuple(_pair(item) for item in pairs),
        _choice(metadata, "logicalOperation", OPERATIONS) == "AND",
        tuple(sources),
        _choice(fields, "logicalOperation", OPERATIONS) == "AND",
    )


def _share(fields: Fields, name: str) -> float:
    problem = "must be a number from 0 to 1"
    return float(fields.take(name, 0.0, lambda value: is_number(value, 0, 1), problem))


def _choice(fields: Fields, name: str, choices: tuple[str, ...]) -> str:
    problem = f"must be one of {', '.join(choices)}"
    return str(fields.take(name, choices[0], lambda value: value in choices, problem))


def _is_pair(item: object) -> bool:
    """Tell whether an item is {"key", "value"}, or [key, value] as the Python client writes it."""
    match item:
        case {"key": str(key), "value": str(value)} | [str(key), str(value)]:
            return max(len(key), len(value)) <= LONGEST_VALUE
    return False


def _pair(item: Mapping[str, str] | list[str]) -> tuple[str, str]:
    key, value = item if isinstance(item, list) else (item["key"], item["value"])
    return key.lower(), value.lower()
