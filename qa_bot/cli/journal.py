"""Export, forget and prune what the journal keeps."""

from __future__ import annotations

import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.cli.terminal import whole_file

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from qa_bot.journal import Journal
    from qa_bot.settings import Settings

DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"])


@contextmanager
def journal_opened(settings: Settings) -> Iterator[Journal]:
    """Open the journal of the settings; where it can't be used, say why and exit with 1."""
    from qa_bot.journal import Journal, JournalError  # noqa: PLC0415 - asking needs no database

    if not settings.journal:
        raise click.UsageError("no journal is kept: QA_BOT_JOURNAL is empty")
    try:
        with closing(Journal.of(settings)) as journal:
            yield journal
    except JournalError as error:
        raise click.ClickException(f"{error}; see QA_BOT_JOURNAL") from None


@click.group()
def journal() -> None:
    """Export, forget or prune the replies and votes that are kept."""


@journal.command()
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="A table for Excel and WPS, or JSON lines.",
)
@click.option("--since", type=DATE, help="Only what was asked from this day or time on.")
@click.option("--until", type=DATE, help="Only what was asked before this day or time.")
@click.pass_obj
def export(
    settings: Settings,
    output: Path,
    form: str,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
) -> None:
    """Write replies and votes, the oldest first, to the file OUTPUT."""
    from qa_bot.journal.export import FORMATS  # noqa: PLC0415

    with journal_opened(settings) as opened, whole_file(output) as file:
        count = FORMATS[form](opened.replies(since, until), file)
    click.echo(f"{count} replies written to {output}")


@journal.command()
@click.option("--answer", "answer_id", default="", help="The answer_id of one reply.")
@click.option("--question", default="", help="A question, as it was asked or understood.")
@click.pass_obj
def forget(settings: Settings, answer_id: str, question: str) -> None:
    """Delete a reply, or every reply to a question, with the votes; exit with 1 where none is."""
    if not answer_id and not question:
        raise click.UsageError("name what to forget: --answer or --question")
    with journal_opened(settings) as opened:
        count = opened.forget(answer_id, question)
    click.echo(f"{count} replies forgotten")
    sys.exit(0 if count else 1)


@journal.command()
@click.pass_obj
def prune(settings: Settings) -> None:
    """Delete now what is older or more than the settings allow; the server does so by itself."""
    with journal_opened(settings) as opened:
        count = opened.prune()
    click.echo(f"{count} replies deleted")
