"""Write an entry as the cells of a table, or as the values of a JSON object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qa_bot.knowledge import entry_id
from qa_bot.sources.fields import FIELDS, NAMES, heading_of
from qa_bot.sources.passages import HEADING, write_passages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from qa_bot.knowledge import Entry, Passage

COLUMNS = tuple(name for name in NAMES if name != "reason")
"""The fields of an entry, in the order of a new table's columns."""
BAR = re.compile(r"[|｜]")


def to_cells(entry: Entry) -> dict[str, str]:
    """Give the text of every field's cell; an id that the question makes is left out."""
    return {
        "question": entry.question,
        "answer": write_passages(entry.passages),
        "wordings": "|".join(BAR.sub(r"\\\g<0>", text) for text in entry.wordings),
        "facets": ";".join(f"{name}={value}" for name, value in _facet_pairs(entry)),
        "url": entry.url,
        "basis": entry.basis,
        "reviewed_on": entry.reviewed_on,
        "valid_until": entry.valid_until,
        "id": own_id(entry),
    }


def to_values(entry: Entry) -> dict[str, Any]:
    """Give the JSON value of every field; empty: nothing is stated."""
    return {
        **to_cells(entry),
        "answer": _answer(entry.passages),
        "wordings": list(entry.wordings),
        "facets": {name: list(values) for name, values in entry.facets.items()},
    }


def own_id(entry: Entry) -> str:
    """Give the id where it is the owner's own; empty where the question makes it."""
    return "" if entry.id == entry_id(entry.question) else entry.id


def differing(old: Entry, new: Entry) -> dict[str, str]:
    """Give the cells of the fields in which an entry is another."""
    before, after = to_cells(old), to_cells(new)
    return {name: text for name, text in after.items() if text != before[name]}


def new_headings(missing: Iterable[str], written: Sequence[str]) -> dict[str, str]:
    """Give the headings of columns to add, in the language of those that are there."""
    known = [name for name in written if name.strip().lower() in FIELDS]
    chinese = not known or not all(map(str.isascii, known))
    return {name: heading_of(name, chinese=chinese) for name in missing}


def _facet_pairs(entry: Entry) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, values in entry.facets.items() for value in values)


def _answer(passages: Sequence[Passage]) -> str | list[str | Mapping[str, str]]:
    """Give one text for one plain passage, else what each passage holds."""
    plain: list[str | Mapping[str, str]] = [
        passage.text if not passage.section else {"section": passage.section, "text": passage.text}
        for passage in passages
    ]
    if not plain:
        return ""
    first = plain[0]
    if len(plain) == 1 and isinstance(first, str) and not any(_marked(first)):
        return first
    return plain


def _marked(text: str) -> Iterable[bool]:
    return (bool(HEADING.fullmatch(line.lstrip("\\"))) for line in text.split("\n"))
