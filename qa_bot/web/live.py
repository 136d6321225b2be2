"""Hold the bot that answers now, and swap in another without dropping a request."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.bot import Bot
from qa_bot.mistakes import MistakesError
from qa_bot.suggestions import Suggestions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qa_bot.journal import Journal
    from qa_bot.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Edition:
    """A bot, and what else is made of its knowledge; all of one state of it."""

    bot: Bot
    suggestions: Suggestions

    @classmethod
    def of(cls, bot: Bot) -> Edition:
        """Make the edition of a bot."""
        return cls(bot, Suggestions(bot.index.base.entries, bot.index.characters))

    @property
    def numbers(self) -> Mapping[str, int]:
        """Give the places of entries in the base by their ids."""
        return self.bot.index.ids


class LiveBot:
    """The bot that answers now; none while the first one is being opened.

    An edition is immutable: a request takes it once and keeps it to its end, so that replacing it
    is one assignment and no response mixes two states of the knowledge.
    """

    def __init__(
        self,
        settings: Settings,
        path: Path | None = None,
        bot: Bot | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Answer with `bot`, or with what `reload` opens at `path` (default: the settings').

        `journal` keeps what is answered; None: nothing does.
        """
        self.settings = settings
        self.path = path
        self.journal = journal
        self.edition = Edition.of(bot) if bot else None
        self._reloading = threading.Lock()

    @property
    def bot(self) -> Bot | None:
        """Give the bot that answers now."""
        return self.edition.bot if self.edition else None

    def reload(self) -> None:
        """Open the files anew and swap; where they are wrong, raise MistakesError and keep."""
        with self._reloading:
            bot = Bot.open(self.path, self.settings)
            self.edition = Edition.of(bot)
        log.info("answering from %d entries", len(bot.index.base.entries))

    def reload_or_keep(self) -> None:
        """Reload; where the files are wrong, log every mistake and go on with the old bot."""
        try:
            self.reload()
        except MistakesError as error:
            for mistake in error.mistakes:
                log.error("not reloaded: %s", mistake)
