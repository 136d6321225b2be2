"""Read entries from JSON lines: one object a line, its keys the fields of tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from qa_bot.knowledge import Passage
from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.fields import Field, field_name, make_entry
from qa_bot.sources.passages import read_passages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from qa_bot.knowledge import Entry

ONE_LINE = frozenset({"question", "wordings", "id", "url"})
"""Fields whose values are one line each."""
PASSAGE = {"text", "section"}
"""What a passage that is an object holds."""


def read_jsonl(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the entry of each line; blank lines are passed over."""
    for number, line in enumerate(split_objects(read_text(path, name)), start=1):
        if line.strip():
            yield from _read_line(line, Location(name, line=number))


def split_objects(text: str) -> list[str]:
    """Cut a text at its line feeds only: JSON may hold every other line end as it is."""
    return text.split("\n")


def _read_line(line: str, location: Location) -> Iterator[Entry | Mistake]:
    try:
        data = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        remedy = 'write one object a line: {"question": "…", "answer": "…"}'
        yield Mistake(location, f"not JSON ({error})", remedy)
        return
    if not isinstance(data, dict):
        yield Mistake(location, "not an object", 'write {"question": "…", "answer": "…"}')
        return
    found = list(_read_fields(data, location))
    wrong = [item for item in found if isinstance(item, Mistake)]
    if wrong:
        yield from wrong
        return
    fields = dict(item for item in found if isinstance(item, tuple))
    fields.setdefault("question", Field((), location))
    key = next((key for key in data if field_name(key, location) == "answer"), "")
    passages = _passages(data[key], fields.pop("answer").location) if key else []
    yield from make_entry(fields, location, passages)


def _read_fields(
    data: Mapping[str, object], location: Location
) -> Iterator[tuple[str, Field] | Mistake]:
    taken: dict[str, str] = {}
    for key, value in data.items():
        place = Location(location.file, line=location.line, column=key)
        name = field_name(key, place)
        if isinstance(name, Mistake):
            yield name
            continue
        if name in taken:
            problem = f"{key!r} and {taken[name]!r} are the same field"
            yield Mistake(place, problem, "keep one of them")
            continue
        taken[name] = key
        values = _answer_values(value) if name == "answer" else _values(value)
        if values is None:
            remedy = 'give a text, or a list of texts; facets: {"region": "江苏"}'
            yield Mistake(place, f"{key!r} is no text", remedy)
            continue
        if name in ONE_LINE:
            values = tuple(" ".join(text.split()) for text in values)
        yield name, Field(tuple(text for text in values if text), place)


def _values(value: object) -> tuple[str, ...] | None:
    """Give the texts of a text, of a list of these, or `name=value` of an object of these."""
    match value:
        case None:
            return ()
        case str() | int() if not isinstance(value, bool):
            return (str(value).strip(),)
        case list():
            inner = [_values(item) for item in value if not isinstance(item, list | dict)]
            whole = len(inner) == len(value) and None not in inner
            return tuple(text for texts in inner for text in texts or ()) if whole else None
        case dict():
            pairs = [
                (name, None if isinstance(v, dict) else _values(v)) for name, v in value.items()
            ]
            if any(texts is None for _, texts in pairs):
                return None
            return tuple(f"{name}={text}" for name, texts in pairs for text in texts or ())
    return None


def _answer_values(value: object) -> tuple[str, ...] | None:
    """Give the texts of an answer: one, or one a passage."""
    if not isinstance(value, list):
        return None if isinstance(value, dict) else _values(value)
    for item in value:
        texts = item.values() if isinstance(item, dict) else (item,)
        named = not isinstance(item, dict) or ("text" in item and item.keys() <= PASSAGE)
        if not named or not all(isinstance(text, str) for text in texts):
            return None
    return tuple(item["text"] if isinstance(item, dict) else item for item in value)


def _passages(answer: object, location: Location) -> list[Passage]:
    """Give an answer's passages: parted by headings in one text, or as they are listed."""
    if not isinstance(answer, list):
        return read_passages("".join(_values(answer) or ()), location)
    items = [item if isinstance(item, dict) else {"text": item} for item in answer]
    return [
        Passage(item["text"].strip(), location, item.get("section", "").strip())
        for item in items
        if item["text"].strip()
    ]
