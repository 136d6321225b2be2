"""Serve the bot over HTTP: the JSON endpoint and the page; the owner of Flask and waitress.

Nothing here decides what to say. `create_app` lists everything the application consists of.
"""

from __future__ import annotations

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from qa_bot.web import (
    api,
    assets,
    catalogue,
    feedback,
    origins,
    page,
    permalink,
    problems,
    requests,
    widget,
)
from qa_bot.web.live import LiveBot as LiveBot  # noqa: TC001 - it is re-exported


class ReadableJSON(DefaultJSONProvider):
    """JSON with Chinese as it is and fields in the order they were given."""

    ensure_ascii = False
    sort_keys = False
    compact = True


def create_app(live: LiveBot) -> Flask:
    """Make the application that answers with whatever bot is live.

    Raise SettingsError for a setting that the web can't take.
    """
    app = Flask(
        "qa_bot",
        static_folder=None,
        template_folder=str(assets.STATIC / "pages"),
    )
    app.json_provider_class = ReadableJSON
    app.json = ReadableJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = live.settings.max_body_bytes
    requests.init_app(app)
    problems.init_app(app)
    origins.init_app(app, live.settings.origins)
    api.init_app(app, live)
    catalogue.init_app(app, live)
    feedback.init_app(app, live)
    files = assets.read_assets()
    assets.init_app(app, files)
    page.init_app(app, live, files)
    permalink.init_app(app, live)
    widget.init_app(app, live.settings, files)
    return app
