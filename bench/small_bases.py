"""Make small knowledge bases out of large ones, and ask what they hold and what they don't.

Many owners begin with a handful of entries, where few rivals stand behind a hit. Each base is a
part of a subject; what the rest of the subject answers is asked of it too, and nothing answers it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from public_sets import chosen

from qa_bot.index import Index
from qa_bot.knowledge import KnowledgeBase
from qa_bot.query import read_query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from public_sets import PublicSet

    from qa_bot import Bot
    from qa_bot.analyzer import Analyzer
    from qa_bot.knowledge import Entry

SIZES = {3: 40, 10: 24, 30: 12, 100: 6}
"""How many entries a part of the bundled base has → how many such parts are made, …"""
SUBJECTS = 1, 3
"""… of each number of permits."""
WORDINGS = 0, 2, 0, 5
"""How many wordings of each entry a part has, in turns: who begins has written few."""
PUBLIC_SIZES = 5, 15, 50
PUBLIC_BASES = 5
MOST_ASKED = 10
"""How many questions a part is asked that it answers; as many at most that it doesn't."""
SAID_ALREADY = 0.75
"""Likeness from which on an entry left outside says what one inside says: it is not asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the entries that answer it."""

    question: str
    right: frozenset[int]
    left_out: int = -1
    """An entry that is taken out of what is found."""


if TYPE_CHECKING:
    Part = tuple[Index, list[Asked]]


def parts_of_bundled(
    bot: Bot, analyzer: Analyzer, numbers: Sequence[int], asked_of: Mapping[int, Sequence[str]]
) -> Iterator[Part]:
    """Yield parts made of the entries with these numbers, each of a permit or of a few.

    `asked_of` holds what was asked of an entry beside its own wordings.
    """
    dice = random.Random(0)
    entries = bot.index.base.entries
    by_permit: dict[str, list[int]] = {}
    for number in numbers:
        for permit in bot.index.profiles[number].get("permit", ()):
            by_permit.setdefault(permit, []).append(number)
    for size, count in SIZES.items():
        for subjects in SUBJECTS:
            for turn in range(count):
                large = [p for p, held in sorted(by_permit.items()) if len(held) * subjects > size]
                if len(large) < subjects:
                    continue
                pool = sorted({n for p in dice.sample(large, subjects) for n in by_permit[p]})
                dice.shuffle(pool)
                yield _part(
                    [entries[n] for n in pool[:size]],
                    [entries[n] for n in pool[size:] if "region" not in bot.index.profiles[n]],
                    analyzer,
                    {entries[n].id: asked_of.get(n, ()) for n in pool},
                    dice,
                    WORDINGS[turn % len(WORDINGS)],
                )


def _part(
    inside: Sequence[Entry],
    outside: Sequence[Entry],
    analyzer: Analyzer,
    asked_of: Mapping[str, Sequence[str]],
    dice: random.Random,
    wordings: int,
) -> Part:
    """Index what is inside with so many wordings of each entry, but not those that are asked."""
    kept, asked = [], []
    for number, entry in enumerate(inside):
        wording = dice.choice(entry.wordings) if entry.wordings else None
        others = [w for w in entry.wordings if w != wording]
        some = dice.sample(others, min(wordings, len(others)))
        kept.append(replace(entry, wordings=tuple(some)))
        own = [*asked_of[entry.id], *([wording] if wording else [])]
        asked += [Asked(question, frozenset({number})) for question in own]
    index = Index.build(KnowledgeBase(tuple(kept)), analyzer)
    asked = dice.sample(asked, min(MOST_ASKED, len(asked)))
    beside = []
    for entry in outside[: 2 * MOST_ASKED]:
        if not _says_already(index, analyzer, entry.question):
            own = [*asked_of[entry.id], *entry.wordings[:2]] or [entry.question]
            beside.append(Asked(dice.choice(own), frozenset()))
    return index, asked + beside[: max(len(asked), 2)]


def _says_already(index: Index, analyzer: Analyzer, question: str) -> bool:
    found = index.search(read_query(question, analyzer), analyzer, 1)
    return any(candidate.exact or candidate.wording >= SAID_ALREADY for candidate in found)


def parts_of_public(found: PublicSet, analyzer: Analyzer) -> Iterator[Part]:
    """Yield parts of a public set's choosing part: near documents, of which half are inside."""
    dice = random.Random(0)
    queries = {key: text for key, text in found.queries.items() if chosen(key)}
    held = set().union(*(found.relevant[key] for key in queries))
    pool = [entry for entry in found.base.entries if entry.id in held]
    whole = Index.build(KnowledgeBase(tuple(pool)), analyzer)
    for size in PUBLIC_SIZES:
        for _ in range(PUBLIC_BASES):
            seed = read_query(dice.choice(list(queries.values())), analyzer)
            near = [pool[c.number] for c in whole.search(seed, analyzer, 2 * size)]
            dice.shuffle(near)
            inside = near[: max(len(near) // 2, 1)]
            yield _public_part(inside, near[len(inside) :], found, queries, analyzer)


def _public_part(
    inside: Sequence[Entry],
    outside: Sequence[Entry],
    found: PublicSet,
    queries: Mapping[str, str],
    analyzer: Analyzer,
) -> Part:
    numbers = {entry.id: number for number, entry in enumerate(inside)}
    others = {entry.id for entry in outside}
    asked, beside = [], []
    for key, text in queries.items():
        right = frozenset(numbers[id_] for id_ in found.relevant[key] if id_ in numbers)
        if right:
            asked.append(Asked(text, right))
        elif found.relevant[key] & others:
            beside.append(Asked(text, frozenset()))
    index = Index.build(KnowledgeBase(tuple(inside)), analyzer)
    return index, asked[:MOST_ASKED] + beside[:MOST_ASKED]
