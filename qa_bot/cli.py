"""Ask, check, lint, measure, index and serve from the command line.

Exit codes: 0 done; 1 the data has mistakes, or something to mend, or a measure is under its floor;
2 wrong usage.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_bot.bot import Bot
from qa_bot.dialogue import read_followups
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
from qa_bot.index import Index
from qa_bot.lint import lint
from qa_bot.logs import write_log
from qa_bot.mistakes import Mistake, MistakesError
from qa_bot.opening import read_base
from qa_bot.phrases import read_phrases
from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED
from qa_bot.settings import Settings, SettingsError
from qa_bot.smalltalk import read_smalltalk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from qa_bot.evaluation import Judgment
    from qa_bot.evaluation.floors import Floors
    from qa_bot.reply import Reply

MISTAKES = 1

knowledge_option = click.option(
    "--knowledge",
    type=click.Path(exists=True, path_type=Path),
    help="A file or folder of knowledge, or a saved index (default: the bundled base).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Answer Chinese questions from a knowledge base, or say honestly that it holds no answer.

    Exit codes: 0 done; 1 the data has mistakes, or something to mend, or a measure is under its
    floor; 2 wrong usage.
    """
    try:
        context.obj = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    write_log(as_json=context.obj.log_json)


@main.command()
@click.argument("question")
@click.option("--top", default=3, show_default=True, type=click.IntRange(0, 20))
@knowledge_option
@click.option("--explain", is_flag=True, help="Tell why: words, rules, contributions.")
@json_option
@click.pass_obj
def ask(
    settings: Settings,
    question: str,
    top: int,
    knowledge: Path | None,
    *,
    explain: bool,
    as_json: bool,
) -> None:
    """Reply to QUESTION; each of the four outcomes is a reply and exits with 0."""
    if not question.strip() or len(question) > settings.max_question_chars:
        message = f"a question has 1 to {settings.max_question_chars} characters"
        raise click.UsageError(message)
    with _mistakes_reported(as_json=as_json):
        reply = _open(settings, knowledge).ask(question, top=top)
    click.echo(_json(reply.to_dict()) if as_json else _as_text(reply))
    if explain and not as_json:
        click.echo(_explained(reply))


@main.command()
@knowledge_option
@json_option
@click.pass_obj
def check(settings: Settings, knowledge: Path | None, *, as_json: bool) -> None:
    """Print every mistake in knowledge, lexicon, phrases and judged questions."""
    mistakes: list[Mistake] = []
    counts: dict[str, Any] = {}
    try:
        base, _ = read_base(knowledge or settings.knowledge, settings)
        counts = {"entries": len(base.entries), "answered": base.answered}
        counts["merged"] = [f"{left}: same as {kept}" for left, kept in base.merged]
        if knowledge is None:
            counts["judged"] = len(read_judgments(settings.judged, base))
    except MistakesError as error:
        mistakes += error.mistakes
    for read, path in (
        (read_phrases, settings.phrases),
        (read_smalltalk, settings.lexicon / "smalltalk.csv"),
        (read_followups, settings.lexicon / "followups.txt"),
    ):
        try:
            read(path)
        except MistakesError as error:
            mistakes += error.mistakes
    if as_json:
        click.echo(_json({"mistakes": [str(mistake) for mistake in mistakes], **counts}))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        for line in counts.pop("merged", ()):
            click.echo(f"note: {line}")
        summary = ", ".join(f"{value} {name}" for name, value in counts.items())
        click.echo(f"{len(mistakes)} mistakes" + (f"; {summary}" if summary else ""))
    if mistakes:
        sys.exit(MISTAKES)


@main.command("lint")
@knowledge_option
@json_option
@click.pass_obj
def lint_command(settings: Settings, knowledge: Path | None, *, as_json: bool) -> None:
    """Print what to mend in the knowledge, and the grid of what it holds; hints exit with 0."""
    with _mistakes_reported(as_json=as_json):
        bot = _open(settings, knowledge)
    with _progress("asking", len(bot.entries)) as progress:
        report = lint(bot, datetime.datetime.now().astimezone().date(), progress)
    click.echo(_json(report.to_dict()) if as_json else str(report))
    sys.exit(0 if report.clean else MISTAKES)


