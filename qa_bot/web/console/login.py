"""Ask for the password, and end a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, render_template, request

from qa_bot.web.console.access import PATH, forget, keep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.web.console.access import Door

OPEN = {"console.login", "console.enter"}
"""What is shown to whom is not logged in."""


def init_app(pages: Blueprint, door: Door) -> None:
    """Register the pages."""

    @pages.get("/login")
    def login() -> Response:
        return make_response(render_template("console/login.html", to=inside(request.args)))

    @pages.post("/login")
    def enter() -> Response:
        cookie = door.enter(request.form.get("password", ""))
        to = inside(request.form)
        if cookie is None:
            return make_response(render_template("console/login.html", to=to, wrong=True), 401)
        return keep(redirect(to, 303), cookie)

    @pages.post("/logout")
    def logout() -> Response:
        return forget(redirect(f"{PATH}/login", 303))


def inside(fields: Mapping[str, str]) -> str:
    """Give where to go after the login: a page of the console, whatever the address says."""
    to = fields.get("to", "")
    return to if to.startswith(f"{PATH}/") and "\\" not in to and "//" not in to else f"{PATH}/"
