"""Measure how a base gets better by closing gaps, and what that costs.

    python bench/improvement.py [--wordings SHARE] [--entries SHARE] [--step N] [--steps N]
        [--first N] [--days N] [--then N] [--seed N] [--public FOLDER] [--most N] [--folder DIR]

A base begins poor: of the bundled one, shares of the wordings and of the answered entries are taken
out; of a public set (see public_sets.py), all wordings of an intent but one. A stream of questions,
the `first` ones over `days` and `then` more after each step, is asked of the real bot and kept in
its journal. Step by step an owner who knows the truth handles
the first N gaps: adds the questions as wordings, writes the entry that is missing, or ignores what
must not be answered. Then the bot opens the changed files, and is judged by questions that the
stream never asks. As a control the same number of decisions goes to questions of the journal,
drawn at random. Writes DIR/improvement.md, .png and .svg; the last two need matplotlib.
"""

from __future__ import annotations

import argparse
import datetime
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from owner import Owner
from speed import machine
from sqlalchemy import create_engine, update
from worlds import bundled, public

from qa_bot import Bot, Settings
from qa_bot.evaluation import evaluate
from qa_bot.evaluation.table import markdown
from qa_bot.gaps import find_gaps
from qa_bot.journal import DOWN, Journal, mask
from qa_bot.journal.tables import answers
from qa_bot.reply import ANSWERED, CLARIFY
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from worlds import World

    from qa_bot.evaluation import Judgment, Metrics, Verdict
    from qa_bot.gaps import Gap

BEGUN = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
WEEK = 7
"""Over how many days the questions between two steps are spread."""
VOTING = 0.2
"""The share of wrong answers that are voted down; no other votes are given."""
TOP = 3
"""How many alternatives are asked for, as the page does."""
SAMPLE, SAMPLED = 400, 1
"""How many questions of the stream show what visitors get, and the seed that draws them: the same
each time."""
RANKED, RANDOM = "gaps, as ranked", "random questions"
HALF = 0.5
HELD_OUT = ("coverage", "wrong_answers", "honest_no")
MEASURES = (*HELD_OUT, "coverage, as asked")
REASONS = (
    "its entry is still missing",
    "another entry was answered",
    "asked back",
    "declined",
    "the right entry, but another sentence",
)


@dataclass(frozen=True, slots=True)
class State:
    """What is measured after a number of decisions."""

    effort: int
    metrics: Metrics
    missed: Mapping[str, int]
    """Reason → how many held-out questions that should be answered are not."""
    as_asked: float | None = None
    """The coverage of questions as the stream asks them: those in demand count as often."""
    listed: int | None = None
    """How many gaps are listed, those of the next days included; None: nobody looked."""
    closed: float | None = None
    """The share of the gaps of the start that are not listed any more; None: nobody looked."""
    done: Mapping[str, int] = field(default_factory=dict)
    """What the owner did so far."""
    mixed: int = 0
    """How many of the gaps that were handled held questions that different entries answer."""


class Life:
    """A base in files and its journal, as days pass."""

    def __init__(self, world: World, folder: Path, settings: Settings) -> None:
        """Take a folder that holds `knowledge`, and a journal or none."""
        self.world = world
        self.root = folder / "knowledge"
        self.days = 0
        self._settings = replace(settings, knowledge=self.root)
        self._url = f"sqlite:///{folder}/journal.sqlite"
        self.truth: dict[str, Judgment] = {}
        """What was asked, by how it was understood."""
        self.open()

    def open(self) -> None:
        """Open the files as they are."""
        self.bot = Bot.open(self.root, self._settings)

    def journal(self) -> Journal:
        """Open the journal."""
        return Journal(self._url, most_answers=1_000_000)

    def gaps(self) -> list[Gap]:
        """Find the gaps of all that was asked."""
        with closing(self.journal()) as journal:
            return find_gaps(self.bot, journal)

    def ask(self, questions: Sequence[Judgment], days: int, dice: random.Random) -> None:
        """Ask questions, spread over days, and vote some of the wrong answers down."""
        times: dict[str, datetime.datetime] = {}
        with closing(self.journal()) as journal:
            for number, one in enumerate(questions):
                reply = self.bot.ask(one.question, top=TOP)
                journal.keep(reply, {}, TOP)
                self.truth[match_key(mask(reply.query.question))] = one
                passed = self.days + days * number / len(questions)
                times[reply.answer_id] = BEGUN + datetime.timedelta(days=passed)
                wrong = reply.hit is not None and reply.hit.entry.id not in one.entries
                if reply.outcome == ANSWERED and wrong and dice.random() < VOTING:
                    journal.vote(reply.answer_id, DOWN, [], "")
            if journal.left_out:
                raise SystemExit("the journal could not keep up")
        self._date(times)
        self.days += days

    def _date(self, times: Mapping[str, datetime.datetime]) -> None:
        """Let replies be of other days than today."""
        engine = create_engine(self._url)
        with engine.begin() as connection:
            for id_, time in times.items():
                row = update(answers).where(answers.c.id == id_)
                connection.execute(row.values(asked_at=time.replace(tzinfo=None)))
        engine.dispose()


