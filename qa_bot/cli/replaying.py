"""Give a reply again that was kept, and tell whether it is the same."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from qa_bot.cli.asking import as_text
from qa_bot.cli.journal import journal_opened
from qa_bot.cli.releasing import refusals_reported
from qa_bot.cli.terminal import MISTAKES, json_option, to_json
from qa_bot.dialogue import ContextError
from qa_bot.releases import ReleaseError, Releases, replay

if TYPE_CHECKING:
    from qa_bot.journal import Kept
    from qa_bot.releases import Replayed
    from qa_bot.settings import Settings


@click.command("replay")
@click.argument("answer_id")
@json_option
@click.pass_obj
def replay_command(settings: Settings, answer_id: str, *, as_json: bool) -> None:
    """Ask again what got the reply ANSWER_ID: of the same release, as of the same day.

    Exits with 1 where the reply is another one now.
    """
    with journal_opened(settings) as journal:
        kept = journal.find(answer_id)
    with refusals_reported(as_json=as_json):
        if kept is None:
            raise ReleaseError(f"no reply {answer_id!r} is kept; it may have been too old")
        try:
            again = replay(Releases.of(settings), settings, kept)
        except ContextError as error:
            problem = "what came with the question was masked and can't be sent again"
            raise ReleaseError(f"{problem}: {error}") from None
    if as_json:
        differs = {field.name: {"old": field.old, "new": field.new} for field in again.differs}
        told = {"exact": again.exact, "same": not again.differs, "differs": differs}
        click.echo(to_json({"kept": kept.to_dict(), **told, "reply": again.reply.to_dict()}))
    else:
        click.echo(f"{kept.question}\n{as_text(again.reply)}\n\n{_verdict(kept, again)}")
    sys.exit(MISTAKES if again.differs else 0)


def _verdict(kept: Kept, again: Replayed) -> str:
    """Say whether it is the same reply, and how surely that is known."""
    given = f"release {kept.release} gave at {kept.asked_at.isoformat(timespec='seconds')}"
    masked = "" if again.exact else "\nWhat was asked was masked before it was kept."
    if again.differs:
        fields = "\n".join(map(str, again.differs))
        return f"not the reply that {given}:\n{fields}{masked}"
    known = "to the byte" if kept.digest else "as far as was kept"
    return f"the reply that {given}, {known}{masked}"
