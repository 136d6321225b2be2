"""Write the rows that are wrong into files of their own form, to be mended and imported again."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qa_bot.edits.delimited import format_row
from qa_bot.edits.editor import TextFile
from qa_bot.edits.jsonl import to_json
from qa_bot.edits.written import new_headings
from qa_bot.imports.plan import WRONG
from qa_bot.mistakes import Location, Mistake, MistakesError, decode
from qa_bot.sources import ARCHIVE, file_names
from qa_bot.sources.archive import unpack
from qa_bot.sources.delimited import delimiter_of, parse, split_lines
from qa_bot.sources.jsonl import split_objects
from qa_bot.sources.titles import COMMENT
from qa_bot.sources.workbook import sheet_rows, write_sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from qa_bot.imports.plan import Plan

Reasons = dict[tuple[str, int], str]
"""Sheet and line of each wrong row, and what is wrong with it."""


def wrong_name(plan: Plan) -> str:
    """Give the name of the file that the wrong rows fit into; empty: there are none."""
    files = {row.location.file for row in plan.wrong}
    if len(files) == 1 and ARCHIVE not in next(iter(files)).lower():
        name = Path(next(iter(files))).name
        stem, _, endings = name.partition(".")
        return ".".join(filter(None, (stem, WRONG, endings)))
    return f"{WRONG}{ARCHIVE}" if files else ""


def write_wrong_rows(plan: Plan, output: Path) -> int:
    """Write the wrong rows, each with its reason; give how many they are.

    One file is written in its own form; several into a folder, or an archive named .zip.
    """
    reasons: dict[str, Reasons] = {}
    for row in plan.wrong:
        text = "; ".join(f"{m.problem} → {m.remedy}" for m in row.mistakes)
        reasons.setdefault(row.location.file, {})[row.location.sheet, row.location.line] = text
    ending = Path(wrong_name(plan)).suffix.lower()
    alone = len(reasons) == 1 and output.suffix.lower() == ending != ARCHIVE
    if output.suffix and not alone and output.suffix.lower() != ARCHIVE:
        problem = "the wrong rows come from other files than this can hold"
        remedy = f"name it {wrong_name(plan)}, or name a folder"
        raise MistakesError([Mistake(Location(str(output)), problem, remedy)])
    with _incoming(plan) as files, TemporaryDirectory() as folder:
        for name, why in reasons.items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(files[name], target, why)
        _hand_over(Path(folder), output, alone=alone)
    return len(plan.wrong)


def _hand_over(folder: Path, output: Path, *, alone: bool) -> None:
    """Give what was written its name."""
    if alone:
        (written,) = file_names(folder).values()
        shutil.move(written, output)
    elif output.suffix.lower() == ARCHIVE:
        shutil.make_archive(str(output.with_suffix("")), "zip", folder)
    else:
        shutil.copytree(folder, output, dirs_exist_ok=True)


@contextmanager
def _incoming(plan: Plan) -> Iterator[Mapping[str, Path]]:
    """Give the files that came in by the names they were called by, those of archives unpacked."""
    files: dict[str, Path] = {}
    with TemporaryDirectory() as unpacked:
        for source in plan.sources:
            several = len(plan.sources) > 1 and source.path.is_dir()
            prefix = f"{source.path.resolve().name}/" if several else ""
            for name, file in file_names(source.path).items():
                files[prefix + name] = file
                if name.lower().endswith(ARCHIVE):
                    folder = Path(unpacked) / str(len(files))
                    folder.mkdir()
                    for _ in unpack(file, name, folder):
                        pass
                    inner = file_names(folder).items()
                    files |= {f"{prefix}{name}/{part}": path for part, path in inner}
        yield _Files(files)


class _Files(dict[str, Path]):
    """Files by name; what isn't there of its own is looked for in what it is part of."""

    def __missing__(self, name: str) -> Path:
        parts = Path(name).parents
        return next(self[str(part)] for part in parts if str(part) in self)


def _write(file: Path, target: Path, reasons: Reasons) -> None:
    """Write the wrong rows of a file; one that is wrong as a whole is copied."""
    name = file.name.lower()
    whole = ("", 0) in reasons
    write = next((write for ending, write in FORMS.items() if name.endswith(ending)), None)
    if whole or not write:
        shutil.copyfile(file, target)
    else:
        write(file, target, reasons)


def _write_csv(file: Path, target: Path, reasons: Reasons) -> None:
    """Write heading and rows as they stand, behind a column of reasons."""
    text = TextFile(file.read_bytes(), file.name)
    lines, delimiter = split_lines(text.text), delimiter_of(text.text)
    rows = [row for row in parse(text.text) if row.error or any(map(str.strip, row.cells))]
    heading = rows[0]
    spoilt = reasons.get(("", heading.line))
    parts = []
    for row in rows:
        reason = spoilt or reasons.get(("", row.line))
        if row is heading:
            reason = _heading(heading.cells)
        if reason is None:
            continue
        raw = "".join(lines[row.line - 1 : row.end - 1])
        cell = format_row([reason], delimiter, "")
        parts.append(f"{cell}{delimiter}{raw}")
        if not raw.endswith(("\n", "\r")):
            parts.append(text.line_end)
    target.write_bytes(text.encode("".join(parts)))


def _write_workbook(file: Path, target: Path, reasons: Reasons) -> None:
    sheets: dict[str, list[Sequence[object]]] = {}
    spoilt: dict[str, str] = {}
    headed: dict[str, Sequence[object]] = {}
    for sheet, line, values in sheet_rows(file):
        if all(value is None for value in values):
            continue
        if sheet not in headed:
            headed[sheet] = [_heading([str(value or "") for value in values]), *values]
            spoilt[sheet] = reasons.get((sheet, line), "")
            continue
        reason = spoilt[sheet] or reasons.get((sheet, line))
        if reason:
            sheets.setdefault(sheet, [headed[sheet]]).append([reason, *values])
    for sheet, reason in spoilt.items():
        if reason:
            sheets.setdefault(sheet, [headed[sheet]])
    write_sheets(target, sheets)


def _write_jsonl(file: Path, target: Path, reasons: Reasons) -> None:
    text = TextFile(file.read_bytes(), file.name)
    lines = split_objects(text.text)
    found = []
    for (_, number), reason in sorted(reasons.items()):
        line = lines[number - 1].rstrip("\r")
        try:
            data = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            data = None
        if isinstance(data, dict):
            line = to_json({_heading(list(data)): reason, **data})
        found.append(f"{line}\n")
    target.write_bytes(text.encode("".join(found)))


def _write_titles(file: Path, target: Path, reasons: Reasons) -> None:
    lines = decode(file.read_bytes(), file.name)[0].splitlines()
    wrong = sorted(reasons.items())
    found = [f"{COMMENT} {why}\n{lines[number - 1]}\n" for (_, number), why in wrong]
    target.write_text("".join(found), encoding="utf-8")


def _heading(cells: Sequence[str]) -> str:
    (heading,) = new_headings(["reason"], cells).values()
    return heading


FORMS: Mapping[str, Callable[[Path, Path, Reasons], None]] = {
    ".titles.txt": _write_titles,
    ".csv": _write_csv,
    ".xlsx": _write_workbook,
    ".jsonl": _write_jsonl,
}
"""File name ending → what writes just the wrong rows; files of other forms are copied whole."""
