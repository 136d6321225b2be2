"""Read the fields of a JSON object, and collect what is wrong with them by JSON pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qa_bot.web.problems import InvalidRequestError, unknown_fields

Fits = Callable[[object], bool]


class Fields:
    """The fields of an object that came with a request; null counts as left out."""

    def __init__(
        self,
        body: Mapping[str, Any],
        pointer: str = "#",
        errors: list[tuple[str, str]] | None = None,
    ) -> None:
        """Read `body`, which stands at `pointer`; `errors` takes what is found to be wrong."""
        self._body = body
        self._pointer = pointer
        self._errors: list[tuple[str, str]] = [] if errors is None else errors

    def only(self, *known: str) -> None:
        """Take no other fields than these."""
        self._errors += unknown_fields(self._body, known)

    def take(self, name: str, default: Any, fits: Fits, problem: str) -> Any:  # noqa: ANN401 - JSON
        """Give a field that fits; the default where it is left out, or wrong, which is noted."""
        value = self._body.get(name)
        if value is None:
            return default
        if fits(value):
            return value
        self.wrong(name, problem)
        return default

    def objects(self, name: str, most: int) -> list[Fields]:
        """Give the objects of a list."""
        problem = f"must be a list of at most {most} objects"
        items = self.take(name, [], lambda value: is_list(value, most, is_object), problem)
        where = f"{self._pointer}/{name}"
        return [Fields(item, f"{where}/{n}", self._errors) for n, item in enumerate(items)]

    def inner(self, name: str) -> Fields:
        """Give the fields of an object within this one; none where it is left out."""
        body = self.take(name, {}, is_object, "must be an object")
        return Fields(body, f"{self._pointer}/{name}", self._errors)

    def wrong(self, name: str, problem: str) -> None:
        """Note what is wrong with a field."""
        self._errors.append((f"{self._pointer}/{name}", problem))

    def check(self) -> None:
        """Raise InvalidRequestError if anything was wrong."""
        if self._errors:
            raise InvalidRequestError(self._errors)


def is_object(value: object) -> bool:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_flag(value: object) -> bool:
    """Tell whether a JSON value is true or false."""
    return isinstance(value, bool)


def is_text(value: object, longest: int) -> bool:
    """Tell whether a JSON value is a text of at most `longest` characters."""
    return isinstance(value, str) and len(value) <= longest


def is_number(value: object, least: float, most: float) -> bool:
    """Tell whether a JSON value is a number from least to most."""
    return isinstance(value, int | float) and not is_flag(value) and least <= value <= most


def is_whole(value: object, least: int, most: int) -> bool:
    """Tell whether a JSON value is a whole number from least to most."""
    return isinstance(value, int) and is_number(value, least, most)


def is_list(value: object, most: int, fits: Fits) -> bool:
    """Tell whether a JSON value is a list of at most `most` values, all of which fit."""
    return isinstance(value, list) and len(value) <= most and all(map(fits, value))
