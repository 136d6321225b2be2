"""Suggest questions while they are typed: Chinese, pinyin, initials, or a mixture."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qa_bot.text import NOT_A_WORD, normalize, readings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from qa_bot.knowledge import Entry, KnowledgeBase

    Numbers = NDArray[np.int32]
    Sounding = tuple[Numbers, NDArray[np.int8]]
    """The units that a piece typed may mean; 0 where it is their whole sound, else 1."""

RUN = re.compile(r"[a-z]+|[^a-z\W_]+")
"""What is typed in one go: letters, or other characters."""
LETTERS = re.compile("[a-z]+")
LONGEST_SYLLABLE = 6
INITIALS = frozenset({"zh", "ch", "sh"})
"""The initials of two letters."""
BETWEEN = " "
"""Stands between runs: no character is typed across it."""
SKIPPED, END = 0, 1
"""The units of what is no letter, digit or character, and of the end of a text."""
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

    A text is a row of units, the numbers of its characters without marks and spaces. A unit is
    typed as the character itself or by the beginning of its sound, so that one walk along what was
    typed reads `网络文化`, `wangluo wenhua`, `wanglu`, `wlwh` and `网络wh` alike. It takes about 20
    bytes a character, and a walk looks at those units only where it can begin.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        """Take the questions and wordings of a base."""
        entries = base.entries
        self._entries = entries
        self._texts = [text for entry in entries for text in entry.asked_as()]
        counts = [len(entry.asked_as()) for entry in entries]
        self._entry_of = np.repeat(np.arange(len(entries)), counts)
        self._question_of = np.repeat(np.cumsum([0, *counts])[:-1], counts)
        joined = "".join(text.replace("\n", " ") + "\n" for text in self._texts)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        distinct, which = np.unique(codes, return_inverse=True)
        characters = [chr(code) for code in distinct.tolist()]
        numbers, self._sounding = _number(characters)
        units = np.array(numbers, dtype=np.int32)[which]
        kept = np.flatnonzero(units != SKIPPED)
        self._units: Numbers = units[kept]
        is_end = self._units == END
        self._text_of: Numbers = (np.cumsum(is_end) - is_end).astype(np.int32)
        self._firsts = np.concatenate([[0], np.flatnonzero(is_end) + 1]).astype(np.int32)
        beginnings = np.cumsum([0, *(len(text) + 1 for text in self._texts)])
        self._places: Numbers = (kept - beginnings[self._text_of]).astype(np.int32)
        self._order: Numbers = np.argsort(self._units, kind="stable").astype(np.int32)
        self._bounds = np.cumsum([0, *np.bincount(self._units, minlength=END + 1).tolist()])
        self._unanswered = np.array([not e.answered for e in entries], dtype=bool)[self._entry_of]
        self._rank = self._ranks()
        self.find = lru_cache(maxsize=REMEMBERED)(self._find)

    def openers(self, count: int) -> list[Entry]:
        """Give entries to begin with: answered ones, spread evenly over the base."""
        answered = [entry for entry in self._entries if entry.answered]
        step = max(len(answered) // count, 1)
        return answered[::step][:count]

    def _ranks(self) -> Numbers:
        """Give each text's place among those that fit alike: questions, brief ones, come first."""
        numbers = np.arange(len(self._texts))
        lengths = np.array([len(text) for text in self._texts])
        order = np.lexsort((numbers, lengths, numbers != self._question_of))
        ranks = np.empty(len(order), dtype=np.int32)
        ranks[order] = numbers
        return ranks

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
        count = len(self._texts)
        costs, held = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int8)
        later = np.ones(count, dtype=bool)
        for part in parts:
            texts = self._text_of[part.starts]
            cost = np.full(count, LACKING, dtype=np.int8)
            np.minimum.at(cost, texts, part.costs)
            costs += cost
            held += cost < LACKING
            later[texts[part.starts == self._firsts[texts]]] = False
        found = np.flatnonzero(held >= max(least, 1))
        keys = ((costs[found] * 2 + self._unanswered[found]) * 2 + later[found]) * count
        keys += self._rank[found]
        best: dict[int, int] = {}
        for looked_at in (SHORT_LIST, len(found)):
            some = len(keys) > looked_at
            near = np.argpartition(keys, looked_at)[:looked_at] if some else np.arange(len(keys))
            for text in found[near[np.argsort(keys[near])]].tolist():
                best.setdefault(int(self._entry_of[text]), text)
            if len(best) >= limit:
                break
        return list(best.values())[:limit]

    def _suggestion(self, text: int, parts: Sequence[Spans]) -> Suggestion:
        entry, question = self._entries[self._entry_of[text]], self._question_of[text]
        typed = np.zeros(len(entry.question), dtype=bool)
        for part in parts:
            inside = np.flatnonzero(self._text_of[part.starts] == question)
            if inside.size:
                span = inside[np.argmin(part.costs[inside])]
                first, last = self._places[part.starts[span]], self._places[part.ends[span] - 1]
                typed[first : last + 1] = True
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
                following = self._units[before.ends]
                for end in self._piece_ends(typed, place):
                    sounding = self._sounding[typed[place:end]]
                    spans = (
                        self._begin(sounding)
                        if place == 0
                        else self._go_on(before, following, sounding)
                    )
                    reached[end].append(spans)
        found = _joined(reached[len(typed)])
        # One letter by itself is no more likely to be meant as a letter than as a beginning.
        return found._replace(costs=np.zeros_like(found.costs)) if len(typed) == 1 else found

    def _piece_ends(self, typed: str, place: int) -> Iterator[int]:
        """Give where a character that is typed from a place may end: whole sounds, initials.

        Only the last of a run of letters may be typed by any beginning of its sound.
        """
        letters = LETTERS.match(typed, place)
        run_end = letters.end() if letters else place + 1
        for end in range(place + 1, min(run_end, place + LONGEST_SYLLABLE) + 1):
            piece = typed[place:end]
            if piece in self._sounding and (
                end in {place + 1, run_end} or piece in INITIALS or 0 in self._sounding[piece][1]
            ):
                yield end

    def _begin(self, sounding: Sounding) -> Spans:
        """Find all units that sound as the first piece typed."""
        bounds, (units, costs) = self._bounds, sounding
        starts = np.concatenate([self._order[bounds[u] : bounds[u + 1]] for u in units])
        return Spans(starts, starts + 1, np.repeat(costs, np.diff(bounds)[units]))

    def _go_on(self, before: Spans, following: Numbers, sounding: Sounding) -> Spans:
        """Keep the spans whose following unit sounds as the next piece typed."""
        units, costs = sounding
        cost_of = np.full(len(self._bounds), LACKING, dtype=np.int8)
        cost_of[units] = costs
        costs = cost_of[following]
        kept = np.flatnonzero(costs < LACKING)
        return Spans(before.starts[kept], before.ends[kept] + 1, before.costs[kept] + costs[kept])


