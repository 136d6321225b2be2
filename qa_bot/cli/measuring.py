"""Measure replies with judged questions, with questions made of the base, or against another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.cli.terminal import (
    MISTAKES,
    json_option,
    knowledge_option,
    mistakes_reported,
    open_bot,
    progress_bar,
    to_json,
)
from qa_bot.evaluation import (
    CHOOSE,
    REPORT,
    calibration,
    comparison,
    evaluate,
    floors,
    read_judgments,
    suites,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qa_bot.bot import Bot
    from qa_bot.evaluation import Judgment
    from qa_bot.evaluation.floors import Floors
    from qa_bot.settings import Settings


@click.command("eval")
@click.option(
    "--half", type=click.Choice([CHOOSE, REPORT, "all"]), default=REPORT, show_default=True
)
@click.option("--failures", is_flag=True, help="Print every question that went wrong.")
@click.option(
    "--suite",
    type=click.Choice([*suites.SUITES, "all"]),
    help="Measure with questions made from the knowledge itself instead.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    help="List every question whose reply differs from that of other knowledge, or a saved index.",
)
@knowledge_option
@json_option
@click.pass_obj
def eval_command(
    settings: Settings,
    half: str,
    suite: str | None,
    against: Path | None,
    knowledge: Path | None,
    *,
    failures: bool,
    as_json: bool,
) -> None:
    """Measure with the judged questions of the bundled base; exit with 1 under a floor."""
    if suite and against:
        raise click.UsageError("--suite and --against are two measurements; give one of them")
    with mistakes_reported(as_json=as_json):
        bot = open_bot(settings, knowledge)
        if against:
            _print_changes(open_bot(settings, against), bot, settings, as_json=as_json)
            return
        # The floors are those of the bundled base.
        held = {} if knowledge else floors.read_floors(settings.judged)
        if suite:
            names = list(suites.SUITES) if suite == "all" else [suite]
            missed = _measure_suites(bot, names, held, failures=failures, as_json=as_json)
        else:
            judged = read_judgments(settings.judged, bot.index.base)
            missed = _measure_judged(bot, judged, half, held, failures=failures, as_json=as_json)
    for sentence in missed:
        click.echo(f"missed: {sentence}", err=True)
    sys.exit(MISTAKES if missed else 0)


def _measure_judged(
    bot: Bot,
    judged: Sequence[Judgment],
    half: str,
    held: Floors,
    *,
    failures: bool,
    as_json: bool,
) -> list[str]:
    """Print what the judged questions of a half show, and give a sentence for each floor missed."""
    judged = [judgment for judgment in judged if half in {judgment.half, "all"}]
    with progress_bar("measuring", len(judged)) as progress:
        metrics = evaluate(bot, judged, progress)
    missed = floors.missed(held.get("judged", {}), "judged", metrics.to_dict())
    if as_json:
        kinds = {kind: part.to_dict() for kind, part in metrics.by_kind().items()}
        tables = calibration.to_dict(metrics.weighed())
        figures = {"half": half, "all": metrics.to_dict(), "kinds": kinds, **tables}
        click.echo(to_json({**figures, "missed": missed}))
        return missed
    click.echo(f"{metrics.table()}\n\n{calibration.tables(metrics.weighed())}")
    if failures:
        _print_lines(verdict for verdict in metrics.verdicts if not verdict.right)
    return missed


def _measure_suites(
    bot: Bot, names: Sequence[str], held: Floors, *, failures: bool, as_json: bool
) -> list[str]:
    """Print what the suites show, and give a sentence for each floor missed."""
    results = []
    missed = []
    for name in names:
        cases = suites.SUITES[name].cases(bot)
        with progress_bar(name, len(cases)) as progress:
            results.append(suites.run(name, cases, progress))
        missed += floors.missed(held.get(name, {}), name, results[-1].to_dict())
    failed = [f for result in results for f in result.findings if not f.right] if failures else []
    if as_json:
        figures = {result.name: result.to_dict() for result in results}
        listed = [finding.to_dict() for finding in failed]
        click.echo(to_json({"suites": figures, "missed": missed, "failures": listed}))
    else:
        click.echo(suites.table(results))
        _print_lines(failed)
    return missed


def _print_lines(found: Iterable[object]) -> None:
    for item in found:
        click.echo(f"\n{item}")


def _print_changes(old: Bot, new: Bot, settings: Settings, *, as_json: bool) -> None:
    asked = comparison.questions(old, new, read_judgments(settings.judged))
    with progress_bar("comparing", len(asked)) as progress:
        changes = comparison.compare(old, new, asked, progress)
    if as_json:
        listed = [change.to_dict() for change in changes]
        click.echo(to_json({"questions": len(asked), "changed": len(changes), "changes": listed}))
        return
    for change in changes:
        click.echo(f"{change}\n")
    click.echo(f"{len(changes)} of {len(asked)} replies differ")
