"""Import knowledge from files elsewhere, and export the whole base."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_bot import edits, imports
from qa_bot.cli.terminal import (
    MISTAKES,
    json_option,
    knowledge_option,
    mistakes_reported,
    progress_bar,
    to_json,
)
from qa_bot.facets import read_facets
from qa_bot.imports import State
from qa_bot.sources import read_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qa_bot.imports import Plan, Row
    from qa_bot.settings import Settings

MOST_LISTED = 20
"""How many rows of a state are listed; with --json it is all."""


@click.command("import")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH…"
)
@click.option("--apply", is_flag=True, help="Write; without it nothing is written.")
@click.option("--remove", is_flag=True, help="Also remove what an earlier import brought.")
@click.option("--into", default=imports.INTO, show_default=True, help="The folder of new tables.")
@click.option(
    "--wrong", type=click.Path(path_type=Path), help="Write the wrong rows there, to be mended."
)
@click.option(
    "--knowledge",
    type=click.Path(path_type=Path),
    help="The folder of knowledge to import into (default: that of the settings).",
)
@json_option
@click.pass_obj
def import_command(
    settings: Settings,
    paths: tuple[Path, ...],
    into: str,
    wrong: Path | None,
    knowledge: Path | None,
    *,
    apply: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Show what importing files and folders would change; with --apply, change it.

    Exits with 1 where rows are wrong; the others can be imported all the same.
    """
    root = knowledge or settings.knowledge
    written = None
    with mistakes_reported(as_json=as_json):
        facets = read_facets(settings.lexicon / "facets")
        base = edits.read_base(root, facets)
        with progress_bar("reading", imports.estimate_rows(paths)) as progress:
            plan = imports.plan(paths, base, root, facets, into=into, progress=progress)
        if wrong and plan.wrong:
            imports.write_wrong_rows(plan, wrong)
        if apply:
            written = len(imports.apply(plan, remove=remove).entries)
    if as_json:
        click.echo(to_json({"applied": apply, "entries": written, **plan.to_dict()}))
    else:
        _print(plan, written, remove=remove)
    sys.exit(MISTAKES if plan.wrong else 0)


@click.command("export")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@knowledge_option
@json_option
@click.pass_obj
def export_command(
    settings: Settings, output: Path, knowledge: Path | None, *, as_json: bool
) -> None:
    """Write the whole base into OUTPUT, a .csv, .xlsx or .jsonl file that can be imported again."""
    with mistakes_reported(as_json=as_json):
        facets = read_facets(settings.lexicon / "facets")
        base = read_knowledge(knowledge or settings.knowledge, facets)
        imports.export(base, output, facets)
    facts = {"file": str(output), "entries": len(base.entries), "answered": base.answered}
    click.echo(to_json(facts) if as_json else f"{facts['entries']} entries written to {output}")


def _print(plan: Plan, written: int | None, *, remove: bool) -> None:
    """Print every mistake, what would be another, and the counts."""
    for mistake in plan.mistakes:
        click.echo(f"wrong: {mistake}")
    for state in (State.NEW, State.CHANGED, State.REMOVED):
        rows = [row for row in plan.rows if row.state is state]
        for line in _listed(rows[:MOST_LISTED]):
            click.echo(line)
        if len(rows) > MOST_LISTED:
            click.echo(f"{state}: … and {len(rows) - MOST_LISTED} more (--json lists all)")
    counts = dict(plan.counts)
    rows_read, removed = counts.pop("rows"), counts.pop("removed")
    states = ", ".join(f"{number} {state}" for state, number in counts.items())
    click.echo(f"{rows_read} rows: {states}; {removed} entries to remove")
    if written is None:
        click.echo("nothing was written; --apply writes")
    else:
        left = removed if not remove else 0
        click.echo(
            f"the knowledge holds {written} entries"
            + (f"; {left} were not removed (--remove)" if left else "")
        )


def _listed(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        entry = row.new or row.old
        yield f"{row.state}: {row.location}: {entry.question if entry else ''}"
