"""Publish what is answered from: numbered, immutable states, one of them current.

A release holds copies of all that replies depend on, so that going back to it brings back the same
bytes. Making another one current is one rename.
"""

from __future__ import annotations

import datetime
import logging
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.bot import Bot
from qa_bot.index import OutdatedIndexError
from qa_bot.mistakes import MistakesError
from qa_bot.releases.contents import KNOWLEDGE
from qa_bot.releases.differences import Differences as Differences
from qa_bot.releases.differences import RepliesChanged as RepliesChanged
from qa_bot.releases.differences import differences as differences
from qa_bot.releases.differences import replies_changed as replies_changed
from qa_bot.releases.draft import INDEX, make_draft, remove_left_drafts
from qa_bot.releases.draft import Draft as Draft
from qa_bot.releases.draft import State as State
from qa_bot.releases.errors import BelowFloorsError as BelowFloorsError
from qa_bot.releases.errors import PublishedMeanwhileError as PublishedMeanwhileError
from qa_bot.releases.errors import ReleaseError as ReleaseError
from qa_bot.releases.errors import UnchangedError as UnchangedError
from qa_bot.releases.folder import remove, settle, sync_folder
from qa_bot.releases.history import PRUNE, PUBLISH, ROLL_BACK, ROLL_FORWARD, History
from qa_bot.releases.history import Step as Step
from qa_bot.releases.release import Release as Release
from qa_bot.releases.replay import Replayed as Replayed
from qa_bot.releases.replay import replay as replay
from qa_bot.reply import UNRELEASED
from qa_bot.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa_bot.settings import Settings

log = logging.getLogger(__name__)


