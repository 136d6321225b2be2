"""Take the options, and print as all commands do: JSON, progress, mistakes."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot.bot import Bot
from qa_bot.mistakes import MistakesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from qa_bot.settings import Settings

MISTAKES = 1
"""The exit code where data has mistakes, or something to mend, or a measure is under its floor,
or a release cannot be published."""

knowledge_option = click.option(
    "--knowledge",
    type=click.Path(exists=True, path_type=Path),
    help="A file or folder of knowledge, or a saved index (default: the bundled base).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def open_bot(settings: Settings, knowledge: Path | None) -> Bot:
    """Open the bot on what `--knowledge` names, else on the settings' knowledge."""
    return Bot.open(knowledge, settings)


@contextmanager
def mistakes_reported(*, as_json: bool) -> Iterator[None]:
    """Print mistakes in the data, all of them, and exit with 1."""
    try:
        yield
    except MistakesError as error:
        if as_json:
            click.echo(to_json({"mistakes": [str(mistake) for mistake in error.mistakes]}))
        else:
            click.echo(str(error), err=True)
        sys.exit(MISTAKES)


@contextmanager
def progress_bar(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """Show a progress bar on standard error while a terminal is there."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


@contextmanager
def counter(label: str) -> Iterator[Callable[[int], object]]:
    """Show on standard error how far it is, while a terminal is there and the end is not known."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        click.echo(f"\r{label}: {done}", err=True, nl=False)

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    yield count
    click.echo(err=True)


def to_json(data: object) -> str:
    """Write data as people read JSON."""
    return json.dumps(data, ensure_ascii=False, indent=2)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a file for writing that takes the place of another only when all of it is written."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Tables end their lines as spreadsheets do, whatever the system does.
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)
