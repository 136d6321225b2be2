"""Write the log: a line of text, or a JSON object, for each thing that happened."""

from __future__ import annotations

import datetime
import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_log(*, as_json: bool) -> None:
    """Write everything from INFO on to standard error, as text or as one JSON object a line."""
    stream = logging.StreamHandler()
    stream.setFormatter(JSONFormatter() if as_json else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[stream])
    # It tells every opening what kind of database there is.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def with_fields(**fields: object) -> Mapping[str, object]:
    """Give what a log call takes as `extra` to write named values beside its message."""
    return {"fields": fields}


class TextFormatter(logging.Formatter):
    """Level, logger, message, and the named values behind it."""

    def __init__(self) -> None:
        """Set the form of a line."""
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Give the line without a traceback."""
        fields = getattr(record, "fields", {})
        named = "".join(f" {name}={value}" for name, value in fields.items())
        return super().formatMessage(record) + named


class JSONFormatter(logging.Formatter):
    """Time, level, logger, message and the named values as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the object in one line."""
        made = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line = {
            "time": made.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
