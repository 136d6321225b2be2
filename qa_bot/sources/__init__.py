"""Read knowledge: files in the forms people own them become one KnowledgeBase.

One module a format; `READERS` lists them. A reader takes a path and the name to call it by, and
yields entries and mistakes; it never raises for what a file says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.knowledge import Entry, KnowledgeBase, merge
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources.delimited import read_csv
from qa_bot.sources.document import read_document
from qa_bot.sources.markdown import read_markdown
from qa_bot.sources.titles import read_titles
from qa_bot.sources.workbook import read_workbook
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from qa_bot.facets import FacetReader

READERS: Mapping[str, Callable[[Path, str], Iterator[Entry | Mistake]]] = {
    ".titles.txt": read_titles,
    ".txt": read_document,
    ".md": read_markdown,
    ".csv": read_csv,
    ".xlsx": read_workbook,
}
"""File name ending → reader; the longest ending that fits is taken."""

HIDDEN = (".", "~$")
"""How the names of files begin that editors and systems leave behind; they are passed over."""


def read_knowledge(path: Path, facets: FacetReader) -> KnowledgeBase:
    """Read a file, or every file below a folder, into a knowledge base.

    Raise MistakesError with all mistakes in all files; a base with a mistake is never given.
    """
    entries: list[Entry] = []
    mistakes: list[Mistake] = []
    for file in files_of(path):
        name = file.name if file == path else file.relative_to(path).as_posix()
        for found in _read_file(file, name):
            if isinstance(found, Mistake):
                mistakes.append(found)
            else:
                entries.append(found)
    base, clashes = merge(entries)
    mistakes += clashes
    for entry in entries:
        mistakes += _check_facets(entry, facets)
    if not (entries or mistakes):
        problem = "there is no knowledge here"
        mistakes.append(Mistake(Location(str(path)), problem, f"add a file: {_endings()}"))
    if mistakes:
        raise MistakesError(mistakes)
    return base


def files_of(path: Path) -> list[Path]:
    """Give the file, or every file below the folder but those that nobody means to be read."""
    if not path.exists():
        mistake = Mistake(Location(str(path)), "no such file or folder", "check the path")
        raise MistakesError([mistake])
    if path.is_file():
        return [path]
    files = (file for file in path.rglob("*") if file.is_file() or file.is_symlink())
    return sorted(
        file
        for file in files
        if not any(part.startswith(HIDDEN) for part in file.relative_to(path).parts)
    )


def _read_file(file: Path, name: str) -> Iterator[Entry | Mistake]:
    if not file.is_file():
        remedy = "put the file itself here, or take the link out"
        yield Mistake(Location(name), "a link that leads to no file", remedy)
        return
    for ending, reader in READERS.items():
        if name.lower().endswith(ending):
            found: list[Entry | Mistake] = []
            try:
                found += reader(file, name)
            except MistakesError as error:
                found += error.mistakes
            if not found:
                remedy = "write entries into it, or take it out"
                found.append(Mistake(Location(name), "the file holds no entry", remedy))
            yield from found
            return
    problem = "no reader for this kind of file"
    yield Mistake(Location(name), problem, f"save it as {_endings()}, or move it elsewhere")


def _endings() -> str:
    return " ".join(READERS)


def _check_facets(entry: Entry, facets: FacetReader) -> Iterator[Mistake]:
    for name, values in entry.facets.items():
        if name not in facets.facets:
            remedy = f"known facets: {', '.join(sorted(facets.facets)) or 'none'}"
            yield Mistake(entry.location, f"unknown facet {name!r}", remedy)
            continue
        facet = facets.facets[name]
        for value in values:
            form = normalize(value)
            known = facet.pattern.fullmatch(form) if facet.pattern else facet.names.get(form)
            if not known:
                remedy = f"mend it, or add it to the lexicon's facets/{name}.txt"
                yield Mistake(entry.location, f"unknown {name} {value!r}", remedy)
