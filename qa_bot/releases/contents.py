"""Hold all that replies depend on: the files, by their checksums, and the settings."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qa_bot.index import is_saved_index
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import files_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qa_bot.settings import Settings

KNOWLEDGE, LEXICON, PHRASES, COEFFICIENTS = "knowledge", "lexicon", "phrases.toml", "ranking.json"
"""What the copies are called, whatever the files are called that they were made of."""

SHAPING = (
    "contact",
    "answer_confidence",
    "paragraph_confidence",
    "clarify_confidence",
    "listed_confidence",
    "suggest_confidence",
)
"""The settings that decide what is said; all others are the server's own, whatever it serves."""


@dataclass(frozen=True)
class Contents:
    """All that replies depend on: equal contents give equal replies."""

    files: Mapping[str, str]
    """Path of each copy in its folder → SHA-256."""
    settings: Mapping[str, Any]
    """The values of the settings that decide what is said."""

    @cached_property
    def hash(self) -> str:
        """Identify the contents."""
        text = json.dumps([dict(self.files), dict(self.settings)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def damage(self, folder: Path) -> list[Mistake]:
        """Tell which copies in a folder are no longer what they were, or never were of it."""
        remedy = "put the release back from a backup, or go to another one"
        found = checksums(folder)
        mistakes = []
        for path in sorted(found.keys() | self.files.keys()):
            if found.get(path) != self.files.get(path):
                problem = "no part of the release" if path not in self.files else "changed"
                problem = problem if path in found else "missing"
                mistakes.append(Mistake(Location(f"{folder.name}/{path}"), problem, remedy))
        return mistakes

    def settings_in(self, folder: Path, settings: Settings) -> Settings:
        """Give the settings with which a bot is opened on the copies in a folder."""
        return replace(
            settings,
            knowledge=folder / KNOWLEDGE,
            lexicon=folder / LEXICON,
            phrases=folder / PHRASES,
            coefficients=folder / COEFFICIENTS,
            **self.settings,
        )


def copy_contents(settings: Settings, knowledge: Path | None, folder: Path) -> Contents:
    """Copy all files that replies depend on into a folder.

    `knowledge`: a file or folder; None: that of the settings. Raise MistakesError where there is
    nothing to copy.
    """
    place = knowledge or settings.knowledge
    if is_saved_index(place):
        problem, remedy = "this is a saved index", "name the knowledge that it was built from"
        raise MistakesError([Mistake(Location(str(place)), problem, remedy)])
    _copy_all(place, folder / KNOWLEDGE, "there is no knowledge here")
    _copy_all(settings.lexicon, folder / LEXICON, "there is no lexicon here")
    _copy_all(settings.phrases, folder / PHRASES)
    _copy_all(settings.coefficients, folder / COEFFICIENTS)
    return Contents(checksums(folder), {name: getattr(settings, name) for name in SHAPING})


def checksums(folder: Path) -> dict[str, str]:
    """Give the checksum of each copy in a folder, by its path there."""
    copies = []
    for name in (KNOWLEDGE, LEXICON, PHRASES, COEFFICIENTS):
        place = folder / name
        copies += sorted(place.rglob("*")) if place.is_dir() else [place]
    return {
        path.relative_to(folder).as_posix(): _checksum(path) for path in copies if path.is_file()
    }


def _copy_all(place: Path, target: Path, problem: str = "") -> None:
    """Copy what is read of a folder into another; `problem` is what to say if that is nothing.

    A file keeps its name in the folder, so that answers name it as they did before.
    """
    files = files_read(place)
    if not files:
        raise MistakesError([Mistake(Location(str(place)), problem, "check the path")])
    for name, file in files.items():
        copy = target if file == place and not problem else target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        # A link that leads to no file is copied as such: reading will say what is wrong with it.
        shutil.copyfile(file, copy, follow_symlinks=file.is_file())


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
