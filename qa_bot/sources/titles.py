"""Read a plain list of FAQ titles that hold no answer: one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.fields import Field, make_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qa_bot.knowledge import Entry

BULLET = "- "
COMMENT = "#"


def read_titles(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield an entry a line; a leading `- ` is dropped, `#` begins a comment line."""
    found = False
    for number, line in enumerate(read_text(path, name).splitlines(), start=1):
        if line.strip() and not line.startswith(COMMENT):
            found = True
            yield from title_entry(line, Location(name, line=number))
    if not found:
        yield Mistake(Location(name), "the file lists no title", "add one a line, or delete it")


def title_entry(line: str, location: Location) -> Iterator[Entry | Mistake]:
    """Yield the entry of one listed title, or its mistakes."""
    title = line.strip().removeprefix(BULLET).strip()
    yield from make_entry({"question": Field((title,), location)}, location, ())
