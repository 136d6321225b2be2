"""Read knowledge: files in the forms people own them become one KnowledgeBase.

One module a format; `READERS` lists them. A reader takes a path and the name to call it by, and
yields entries and mistakes; it never raises for what a file says.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from qa_bot.knowledge import Entry, KnowledgeBase, merge
from qa_bot.lexicon import hash_files
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources.archive import unpack
from qa_bot.sources.delimited import read_csv
from qa_bot.sources.document import read_document
from qa_bot.sources.jsonl import read_jsonl
from qa_bot.sources.pages import is_page_list, read_pages
from qa_bot.sources.titles import read_titles
from qa_bot.sources.webpage import read_webpage
from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from qa_bot.facets import FacetReader

NO_DRAFTS: Drafts = MappingProxyType({})


def read_markdown(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Read an article in Markdown; see `sources.markdown`."""
    from qa_bot.sources.markdown import read_markdown as read  # noqa: PLC0415 - slow to import

    return read(path, name)


def read_workbook(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Read the tables of a workbook; see `sources.workbook`."""
    from qa_bot.sources.workbook import read_workbook as read  # noqa: PLC0415 - slow to import

    return read(path, name)


READERS: Mapping[str, Callable[[Path, str], Iterator[Entry | Mistake]]] = {
    ".titles.txt": read_titles,
    ".txt": read_document,
    ".md": read_markdown,
    ".csv": read_csv,
    ".xlsx": read_workbook,
    ".jsonl": read_jsonl,
    ".html": read_webpage,
    ".htm": read_webpage,
}
"""File name ending → reader; the longest ending that fits is taken."""

PACKAGE = Path(__file__).parent.parent
READ_BY = ("sources", "knowledge.py", "mining.py", "text.py")
"""What of the program turns files into a knowledge base."""
ARCHIVE = ".zip"
"""The ending of archives, whose members are read each by its own form."""

HIDDEN = (".", "~$")
"""How the names of files begin that editors and systems leave behind; they are passed over."""

Drafts: TypeAlias = "Mapping[str, Path | None]"
"""Files to read in the place of those of a name, as if they were there already; None: as if
there were no such file."""


def read_knowledge(path: Path, facets: FacetReader, drafts: Drafts = NO_DRAFTS) -> KnowledgeBase:
    """Read a file, or every file below a folder, into a knowledge base.

    Raise MistakesError with all mistakes in all files; a base with a mistake is never given.
    """
    mistakes: list[Mistake] = []

    def entries() -> Iterator[Entry]:
        for found in read_entries(path, facets, drafts):
            if isinstance(found, Mistake):
                mistakes.append(found)
            else:
                yield found

    # While they are read, their questions' normal forms are still remembered.
    base, clashes = merge(entries())
    mistakes += clashes
    if not (base.entries or mistakes):
        problem = "there is no knowledge here"
        mistakes.append(Mistake(Location(str(path)), problem, f"add a file: {_endings()}"))
    if mistakes:
        raise MistakesError(mistakes)
    return base


def hash_knowledge(path: Path) -> str:
    """Identify what `read_knowledge` would read, and the program that reads it.

    Raise MistakesError when there is no such file or folder.
    """
    digest = hashlib.sha256(hash_files(_program()).encode())
    for name, file in files_read(path).items():
        digest.update(name.encode() + b"\0")
        # What cannot be read is a mistake that `read_knowledge` tells.
        with suppress(OSError), file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def files_read(path: Path) -> dict[str, Path]:
    """Give all files that `read_knowledge` would read, by their names; see `file_names`."""
    files = file_names(path)
    if path.is_file() and is_page_list(path.name):
        # A list given by itself stands for its pages.
        for found in read_pages(path, path.name):
            if not isinstance(found, Mistake):
                files[found[0].relative_to(path.parent).as_posix()] = found[0]
    return files


def _program() -> Iterator[Path]:
    for name in READ_BY:
        yield from sorted((PACKAGE / name).glob("*.py")) or [PACKAGE / name]


def read_entries(
    path: Path, facets: FacetReader, drafts: Drafts = NO_DRAFTS, prefix: str = ""
) -> Iterator[Entry | Mistake]:
    """Yield every entry as its file holds it, before equal ones are joined, and every mistake.

    An entry with an unknown facet is followed by its mistakes. Names of files begin with `prefix`.
    """
    for found in _read_place(path, drafts, prefix):
        yield found
        if isinstance(found, Entry) and found.facets:
            yield from _check_facets(found, facets)


def file_names(path: Path) -> dict[str, Path]:
    """Give the files of knowledge at a path, by the names that they are called by, in order."""
    if not path.exists():
        mistake = Mistake(Location(str(path)), "no such file or folder", "check the path")
        raise MistakesError([mistake])
    if path.is_file():
        return {path.name: path}
    files = (file for file in path.rglob("*") if file.is_file() or file.is_symlink())
    inside = sorted((file.relative_to(path), file) for file in files)
    return {
        name.as_posix(): file
        for name, file in inside
        if not any(part.startswith(HIDDEN) for part in name.parts)
    }


def _read_place(
    path: Path, drafts: Drafts, prefix: str, *, packed: bool = False
) -> Iterator[Entry | Mistake]:
    """Yield what the files at a path hold; `packed`: they come from an archive."""
    drafted = {**file_names(path), **drafts}
    files = {name: drafted[name] for name in sorted(drafted, key=PurePosixPath)}
    urls: dict[Path, str] = {}
    for name in filter(is_page_list, list(files)):
        file = files.pop(name)
        for found in read_pages(file, prefix + name) if file else ():
            if isinstance(found, Mistake):
                yield found
                continue
            urls[found[0]] = found[1]
            if file == path:
                # A list given by itself stands for its pages.
                files[found[0].relative_to(path.parent).as_posix()] = found[0]
    for name, file in files.items():
        url = urls.get(file, "") if file else ""
        for item in _read_file(file, prefix + name, packed=packed) if file else ():
            if url and isinstance(item, Entry) and not item.url:
                yield replace(item, url=url)
            else:
                yield item


def _read_file(file: Path, name: str, *, packed: bool) -> Iterator[Entry | Mistake]:
    if not file.is_file():
        remedy = "put the file itself here, or take the link out"
        yield Mistake(Location(name), "a link that leads to no file", remedy)
        return
    if name.lower().endswith(ARCHIVE):
        yield from _read_archive(file, name, packed=packed)
        return
    for ending, reader in READERS.items():
        if name.lower().endswith(ending):
            found = False
            try:
                for item in reader(file, name):
                    found = True
                    yield item
            except MistakesError as error:
                found = True
                yield from error.mistakes
            if not found:
                remedy = "write entries into it, or take it out"
                yield Mistake(Location(name), "the file holds no entry", remedy)
            return
    problem = "no reader for this kind of file"
    yield Mistake(Location(name), problem, f"save it as {_endings()}, or move it elsewhere")


def _read_archive(file: Path, name: str, *, packed: bool) -> Iterator[Entry | Mistake]:
    if packed:
        yield Mistake(Location(name), "an archive within an archive", "unpack the inner one")
        return
    with TemporaryDirectory() as folder:
        wrong = list(unpack(file, name, Path(folder)))
        found = list(_read_place(Path(folder), NO_DRAFTS, f"{name}/", packed=True))
    yield from (*wrong, *found)
    if not (wrong or found):
        yield Mistake(Location(name), "the archive holds no file", "put files in, or take it out")


def _endings() -> str:
    return " ".join((*READERS, ARCHIVE))


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
