"""Ask, check, import, measure, publish and serve on the command line; the owner of click.

Exit codes: 0 done; 1 the data has mistakes, or something to mend, or a measure is under its floor,
or a release was refused; 2 wrong usage.
"""

from __future__ import annotations

import os

import click

from qa_bot.cli.asking import ask
from qa_bot.cli.gaps import gaps
from qa_bot.cli.importing import export_command, import_command
from qa_bot.cli.journal import journal
from qa_bot.cli.knowledge import check, index, lint_command
from qa_bot.cli.measuring import eval_command
from qa_bot.cli.password import password
from qa_bot.cli.releasing import diff, publish, releases_command, rollback
from qa_bot.cli.replaying import replay_command
from qa_bot.cli.serving import serve
from qa_bot.logs import write_log
from qa_bot.settings import Settings, SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Answer Chinese questions from a knowledge base, or say honestly that it holds no answer.

    Exit codes: 0 done; 1 the data has mistakes, or something to mend, or a measure is under its
    floor, or a release was refused; 2 wrong usage.
    """
    try:
        context.obj = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    write_log(as_json=context.obj.log_json)


for command in (
    ask,
    check,
    lint_command,
    import_command,
    export_command,
    eval_command,
    index,
    diff,
    publish,
    rollback,
    releases_command,
    replay_command,
    serve,
    journal,
    password,
    gaps,
):
    main.add_command(command)
