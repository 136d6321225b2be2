"""Hold one thing that the owner of a knowledge base should mend, or may want to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa_bot.mistakes import Mistake

ERROR, WARNING, HINT = "error", "warning", "hint"
SEVERITIES = (ERROR, WARNING, HINT)
"""From what makes the bot fail to what is only worth knowing."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is amiss in files that can be read: its kind, how bad it is, place and remedy."""

    kind: str
    severity: str
    mistake: Mistake

    @property
    def to_be_mended(self) -> bool:
        """Tell whether a base with this in it is not clean."""
        return self.severity != HINT

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
