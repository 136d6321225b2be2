"""Hand the whole base out as a file that can be imported again."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flask import abort, send_file
from werkzeug.exceptions import Conflict

from qa_bot import imports
from qa_bot.mistakes import MistakesError

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.web.console.files import Files

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}


def init_app(pages: Blueprint, files: Files) -> None:
    """Register the addresses of the files."""

    @pages.get("/export.<kind>")
    def export(kind: str) -> Response:
        if kind not in MEDIA_TYPES:
            abort(404)
        with TemporaryDirectory() as folder:
            output = Path(folder) / f"knowledge.{kind}"
            try:
                imports.export(files.base(), output, files.facets())
            except MistakesError as error:
                raise Conflict(str(error)) from None
            data = io.BytesIO(output.read_bytes())
        return send_file(data, MEDIA_TYPES[kind], as_attachment=True, download_name=output.name)
