"""Suggest questions while they are typed: Chinese, pinyin, initials, or a mixture."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.text import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from qa_bot.index import Characters, Sounding
    from qa_bot.knowledge import Entry

    Numbers = NDArray[np.int32]

RUN = re.compile(r"[a-z]+|[^a-z\W_]+")
"""What is typed in one go: letters, or other characters."""
LETTERS = re.compile("[a-z]+")
LONGEST_SYLLABLE = 6
INITIALS = frozenset({"zh", "ch", "sh"})
"""The initials of two letters."""
BETWEEN = " "
"""Stands between runs: no character is typed across it."""
MOST_TYPED = 64
"""How many characters of what was typed are looked at."""
MOST_RUNS = 12
"""How many runs of them are looked at: each may have to be looked for by itself."""
LACKING = 100
"""What a part that a text lacks costs it: more than one that it has can."""
SHORT_LIST = 64
"""How many texts are looked at first for the likeliest."""
REMEMBERED = 4096
"""How many of the last texts keep their suggestions: visitors type the same beginnings."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that may be meant."""

    entry: Entry
    segments: tuple[tuple[str, bool], ...]
    """The question in pieces: text, and whether it was typed; nothing of it was where only another
    of its wordings fits."""


class Spans(NamedTuple):
    """Where something typed stands: from which unit to which (exclusive), at what cost."""

    starts: Numbers
    ends: Numbers
    costs: NDArray[np.int8]
    """How many characters were typed by less than their whole sound."""


