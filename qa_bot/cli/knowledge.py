"""Check, lint and index the knowledge."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from qa_bot.dialogue import read_followups
from qa_bot.evaluation import read_judgments
from qa_bot.index import Index, is_saved_index, verify
from qa_bot.lint import lint
from qa_bot.mistakes import Mistake, MistakesError
from qa_bot.opening import open_index, read_base
from qa_bot.phrases import read_phrases
from qa_bot.smalltalk import read_smalltalk

if TYPE_CHECKING:
    from qa_bot.knowledge import KnowledgeBase
    from qa_bot.settings import Settings


@click.command()
@knowledge_option
@json_option
@click.pass_obj
def check(settings: Settings, knowledge: Path | None, *, as_json: bool) -> None:
    """Print every mistake in knowledge, lexicon, phrases and judged questions."""
    mistakes: list[Mistake] = []
    counts: dict[str, Any] = {}
    try:
        base = _read(knowledge or settings.knowledge, settings)
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
        click.echo(to_json({"mistakes": [str(mistake) for mistake in mistakes], **counts}))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        for line in counts.pop("merged", ()):
            click.echo(f"note: {line}")
        summary = ", ".join(f"{value} {name}" for name, value in counts.items())
        click.echo(f"{len(mistakes)} mistakes" + (f"; {summary}" if summary else ""))
    if mistakes:
        sys.exit(MISTAKES)


def _read(place: Path, settings: Settings) -> KnowledgeBase:
    """Read knowledge, or a saved index through to its last byte."""
    if not is_saved_index(place):
        return read_base(place, settings)[0]
    verify(place)
    return open_index(place, settings)[0].base


@click.command("lint")
@knowledge_option
@json_option
@click.pass_obj
def lint_command(settings: Settings, knowledge: Path | None, *, as_json: bool) -> None:
    """Print what to mend in the knowledge, and the grid of what it holds; hints exit with 0."""
    with mistakes_reported(as_json=as_json):
        bot = open_bot(settings, knowledge)
    with progress_bar("asking", len(bot.index.base.entries)) as progress:
        report = lint(bot, datetime.datetime.now().astimezone().date(), progress)
    click.echo(to_json(report.to_dict()) if as_json else str(report))
    sys.exit(0 if report.clean else MISTAKES)


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
@knowledge_option
@json_option
@click.pass_obj
def index(settings: Settings, output: Path, knowledge: Path | None, *, as_json: bool) -> None:
    """Build the index of the knowledge and save it in the folder OUTPUT."""
    with mistakes_reported(as_json=as_json):
        base, analyzer = read_base(knowledge or settings.knowledge, settings)
    with progress_bar("indexing", len(base.entries)) as progress:
        built = Index.build(base, analyzer, progress)
    built.save(output)
    facts = {"folder": str(output), "entries": len(base.entries), "key": built.key}
    click.echo(to_json(facts) if as_json else f"{facts['entries']} entries indexed in {output}")
