"""Import files that the owner uploads, after a look at what each row would do."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, redirect, render_template, request, send_file
from werkzeug.exceptions import Conflict, UnprocessableEntity

from qa_bot import imports
from qa_bot.imports import State
from qa_bot.mistakes import MistakesError
from qa_bot.web.console.access import PATH
from qa_bot.web.console.jobs import DONE, JobError, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from flask import Blueprint
    from werkzeug import Response
    from werkzeug.datastructures import FileStorage

    from qa_bot.imports import Plan
    from qa_bot.web.console.files import Files
    from qa_bot.web.console.jobs import Jobs, Progress

MOST_SHOWN = 200
"""How many rows of a state are listed."""
RECEIVED, WRONG = "received", "wrong"
"""The folders of a job: what was uploaded, and the rows of it that are wrong."""


def init_app(pages: Blueprint, files: Files, jobs: Jobs) -> None:
    """Register the pages."""

    @pages.get("/import")
    def choose_files() -> Response:
        return make_response(render_template("console/import.html"))

    @pages.post("/import")
    def upload() -> Response:
        uploads = [file for file in request.files.getlist("files") if file.filename]
        if not uploads:
            raise UnprocessableEntity
        id_ = new_id()
        paths = save(uploads, jobs.place(id_) / RECEIVED)
        jobs.start("import", lambda progress: preview(files, paths, jobs.place(id_), progress), id_)
        return redirect(f"{PATH}/jobs/{id_}", 303)

    @pages.get("/import/<id_>/wrong")
    def wrong_rows(id_: str) -> Response:
        job = jobs.get(id_) or abort(404)
        found = sorted((jobs.place(job.id) / WRONG).glob("*"))
        if not found:
            abort(404)
        data = io.BytesIO(found[0].read_bytes())
        return send_file(data, as_attachment=True, download_name=found[0].name)

    @pages.post("/import/<id_>/apply")
    def apply_import(id_: str) -> Response:
        job = jobs.get(id_)
        if job is None or job.kind != "import" or job.state != DONE:
            abort(404)
        paths, remove = received(jobs.place(id_) / RECEIVED), "remove" in request.form
        digest = request.form.get("digest", "")
        applied = jobs.start("apply", lambda p: apply(files, paths, digest, p, remove=remove))
        return redirect(f"{PATH}/jobs/{applied}", 303)


def save(uploads: Iterable[FileStorage], folder: Path) -> list[Path]:
    """Keep uploaded files under their own names, without any folders in them."""
    folder.mkdir(parents=True)
    paths = []
    for upload in uploads:
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2].lstrip(".")
        if not name or (folder / name).exists():
            raise UnprocessableEntity(f"{upload.filename!r} is no name, or given twice")
        upload.save(folder / name)
        paths.append(folder / name)
    return paths


def received(folder: Path) -> list[Path]:
    """Give the files that were uploaded."""
    return sorted(folder.iterdir())


def preview(files: Files, paths: list[Path], place: Path, progress: Progress) -> dict[str, Any]:
    """Tell what each row would do, and keep the wrong ones for the owner to mend."""
    plan = _plan(files, paths, progress)
    if plan.wrong:
        (place / WRONG).mkdir(exist_ok=True)
        imports.write_wrong_rows(plan, place / WRONG / imports.wrong_name(plan))
    rows: dict[str, list[dict[str, Any]]] = {str(state): [] for state in State} | _listed(plan)
    return {
        "names": [path.name for path in paths],
        "counts": dict(plan.counts),
        "rows": rows,
        "digest": digest_of(plan),
        "changes": plan.changes_anything(remove=True),
    }


def apply(
    files: Files, paths: list[Path], digest: str, progress: Progress, *, remove: bool
) -> dict[str, Any]:
    """Write what was looked at; refuse where the files of the knowledge are others by now."""
    plan = _plan(files, paths, progress)
    if digest_of(plan) != digest:
        raise JobError("the knowledge has changed since; look at the preview anew", Conflict.code)
    try:
        base = imports.apply(plan, remove=remove)
    except MistakesError as error:
        raise JobError(str(error)) from None
    return {"counts": dict(plan.counts), "entries": len(base.entries), "removed": remove}


def digest_of(plan: Plan) -> str:
    """Identify what a plan would do: the states of all rows, and the files that it was made on."""
    told = [dict(plan.counts), sorted(plan.stamps.items()), [str(r.location) for r in plan.rows]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _plan(files: Files, paths: list[Path], progress: Progress) -> Plan:
    try:
        progress.begin(imports.estimate_rows(paths))
        return imports.plan(paths, files.base(), files.root, files.facets(), progress=progress)
    except MistakesError as error:
        raise JobError(str(error)) from None


def _listed(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    listed: dict[str, list[dict[str, Any]]] = {}
    for row in plan.rows:
        found = listed.setdefault(str(row.state), [])
        if len(found) < MOST_SHOWN and row.state is not State.SAME:
            found.append(row.to_dict())
    return listed
