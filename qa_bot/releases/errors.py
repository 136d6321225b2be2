"""Say why nothing was published, or no other release was made current."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_bot.releases.history import Step


class ReleaseError(Exception):
    """What was asked for of the releases cannot be done; nothing was changed."""


class UnchangedError(ReleaseError):
    """What was to be made current is so already."""


class BelowFloorsError(ReleaseError):
    """The judged questions of a draft miss their floors."""

    def __init__(self, missed: Sequence[str]) -> None:
        """Take a sentence for each floor that was missed."""
        self.missed = tuple(missed)
        super().__init__("judged questions speak against it:\n" + "\n".join(missed))


class PublishedMeanwhileError(ReleaseError):
    """Somebody else made another release current, since the one that was expected was."""

    def __init__(self, current: Step, expected: int) -> None:
        """Take what was done instead, and the number that was expected to be current."""
        self.current = current
        message = f"{current.who} made release {current.new} current at {current.at}"
        remedy = f"look at what differs from it before you replace it; release {expected} is"
        super().__init__(f"{message} ({current.why}): {remedy} no longer current")
