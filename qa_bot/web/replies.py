"""Remember replies for when the same is asked again, as visitors of a FAQ do; a bounded number."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.bot import Bot
    from qa_bot.reply import Reply

DEFAULT_TOP = 3
"""How many alternatives there are where nobody says how many."""


class Replies:
    """The replies of one bot; the least recently asked ones are forgotten.

    They are only held in memory, and a bot that takes over on a reload begins without any.
    """

    def __init__(self, bot: Bot, most: int) -> None:
        """Take the bot, and how many of its replies are remembered; 0: none."""
        self._bot = bot
        self._known = lru_cache(most)(self._reply)
        self._secret = secrets.token_bytes(32)
        self._numbers = itertools.count()

    def ask(
        self, question: str, context: Mapping[str, Any] | None = None, top: int = DEFAULT_TOP
    ) -> Reply:
        """Reply as the bot does; each reply has an id and a time of its own.

        Raise ContextError as the bot does.
        """
        started = time.perf_counter()
        before = json.dumps(context) if context else ""
        # An answer may expire at midnight.
        today = time.localtime()[:3]
        known = self._known(question, before, top, today)
        elapsed = (time.perf_counter() - started) * 1000
        return replace(known, answer_id=self._new_id(), timing_ms=elapsed)

    def _new_id(self) -> str:
        """Give an id that nobody can guess who knows others: it lets its owner vote.

        A thread that asks the system for random bytes each time lets others go first meanwhile.
        """
        number = b"%d" % next(self._numbers)
        return blake2s(number, digest_size=16, key=self._secret).hexdigest()

    def _reply(self, question: str, before: str, top: int, _: tuple[int, ...]) -> Reply:
        reply = self._bot.ask(question, json.loads(before) if before else {}, top)
        # Responses and the journal want it each time, and it takes longer than all else here.
        return replace(reply, written=reply.said())
