"""Serve the page and the JSON endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from qa_bot.cli.terminal import knowledge_option, mistakes_reported
from qa_bot.releases import ReleaseError
from qa_bot.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--host", help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen at.")
@knowledge_option
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, knowledge: Path | None) -> None:
    """Serve the page and the JSON endpoint, from the current release; SIGHUP reloads.

    Where nothing was published, and with --knowledge, the files are served as they are.
    """
    from qa_bot.web.live import LiveBot  # noqa: PLC0415 - only this command needs the web
    from qa_bot.web.server import serve as run  # noqa: PLC0415

    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    with mistakes_reported(as_json=False):
        try:
            run(LiveBot(settings, knowledge))
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        except ReleaseError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            message = f"cannot serve at {place}: {error.strerror or error}; see --host and --port"
            raise click.ClickException(message) from None
