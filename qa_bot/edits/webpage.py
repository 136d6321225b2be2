"""Take a saved web page out; its text belongs to the site it was saved from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.edits.editor import unwritable
from qa_bot.mistakes import Location

if TYPE_CHECKING:
    from qa_bot.knowledge import Entry

PROBLEM = "a saved page is not written"
REMEDY = "change the site and save the page anew"


class WebpageEditor:
    """A saved page, that can only be taken out."""

    def __init__(self, data: bytes, name: str) -> None:
        """Take the page's bytes."""
        self._data: bytes | None = data
        self._name = name

    def change(self, place: Location, old: Entry, new: Entry) -> None:  # noqa: ARG002
        """Refuse."""
        unwritable(place, PROBLEM, REMEDY)

    def remove(self, place: Location) -> None:  # noqa: ARG002 - a page holds one entry
        """Take the page out."""
        self._data = None

    def append(self, entry: Entry) -> None:  # noqa: ARG002
        """Refuse."""
        unwritable(Location(self._name), PROBLEM, REMEDY)

    def content(self) -> bytes | None:
        """Give the page, or None where it was taken out."""
        return self._data