def _joined(spans: Sequence[Spans]) -> Spans:
    if not spans:
        nothing = np.empty(0, dtype=np.int32)
        return Spans(nothing, nothing, nothing.astype(np.int8))
    return Spans(*(np.concatenate(arrays) for arrays in zip(*spans, strict=True)))


def _number(characters: Sequence[str]) -> tuple[list[int], Mapping[str, Sounding]]:
    """Give the unit of each character, and the units that each beginning of a sound may mean."""
    numbers = {"\n": END}
    units = []
    for character in characters:
        # As questions are normalised, but for each character by itself: its place must stay known.
        symbol = character if character == "\n" else NOT_A_WORD.sub("", normalize(character))[:1]
        units.append(numbers.setdefault(symbol, len(numbers) + 1) if symbol else SKIPPED)
    sounding: dict[str, dict[int, int]] = defaultdict(dict)
    for symbol, unit in numbers.items():
        for reading in (symbol, *readings(symbol)) if unit != END else ():
            for end in range(1, len(reading) + 1):
                means = sounding[reading[:end]]
                means[unit] = min(int(end < len(reading)), means.get(unit, 1))
    return units, {
        beginning: (np.array([*means], np.int32), np.array([*means.values()], np.int8))
        for beginning, means in sounding.items()
    }
