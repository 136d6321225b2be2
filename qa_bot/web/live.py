"""Hold the bot that answers now, and swap in another without dropping a request."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from qa_bot.bot import Bot
from qa_bot.mistakes import MistakesError

if TYPE_CHECKING:
    from pathlib import Path

    from qa_bot.settings import Settings

log = logging.getLogger(__name__)


class LiveBot:
    """The bot that answers now; none while the first one is being opened.

    A bot is immutable: a request takes it once and keeps it to its end, so that replacing it is
    one assignment and no reply mixes two states of the knowledge.
    """

    def __init__(
        self, settings: Settings, path: Path | None = None, bot: Bot | None = None
    ) -> None:
        """Answer with `bot`, or with what `reload` opens at `path` (default: the settings')."""
        self.settings = settings
        self.path = path
        self.bot = bot
        self._reloading = threading.Lock()

    def reload(self) -> None:
        """Open the files anew and swap; where they are wrong, raise MistakesError and keep."""
        with self._reloading:
            self.bot = Bot.open(self.path, self.settings)
        log.info("answering from %d entries", len(self.bot.index.base.entries))

    def reload_or_keep(self) -> None:
        """Reload; where the files are wrong, log every mistake and go on with the old bot."""
        try:
            self.reload()
        except MistakesError as error:
            for mistake in error.mistakes:
                log.error("not reloaded: %s", mistake)