class Releases:
    """The releases in a folder, and which of them is current; any number of processes may share it.

    Whoever changes what is current says which release they saw as current (`expected`), and is
    told when somebody else was quicker.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when the first draft is."""
        self.folder = folder
        self.history = History(folder)

    @classmethod
    def of(cls, settings: Settings) -> Releases:
        """Give those of the settings."""
        return cls(Path(settings.releases.replace("{state}", str(settings.state))))

    def current(self) -> int:
        """Give the number of the current release; 0: nothing was published yet."""
        step = self.history.current()
        return step.new if step else UNRELEASED

    def numbers(self) -> list[int]:
        """Give the numbers of all releases, the first one first."""
        folders = self.folder.iterdir() if self.folder.exists() else ()
        return sorted(int(folder.name) for folder in folders if folder.name.isdecimal())

    def all(self) -> list[Release]:
        """Give all releases, the first one first; raise MistakesError where one was damaged."""
        return [self.get(number) for number in self.numbers()]

    def get(self, number: int) -> Release:
        """Give what is known of a release; raise ReleaseError where there is none."""
        folder = self._folder(number)
        if not folder.is_dir():
            held = ", ".join(map(str, self.numbers())) or "none yet"
            raise ReleaseError(f"there is no release {number} (there are: {held})")
        return Release.read(folder)

    def open(self, number: int, settings: Settings) -> Bot:
        """Open the bot of a release; see `state`."""
        return self.state(number, settings).bot

    def state(self, number: int, settings: Settings) -> State:
        """Open a release; what decides what is said is its own, the rest is of the settings.

        Raise ReleaseError where there is none, MistakesError where it was damaged. Where another
        program built its index, it is built anew.
        """
        contents = self.get(number).contents
        folder = self._folder(number)
        if damage := contents.damage(folder):
            raise MistakesError(damage)
        own = contents.settings_in(folder, settings)
        try:
            bot = Bot.open(folder / INDEX, own)
        except OutdatedIndexError:
            log.warning("another program built the index of release %d: it is built anew", number)
            bot = Bot.open(folder / KNOWLEDGE, own)
        return State(contents, bot.released(number))

    def prepare(
        self,
        settings: Settings,
        knowledge: Path | None = None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Draft:
        """Make a draft of the files as they are; nothing of it is seen before it is published.

        `knowledge`: a file or folder; None: that of the settings. Raise MistakesError with all
        mistakes in the files.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_left_drafts(self.folder)
        return make_draft(self.folder, settings, knowledge, progress)

    def publish(
        self,
        draft: Draft,
        who: str,
        why: str,
        expected: int,
        *,
        force: bool = False,
        ready: Callable[[Bot], object] = lambda _: None,
    ) -> Release:
        """Make a draft a release, and the current one.

        `force`: although judged questions miss their floors, which is written down. `ready` is
        told the bot just before it is current, so that it may answer at once. Raise UnchangedError
        where the current release holds the same, BelowFloorsError, PublishedMeanwhileError.
        """
        if draft.judged.missed and not force:
            raise BelowFloorsError(draft.judged.missed)
        if not draft.folder.exists():
            raise ReleaseError("the draft was published or discarded: prepare another")
        with self.history.locked():
            current = self._current_if(expected)
            release = self._release(draft, who, why, current)
            if current and self._same(release, current):
                raise UnchangedError(f"release {current} already holds exactly this")
            release.write(draft.folder)
            settle(draft.folder)
            draft.folder.rename(self._folder(release.number))
            sync_folder(self.folder)
            ready(draft.state.bot.released(release.number))
            self.history.record(
                Step(PUBLISH, current, release.number, release.at, who, why, draft.judged.missed)
            )
        return release

    def activate(self, number: int, who: str, why: str, expected: int) -> Release:
        """Make another release current, back or forward.

        Raise ReleaseError where there is none, UnchangedError where it is current,
        PublishedMeanwhileError, MistakesError where it was damaged.
        """
        with self.history.locked():
            current = self._current_if(expected)
            release = self.get(number)
            if number == current:
                raise UnchangedError(f"release {number} is the current one")
            if damage := release.contents.damage(self._folder(number)):
                raise MistakesError(damage)
            action = ROLL_BACK if number < current else ROLL_FORWARD
            self.history.record(Step(action, current, number, _now(), who, why))
        return release

    def prune(self, keep: int, who: str, why: str, since: datetime.datetime | None) -> list[int]:
        """Delete all releases but the newest and the current one, and give their numbers.

        `keep`: how many of the newest stay, one at least. Those that were current later than
        `since` stay, too; None: only that of now.
        """
        with self.history.locked():
            stay = {*self.numbers()[-max(keep, 1) :], *self._current_since(since)}
            pruned = [number for number in self.numbers() if number not in stay]
            for number in pruned:
                step = Step(PRUNE, number, self.current(), _now(), who, why)
                self.history.record(step, switch=False)
                remove(self._folder(number))
        return pruned

    def _current_since(self, since: datetime.datetime | None) -> set[int]:
        """Give the releases that were current at any time after another, and that of now."""
        steps = [step for step in self.history.steps() if step.action != PRUNE]
        late = {self.current()}
        for step in steps:
            if since and datetime.datetime.fromisoformat(step.at) > since:
                late |= {step.old, step.new}
        return late

    def _current_if(self, expected: int) -> int:
        current = self.history.current()
        number = current.new if current else UNRELEASED
        if number == expected:
            return number
        if current is None:
            raise ReleaseError(f"release {expected} is not current: nothing was published yet")
        raise PublishedMeanwhileError(current, expected)

    def _release(self, draft: Draft, who: str, why: str, current: int) -> Release:
        index = draft.state.bot.index
        return Release(
            number=max(self.numbers(), default=UNRELEASED) + 1,
            parent=current,
            at=_now(),
            who=who,
            why=why,
            overruled=draft.judged.missed,
            entries=len(index.base.entries),
            answered=index.base.answered,
            figures=draft.judged.figures,
            program=_program(),
            index=index.key,
            contents=draft.state.contents,
        )

    def _same(self, release: Release, number: int) -> bool:
        """Tell whether a release holds the same as another that is there."""
        other = self.get(number)
        return (other.index, other.contents.hash) == (release.index, release.contents.hash)

    def _folder(self, number: int) -> Path:
        return self.folder / str(number)


def _now() -> str:
    """Give the time as RFC 3339 has it."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def _program() -> str:
    """Give the version of the program: of the installed package, or of the folder it runs in."""
    try:
        return version("qa-bot")
    except PackageNotFoundError:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])
