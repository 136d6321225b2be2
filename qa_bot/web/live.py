"""Hold the bot that answers now, and swap in another without dropping a request."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.bot import Bot
from qa_bot.mistakes import MistakesError
from qa_bot.releases import ReleaseError, Releases
from qa_bot.reply import UNRELEASED
from qa_bot.suggestions import Suggestions
from qa_bot.web.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qa_bot.journal import Journal
    from qa_bot.settings import Settings

log = logging.getLogger(__name__)

LOOKING_SECONDS = 0.25
"""How often it is looked whether another release became current."""
AT_HAND = 2
"""How many releases stay open: the current one, and the one to which most would go back."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A bot, and what else is made of its knowledge; all of one state of it."""

    bot: Bot
    replies: Replies
    suggestions: Suggestions

    @property
    def key(self) -> str:
        """Identify what answers: another release, or other files, have another key."""
        return f"{self.bot.release} {self.bot.index.key}"

    @classmethod
    def of(cls, bot: Bot) -> Edition:
        """Make the edition of a bot."""
        replies = Replies(bot, bot.settings.remembered_replies)
        return cls(bot, replies, Suggestions(bot.index.base.entries, bot.index.characters))

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
        """Answer with `bot`, or with what `reload` opens.

        `path`: knowledge or a saved index; None: the current release, else the settings' knowledge.

        `journal` keeps what is answered; None: nothing does.
        """
        self.settings = settings
        self.path = path
        self.journal = journal
        self.worker = 0
        """Which of several processes this is; 0: it is the only one."""
        self.releases = Releases.of(settings)
        self.edition = Edition.of(bot) if bot else None
        self._at_hand: dict[int, Edition] = {}
        self._seen: object = None
        self._reloading = threading.Lock()

    @property
    def bot(self) -> Bot | None:
        """Give the bot that answers now."""
        return self.edition.bot if self.edition else None

    def reload(self) -> None:
        """Open what is to be answered from, and swap.

        That is what `path` names, else the current release, else the files of the settings. Where
        it can't be opened, raise MistakesError or ReleaseError and keep what answers.
        """
        with self._reloading:
            self._seen = self.releases.history.stamp()
            current = UNRELEASED if self.path else self.releases.current()
            edition = self._at_hand.get(current) if current else None
            if edition is None:
                edition = Edition.of(self._open(current))
            self.edition = edition
            self._have_at_hand(edition)
        base, number = edition.bot.index.base, edition.bot.release
        released = f" of release {number}" if number else ""
        log.info("answering from %d entries%s", len(base.entries), released)

    def reload_or_keep(self) -> None:
        """Reload; where that can't be, log every mistake and go on with the old bot."""
        try:
            self.reload()
        except MistakesError as error:
            for mistake in error.mistakes:
                log.error("not reloaded: %s", mistake)
        except ReleaseError as error:
            log.error("not reloaded: %s", error)

    def have_ready(self, bot: Bot) -> None:
        """Take the bot of a release that is about to be current, so that it need not be opened."""
        with self._reloading:
            self._have_at_hand(Edition.of(bot))

    def follow(self, stopped: threading.Event) -> None:
        """Reload whenever another release becomes current, by whatever process, until stopped."""
        while not self.path and not stopped.wait(LOOKING_SECONDS):
            if self.releases.history.stamp() != self._seen:
                self.reload_or_keep()

    def _open(self, release: int) -> Bot:
        if release:
            return self.releases.open(release, self.settings)
        return Bot.open(self.path, self.settings)

    def _have_at_hand(self, edition: Edition) -> None:
        """Keep the edition of a release, and of the others those that were current last."""
        if number := edition.bot.release:
            self._at_hand.pop(number, None)
            self._at_hand[number] = edition
        while len(self._at_hand) > AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]
