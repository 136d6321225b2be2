"""Gather changes to the files of a base, try them by reading all anew, and put them in place."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from qa_bot.edits import staging
from qa_bot.edits.delimited import CsvEditor
from qa_bot.edits.editor import UnwritableError, unwritable
from qa_bot.edits.jsonl import JsonlEditor
from qa_bot.edits.markdown import MarkdownEditor
from qa_bot.edits.titles import TitlesEditor
from qa_bot.edits.webpage import WebpageEditor
from qa_bot.edits.workbook import WorkbookEditor
from qa_bot.edits.written import differing
from qa_bot.knowledge import KnowledgeBase
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import file_names, read_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from qa_bot.edits.editor import Editor
    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import Entry

EDITORS: Mapping[str, Callable[[bytes, str], Editor]] = {
    ".titles.txt": TitlesEditor,
    ".txt": TitlesEditor,
    ".md": MarkdownEditor,
    ".csv": CsvEditor,
    ".xlsx": WorkbookEditor,
    ".jsonl": JsonlEditor,
    ".html": WebpageEditor,
    ".htm": WebpageEditor,
}
"""File name ending → editor; the longest ending that fits is taken."""

ANSWERS = "answers.csv"
"""The table beside a file whose form can't hold what is stated of its entries."""
NOWHERE = Location("")
MOST_TOLD = 5
"""How many differences are told of a change that would make many."""


class Revision:
    """Changes to the files of a base, none of which is in place yet."""

    def __init__(self, root: Path, base: KnowledgeBase) -> None:
        """Take the folder, or the one file, and the base that was read from it."""
        self.root = root
        self.base = base
        self._editors: dict[str, Editor] = {}
        self._joined: dict[Location, list[Location]] = {}
        for left, kept in base.merged:
            self._joined.setdefault(kept, []).append(left)

    def change(self, old: Entry, new: Entry, table: str = "") -> None:
        """Write an entry's new state where the old one stands, or what it can't hold beside it.

        A title that no more fits its line moves into the table, as does what is stated of an
        article whose form has no fields; the table is ANSWERS in the same folder unless named.
        """
        refused: UnwritableError | None = None
        places = self.places(old)
        for place in places:
            try:
                if place is not places[0] and "answer" in differing(old, new) and old.answered:
                    break
                self._editor(place.file).change(place, old, new)
            except UnwritableError as error:
                refused = refused or error
            else:
                return
        if refused and old.answered and "answer" in differing(old, new):
            raise refused
        self.add(replace(new, passages=()) if old.answered else new, table or self._beside(old))
        if not old.answered:
            # A title that can't be taken out of its list is joined with the row that says more.
            with suppress(UnwritableError):
                self._editor(old.location.file).remove(old.location)

    def add(self, entry: Entry, file: str) -> None:
        """Add an entry at the end of a file, which need not be there."""
        self._editor(file, new=True).append(entry)

    def remove(self, entry: Entry) -> None:
        """Take an entry out of every place that it was joined from."""
        for place in self.places(entry):
            self._editor(place.file).remove(place)

    def places(self, entry: Entry) -> list[Location]:
        """Give every place an entry was joined from, the one it is known by first."""
        found = [entry.location]
        for place in found:
            found += self._joined.get(place, ())
        return found

    def put_in_place(self, expected: Iterable[Entry], facets: FacetReader) -> KnowledgeBase:
        """Make the changes, if the files then hold just the entries expected; give their base.

        Raise MistakesError, and change nothing, where they would hold anything else.
        """
        names = list(self._editors)
        contents = {name: editor.content() for name, editor in self._editors.items()}
        try:
            drafts = staging.stage(self.root, contents)
            base = self._read(facets, drafts)
            wrong = list(islice(differences(expected, base.entries, names), MOST_TOLD))
            if wrong:
                raise MistakesError(wrong)
            staging.commit(self.root, drafts)
        finally:
            staging.discard(self.root)
        return base

    def _beside(self, entry: Entry) -> str:
        """Name the table in the folder of an entry's file, or in that of its archive."""
        folder = PurePosixPath(entry.location.file).parent
        while not (staging.folder_of(self.root) / folder).is_dir():
            folder = folder.parent
        return (folder / ANSWERS).as_posix()

    def _read(self, facets: FacetReader, drafts: Mapping[str, Path | None]) -> KnowledgeBase:
        """Read the files as they would be; without any left, the base is empty."""
        files = {**file_names(self.root), **drafts}
        if not any(files.values()):
            return KnowledgeBase(())
        return read_knowledge(self.root, facets, drafts)

    def _editor(self, name: str, *, new: bool = False) -> Editor:
        if name not in self._editors:
            folder = staging.folder_of(self.root)
            file = folder / name
            self._check(file, name, new=new)
            data = file.read_bytes() if file.exists() else b""
            ending = next(end for end in EDITORS if name.lower().endswith(end))
            self._editors[name] = EDITORS[ending](data, name)
        return self._editors[name]

    def _check(self, file: Path, name: str, *, new: bool) -> None:
        """Refuse a file that can't be written."""
        place = Location(name)
        parts = PurePosixPath(name).parts
        if not name.lower().endswith(tuple(EDITORS)):
            unwritable(place, "this kind of file is not written", f"name one of {_endings()}")
        if file.is_symlink():
            unwritable(place, "a link to a file", "change the file that it leads to")
        if file.is_file():
            return
        if not new:
            unwritable(place, "no file of its own", "unpack the archive into the folder")
        if self.root.is_file():
            unwritable(
                place, "the knowledge is one file", f"name {self.root.name}, or use a folder"
            )
        if not parts or any(part.startswith((".", "~$")) for part in parts) or name.startswith("/"):
            unwritable(place, "no name for a file of knowledge", "name a file below the folder")


def stamp(file: Path) -> str:
    """Identify what a file holds now; empty where there is none."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def bare(entry: Entry) -> Entry:
    """Give an entry without its places."""
    passages = tuple(replace(passage, location=NOWHERE) for passage in entry.passages)
    return replace(entry, location=NOWHERE, passages=passages)


def _endings() -> str:
    return " ".join(EDITORS)


def differences(
    expected: Iterable[Entry], found: Iterable[Entry], names: list[str]
) -> Iterator[Mistake]:
    """Tell where the files would hold another entry than they should."""
    wanted = {entry.id: entry for entry in expected}
    held = {entry.id: entry for entry in found}
    remedy = "make this change in the file by hand"
    place = Location(", ".join(names))
    for own, entry in wanted.items():
        other = held.get(own)
        if not other:
            yield Mistake(place, f"{entry.question!r} would not be read again", remedy)
        elif bare(other) != bare(entry):
            yield Mistake(other.location, f"{entry.question!r} would be read otherwise", remedy)
    for own in held.keys() - wanted.keys():
        problem = f"{held[own].question!r} would be an entry of its own"
        yield Mistake(held[own].location, problem, remedy)
