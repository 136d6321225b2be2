"""Make poor bases of good ones, and streams of questions that show what the poor ones lack.

A world knows the truth: the whole base, and for every question which of its entries answer it.
No question that figures are measured on is ever asked in the stream.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from public_sets import chosen, joined, read_set

from qa_bot.edits.revision import Revision
from qa_bot.edits.written import to_values
from qa_bot.evaluation import CHOOSE, Judgment, read_judgments
from qa_bot.knowledge import Entry, Passage
from qa_bot.mistakes import Location
from qa_bot.opening import read_base
from qa_bot.reply import ANSWERED, LISTED_UNANSWERED, NO_MATCH
from qa_bot.text import match_key

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from qa_bot import Settings
    from qa_bot.knowledge import KnowledgeBase

PARTS = 0.7, 0.15, 0.15
"""How much of a stream is in words that the whole base holds, in others that it answers, and not
to be answered at all."""
NOWHERE = Location("")

Questions = Sequence[Judgment]


@dataclass(frozen=True, slots=True)
class World:
    """A poor base in files, and all that is known of the whole one."""

    name: str
    whole: Mapping[str, Entry]
    """Id → entry, with everything that was taken out."""
    parts: tuple[Questions, ...]
    """What is asked, by the PARTS."""
    held_out: Questions
    """What figures are measured on."""

    def stream(self, dice: random.Random) -> Iterator[Judgment]:
        """Yield questions without end: a part by its share, then one of it by Zipf's law."""
        laws = [[1 / rank for rank in range(1, len(part) + 1)] for part in self.parts]
        while True:
            (part,) = dice.choices(range(len(self.parts)), PARTS)
            yield dice.choices(self.parts[part], laws[part])[0]


def bundled(settings: Settings, root: Path, dice: random.Random, out: tuple[float, float]) -> World:
    """Take a share of the wordings, and a share of the answered entries, out of a copy of a base.

    What was taken out is asked, with one half of the judged questions; the other half is held out.
    """
    base, analyzer = read_base(settings.knowledge, settings)
    judged = read_judgments(settings.judged, base)
    shutil.copytree(settings.knowledge, root)
    revision, kept, taken = Revision(root, base), [], []
    for entry in base.entries:
        if entry.answered and dice.random() < out[1]:
            revision.remove(entry)
            taken += [_judgment(text, [entry]) for text in entry.asked_as()]
            continue
        gone = {text for text in entry.wordings if dice.random() < out[0]}
        taken += [_judgment(text, [entry]) for text in entry.wordings if text in gone]
        left = replace(entry, wordings=tuple(x for x in entry.wordings if x not in gone))
        if gone:
            revision.change(entry, left)
        kept.append(left)
    revision.put_in_place(kept, analyzer.facets)
    choose = [one for one in judged if one.half == CHOOSE and not one.before]
    report = [one for one in judged if one.half != CHOOSE]
    choose, report = _resolved(choose, base), _resolved(report, base)
    return _world("bundled", base.entries, taken, choose, report, dice)


def public(folder: Path, root: Path, dice: random.Random, most: int) -> World:
    """Keep one wording of each intent of a public set; its choosing part is asked, too.

    Of its reporting part, `most` questions are held out.
    """
    found = read_set(folder)
    found = joined(found) if found.intents else found
    whole, taken = [], []
    for entry in found.base.entries:
        asked = list(dict.fromkeys(entry.asked_as()))
        dice.shuffle(asked)
        passages = (Passage(f"〔{entry.id}〕", NOWHERE),)
        whole.append(Entry(entry.id, asked[0], NOWHERE, tuple(asked[1:]), passages))
        taken += [_judgment(text, [whole[-1]]) for text in asked[1:]]
    root.mkdir()
    lines = (json.dumps(to_values(replace(entry, wordings=()))) + "\n" for entry in whole)
    (root / "faq.jsonl").write_text("".join(lines), encoding="utf-8")
    by_id = {entry.id: entry for entry in whole}
    queries = {
        key: _judgment(text, [by_id[id_] for id_ in sorted(found.relevant[key])])
        for key, text in found.queries.items()
    } | {key: _judgment(text, []) for key, (text, _) in found.unanswerable.items()}
    report = [one for key, one in queries.items() if not chosen(key)]
    report = dice.sample(report, min(most, len(report)))
    choose = [one for key, one in queries.items() if chosen(key)]
    return _world(folder.name, whole, taken, choose, report, dice)


def _world(
    name: str,
    whole: Iterable[Entry],
    taken: Questions,
    choose: Questions,
    held_out: Questions,
    dice: random.Random,
) -> World:
    """Put a world together: what is held out is asked by nobody, and stands nowhere in the base."""
    entries = {entry.id: entry for entry in whole}
    known = {match_key(text) for entry in entries.values() for text in entry.asked_as()}
    held_out = [one for one in held_out if one.before or match_key(one.question) not in known]
    secret = {match_key(one.question) for one in held_out}
    parts = (
        list(taken),
        [one for one in choose if one.entries],
        [one for one in choose if not one.entries],
    )
    for part in parts:
        part[:] = [one for one in part if match_key(one.question) not in secret]
        dice.shuffle(part)
    return World(name, entries, parts, held_out)


def _judgment(question: str, entries: Sequence[Entry]) -> Judgment:
    derived = {ANSWERED if entry.answered else LISTED_UNANSWERED for entry in entries}
    outcomes = frozenset(derived or {NO_MATCH})
    return Judgment(question, tuple(entry.id for entry in entries), "", NOWHERE, outcomes)


def _resolved(judgments: Questions, base: KnowledgeBase) -> list[Judgment]:
    """Name entries by id, and state what is right by the whole base."""
    by_name = {match_key(text): entry for entry in base.entries for text in entry.asked_as()}
    by_name |= {entry.id: entry for entry in base.entries}
    found = []
    for one in judgments:
        entries = [by_name.get(name) or by_name[match_key(name)] for name in one.entries]
        own = _judgment(one.question, entries)
        found.append(replace(one, entries=own.entries, outcomes=one.outcomes or own.outcomes))
    return found
