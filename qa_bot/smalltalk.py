"""Answer greetings and thanks with a fixed sentence of the owner's, never with an entry."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADINGS = ["kind", "patterns", "reply"]
SEPARATOR = "|"
BETWEEN_PARTS = re.compile(r"[,，.。、;；!！?？~～\s]+")


def read_smalltalk(path: Path) -> Mapping[str, str]:
    """Give message (by `match_key`) → reply; no file: no small talk.

    Raise MistakesError for rows that are not kind, patterns, reply, and for a message that has
    two replies.
    """
    if not path.exists():
        return {}
    replies: dict[str, str] = {}
    mistakes = []
    for number, row in enumerate(csv.reader(io.StringIO(read_text(path, path.name))), start=1):
        location = Location(path.name, line=number)
        if number == 1 or not any(row):
            if number == 1 and row != HEADINGS:
                mistakes.append(Mistake(location, "wrong headings", f"use {','.join(HEADINGS)}"))
        elif len(row) != len(HEADINGS) or not all(row):
            mistakes.append(Mistake(location, "a cell is missing", "fill kind, patterns, reply"))
        else:
            for pattern in row[1].split(SEPARATOR):
                if replies.setdefault(match_key(pattern), row[2]) != row[2]:
                    problem = f"{pattern!r} has another reply above"
                    mistakes.append(Mistake(location, problem, "keep it in one row"))
    if mistakes:
        raise MistakesError(mistakes)
    return replies


def reply_to(message: str, replies: Mapping[str, str]) -> str | None:
    """Give the reply to a message that is small talk and nothing else; None: it asks something.

    Of several parts (好的谢谢，没有了) the last is replied to.
    """
    keys = [match_key(message)]
    if keys[0] not in replies:
        keys = [key for part in BETWEEN_PARTS.split(message) if (key := match_key(part))]
    return replies[keys[-1]] if keys and all(key in replies for key in keys) else None
