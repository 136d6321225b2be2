"""Hold measures to their floors, which are data: `floors.json` beside the judged questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from qa_bot.evaluation.metrics import Metrics
from qa_bot.evaluation.suites import SUITES, SuiteResult
from qa_bot.mistakes import Location, Mistake, MistakesError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Floors = Mapping[str, Mapping[str, float]]
    """What is measured (`judged`, or a suite) → measure → the worst value that will do."""

FILE = "floors.json"
AT_MOST = ("wrong_answers", "wrong", "calibration_error")
"""The measures that are the better the lower they are."""


def read_floors(folder: Path) -> Floors:
    """Read the floors that lie beside the judged questions; no file: none.

    Raise MistakesError for what is not known to be measured, and for floors that are no numbers.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        data = json.loads(read_text(path, path.name))
    except ValueError as error:
        raise _mistaken(path, [f"not JSON ({error})"]) from None
    if problems := list(_problems(data)):
        raise _mistaken(path, problems)
    floors: Floors = data
    return floors


def _problems(data: object) -> Iterator[str]:
    known = {"judged": Metrics().to_dict()}
    known |= {name: SuiteResult(name, ()).to_dict() for name in SUITES}
    if not isinstance(data, dict) or not all(isinstance(part, dict) for part in data.values()):
        yield "not an object of objects"
        return
    for name, part in data.items():
        if name not in known:
            yield f"nothing is called {name!r} (known: {', '.join(known)})"
            continue
        for measure, floor in part.items():
            if measure not in known[name]:
                choice = ", ".join(sorted(known[name]))
                yield f"{name} has no measure {measure!r} (known: {choice})"
            elif isinstance(floor, bool) or not isinstance(floor, int | float):
                yield f"the floor of {name}.{measure} is not a number"


def _mistaken(path: Path, problems: list[str]) -> MistakesError:
    remedy = 'write {"judged": {"coverage": 0.5}}'
    return MistakesError(Mistake(Location(path.name), problem, remedy) for problem in problems)


def missed(floors: Mapping[str, float], name: str, measures: Mapping[str, Any]) -> list[str]:
    """Give a sentence for each measure that misses its floor; what counted nothing misses none."""
    sentences = []
    for measure, floor in floors.items():
        value = measures[measure]
        if value is None:
            continue
        bound = "at most" if measure in AT_MOST else "at least"
        if value > floor if measure in AT_MOST else value < floor:
            sentences.append(f"{name}: {measure} is {value:.3f}, must be {bound} {floor}")
    return sentences
