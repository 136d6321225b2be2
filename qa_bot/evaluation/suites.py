"""Measure any knowledge base with questions made from it; nothing has to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation import cases, frames, wordings
from qa_bot.evaluation.table import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from qa_bot.bot import Bot
    from qa_bot.evaluation.cases import Case, Finding
    from qa_bot.reply import Reply


@dataclass(frozen=True, slots=True)
class Suite:
    """How questions are made from a base, and what a reply to one must be."""

    cases: Callable[[Bot], list[Case]]
    judge: Callable[[Case, Reply], Finding]


SUITES: Mapping[str, Suite] = {
    "verbatim": Suite(wordings.verbatim, cases.own_first),
    "wording_left_out": Suite(wordings.wording_left_out, cases.own_first),
    "entry_left_out": Suite(wordings.entry_left_out, cases.not_answered),
    "typing_error": Suite(wordings.typing_errors, cases.own_first),
    "facet_swapped": Suite(frames.swapped, frames.not_contradicted),
    "facet_deleted": Suite(frames.deleted, frames.reached),
}


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What a suite found."""

    name: str
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the figures by name; a share of nothing is None."""
        count = len(self.findings)
        right = sum(finding.right for finding in self.findings)
        return {
            "questions": count,
            "right": right / count if count else None,
            "wrong": sum(finding.wrong for finding in self.findings),
        }


def run(
    name: str, asked: Sequence[Case], progress: Callable[[int], object] = lambda _: None
) -> SuiteResult:
    """Ask the cases of a suite; `progress` is called with 1 for each."""
    findings = []
    for case in asked:
        findings.append(SUITES[name].judge(case, case.bot.ask(case.question)))
        progress(1)
    return SuiteResult(name, tuple(findings))


def table(results: Iterable[SuiteResult]) -> str:
    """Write what suites found as a Markdown table, a line a suite."""
    rows = [(result.name, *result.to_dict().values()) for result in results]
    return markdown(("suite", "questions", "right", "wrong answers"), rows)
