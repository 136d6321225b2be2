"""Make an entry of named fields: what front matter and table rows have in common."""

from __future__ import annotations

import datetime
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qa_bot.knowledge import Entry, Passage, id_of_key
from qa_bot.mistakes import Location, Mistake
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAMES: Mapping[str, tuple[str, ...]] = {
    "question": ("title", "问题", "标题", "标准问", "题目"),
    "answer": ("答案", "回答", "答复"),
    "wordings": ("其他问法", "相似问", "相似问法", "相似问题", "别的问法"),
    "facets": ("分面", "维度"),
    "url": ("链接", "网址"),
    "basis": ("依据", "法规依据"),
    "reviewed_on": ("核对日期", "核对于", "审核日期"),
    "valid_until": ("有效期至", "失效日期"),
    "id": ("编号",),
    "reason": ("错误原因",),
}
"""Each field, and the other names it may be given under.

`reason` says in a file of wrong rows what is wrong with each; readers pass it over.
"""

FIELDS = {alias: name for name, aliases in NAMES.items() for alias in (name, *aliases)}
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_QUESTION = 300
BETWEEN_HEADINGS = " · "
"""What stands between the headings of a passage's section."""


@dataclass(frozen=True, slots=True)
class Field:
    """What stands in one field, and where."""

    values: tuple[str, ...]
    location: Location

    @property
    def text(self) -> str:
        """Give the field's one value (empty: none)."""
        return self.values[0] if self.values else ""


def field_name(name: str, location: Location) -> str | Mistake:
    """Give the field that a heading names, in English or Chinese, or the mistake it is."""
    known = FIELDS.get(name.strip().lower())
    if known:
        return known
    near = difflib.get_close_matches(name.strip().lower(), FIELDS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known fields: {', '.join(NAMES)}"
    return Mistake(location, f"unknown field {name.strip()!r}", hint)


def heading_of(field: str, *, chinese: bool) -> str:
    """Give the name under which a field is written into a file, in the file's language."""
    aliases = (alias for alias in NAMES[field] if not alias.isascii())
    return next(aliases, field) if chinese else field


def make_entry(
    fields: Mapping[str, Field], location: Location, passages: Sequence[Passage]
) -> Iterator[Entry | Mistake]:
    """Check the fields; yield the entry, or every mistake in them."""
    empty = Field((), location)
    question = fields.get("question", empty)
    key = match_key(question.text)
    found = [*_check_question(question, key), *_check_id(fields.get("id", empty))]
    found += _check_url(fields.get("url", empty))
    dates = {}
    for name in ("reviewed_on", "valid_until"):
        date = _read_date(name, fields.get(name, empty))
        if isinstance(date, Mistake):
            found.append(date)
        else:
            dates[name] = date
    facets = _read_facets(fields.get("facets", empty), found)
    if found:
        yield from found
        return
    wordings = {match_key(text): text for text in fields.get("wordings", empty).values}
    yield Entry(
        id=fields.get("id", empty).text or id_of_key(key),
        question=question.text,
        location=location,
        wordings=tuple(text for form, text in wordings.items() if form not in {"", key}),
        passages=tuple(passages),
        facets=facets,
        url=fields.get("url", empty).text,
        basis=fields.get("basis", empty).text,
        **dates,
    )


def _check_question(question: Field, key: str) -> Iterator[Mistake]:
    if not key:
        remedy = "write the question, or take the whole entry out"
        yield Mistake(question.location, "the question is empty", remedy)
    elif len(question.text) > LONGEST_QUESTION:
        problem = f"a question of {len(question.text)} characters (at most {LONGEST_QUESTION})"
        yield Mistake(question.location, problem, "shorten it; details belong into the answer")


def _check_id(field: Field) -> Iterator[Mistake]:
    if field.text and not ID.fullmatch(field.text):
        remedy = "use 1 to 64 letters, digits, dots, dashes, underscores"
        yield Mistake(field.location, f"the id {field.text!r} is not usable", remedy)


def _check_url(field: Field) -> Iterator[Mistake]:
    if not field.text:
        return
    try:
        parts = urlsplit(field.text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        remedy = "write it as https://host/path"
        yield Mistake(field.location, f"{field.text!r} is not a web address", remedy)


def _read_date(name: str, field: Field) -> str | Mistake:
    if not field.text:
        return ""
    match = DATE.match(field.text)
    try:
        if match and match.end() == len(field.text.removesuffix(" 00:00:00")):
            return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        pass
    problem = f"{name} {field.text!r} is not a date"
    return Mistake(field.location, problem, "write it as 2026-05-01")


def _read_facets(field: Field, found: list[Mistake]) -> dict[str, tuple[str, ...]]:
    facets: dict[str, tuple[str, ...]] = {}
    for pair in field.values:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value):
            problem = f"{pair!r} is not a facet"
            found.append(Mistake(field.location, problem, "write it as region=江苏"))
        else:
            facets[name] = (*facets.get(name, ()), value)
    return facets
