"""Speak OpenAI's chat contract, so that any chat front end can use the bot as a model.

POST /v1/chat/completions and GET /v1/models. The earlier turns of the conversation, which such
clients repeat with each question, give the context: they are asked again, and nothing is kept.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from qa_bot.web.api import ask, edition_of, page_address, question_errors, read_body
from qa_bot.web.fields import Fields, is_flag, is_list, is_object, is_text
from qa_bot.web.keys import require_key
from qa_bot.web.problems import InvalidRequestError
from qa_bot.web.prose import in_words
from qa_bot.web.replies import DEFAULT_TOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask import Flask

    from qa_bot.settings import Settings
    from qa_bot.web.live import Edition, LiveBot

MODEL = "qa-bot"
MOST_MESSAGES = 1000
MOST_REPLAYED = 5
"""How many of the visitor's earlier turns are asked again for the context."""
LONGEST_MODEL = 200


def init_app(app: Flask, live: LiveBot) -> None:
    """Register the endpoints."""

    @app.post("/v1/chat/completions")
    def chat_completions() -> Response:
        _require_key(live.settings)
        request.max_content_length = live.settings.max_chat_bytes
        turns, stream = read_chat(read_body(), live.settings)
        edition = edition_of(live)
        before = _context(edition, turns[:-1], live.settings)
        reply = ask(live, edition, turns[-1], before, DEFAULT_TOP)
        text = in_words(reply, edition.bot.phrases, edition.bot.settings.contact, page_address)
        facts = {
            "id": f"chatcmpl-{reply.answer_id}",
            "created": int(time.time()),
            "model": MODEL,
            "system_fingerprint": edition.bot.index.key[:8],
        }
        if stream:
            response = Response(_events(facts, text), mimetype="text/event-stream")
        else:
            response = jsonify(_completion(facts, text))
        response.headers["Cache-Control"] = "no-store"
        response.headers["Server-Timing"] = f"ask;dur={reply.timing_ms:.2f}"
        return response

    @app.get("/v1/models")
    def models() -> Response:
        _require_key(live.settings)
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
        return jsonify(object="list", data=[model])


def read_chat(body: Mapping[str, Any], settings: Settings) -> tuple[list[str], bool]:
    """Give the visitor's turns, and whether to stream; raise InvalidRequestError for mistakes.

    What steers a language model (temperature, tools …) is left aside: there is none.
    """
    fields = Fields(body)
    fields.take("model", MODEL, lambda v: is_text(v, LONGEST_MODEL), "must be a text")
    stream = fields.take("stream", False, is_flag, "must be true or false")
    turns = []
    for message in fields.objects("messages", MOST_MESSAGES):
        role = message.take("role", "", lambda v: isinstance(v, str), "must be a text")
        problem = "must be a text, or a list of parts"
        content = message.take("content", "", _is_content, problem)
        if role == "user":
            turns.append(_text(content))
    fields.check()
    wrong = question_errors(turns[-1] if turns else None, settings)
    if wrong:
        detail = f"of the last message of the user {wrong[0][1]}"
        raise InvalidRequestError([("#/messages", f"the content {detail}")])
    return turns, stream


def _require_key(settings: Settings) -> None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    require_key(given, settings.api_keys, "Authorization")


def _is_content(value: object) -> bool:
    return isinstance(value, str) or is_list(value, MOST_MESSAGES, is_object)


def _text(content: str | list[dict[str, Any]]) -> str:
    """Give the text of a message; pictures and sounds have none."""
    if isinstance(content, str):
        return content
    texts = (part.get("text") for part in content)
    return "\n".join(text for text in texts if isinstance(text, str))


def _context(edition: Edition, turns: Sequence[str], settings: Settings) -> Mapping[str, Any]:
    """Give the context that the last turns leave; what could not be asked counts as not said."""
    context: Mapping[str, Any] = {}
    for turn in turns[-MOST_REPLAYED:]:
        if not question_errors(turn, settings):
            context = edition.replies.ask(turn, context).context
    return context


def _completion(facts: Mapping[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**facts, "object": "chat.completion", "choices": [choice]}


def _events(facts: Mapping[str, Any], text: str) -> Iterator[str]:
    """Give the completion as server-sent events, a line of it in each."""
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": line} for line in text.splitlines(keepends=True)]
    for delta in (*deltas, {}):
        finish = None if delta else "stop"
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {**facts, "object": "chat.completion.chunk", "choices": [choice]}
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"
