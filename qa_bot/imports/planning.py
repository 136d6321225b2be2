"""Read what comes in, and find what each row would do to the knowledge; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from qa_bot.edits.editor import UnwritableError
from qa_bot.edits.revision import Revision, stamp
from qa_bot.imports.fitting import Fit, fit
from qa_bot.imports.plan import Plan, Row, Source, State
from qa_bot.knowledge import merge
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import file_names, read_entries
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import Entry, KnowledgeBase

INTO = "imported"
"""The folder, below that of the knowledge, of the tables that new entries are written to."""
ONE_EACH = (".md", ".html", ".htm")
"""Files that hold one entry: all of it is one row."""


@dataclass(slots=True)
class _Read:
    """A row as it was read, and all that is wrong with it."""

    location: Location
    source: int
    entry: Entry | None = None
    mistakes: list[Mistake] = field(default_factory=list)


_Key = tuple[str, str, int]


def plan(
    paths: Sequence[Path],
    base: KnowledgeBase,
    root: Path,
    facets: FacetReader,
    *,
    into: str = INTO,
    progress: Callable[[int], object] = lambda _: None,
) -> Plan:
    """Plan the import of files and folders; `progress` is called with 1 for each row read.

    Rows of one question are joined as in the knowledge itself. A row is about the entry of its id,
    else of its question, be it only a wording there. What a row leaves empty stays as it is.
    """
    sources = tuple(Source(path, _table_of(path, into)) for path in paths)
    read = _read(sources, facets, progress)
    stamps = stamps_of(root)
    key_of = cache(match_key)
    while True:
        accepted = {key: row.entry for key, row in read.items() if row.entry and not row.mistakes}
        wrong, fits, joined, result = _try(accepted, base, key_of)
        if not wrong:
            wrong = _unwritable(fits, root, base)
        if not wrong:
            break
        for mistake in wrong:
            _blame(read, mistake)
    rows = tuple(_row(row, fits.get(key), joined.get(key)) for key, row in read.items())
    removed = _removed(rows, sources, base, fits)
    return Plan(root, facets, base, sources, (*rows, *removed), result, stamps)


def stamps_of(root: Path) -> dict[str, str]:
    """Identify what each file of the knowledge holds now."""
    files = file_names(root) if root.exists() else {}
    return {name: stamp(file) for name, file in files.items()}


def _table_of(path: Path, into: str) -> str:
    name = path.name.split(".", 1)[0] if path.is_file() else path.resolve().name
    return (PurePosixPath(into) / f"{name or 'import'}.csv").as_posix()


def _key(location: Location) -> _Key:
    line = 0 if location.file.lower().endswith(ONE_EACH) else location.line
    return location.file, location.sheet, line


def _read(
    sources: Sequence[Source], facets: FacetReader, progress: Callable[[int], object]
) -> dict[_Key, _Read]:
    """Gather the entry and the mistakes of each row."""
    read: dict[_Key, _Read] = {}
    taken: set[str] = set()
    for number, source in enumerate(sources):
        several = len(sources) > 1 and source.path.is_dir()
        prefix = f"{source.path.resolve().name}/" if several else ""
        if (prefix or source.path.name) in taken:
            place = Location(source.path.name)
            remedy = "rename one of them, or import them one after the other"
            raise MistakesError([Mistake(place, "two sources of this name", remedy)])
        taken.add(prefix or source.path.name)
        for found in read_entries(source.path, facets, prefix=prefix):
            key = _key(found.location)
            if key not in read:
                whole = found.location
                read[key] = _Read(replace(whole, column="") if whole.column else whole, number)
                progress(1)
            if isinstance(found, Mistake):
                read[key].mistakes.append(found)
            else:
                read[key].entry = found
    # Rows that can't be told apart are told when a table ends.
    sheets = {key[:2]: place for place, key in reversed(list(enumerate(read)))}
    return dict(sorted(read.items(), key=lambda item: (sheets[item[0][:2]], item[0][2])))


def _try(
    accepted: Mapping[_Key, Entry], base: KnowledgeBase, key_of: Callable[[str], str]
) -> tuple[list[Mistake], dict[_Key, Fit], dict[_Key, Location], tuple[Entry, ...]]:
    """Join the rows, fit them to the base, join the whole; give what is wrong, or comes of it."""
    coming, wrong = merge(accepted.values(), key_of)
    joined = {_key(left): kept for left, kept in coming.merged}
    if wrong:
        return wrong, {}, {}, ()
    found, wrong = fit(coming.entries, base, key_of)
    fits = {_key(fitted.entry.location): fitted for fitted in found}
    if wrong:
        return wrong, {}, {}, ()
    changed = {fitted.old.id for fitted in found if fitted.old}
    untouched = (entry for entry in base.entries if entry.id not in changed)
    # Those that come in stand last, so that what clashes is told of them.
    whole, wrong = merge((*untouched, *(fitted.new for fitted in found if fitted.leads)), key_of)
    return wrong, fits, joined, tuple(whole.entries)


def _unwritable(fits: Mapping[_Key, Fit], root: Path, base: KnowledgeBase) -> list[Mistake]:
    """Tell the changes that the files they would be made in can't hold."""
    revision = Revision(root, base)
    wrong = []
    for fitted in fits.values():
        if fitted.old and fitted.state is State.CHANGED:
            try:
                revision.change(fitted.old, fitted.new)
            except UnwritableError as error:
                (why,) = error.mistakes
                problem = f"the entry stands at {why.location}: {why.problem}"
                wrong.append(Mistake(fitted.entry.location, problem, why.remedy))
    return wrong


def _blame(read: Mapping[_Key, _Read], mistake: Mistake) -> None:
    row = read.get(_key(mistake.location))
    if row is None:
        # Not of what comes in: the knowledge was wrong before.
        raise MistakesError([mistake])
    row.mistakes.append(mistake)


def _row(row: _Read, fitted: Fit | None, joined: Location | None) -> Row:
    if row.mistakes:
        return Row(State.WRONG, row.location, mistakes=tuple(row.mistakes), source=row.source)
    if fitted is None:
        return Row(State.SAME, row.location, new=row.entry, joined=joined, source=row.source)
    new = replace(fitted.new, location=row.location)
    return Row(fitted.state, row.location, fitted.old, new, joined=fitted.joined, source=row.source)


def _removed(
    rows: Iterable[Row],
    sources: Sequence[Source],
    base: KnowledgeBase,
    fits: Mapping[_Key, Fit],
) -> list[Row]:
    """Find the entries of earlier imports of the same sources that no row is about any more.

    While a source has rows that are wrong, nothing of it counts as removed: they may be about it;
    nor where only such rows come in again.
    What is also listed elsewhere stays.
    """
    unsure = {sources[row.source].table for row in rows if row.state is State.WRONG}
    unsure |= {source.table for source in sources if source.partial}
    tables = {source.table: n for n, source in enumerate(sources) if source.table not in unsure}
    kept = {fitted.old.id for fitted in fits.values() if fitted.old}
    listed = {location for _, location in base.merged}
    return [
        Row(State.REMOVED, entry.location, old=entry, source=tables[entry.location.file])
        for entry in base.entries
        if entry.location.file in tables and entry.id not in kept and entry.location not in listed
    ]