class Suggestions:
    """The questions and wordings of a base, by their characters and how these sound; immutable.

    One walk along what was typed reads `网络文化`, `wangluo wenhua`, `wanglu`, `wlwh` and `网络wh`
    alike; it looks at the places of the texts only where it can begin.
    """

    def __init__(self, entries: Sequence[Entry], characters: Characters) -> None:
        """Take the entries of a base, and their characters as they were laid out."""
        self._entries = entries
        self._characters = characters
        self.find = lru_cache(maxsize=REMEMBERED)(self._find)

    def openers(self, count: int) -> list[Entry]:
        """Give entries to begin with: answered ones, spread evenly over the base."""
        answered = np.flatnonzero(~self._characters.unanswered)
        step = max(len(answered) // count, 1)
        return [self._entries[number] for number in answered[::step][:count].tolist()]

    def _find(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """Give at most `limit` questions that hold what was typed, the likeliest first.

        They hold it in one piece; failing that, each part that was typed apart; failing that,
        half of the neighbouring characters. Of those that fit alike the answered come first.
        """
        runs = RUN.findall(normalize(typed)[:MOST_TYPED])[:MOST_RUNS]
        pairs = [a + b for run in runs if not LETTERS.match(run) for a, b in pairwise(run)]
        whole = [BETWEEN.join(runs)]
        for parts, least in ((whole, 1), (runs, len(runs)), (pairs, (len(pairs) + 1) // 2)):
            spans = [self._spans(part) for part in parts]
            if texts := self._best(spans, least, limit):
                return tuple(self._suggestion(text, spans) for text in texts)
        return ()

    def _best(self, parts: Sequence[Spans], least: int, limit: int) -> list[int]:
        """Give the texts that hold `least` of the parts, one of an entry, the likeliest first."""
        known = self._characters
        count = len(known.ranks)
        costs, held = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int8)
        later = np.ones(count, dtype=bool)
        for part in parts:
            texts = known.text_of[part.starts]
            cost = np.full(count, LACKING, dtype=np.int8)
            np.minimum.at(cost, texts, part.costs)
            costs += cost
            held += cost < LACKING
            later[texts[part.starts == known.firsts[texts]]] = False
        found = np.flatnonzero(held >= max(least, 1))
        unanswered = known.unanswered[known.entry_of[found]]
        keys = ((costs[found] * 2 + unanswered) * 2 + later[found]) * count
        keys += known.ranks[found]
        best: dict[int, int] = {}
        for looked_at in (SHORT_LIST, len(found)):
            some = len(keys) > looked_at
            near = np.argpartition(keys, looked_at)[:looked_at] if some else np.arange(len(keys))
            for text in found[near[np.argsort(keys[near])]].tolist():
                best.setdefault(int(known.entry_of[text]), text)
            if len(best) >= limit:
                break
        return list(best.values())[:limit]

    def _suggestion(self, text: int, parts: Sequence[Spans]) -> Suggestion:
        known = self._characters
        number = int(known.entry_of[text])
        entry, question = self._entries[number], known.questions[number]
        typed = np.zeros(len(entry.question), dtype=bool)
        for part in parts:
            inside = np.flatnonzero(known.text_of[part.starts] == question)
            if inside.size:
                span = inside[np.argmin(part.costs[inside])]
                first = int(known.places[part.starts[span]])
                typed[first : int(known.places[part.ends[span] - 1]) + 1] = True
        edges = [0, *(np.flatnonzero(np.diff(typed)) + 1).tolist(), len(typed)]
        pieces = pairwise(edges)
        return Suggestion(entry, tuple((entry.question[a:b], bool(typed[a])) for a, b in pieces))

    def _spans(self, typed: str) -> Spans:
        """Find where all that was typed stands in a row, however its letters are read."""
        reached: dict[int, list[Spans]] = defaultdict(list)
        for place in range(len(typed)):
            before = _joined(reached.pop(place, []))
            if typed[place] == BETWEEN:
                reached[place + 1].append(before)
            elif place == 0 or before.starts.size:
                following = self._characters.units[before.ends]
                for end, sounding in self._piece_ends(typed, place):
                    spans = (
                        self._begin(sounding)
                        if place == 0
                        else self._go_on(before, following, sounding)
                    )
                    reached[end].append(spans)
        found = _joined(reached[len(typed)])
        # One letter by itself is no more likely to be meant as a letter than as a beginning.
        return found._replace(costs=np.zeros_like(found.costs)) if len(typed) == 1 else found

    def _piece_ends(self, typed: str, place: int) -> Iterator[tuple[int, Sounding]]:
        """Give where a character that is typed from a place may end, and what it may be.

        It ends with a whole sound, or an initial; only the last of a run of letters may be typed by
        any beginning of its sound.
        """
        letters = LETTERS.match(typed, place)
        run_end = letters.end() if letters else place + 1
        for end in range(place + 1, min(run_end, place + LONGEST_SYLLABLE) + 1):
            piece = typed[place:end]
            sounding = self._characters.sounding(piece)
            if sounding and (
                end in {place + 1, run_end} or piece in INITIALS or 0 in sounding.costs
            ):
                yield end, sounding

    def _begin(self, sounding: Sounding) -> Spans:
        """Find all units that sound as the first piece typed."""
        bounds, (units, costs) = self._characters.bounds, sounding
        order = self._characters.order
        starts = np.concatenate([order[bounds[u] : bounds[u + 1]] for u in units])
        return Spans(starts, starts + 1, np.repeat(costs, np.diff(bounds)[units]))

    def _go_on(self, before: Spans, following: Numbers, sounding: Sounding) -> Spans:
        """Keep the spans whose following unit sounds as the next piece typed."""
        units, costs = sounding
        cost_of = np.full(len(self._characters.bounds), LACKING, dtype=np.int8)
        cost_of[units] = costs
        costs = cost_of[following]
        kept = np.flatnonzero(costs < LACKING)
        return Spans(before.starts[kept], before.ends[kept] + 1, before.costs[kept] + costs[kept])


def _joined(spans: Sequence[Spans]) -> Spans:
    if not spans:
        nothing = np.empty(0, dtype=np.int32)
        return Spans(nothing, nothing, nothing.astype(np.int8))
    return Spans(*(np.concatenate(arrays) for arrays in zip(*spans, strict=True)))
