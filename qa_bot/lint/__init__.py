"""Tell the owner of a knowledge base what to mend in it, though every file can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.lint.diagnostic import Severity
from qa_bot.lint.entries import lint_basis, lint_dates, lint_stated_facets
from qa_bot.lint.grid import lay_out
from qa_bot.lint.titles import lint_titles

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from qa_bot.bot import Bot
    from qa_bot.lint.diagnostic import Diagnostic
    from qa_bot.lint.grid import Grid


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a knowledge base: the worst first, each severity in order of places."""

    diagnostics: tuple[Diagnostic, ...]
    grid: Grid | None
    """What is held and what is missing; None: the facets name no axes."""

    @property
    def clean(self) -> bool:
        """Tell whether there is nothing to mend; hints and holes are for information."""
        return not any(found.to_be_mended for found in self.diagnostics)

    @property
    def counts(self) -> dict[str, int]:
        """Count the diagnostics by severity."""
        found = Counter(diagnostic.severity for diagnostic in self.diagnostics)
        return {f"{severity}s": found[severity] for severity in Severity}

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data."""
        return {
            **self.counts,
            "diagnostics": [found.to_dict() for found in self.diagnostics],
            "grid": self.grid.to_dict() if self.grid else None,
        }

    def __str__(self) -> str:
        """Write the grid, a line a diagnostic, and the counts last, where they are seen."""
        lines = [f"{self.grid}\n"] if self.grid else []
        lines += map(str, self.diagnostics)
        lines.append(", ".join(f"{count} {name}" for name, count in self.counts.items()))
        return "\n".join(lines)


def lint(
    bot: Bot, today: datetime.date, progress: Callable[[int], object] = lambda _: None
) -> Report:
    """Look at every entry as it is served; `progress` is called with 1 for each."""
    base, facets = bot.index.base, bot.analyzer.facets
    found = [
        *lint_titles(bot, progress),
        *lint_stated_facets(base, facets),
        *lint_dates(base, today, bot.settings.review_after_days),
        *lint_basis(base),
    ]
    worst_first = list(Severity)
    found.sort(key=lambda one: (worst_first.index(one.severity), one.mistake.location, one.kind))
    return Report(tuple(found), lay_out(base, bot.ranker.agreement.of_entries, facets, today))
