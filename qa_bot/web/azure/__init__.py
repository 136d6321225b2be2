"""Speak the runtime contract of Azure's Custom Question Answering.

POST /language/:query-knowledgebases

A client written for that service asks this one by changing its endpoint. `id` is an entry's place
in the base, from 1, so that it holds as long as the base does; what the bot will not answer comes
as the item of id -1 that such clients know, with the honest sentence as its text.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from qa_bot.dialogue import ContextError
from qa_bot.dialogue.context import join_values
from qa_bot.reply import ANSWERED, CLARIFY
from qa_bot.web.api import ask, edition_of, page_address, read_body
from qa_bot.web.azure.query import KnowledgeBaseQuery, read_query
from qa_bot.web.keys import require_key
from qa_bot.web.prose import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from qa_bot.ranking import Hit
    from qa_bot.reply import Reply
    from qa_bot.web.live import Edition, LiveBot

PATH = "/language/:query-knowledgebases"
KEY_HEADER = "Ocp-Apim-Subscription-Key"
MOST_PROMPTS = 5
"""How many neighbouring questions come with an honest no."""
NONE_ID = -1


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the endpoint."""

    @app.post(PATH)
    def query_knowledgebases() -> Response:
        require_key(request.headers.get(KEY_HEADER, ""), live.settings.api_keys, KEY_HEADER)
        query = read_query(read_body(), live.settings)
        edition = edition_of(live)
        reply = _ask(live, edition, query)
        answers = _answers(edition, query, reply)
        response = jsonify(
            answers=answers or [_no_answer(edition, reply)],
            answerId=reply.answer_id,
            outcome=reply.outcome,
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Server-Timing"] = f"ask;dur={reply.timing_ms:.2f}"
        return response


def _ask(live: LiveBot, edition: Edition, query: KnowledgeBaseQuery) -> Reply:
    """Ask what was asked, or for the entry that was asked for.

    Always with all alternatives, so that `top` never changes what comes first.
    """
    question = query.question
    if wanted := _question_of(edition, query.qna_id):
        question = wanted
    before = _before(edition, query)
    stated = dict(query.filters.metadata) if query.filters.all_metadata else {}
    known = edition.bot.analyzer.facets.facets
    facets = {name: value for name, value in stated.items() if name in known}
    most = live.settings.max_top
    try:
        with_facets = {**before, "facets": {**before.get("facets", {}), **facets}}
        return ask(live, edition, question, with_facets, most)
    except ContextError:
        # A filter may name a value that no entry has: it then lets nothing through.
        return ask(live, edition, question, before, most)


def _before(edition: Edition, query: KnowledgeBaseQuery) -> Mapping[str, Any]:
    """Give the context that the turn before left, by asking its question again."""
    entry_question = _question_of(edition, query.previous_id)
    if query.previous_question.strip():
        reply = edition.replies.ask(query.previous_question)
        if not entry_question or (reply.hit and reply.hit.entry.question == entry_question):
            return reply.context
    return edition.replies.ask(entry_question).context if entry_question else {}


def _question_of(edition: Edition, qna_id: int | None) -> str:
    entries = edition.bot.index.base.entries
    known = qna_id is not None and 1 <= qna_id <= len(entries)
    return entries[qna_id - 1].question if known and qna_id else ""


def _answers(edition: Edition, query: KnowledgeBaseQuery, reply: Reply) -> list[dict[str, Any]]:
    """Give the answers that the client wants, the best first; none where the bot gave none."""
    unknown = query.qna_id is not None and not _question_of(edition, query.qna_id)
    settled = reply.outcome == CLARIFY and query.filters.stated
    if unknown or not (reply.outcome == ANSWERED or settled):
        return []
    hits = (reply.hit, *reply.alternatives) if reply.hit else reply.alternatives
    wanted = [hit for hit in hits if _wants(query, hit)]
    # What the bot itself does not say must be worth an answer; what it would ask back, the client's
    # filters must settle.
    if wanted[:1] != [reply.hit]:
        least = edition.bot.settings.answer_confidence
        wanted = [hit for hit in wanted if hit.confidence >= least]
    if settled and len(wanted) > 1:
        return []
    answers = [_answer(edition, hit) for hit in wanted[: query.top]]
    if query.spans and wanted[:1] == [reply.hit]:
        span = _span(reply)
        if span["confidenceScore"] >= query.least_span_confidence:
            answers[0]["answerSpan"] = span
    return answers


def _wants(query: KnowledgeBaseQuery, hit: Hit) -> bool:
    """Tell whether a hit may be said, and fits what the client wants to hear of."""
    today = datetime.datetime.now().astimezone().date()
    return (
        hit.passage is not None
        and not hit.contradicted
        and not hit.entry.expired(today)
        and hit.confidence >= query.least_confidence
        and query.filters.let_through(hit)
        and (hit.by_wording or not query.question_only)
    )


def _answer(edition: Edition, hit: Hit) -> dict[str, Any]:
    return {
        "questions": list(hit.entry.asked_as()),
        "answer": hit.passage.text if hit.passage else "",
        "confidenceScore": round(hit.confidence, 4),
        "id": edition.numbers[hit.entry.id] + 1,
        "source": hit.entry.url or hit.entry.location.file,
        "metadata": join_values(hit.facets),
        "dialog": {"isContextOnly": False, "prompts": []},
    }


def _span(reply: Reply) -> dict[str, Any]:
    """Give the evidence as one span of the answer; it counts characters (code points)."""
    text = reply.hit.passage.text if reply.hit and reply.hit.passage else ""
    start = text.find(reply.evidence[0])
    end = text.find(reply.evidence[-1], start) + len(reply.evidence[-1])
    return {
        "text": text[start:end],
        "confidenceScore": round(reply.confidence, 4),
        "offset": start,
        "length": end - start,
    }


def _no_answer(edition: Edition, reply: Reply) -> dict[str, Any]:
    """Say honestly that there is no answer, and offer the questions next to it as prompts."""
    phrases = edition.bot.phrases
    alone = replace(reply, alternatives=())
    text = in_words(alone, phrases, edition.bot.settings.contact, page_address)
    if reply.outcome == ANSWERED:
        text = phrases.say("sentence.no_match")
    prompts = [
        {
            "displayOrder": order,
            "qnaId": edition.numbers[hit.entry.id] + 1,
            "displayText": hit.entry.question,
        }
        for order, hit in enumerate(reply.alternatives[:MOST_PROMPTS])
    ]
    return {
        "questions": [],
        "answer": text,
        "confidenceScore": 0.0,
        "id": NONE_ID,
        "source": None,
        "metadata": {},
        "dialog": {"isContextOnly": False, "prompts": prompts},
    }
