"""Make questions from stored ones by swapping or deleting a facet value in them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.evaluation.cases import Case, Finding, chance
from qa_bot.evaluation.conversation import leads_to
from qa_bot.reply import ANSWERED, LISTED_UNANSWERED
from qa_bot.text import match_key, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from qa_bot.bot import Bot
    from qa_bot.facets import Facet, FacetReader
    from qa_bot.knowledge import Entry
    from qa_bot.reply import Reply

    Key = tuple[str, ...]
    """A facet and the pieces of a frame, in the form in which two frames are the same."""
    Stored = tuple[Entry, "Frame"]

SWAPS = 600
"""How many swaps are asked at most."""
YEARS = tuple(str(year) for year in range(2015, 2031))
"""The values of a facet whose values cannot be listed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A text around the one value that it names of a facet."""

    facet: str
    value: str
    name: str
    """What the value is called in it."""
    pieces: tuple[str, ...]

    @property
    def key(self) -> Key:
        """Give the form in which two frames are the same."""
        return (self.facet, *map(match_key, self.pieces))


def frames(text: str, reader: FacetReader) -> Iterator[Frame]:
    """Yield a frame for each vetoing facet of which the text names one value, once or more."""
    normal = normalize(text)
    mentions = reader.mentions(normal)
    for name in {
        mention.facet: None for mention in mentions if reader.facets[mention.facet].vetoes
    }:
        own = [mention for mention in mentions if mention.facet == name]
        if len({mention.value for mention in own}) == 1:
            ends = [0, *(mention.end for mention in own)]
            starts = [*(mention.start for mention in own), len(normal)]
            pieces = tuple(normal[end:start] for end, start in zip(ends, starts, strict=True))
            yield Frame(name, own[0].value, own[0].text, pieces)


def swapped(bot: Bot) -> list[Case]:
    """Ask questions whose region, permit or the like is another, of which no such question stands.

    Of each, one value is taken that the base holds elsewhere, one that it has nothing of, and
    one that lies outside the facet's default (region: outside the mainland).
    """
    reader = bot.analyzer.facets
    entries = bot.index.base.entries
    stored = _stored_frames(((t, entry) for entry in entries for t in entry.asked_as()), reader)
    held: dict[str, set[str]] = {}
    for key, by_value in stored.items():
        held.setdefault(key[0], set()).update(by_value)
    cases: list[Case] = []
    for entry in entries:
        for frame in frames(entry.question, reader):
            facet = reader.facets[frame.facet]
            free = _free_values(stored[frame.key], facet, reader)
            for value in _choose(free, held[frame.facet], facet, chance(entry)):
                name = value if not facet.pattern else frame.name.replace(frame.value, value)
                cases.append(Case(name.join(frame.pieces), entry, bot, frame.facet, value))
    # By a hash: which cases are asked hangs on each alone, not on what else the base holds.
    return sorted(cases, key=lambda case: zlib.crc32(case.question.encode()))[:SWAPS]


def _stored_frames(
    texts: Iterable[tuple[str, Entry]], reader: FacetReader
) -> dict[Key, dict[str, Stored]]:
    """Give the values that stand in each frame of the texts, and where they do."""
    found: dict[Key, dict[str, Stored]] = {}
    for text, entry in texts:
        for frame in frames(text, reader):
            found.setdefault(frame.key, {}).setdefault(frame.value, (entry, frame))
    return found


def _free_values(taken: Iterable[str], facet: Facet, reader: FacetReader) -> list[str]:
    """Give the values that none of those that stand in a frame serves."""
    return [
        value
        for value in (YEARS if facet.pattern else sorted(facet.parents))
        if value != facet.default
        and all(
            reader.contradicts(facet.name, frozenset({value}), frozenset({other}))
            for other in taken
        )
    ]


def _choose(free: list[str], held: set[str], facet: Facet, dice: Random) -> Iterator[str]:
    """Draw a value that the base holds, one that it has nothing of, one outside the default."""
    within = [value for value in free if not facet.default or facet.default in facet.lineage(value)]
    elsewhere = [value for value in within if value in held]
    absent = [value for value in within if not facet.lineage(value) & held]
    outside = [value for value in free if value not in within]
    for pool in (elsewhere, absent, outside):
        if pool:
            yield dice.choice(pool)


def not_contradicted(case: Case, reply: Reply) -> Finding:
    """Ask that neither the entry itself nor one of another value is spoken of.

    An entry of no value may serve where the facet says so (a generic entry, any region).
    """
    reader = case.bot.analyzer.facets
    wrong = False
    if reply.hit and reply.outcome in {ANSWERED, LISTED_UNANSWERED}:
        held = reply.hit.facets.get(case.facet, frozenset())
        other = reader.contradicts(case.facet, frozenset({case.value}), held)
        wrong = other or reply.hit.entry.id == case.entry.id
    return Finding(case, reply, right=not wrong, wrong=wrong)


def deleted(bot: Bot) -> list[Case]:
    """Ask questions without the one value in which the questions of two entries differ.

    What then is a stored question itself is left out: it means the entry that it stands for.
    """
    cases = []
    questions = ((entry.question, entry) for entry in bot.index.base.entries)
    for by_value in _stored_frames(questions, bot.analyzer.facets).values():
        if len(by_value) == 1:
            continue
        for value, (entry, frame) in by_value.items():
            question = "".join(frame.pieces)
            key = match_key(question)
            if key and key not in bot.index.exact:
                cases.append(Case(question, entry, bot, frame.facet, value))
    return cases


def reached(case: Case, reply: Reply) -> Finding:
    """Ask that the entry is shown at once, or by choosing one option of a clarifying question."""
    said = reply.hit.entry if reply.hit else None
    right = said is not None and said.id == case.entry.id
    right = right or leads_to(case.bot, reply, {case.entry.id})
    return Finding(case, reply, right, wrong=reply.outcome == ANSWERED and not right)
