"""Serve the bot over HTTP: the JSON endpoint and the page; the owner of Flask and waitress.

Nothing here decides what to say. `create_app` lists everything the application consists of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from qa_bot.web import (
    api,
    assets,
    azure,
    catalogue,
    compression,
    console,
    contract,
    feedback,
    limits,
    metrics,
    openai,
    origins,
    page,
    permalink,
    problems,
    requests,
    widget,
)
from qa_bot.web.live import LiveBot as LiveBot  # noqa: TC001 - it is re-exported

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadableJSON(DefaultJSONProvider):
    """JSON with Chinese as it is and fields in the order they were given."""

    ensure_ascii = False
    sort_keys = False
    compact = True


class Application(Flask):
    """Flask, without looking at each function of each request whether it is asynchronous."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function: none of ours is."""
        return func


def create_app(live: LiveBot) -> Flask:
    """Make the application that answers with whatever bot is live.

    Raise SettingsError for a setting that the web can't take.
    """
    app = Application(
        "qa_bot",
        static_folder=None,
        template_folder=str(assets.STATIC / "pages"),
    )
    app.json_provider_class = ReadableJSON
    app.json = ReadableJSON(app)
    settings = live.settings
    if settings.proxies:
        hops = settings.proxies
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    # What comes first sees a request first, and its response last.
    compression.init_app(app)
    requests.init_app(app, settings)
    problems.init_app(app)
    metrics.init_app(app, live)
    origins.init_app(app, settings.origins)
    limits.init_app(app, settings)
    api.init_app(app, live)
    catalogue.init_app(app, live)
    feedback.init_app(app, live)
    azure.init_app(app, live)
    openai.init_app(app, live)
    contract.init_app(app, settings)
    files = assets.read_assets()
    assets.init_app(app, files)
    page.init_app(app, live, files)
    permalink.init_app(app, live)
    widget.init_app(app, settings, files)
    console.init_app(app, live)
    return app
