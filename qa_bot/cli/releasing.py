"""Publish, roll back, and tell releases and files apart."""

from __future__ import annotations

import datetime
import getpass
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from qa_bot.cli.terminal import (
    MISTAKES,
    counter,
    json_option,
    knowledge_option,
    mistakes_reported,
    progress_bar,
    to_json,
)
from qa_bot.releases import (
    ReleaseError,
    Releases,
    UnchangedError,
    differences,
    replies_changed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qa_bot.releases import Draft, Release, State
    from qa_bot.settings import Settings

MOST_QUESTIONS = 2000
"""How many questions both states are asked unless told otherwise."""

why_option = click.option("--why", required=True, help="Why, for the audit log.")
who_option = click.option("--who", help="Who, for the audit log (default: the system's user).")
expect_option = click.option(
    "--expect",
    type=click.IntRange(min=0),
    help="The number of the release that you saw as current; do nothing if it no longer is.",
)


@click.command()
@why_option
@who_option
@click.option("--force", is_flag=True, help="Publish although judged questions speak against it.")
@expect_option
@knowledge_option
@json_option
@click.pass_obj
def publish(
    settings: Settings,
    why: str,
    who: str | None,
    expect: int | None,
    knowledge: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Make the files, as they are now, the release that servers answer from."""
    releases = Releases.of(settings)
    with refusals_reported(as_json=as_json):
        expected = releases.current() if expect is None else expect
        with _drafted(releases, settings, knowledge) as draft:
            release = releases.publish(draft, _name(who), why, expected, force=force)
    if as_json:
        click.echo(to_json(release.to_dict()))
        return
    for sentence in release.overruled:
        click.echo(f"overruled: {sentence}", err=True)
    click.echo(f"release {release.number} is current: {_counts(release)}")


@click.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@why_option
@who_option
@expect_option
@json_option
@click.pass_obj
def rollback(
    settings: Settings,
    number: int | None,
    why: str,
    who: str | None,
    expect: int | None,
    *,
    as_json: bool,
) -> None:
    """Make release NUMBER current again (default: the one that the current one replaced)."""
    releases = Releases.of(settings)
    with refusals_reported(as_json=as_json):
        current = releases.current()
        back = number or (releases.get(current).parent if current else 0)
        if not back:
            raise ReleaseError("there is no release to go back to; see: python -m qa_bot releases")
        expected = current if expect is None else expect
        release = releases.activate(back, _name(who), why, expected)
    text = f"release {release.number} is current: {_counts(release)}"
    click.echo(to_json(release.to_dict()) if as_json else text)


@click.group("releases", invoke_without_command=True)
@json_option
@click.pass_context
def releases_command(context: click.Context, *, as_json: bool) -> None:
    """List all releases, and who made which of them current, when and why."""
    if context.invoked_subcommand:
        return
    releases = Releases.of(context.obj)
    with refusals_reported(as_json=as_json):
        held, steps, current = releases.all(), releases.history.steps(), releases.current()
    if as_json:
        audit = [step.to_dict() for step in steps]
        listed = [release.to_dict() for release in held]
        click.echo(to_json({"current": current, "releases": listed, "audit": audit}))
        return
    for release in held:
        mark = "*" if release.number == current else " "
        click.echo(f"{mark} {release.number}  {release.at}  {release.who}  {_counts(release)}")
        click.echo(f"     {release.why}")
    for step in steps:
        click.echo(f"{step.at}  {step.who}: {step.action} {step.old} → {step.new}  {step.why}")
    if not held:
        click.echo("nothing was published yet")


@releases_command.command()
@click.option("--keep", required=True, type=click.IntRange(min=1), help="How many stay.")
@why_option
@who_option
@click.option("--force", is_flag=True, help="Delete those of replies that the journal holds, too.")
@json_option
@click.pass_obj
def prune(
    settings: Settings, keep: int, why: str, who: str | None, *, force: bool, as_json: bool
) -> None:
    """Delete all releases but the newest, the current one, and those of kept replies."""
    since = None if force or not settings.journal else _journal_begins(settings.journal_days)
    with refusals_reported(as_json=as_json):
        pruned = Releases.of(settings).prune(keep, _name(who), why, since)
    numbers = ", ".join(map(str, pruned)) or "none"
    click.echo(to_json({"pruned": pruned}) if as_json else f"deleted releases: {numbers}")


@click.command()
@click.argument("old", type=click.IntRange(min=1), required=False)
@click.argument("new", type=click.IntRange(min=1), required=False)
@click.option("--replies", is_flag=True, help="List the questions whose reply changes, too.")
@click.option("--most", default=MOST_QUESTIONS, show_default=True, type=click.IntRange(min=1))
@knowledge_option
@json_option
@click.pass_obj
def diff(
    settings: Settings,
    old: int | None,
    new: int | None,
    most: int,
    knowledge: Path | None,
    *,
    replies: bool,
    as_json: bool,
) -> None:
    """Tell what release NEW (default: the files) has that OLD (default: the current one) has not.

    --most: how many questions are asked with --replies, those of entries that differ first.
    """
    releases = Releases.of(settings)
    asked = most if replies else 0
    with refusals_reported(as_json=as_json):
        number = old or releases.current()
        before = releases.state(number, settings) if number else None
        if new:
            after = releases.state(new, settings)
            _print_differences(before, after, settings.judged, asked, as_json=as_json)
            return
        with _drafted(releases, settings, knowledge) as draft:
            _print_differences(before, draft.state, settings.judged, asked, as_json=as_json)
            for sentence in draft.judged.missed:
                click.echo(f"missed: {sentence}", err=True)


def _print_differences(
    before: State | None, after: State, judged: Path, most: int, *, as_json: bool
) -> None:
    """Print what differs, and of at most so many questions those whose reply changes."""
    found = differences(before, after)
    data, text = found.to_dict(), str(found)
    if most and before:
        with progress_bar("comparing", most) as progress:
            changed = replies_changed(before, after, judged, most, progress)
        data["replies"] = changed.to_dict()
        text += f"\n\n{changed}"
    click.echo(to_json(data) if as_json else text)


@contextmanager
def _drafted(releases: Releases, settings: Settings, knowledge: Path | None) -> Iterator[Draft]:
    """Prepare a draft, and discard it in the end."""
    with (
        counter("entries indexed") as progress,
        releases.prepare(settings, knowledge, progress) as draft,
    ):
        yield draft


@contextmanager
def refusals_reported(*, as_json: bool) -> Iterator[None]:
    """Print why nothing was changed, and exit with 1; with 0 where nothing had to be."""
    with mistakes_reported(as_json=as_json):
        try:
            yield
        except UnchangedError as error:
            click.echo(to_json({"unchanged": str(error)}) if as_json else str(error))
            sys.exit(0)
        except ReleaseError as error:
            if as_json:
                click.echo(to_json({"refused": str(error)}))
            else:
                click.echo(str(error), err=True)
            sys.exit(MISTAKES)


def _name(who: str | None) -> str:
    """Give who it is, as told, else as the system knows them."""
    if who:
        return who
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise click.UsageError("the system knows no name of yours; give --who") from None


def _journal_begins(days: int) -> datetime.datetime:
    """Give the time of the oldest reply that the journal may hold; `days` 0: it holds all."""
    now = datetime.datetime.now(datetime.UTC)
    return now - datetime.timedelta(days=days) if days else now.min.replace(tzinfo=datetime.UTC)


def _counts(release: Release) -> str:
    return f"{release.entries} entries, {release.answered} answered"
