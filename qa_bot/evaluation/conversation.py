"""Ask in a conversation: what was asked before comes first, and a reply's options are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from qa_bot.bot import Bot
    from qa_bot.reply import Reply


def ask_in_turn(bot: Bot, before: Iterable[str], question: str) -> Reply:
    """Ask the earlier questions, pass on the context each reply gives, and give the last reply."""
    context = None
    for earlier in before:
        context = context_of(bot.ask(earlier, context))
    return bot.ask(question, context)


def context_of(reply: Reply) -> Mapping[str, Any] | None:
    """Give what a reply hands to the next question, as a client sees it; None: nothing."""
    context: Mapping[str, Any] | None = reply.to_dict().get("context")
    return context


def replies_to_options(bot: Bot, reply: Reply) -> Iterator[Reply]:
    """Choose each option of a clarifying question in turn, and give the reply to it."""
    if reply.clarify is None:
        return
    context = context_of(reply) or {}
    # What was asked may have been completed from what was said before it.
    question = context.get("asked") or reply.question
    for value, _ in reply.clarify.options:
        facets = {**context.get("facets", {}), reply.clarify.facet: value}
        yield bot.ask(question, {"facets": facets})


def leads_to(bot: Bot, reply: Reply, ids: Iterable[str]) -> bool:
    """Tell whether choosing some option of a clarifying question shows one of the entries."""
    wanted = set(ids)
    return any(
        chosen.hit is not None and chosen.hit.entry.id in wanted
        for chosen in replies_to_options(bot, reply)
    )
