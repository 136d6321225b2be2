"""Make ready what may be published: files copied, read and judged, the index built."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from qa_bot.bot import Bot
from qa_bot.evaluation import REPORT, evaluate, floors, read_judgments
from qa_bot.mistakes import MistakesError
from qa_bot.releases.contents import Contents, copy_contents
from qa_bot.releases.folder import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qa_bot.settings import Settings

INDEX = "index"
PREFIX = ".draft-"
LEFT_SECONDS = 24 * 60 * 60
"""The age from which a draft counts as left behind by a process that was ended."""
MOST_MISTAKES = 5
"""How many mistakes in judged questions are told one by one."""


@dataclass(frozen=True, slots=True)
class State:
    """A bot, and the contents that it was opened from."""

    contents: Contents
    bot: Bot


@dataclass(frozen=True, slots=True)
class Judged:
    """What the judged questions say of a state."""

    figures: Mapping[str, Any]
    """See `Metrics.to_dict`."""
    missed: tuple[str, ...]
    """A sentence for each floor that was missed, and for what keeps from measuring."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What may be published, in a folder that nobody else looks into.

    Later changes of the files that it was made of don't change it.
    """

    folder: Path
    state: State
    judged: Judged

    def discard(self) -> None:
        """Delete it; what was published of it stays."""
        if self.folder.exists():
            remove(self.folder)

    def __enter__(self) -> Self:
        """Discard it in the end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()


def make_draft(
    place: Path,
    settings: Settings,
    knowledge: Path | None,
    progress: Callable[[int], object],
) -> Draft:
    """Make a draft in a new folder below `place`; raise MistakesError for what is wrong in files.

    What is read is the copies, so that nobody's saving a file meanwhile can part them from the
    index.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    try:
        contents = copy_contents(settings, knowledge, folder)
        own = contents.settings_in(folder, settings)
        bot = Bot.open(own.knowledge, own, progress)
        bot.index.save(folder / INDEX)
        return Draft(folder, State(contents, bot), judge(bot, settings.judged))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def judge(bot: Bot, folder: Path) -> Judged:
    """Measure with the judged questions of a folder, on the half that figures are reported of."""
    try:
        judged = read_judgments(folder, bot.index.base)
        held = floors.read_floors(folder).get("judged", {})
    except MistakesError as error:
        return Judged({}, _told(error, folder))
    figures = evaluate(bot, [judgment for judgment in judged if judgment.half == REPORT]).to_dict()
    return Judged(figures, tuple(floors.missed(held, "judged", figures)))


def remove_left_drafts(place: Path) -> None:
    """Delete the drafts of processes that ended before they could do so."""
    for folder in place.glob(f"{PREFIX}*"):
        if time.time() - folder.stat().st_mtime > LEFT_SECONDS:
            remove(folder)


def _told(error: MistakesError, folder: Path) -> tuple[str, ...]:
    """Tell some mistakes of the judged questions, and how many more there are."""
    told = [str(mistake) for mistake in error.mistakes[:MOST_MISTAKES]]
    if more := len(error.mistakes) - len(told):
        told.append(f"{more} more mistakes in {folder}; QA_BOT_JUDGED names another folder")
    return tuple(told)