def main() -> None:
    """Replay, and write table and picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wordings", type=float, default=0.8, metavar="SHARE")
    parser.add_argument("--entries", type=float, default=0.4, metavar="SHARE")
    parser.add_argument("--step", type=int, default=100, metavar="N")
    parser.add_argument("--steps", type=int, default=5, metavar="N")
    parser.add_argument("--first", type=int, default=3000, metavar="N")
    parser.add_argument("--days", type=int, default=180, metavar="N")
    parser.add_argument("--then", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--public", type=Path, metavar="FOLDER")
    parser.add_argument("--most", type=int, default=600, metavar="N")
    parser.add_argument("--folder", type=Path, default=Path("var/improvement"), metavar="DIR")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="improvement-") as work:
        world, whole, lines = measure(Path(work), arguments)
    text = report(arguments, world, whole, lines)
    (arguments.folder / "improvement.md").write_text(text, encoding="utf-8")
    print(text)
    plot(lines, whole, arguments.folder)


def measure(
    work: Path, arguments: argparse.Namespace
) -> tuple[World, State | None, dict[str, list[State]]]:
    """Replay the same stream twice: with gaps as they are ranked, and with random questions."""
    settings = replace(Settings.from_env(os.environ), state=work, cache=work / "cache")
    dice = random.Random(arguments.seed)
    start = work / "start"
    start.mkdir()
    root = start / "knowledge"
    whole = None
    if arguments.public:
        world = public(arguments.public, root, dice, arguments.most)
    else:
        world = bundled(settings, root, dice, (arguments.wordings, arguments.entries))
        whole = state_of(Bot.open(settings.knowledge, settings), world, 0)
    stream = world.stream(dice)
    life = Life(world, start, settings)
    life.ask(list(islice(stream, arguments.first)), arguments.days, dice)
    later = [list(islice(stream, arguments.then)) for _ in range(arguments.steps)]
    first = state_of(life.bot, world, 0)
    lines = {}
    for name in (RANKED, RANDOM):
        shutil.copytree(start, work / name)
        own = Life(world, work / name, settings)
        own.truth, own.days = dict(life.truth), life.days
        lines[name] = live(name, own, first, later, arguments)
    return world, whole, lines


def live(
    name: str,
    life: Life,
    first: State,
    later: Sequence[Sequence[Judgment]],
    arguments: argparse.Namespace,
) -> list[State]:
    """Handle gaps, or random questions, step by step, and measure after each."""
    ranked, dice = name == RANKED, random.Random(arguments.seed)
    states: list[State] = []
    owner = Owner(life.root, life.world.whole, life.bot.analyzer.facets)
    gaps = life.gaps()
    at_start = [texts_of(gap) for gap in gaps]
    states.append(replace(first, listed=len(gaps), closed=0.0))
    for questions in later:
        with closing(life.journal()) as journal:
            if ranked:
                owner.handle_gaps(gaps[: arguments.step], life.truth, journal)
            else:
                owner.handle_random(arguments.step, life.truth, journal, dice)
        life.open()
        state = state_of(life.bot, life.world, states[-1].effort + arguments.step)
        life.ask(questions, WEEK, dice)
        if ranked:  # Who draws at random looks at no gaps.
            gaps = life.gaps()
            still = frozenset[str]().union(*map(texts_of, gaps))
            closed = sum(not texts & still for texts in at_start) / len(at_start)
            state = replace(state, listed=len(gaps), closed=closed)
        states.append(replace(state, done=dict(owner.done), mixed=owner.mixed))
        print(
            name,
            states[-1].effort,
            state.closed,
            row(state),
            state.as_asked,
            owner.done,
            file=sys.stderr,
        )
    return states


def texts_of(gap: Gap) -> frozenset[str]:
    """Give all questions of a gap, by their letters."""
    return frozenset(map(match_key, (gap.question, *gap.variants)))


def state_of(bot: Bot, world: World, effort: int) -> State:
    """Judge the bot, and say why questions that it should answer are missed."""
    metrics = judge(bot, world.held_out)
    missed = Counter(
        _reason(one, verdict, bot)
        for one, verdict in zip(world.held_out, metrics.verdicts, strict=True)
        if ANSWERED in verdict.expected
        and not (verdict.right and verdict.reply.outcome == ANSWERED)
    )
    as_asked = judge(bot, list(islice(world.stream(random.Random(SAMPLED)), SAMPLE)))
    return State(effort, metrics, missed, as_asked.to_dict()["coverage"])


def _reason(asked: Judgment, verdict: Verdict, bot: Bot) -> str:
    missing, wrong, asked_back, declined, otherwise = REASONS
    if not any(id_ in bot.index.ids for id_ in asked.entries):
        return missing
    if verdict.reply.outcome == ANSWERED:
        return wrong if verdict.wrong else otherwise
    return asked_back if verdict.reply.outcome == CLARIFY else declined


def judge(bot: Bot, questions: Sequence[Judgment]) -> Metrics:
    """Ask held-out questions; what is right is said by the whole base, whatever is held now."""
    held = bot.index.ids
    known = [
        replace(one, entries=tuple(id_ for id_ in one.entries if id_ in held)) for one in questions
    ]
    return evaluate(bot, known)


def half_closed(states: Sequence[State]) -> State | None:
    """Give the first state in which half of the gaps of the start are closed."""
    return next((state for state in states if (state.closed or 0) >= HALF), None)


def row(state: State) -> list[float | None]:
    """Give the measures."""
    figures = state.metrics.to_dict()
    return [*(figures[name] for name in HELD_OUT), state.as_asked]


def report(
    arguments: argparse.Namespace,
    world: World,
    whole: State | None,
    lines: Mapping[str, Sequence[State]],
) -> str:
    """Write what was measured, and how."""
    given = ", ".join(f"{name} {value}" for name, value in sorted(vars(arguments).items()))
    parts = " + ".join(str(len(part)) for part in world.parts)
    answerable = sum(ANSWERED in one.outcomes for one in world.held_out)
    text = [
        f"{world.name}: {given}",
        machine(),
        f"{len(world.whole)} entries in the whole base; {parts} questions to draw from",
        f"{len(world.held_out)} questions held out, of which {answerable} are to be answered",
    ]
    if whole:
        figures = zip(MEASURES, row(whole), strict=True)
        said = ", ".join(f"{x} {value:.3f}" for x, value in figures)
        text.append(f"the whole base: {said}")
    head = ("handled", "decisions", "gaps listed", "closed", *MEASURES)
    rows: list[list[str | float | None]] = [
        [name, state.effort, state.listed, state.closed, *row(state)]
        for name, states in lines.items()
        for state in states
    ]
    text.append(markdown(head, rows))
    for name, states in lines.items():
        text.append(f"{name}: {dict(states[-1].done)}")
    states = lines[RANKED]
    text.append(f"{states[-1].mixed} of the gaps held questions that different entries answer")
    half = half_closed(states)
    ends = (states[0], half if half is not states[-1] else None, states[-1], whole)
    chosen = [state for state in ends if state]
    why: list[list[str | float | None]] = [
        [reason, *(state.missed.get(reason, 0) for state in chosen)] for reason in REASONS
    ]
    efforts = [f"after {one.effort}" if one is not whole else "the whole base" for one in chosen]
    text.append(markdown(["missed, of those to be answered", *efforts], why))
    return "\n\n".join(text) + "\n"


def plot(lines: Mapping[str, Sequence[State]], whole: State | None, folder: Path) -> None:
    """Draw the measures over the effort."""
    import matplotlib as mpl  # noqa: PLC0415 - only the drawing needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    picture, panels = plt.subplots(1, len(MEASURES), figsize=(14, 4.2), layout="constrained")
    half = half_closed(lines[RANKED])
    for number, (panel, measure) in enumerate(zip(panels, MEASURES, strict=True)):
        for name, states in lines.items():
            values = [row(state)[number] for state in states]
            panel.plot(
                [state.effort for state in states],
                values,
                marker="o",
                linestyle="-" if name == RANKED else "--",
                label=name,
            )
        if whole:
            panel.axhline(row(whole)[number], color="grey", ls=":", label="the whole base")
        if half:
            panel.axvline(half.effort, color="green", alpha=0.4, label="half of the gaps closed")
        panel.set(xlabel="decisions", title=measure)
        panel.grid(visible=True, alpha=0.3)
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    for ending in ("png", "svg"):
        picture.savefig(
            folder / f"improvement.{ending}",
            dpi=120,
            metadata={"Date": None} if ending == "svg" else None,
        )


if __name__ == "__main__":
    main()
