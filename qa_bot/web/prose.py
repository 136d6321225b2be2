"""Say a reply in plain words, for clients that show nothing but text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa_bot.knowledge import Entry
    from qa_bot.phrases import Phrases
    from qa_bot.reply import Reply


def in_words(reply: Reply, phrases: Phrases, contact: str, address: Callable[[Entry], str]) -> str:
    """Say a reply in Markdown: an answer with its source, or honestly what there is instead.

    `address` gives where an entry can be read.
    """
    if reply.outcome == ANSWERED:
        return "\n\n".join(_answer(reply, phrases, address))
    said = [reply.say or reply.sentence]
    if reply.outcome == CLARIFY and reply.clarify:
        said.append(
            "\n".join([reply.clarify.prompt, *(f"- {v}" for v, _ in reply.clarify.options)])
        )
        return "\n\n".join(said)
    if reply.outcome == LISTED_UNANSWERED and reply.hit and reply.hit.entry.url:
        said.append(phrases.say("text.page", url=reply.hit.entry.url))
    if reply.alternatives:
        lines = (f"- [{hit.entry.question}]({address(hit.entry)})" for hit in reply.alternatives)
        said.append("\n".join([phrases.say("text.nearest"), *lines]))
    if contact and not reply.say:
        said.append(phrases.say("text.contact", contact=contact))
    return "\n\n".join(said)


def _answer(reply: Reply, phrases: Phrases, address: Callable[[Entry], str]) -> list[str]:
    if reply.hit is None or reply.hit.passage is None:
        return []
    entry, passage = reply.hit.entry, reply.hit.passage
    source = phrases.say("text.source", title=entry.question, url=address(entry))
    dated = entry.reviewed_on and phrases.say("text.reviewed", reviewed_on=entry.reviewed_on)
    basis = entry.basis and phrases.say("text.basis", basis=entry.basis)
    slip = "\n".join(f"- {line}" for line in (source, basis, dated) if line)
    return [text for text in (reply.notice, passage.text, slip) if text]
