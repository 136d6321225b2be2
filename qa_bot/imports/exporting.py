"""Write the whole base into one file that imports back to the same base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.edits.delimited import format_row, guarded
from qa_bot.edits.jsonl import to_json
from qa_bot.edits.revision import differences
from qa_bot.edits.written import COLUMNS, new_headings, to_cells, to_values
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import read_knowledge
from qa_bot.sources.workbook import write_sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import KnowledgeBase

SHEET = "FAQ"


def export(base: KnowledgeBase, output: Path, facets: FacetReader) -> None:
    """Write a .csv, .xlsx or .jsonl file; raise MistakesError where it would not hold all.

    It is read again before it takes its name, so that what is there is the whole base.
    """
    write = FORMS.get(output.suffix.lower())
    if not write:
        problem = "no form to export to"
        raise _refused(output, problem, f"name a file that ends in {' '.join(FORMS)}")
    draft = output.with_name(f".{output.stem}.draft{output.suffix}")
    try:
        write(base, draft)
        lost = list(differences(base.entries, read_knowledge(draft, facets).entries, [output.name]))
        if lost:
            problem = f"{len(lost)} entries do not fit this form: {lost[0].problem}"
            raise _refused(output, problem, "export to .jsonl, which holds every text")
        draft.replace(output)
    except OSError as error:
        problem = f"it cannot be written ({error.strerror})"
        raise _refused(output, problem, "check the folder and its rights") from None
    finally:
        draft.unlink(missing_ok=True)


def _refused(output: Path, problem: str, remedy: str) -> MistakesError:
    return MistakesError([Mistake(Location(str(output)), problem, remedy)])


def _rows(base: KnowledgeBase) -> Iterator[list[str]]:
    yield list(new_headings(COLUMNS, ()).values())
    for entry in base.entries:
        cells = {**to_cells(entry), "id": entry.id}
        yield [cells[name] for name in COLUMNS]


def _write_csv(base: KnowledgeBase, path: Path) -> None:
    # The mark at the beginning tells Excel and WPS that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(format_row(map(guarded, row), end="\r\n") for row in _rows(base))


def _write_workbook(base: KnowledgeBase, path: Path) -> None:
    write_sheets(path, {SHEET: _rows(base)})


def _write_jsonl(base: KnowledgeBase, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for entry in base.entries:
            values = {**to_values(entry), "id": entry.id}
            file.write(to_json({name: value for name, value in values.items() if value}) + "\n")


FORMS: Mapping[str, Callable[[KnowledgeBase, Path], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_workbook,
    ".jsonl": _write_jsonl,
}
"""File name ending → what writes a base in that form."""
