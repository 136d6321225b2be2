"""Say what every editor of a form can do, and keep a text file's own way of writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Protocol

from qa_bot.mistakes import Location, Mistake, MistakesError, decode

if TYPE_CHECKING:
    from qa_bot.knowledge import Entry


class UnwritableError(MistakesError):
    """The form of a file cannot hold a change; another place may."""


def unwritable(location: Location, problem: str, remedy: str) -> NoReturn:
    """Refuse a change that a form can't hold."""
    raise UnwritableError([Mistake(location, problem, remedy)])


class Editor(Protocol):
    """A file that is being changed: places are those at which it was read."""

    def change(self, place: Location, old: Entry, new: Entry) -> None:
        """Write what differs between two states of the entry at a place."""

    def remove(self, place: Location) -> None:
        """Take out the entry at a place."""

    def append(self, entry: Entry) -> None:
        """Add an entry at the end."""

    def content(self) -> bytes | None:
        """Give the whole file as it is now; None: nothing is left in it."""


class TextFile:
    """The text of a file, and how it was encoded: what isn't changed stays byte for byte."""

    def __init__(self, data: bytes, name: str) -> None:
        """Decode; raise MistakesError where the same bytes could not be written again."""
        self.name = name
        self.text, self._encoding = decode(data, name)
        if self.encode(self.text) != data:
            mistake = Mistake(Location(name), "an unusual encoding", "save it as UTF-8 text")
            raise MistakesError([mistake])
        end = next((end for end in ("\r\n", "\n", "\r") if end in self.text), "\n")
        self.line_end = end

    def encode(self, text: str) -> bytes:
        """Give a text as the file holds it."""
        return text.encode(self._encoding)


def end_of(line: str) -> str:
    """Give the line end of a line."""
    return line[len(line.rstrip("\r\n")) :]