@main.command("eval")
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
    with _mistakes_reported(as_json=as_json):
        bot = _open(settings, knowledge)
        if against:
            _print_changes(_open(settings, against), bot, settings, as_json=as_json)
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
    with _progress("measuring", len(judged)) as progress:
        metrics = evaluate(bot, judged, progress)
    missed = floors.missed(held.get("judged", {}), "judged", metrics.to_dict())
    if as_json:
        kinds = {kind: part.to_dict() for kind, part in metrics.by_kind().items()}
        tables = calibration.to_dict(metrics.weighed())
        figures = {"half": half, "all": metrics.to_dict(), "kinds": kinds, **tables}
        click.echo(_json({**figures, "missed": missed}))
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
        with _progress(name, len(cases)) as progress:
            results.append(suites.run(name, cases, progress))
        missed += floors.missed(held.get(name, {}), name, results[-1].to_dict())
    failed = [f for result in results for f in result.findings if not f.right] if failures else []
    if as_json:
        figures = {result.name: result.to_dict() for result in results}
        listed = [finding.to_dict() for finding in failed]
        click.echo(_json({"suites": figures, "missed": missed, "failures": listed}))
    else:
        click.echo(suites.table(results))
        _print_lines(failed)
    return missed


def _print_lines(found: Iterable[object]) -> None:
    for item in found:
        click.echo(f"\n{item}")


def _print_changes(old: Bot, new: Bot, settings: Settings, *, as_json: bool) -> None:
    asked = comparison.questions(old, new, read_judgments(settings.judged))
    with _progress("comparing", len(asked)) as progress:
        changes = comparison.compare(old, new, asked, progress)
    if as_json:
        listed = [change.to_dict() for change in changes]
        click.echo(_json({"questions": len(asked), "changed": len(changes), "changes": listed}))
        return
    for change in changes:
        click.echo(f"{change}\n")
    click.echo(f"{len(changes)} of {len(asked)} replies differ")


@main.command()
@click.argument("output", type=click.Path(path_type=Path))
@knowledge_option
@json_option
@click.pass_obj
def index(settings: Settings, output: Path, knowledge: Path | None, *, as_json: bool) -> None:
    """Build the index of the knowledge and save it in the folder OUTPUT."""
    with _mistakes_reported(as_json=as_json):
        base, analyzer = read_base(knowledge or settings.knowledge, settings)
    with _progress("indexing", len(base.entries)) as progress:
        built = Index.build(base, analyzer, progress)
    built.save(output)
    facts = {"folder": str(output), "entries": len(base.entries), "key": built.key}
    click.echo(_json(facts) if as_json else f"{facts['entries']} entries indexed in {output}")


@main.command()
@click.option("--host", help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen at.")
@knowledge_option
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, knowledge: Path | None) -> None:
    """Serve the page and the JSON endpoint; SIGHUP reloads the knowledge."""
    from qa_bot.web.live import LiveBot  # noqa: PLC0415 - only this command needs the web
    from qa_bot.web.server import serve as run  # noqa: PLC0415

    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    with _mistakes_reported(as_json=False):
        try:
            run(LiveBot(settings, knowledge))
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            message = f"cannot serve at {place}: {error.strerror or error}; see --host and --port"
            raise click.ClickException(message) from None


def _open(settings: Settings, knowledge: Path | None) -> Bot:
    return Bot.open(knowledge, settings)


@contextmanager
def _mistakes_reported(*, as_json: bool) -> Iterator[None]:
    """Print mistakes in the data, all of them, and exit with 1."""
    try:
        yield
    except MistakesError as error:
        if as_json:
            click.echo(_json({"mistakes": [str(mistake) for mistake in error.mistakes]}))
        else:
            click.echo(str(error), err=True)
        sys.exit(MISTAKES)


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """Show a progress bar on standard error while a terminal is there."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


def _explained(reply: Reply) -> str:
    explanation = reply.explanation
    lines = [f"score {explanation.score:.3f} ="]
    for match in explanation.matched:
        met = f"{match.asked} → {match.met}" if match.asked != match.met else match.asked
        lines.append(f"  {match.contribution:.3f}  {match.rule:9} {met}")
    facets = (f"{n}={'、'.join(sorted(v))}" for n, v in reply.query.facets.items())
    lines += [f"facets: {'; '.join(facets)}", f"unused: {' '.join(explanation.unused)}"]
    return "\n".join([*lines, f"next: {reply.runner_up}"])


def _as_text(reply: Reply) -> str:
    lines = [f"[{reply.outcome}] {reply.confidence:.2f}  {reply.sentence}"]
    if reply.outcome in {ANSWERED, LISTED_UNANSWERED} and reply.hit:
        lines.append(f"问:{reply.hit.entry.question}")
    if reply.outcome == ANSWERED and reply.hit and reply.hit.passage:
        passage = reply.hit.passage
        lines += [f"答:{passage.text}", f"据:{' '.join(reply.evidence)}"]
        lines.append(f"   {' · '.join(filter(None, (passage.section, str(passage.location))))}")
    if reply.outcome == CLARIFY and reply.clarify:
        lines.append(f"{reply.clarify.prompt} {' / '.join(v for v, _ in reply.clarify.options)}")
    for hit in reply.alternatives:
        mark = "有答案" if hit.entry.answered else "无答案"
        lines.append(f" - {hit.confidence:.2f} [{mark}] {hit.entry.question}")
    return "\n".join(lines)
