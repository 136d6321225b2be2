"""List what people ask and the base fails, and what to write next."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_bot.cli.journal import journal_opened
from qa_bot.cli.terminal import (
    json_option,
    knowledge_option,
    mistakes_reported,
    open_bot,
    to_json,
    whole_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_bot.gaps import Gap
    from qa_bot.journal import Journal
    from qa_bot.settings import Settings

SHOWN = 3
"""How many other variants of a gap's question are printed."""
CELL = ("page", "row", "column", "answered", "listed", "general")


@click.command()
@click.option("--since", default=30, show_default=True, help="Of so many days.", metavar="DAYS")
@click.option("--top", default=20, show_default=True, type=click.IntRange(0), help="How many.")
@click.option("--all", "with_ignored", is_flag=True, help="Those that are ignored as well.")
@click.option("--ignore", metavar="KEY", help="Keep a gap, and what is asked alike, out.")
@click.option("--heed", metavar="KEY", help="List a gap again that was ignored.")
@click.option("--csv", type=click.Path(path_type=Path, dir_okay=False), help="Write all to a file.")
@knowledge_option
@json_option
@click.pass_obj
def gaps(
    settings: Settings,
    since: int,
    top: int,
    ignore: str | None,
    heed: str | None,
    csv: Path | None,
    knowledge: Path | None,
    *,
    with_ignored: bool,
    as_json: bool,
) -> None:
    """List what people ask and the base fails, most in demand first, and what to do about it."""
    from qa_bot.gaps import find_gaps  # noqa: PLC0415 - asking needs no database

    with journal_opened(settings) as journal:
        if heed and not journal.heed(heed):
            raise click.UsageError(f"no gap {heed} is ignored")
        with mistakes_reported(as_json=as_json):
            bot = open_bot(settings, knowledge)
        start = datetime.datetime.now().astimezone() - datetime.timedelta(days=since)
        found = find_gaps(bot, journal, start, ignored=with_ignored or bool(ignore))
        if ignore:
            _ignore(journal, found, ignore)
            found = [
                gap for gap in found if gap.key != ignore and (with_ignored or not gap.ignored)
            ]
    if csv:
        _write(found, csv)
    if as_json:
        click.echo(to_json({"gaps": len(found), "top": [gap.to_dict() for gap in found[:top]]}))
        return
    for gap in found[:top]:
        click.echo(f"{_as_text(gap)}\n")
    click.echo(f"{len(found)} gaps")


def _ignore(journal: Journal, found: Sequence[Gap], key: str) -> None:
    gap = next((gap for gap in found if gap.key == key), None)
    if gap is None:
        raise click.UsageError(f"no gap {key} is in what was asked then; see --since")
    journal.ignore(gap.key, gap.question)


def _as_text(gap: Gap) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in gap.kinds.items())
    mark = "ignored, " if gap.ignored else ""
    lines = [
        f"[{gap.action}] {gap.demand:g}  {gap.question}",
        f"    {mark}{kinds}; on {gap.days} days, {_day(gap.first_seen)} to {_day(gap.last_seen)}",
    ]
    if gap.variants:
        more = f" (+{len(gap.variants) - SHOWN})" if len(gap.variants) > SHOWN else ""
        lines.append(f"    also: {' / '.join(gap.variants[:SHOWN])}{more}")
    if gap.nearest:
        lines.append(f"    nearest: {gap.confidence:.2f} {gap.nearest} {gap.nearest_question}")
    if cell := gap.cell:
        held = f"{cell.answered} answered, {cell.listed} listed, {cell.general} answered generally"
        lines.append(f"    grid: {cell.page} x {cell.row} x {cell.column}: {held}")
    return "\n".join([*lines, f"    key: {gap.key}"])


def _day(time: datetime.datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"


def _write(found: Sequence[Gap], path: Path) -> None:
    from qa_bot.journal.export import write_table  # noqa: PLC0415

    rows = [_row(gap) for gap in found]
    columns = list(rows[0]) if rows else ["key"]
    with whole_file(path) as file:
        write_table(columns, rows, file)


def _row(gap: Gap) -> dict[str, Any]:
    row = gap.to_dict() | {
        "variants": "\n".join(gap.variants),
        "kinds": ", ".join(f"{count} {kind}" for kind, count in gap.kinds.items()),
        "facets": "; ".join(f"{name}={value}" for name, value in gap.facets.items()),
        "first_seen": f"{gap.first_seen.astimezone():%Y-%m-%d %H:%M:%S}",
        "last_seen": f"{gap.last_seen.astimezone():%Y-%m-%d %H:%M:%S}",
    }
    del row["cell"]
    return row | {f"grid_{name}": getattr(gap.cell, name, None) for name in CELL}
