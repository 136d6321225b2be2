"""Change entries in the owner's files, add some, take some out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, redirect, render_template, request

from qa_bot import edits
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.web.console.access import PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.knowledge import Entry
    from qa_bot.web.console.files import Files

NEW_TABLE = "console.csv"
"""Where entries go that are added here, unless another table is chosen."""
FIELDS = ("question", "url", "basis", "reviewed_on", "valid_until")
PAIR = re.compile(r"([^=\s]+)\s*=\s*(\S.*)")


def init_app(pages: Blueprint, files: Files) -> None:
    """Register the pages."""

    @pages.get("/entries/new")
    def new_entry() -> Response:
        typed = {"question": request.args.get("question", ""), "table": NEW_TABLE}
        return _new_form(files, typed, ())

    @pages.post("/entries/new")
    def add_entry() -> Response:
        form = request.form
        try:
            made = edits.new_entry(form.get("question", ""), form.get("answer", ""))
            entry = _stated(made, form)
            edits.add_entry(files.root, files.facets(), entry, form.get("table") or NEW_TABLE)
        except MistakesError as error:
            return _new_form(files, form, error.mistakes)
        return redirect(f"{PATH}/entries/{entry.id}?saved=new", 303)

    @pages.get("/entries/<entry_id>")
    def show_entry(entry_id: str) -> Response:
        entry = _of(files, entry_id)
        return _form(files, entry, _typed(entry), edits.stamp_of(files.root, entry), ())

    @pages.post("/entries/<entry_id>")
    def change_entry(entry_id: str) -> Response:
        entry, form = _of(files, entry_id), request.form
        seen = form.get("seen", "")
        try:
            new = _stated(entry, form)
            if len(entry.passages) <= 1:
                answer = edits.new_entry(entry.question, form.get("answer", ""))
                new = replace(new, passages=answer.passages)
            edits.change_entry(files.root, files.facets(), entry, new, seen=seen)
        except MistakesError as error:
            return _form(files, entry, form, seen, error.mistakes)
        return redirect(f"{PATH}/entries/{entry_id}?saved=changed", 303)

    @pages.post("/entries/<entry_id>/remove")
    def remove_entry(entry_id: str) -> Response:
        entry, seen = _of(files, entry_id), request.form.get("seen", "")
        try:
            edits.remove_entry(files.root, files.facets(), entry, seen=seen)
        except MistakesError as error:
            return _form(files, entry, _typed(entry), seen, error.mistakes)
        return redirect(f"{PATH}/entries?saved=removed", 303)


def _of(files: Files, entry_id: str) -> Entry:
    try:
        return files.entry(entry_id) or abort(404)
    except MistakesError as error:
        abort(409, str(error))


def _form(
    files: Files, entry: Entry, typed: Mapping[str, Any], seen: str, mistakes: tuple[Mistake, ...]
) -> Response:
    html = render_template(
        "console/entry.html",
        entry=entry,
        typed=typed,
        seen=seen,
        mistakes=mistakes,
        known=sorted(files.facets().facets),
        article=len(entry.passages) > 1,
        saved=request.args.get("saved", ""),
    )
    return make_response(html, 422 if mistakes else 200)


def _new_form(files: Files, typed: Mapping[str, Any], mistakes: tuple[Mistake, ...]) -> Response:
    tables = [NEW_TABLE, *(name for name in files.tables() if name != NEW_TABLE)]
    html = render_template("console/new_entry.html", typed=typed, mistakes=mistakes, tables=tables)
    return make_response(html, 422 if mistakes else 200)


def _typed(entry: Entry) -> dict[str, str]:
    """Give the fields of an entry as the form shows them."""
    facets = (f"{name}={value}" for name, values in entry.facets.items() for value in values)
    return {
        **{name: getattr(entry, name) for name in FIELDS},
        "wordings": "\n".join(entry.wordings),
        "facets": "\n".join(facets),
        "answer": "\n\n".join(passage.text for passage in entry.passages),
    }


def _stated(entry: Entry, form: Mapping[str, str]) -> Entry:
    """Give an entry with the fields of the form; raise MistakesError for facets that are none."""
    lines = form.get("wordings", "").splitlines()
    facets: dict[str, tuple[str, ...]] = {}
    for line in filter(str.strip, form.get("facets", "").splitlines()):
        pair = PAIR.fullmatch(line.strip())
        if pair is None:
            mistake = Mistake(Location("facets"), f"{line!r} is not a facet", "write region=江苏")
            raise MistakesError([mistake])
        facets[pair[1]] = (*facets.get(pair[1], ()), pair[2])

    def typed(name: str) -> str:
        return str(form.get(name, getattr(entry, name))).strip()

    return replace(
        entry,
        question=typed("question"),
        wordings=tuple(" ".join(line.split()) for line in lines if line.strip()),
        facets=facets,
        url=typed("url"),
        basis=typed("basis"),
        reviewed_on=typed("reviewed_on"),
        valid_until=typed("valid_until"),
    )
