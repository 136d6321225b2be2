"""Hold what is known of a release, and write it down in the release's folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text
from qa_bot.releases.contents import Contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
"""Raised whenever releases of before can't be read any more."""
FILE = "release.json"


@dataclass(frozen=True, slots=True)
class Release:
    """A numbered, immutable state of all that replies depend on."""

    number: int
    parent: int
    """The release that was current when this one was published; 0: none was."""
    at: str
    """When it was published, as RFC 3339 has it."""
    who: str
    why: str
    overruled: tuple[str, ...]
    """What spoke against it, and was known: floors that judged questions missed."""
    entries: int
    answered: int
    figures: Mapping[str, Any]
    """What the judged questions showed; see `Metrics.to_dict`."""
    program: str
    """The version of the program that published it."""
    index: str
    """The key of the index; see `index_key`."""
    contents: Contents

    def to_dict(self) -> dict[str, Any]:
        """Give what is known of it as plain data, but for the checksums of its files."""
        data = asdict(self)
        return {**data, "contents": self.contents.hash, "overruled": list(self.overruled)}

    def write(self, folder: Path) -> None:
        """Write it into the folder of the release, with a seal that shows any change of it."""
        data = {"format": FORMAT, **asdict(self)}
        text = json.dumps({**data, "seal": _seal(data)}, ensure_ascii=False, indent=1)
        (folder / FILE).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Release:
        """Read what was written; raise MistakesError where it is not what it was."""
        name = f"{folder.name}/{FILE}"
        try:
            data = json.loads(read_text(folder / FILE, name))
            found, seal = data.pop("format"), data.pop("seal")
            if found == FORMAT and seal == _seal({"format": found, **data}):
                overruled, contents = tuple(data["overruled"]), Contents(**data["contents"])
                return cls(**{**data, "overruled": overruled, "contents": contents})
        except (ValueError, KeyError, TypeError, AttributeError):
            found = FORMAT
        problem = "the release was damaged" if found == FORMAT else f"format {found} is not known"
        remedy = "put the release back from a backup, or go to another one"
        raise MistakesError([Mistake(Location(name), problem, remedy)])


def _seal(data: Mapping[str, Any]) -> str:
    """Give a checksum of plain data, the same before it is written and after it is read."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
