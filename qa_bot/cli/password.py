"""Set the password of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qa_bot.settings import Settings


@click.command()
@click.password_option(help="The new password; it is asked for where it is not given.")
@click.pass_obj
def password(settings: Settings, password: str) -> None:
    """Set the password of the console, /admin, which does not exist without; log everybody out."""
    from qa_bot.web.console import password_place  # noqa: PLC0415 - only this command needs it
    from qa_bot.web.console.access import (  # noqa: PLC0415 - the same
        PasswordTooShortError,
        set_password,
    )

    place = password_place(settings)
    try:
        set_password(place, password)
    except PasswordTooShortError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        message = f"cannot write {place}: {error.strerror or error}; see QA_BOT_STATE"
        raise click.ClickException(message) from None
    click.echo(f"the console is open at /admin with this password; its hash is kept in {place}")
