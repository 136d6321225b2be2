"""Show first what needs the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, render_template

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response


def init_app(pages: Blueprint) -> None:
    """Register the page."""

    @pages.get("/")
    def overview() -> Response:
        return make_response(render_template("console/overview.html"))
