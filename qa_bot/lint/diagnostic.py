"""Hold one thing that the owner of a knowledge base should mend, or may want to know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa_bot.mistakes import Mistake


class Severity(StrEnum):
    """How bad a thing is, from what makes the bot fail to what is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Kind(StrEnum):
    """What is amiss; the owner's guide has a line on each."""

    INDISTINGUISHABLE = "indistinguishable"
    OUTRANKED = "outranked"
    VETOED = "vetoed"
    UNKNOWN_VALUE = "unknown_value"
    SAME_QUESTION = "same_question"
    CONTRADICTION = "contradiction"
    STATED_FACET = "stated_facet"
    EXPIRED = "expired"
    STALE = "stale"
    NO_BASIS = "no_basis"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is amiss in files that can be read: its kind, how bad it is, place and remedy."""

    kind: Kind
    severity: Severity
    mistake: Mistake

    @property
    def to_be_mended(self) -> bool:
        """Tell whether a base with this in it is not clean."""
        return self.severity != Severity.HINT

    def to_dict(self) -> dict[str, str]:
        """Give it as plain data."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "location": str(self.mistake.location),
            "problem": self.mistake.problem,
            "remedy": self.mistake.remedy,
        }

    def __str__(self) -> str:
        """Write one line: severity, kind, place, problem, remedy."""
        return f"{self.severity} [{self.kind}] {self.mistake}"
