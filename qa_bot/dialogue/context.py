"""Hold what a reply passes on to the next question, write it as JSON, check it on its return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from qa_bot.facets import FacetReader, Facets

JOINED = "、"
"""What stands between the values of one facet."""
MOST_LISTED = 50
"""The most values that a list of a context may hold."""

Wrong = tuple[str, str]
"""A JSON pointer within the context, and what is wrong with it."""


class ContextError(ValueError):
    """A context names what does not exist, or holds a value of the wrong type or size."""

    def __init__(self, errors: list[Wrong]) -> None:
        """Take everything that is wrong with the context."""
        super().__init__("; ".join(f"{pointer}: {detail}" for pointer, detail in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Context:
    """What was said before; the client keeps it and sends it back, the server keeps nothing."""

    facets: Facets = field(default_factory=dict)
    """What the conversation is about."""
    entry: str = ""
    """The id of the entry last spoken of; empty: none."""
    asked: str = ""
    """The last question, complete in itself; empty: none."""
    offered: tuple[str, ...] = ()
    """The ids of the entries last listed as alternatives, in order."""
    passed: tuple[str, ...] = ()
    """The ids of those listed before them to the same question."""
    pending: str = ""
    """The facet that a clarifying question asked for, still open; empty: none."""
    options: tuple[str, ...] = ()
    """The values that it offered, in order."""
    clarified: tuple[str, ...] = ()
    """The facets that were asked for on this subject; none is asked for twice."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON that a client sends back; `read_context` reads it."""
        clarify = {"facet": self.pending, "options": list(self.options)} if self.pending else None
        return {
            "facets": join_values(self.facets),
            "entry": self.entry or None,
            "asked": self.asked or None,
            "offered": list(self.offered),
            "passed": list(self.passed),
            "clarify": clarify,
            "clarified": list(self.clarified),
        }


def join_values(facets: Facets) -> dict[str, str]:
    """Write facets as JSON does: the values of one as one text."""
    return {name: JOINED.join(sorted(values)) for name, values in facets.items()}


def read_context(
    data: Mapping[str, Any], reader: FacetReader, entries: Collection[str], longest: int
) -> Context:
    """Read a context that came with a question; no text in it may be longer than `longest`.

    Raise ContextError with all that is wrong with it: unknown fields, facets, values and entries,
    wrong types, lists and texts that are too long.
    """
    errors = list(_mistakes(data, reader, entries, longest))
    if errors:
        raise ContextError(errors)
    clarify = data.get("clarify") or {}
    facets = {
        name: frozenset(reader.value_of(name, value) for value in text.split(JOINED))
        for name, text in data.get("facets", {}).items()
    }
    return Context(
        facets,
        data.get("entry") or "",
        data.get("asked") or "",
        tuple(data.get("offered", ())),
        tuple(data.get("passed", ())),
        clarify.get("facet", ""),
        tuple(clarify.get("options", ())),
        tuple(data.get("clarified", ())),
    )


def _mistakes(
    data: Mapping[str, Any], reader: FacetReader, entries: Collection[str], longest: int
) -> Iterator[Wrong]:
    for name, value in data.items():
        pointer = _pointer("", name)
        match name:
            case "facets":
                yield from _wrong_facets(pointer, value, reader)
            case "entry" if value is not None and not _is_one_of(value, entries):
                yield pointer, "is not the id of an entry"
            case "asked" if value is not None and not _is_text(value, longest):
                yield pointer, f"must be a text of at most {longest} characters, or null"
            case "offered" | "passed":
                known = "is not the id of an entry"
                yield from _wrong_items(pointer, value, lambda id_: _is_one_of(id_, entries), known)
            case "clarify" if value is not None:
                yield from _wrong_clarify(pointer, value, reader)
            case "clarified":
                known = "is not a facet of the lexicon"
                yield from _wrong_items(
                    pointer, value, lambda name: _is_one_of(name, reader.facets), known
                )
            case "entry" | "asked" | "clarify":
                pass
            case _:
                fields = ", ".join(Context().to_dict())
                yield pointer, f"unknown field; known fields: {fields}"


def _wrong_facets(pointer: str, value: object, reader: FacetReader) -> Iterator[Wrong]:
    if not isinstance(value, dict):
        yield pointer, 'must be an object like {"region": "江苏"}'
        return
    for name, text in value.items():
        if name not in reader.facets:
            yield _pointer(pointer, name), f"{name!r} is not a facet of the lexicon"
        elif not isinstance(text, str):
            yield _pointer(pointer, name), "must be a text"
        elif unknown := [part for part in text.split(JOINED) if not _is_value(part, name, reader)]:
            yield _pointer(pointer, name), f"the lexicon has no {name}={unknown[0]}"


def _wrong_clarify(pointer: str, value: object, reader: FacetReader) -> Iterator[Wrong]:
    if not isinstance(value, dict) or value.keys() != {"facet", "options"}:
        yield pointer, 'must be null or an object like {"facet": "region", "options": ["江苏"]}'
    elif not _is_one_of(value["facet"], reader.facets):
        yield f"{pointer}/facet", "is not a facet of the lexicon"
    else:
        facet = value["facet"]
        known = f"is not a {facet} of the lexicon"
        yield from _wrong_items(
            f"{pointer}/options",
            value["options"],
            lambda text: isinstance(text, str) and _is_value(text, facet, reader),
            known,
        )


def _wrong_items(
    pointer: str, value: object, is_right: Callable[[object], bool], problem: str
) -> Iterator[Wrong]:
    if not isinstance(value, list) or len(value) > MOST_LISTED:
        yield pointer, f"must be a list of at most {MOST_LISTED}"
        return
    yield from (
        (f"{pointer}/{place}", problem) for place, item in enumerate(value) if not is_right(item)
    )


def _is_one_of(value: object, names: Collection[str]) -> bool:
    return isinstance(value, str) and value in names


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest


def _is_value(text: str, name: str, reader: FacetReader) -> bool:
    facet = reader.facets[name]
    if facet.pattern:
        return facet.pattern.fullmatch(text) is not None
    return reader.value_of(name, text) in facet.parents


def _pointer(within: str, name: str) -> str:
    return f"{within}/{name.replace('~', '~0').replace('/', '~1')}"
