"""Make questions from the base's own wordings: verbatim, left out of the index, mistyped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.bot import Bot
from qa_bot.evaluation.cases import Case, chance
from qa_bot.index import Index
from qa_bot.knowledge import KnowledgeBase
from qa_bot.text import CHINESE, match_key, normalize, syllable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import Entry

FOLDS = 10
"""In how many turns entries are left out, a part of the base each turn."""
TYPING_ERRORS = ("homophone", "dropped", "swapped")


def verbatim(bot: Bot) -> list[Case]:
    """Ask every question and wording as it stands."""
    return [Case(text, entry, bot) for entry in bot.index.base.entries for text in entry.asked_as()]


def wording_left_out(bot: Bot) -> list[Case]:
    """Ask one wording of each entry, of a bot that does not hold it."""
    entries = bot.index.base.entries
    chosen = {entry.id: chance(entry).choice(entry.wordings) for entry in entries if entry.wordings}
    kept = [_without(entry, chosen.get(entry.id)) for entry in entries]
    other = _with_entries(bot, kept)
    return [Case(chosen[entry.id], entry, other) for entry in entries if entry.id in chosen]


def entry_left_out(bot: Bot) -> list[Case]:
    """Ask the same wordings, of bots that do not hold the entry at all."""
    entries = bot.index.base.entries
    cases: list[Case] = []
    for fold in range(FOLDS):
        asked = [entry for entry in entries[fold::FOLDS] if entry.wordings]
        left_out = {entry.id for entry in entries[fold::FOLDS]}
        kept = [entry for entry in entries if entry.id not in left_out]
        if asked and kept:
            other = _with_entries(bot, kept)
            cases += [Case(chance(entry).choice(entry.wordings), entry, other) for entry in asked]
    return cases


def _without(entry: Entry, left_out: str | None) -> Entry:
    kept = tuple(wording for wording in entry.wordings if wording != left_out)
    return replace(entry, wordings=kept)


def _with_entries(bot: Bot, entries: Iterable[Entry]) -> Bot:
    """Make a bot that is like another but for what it knows."""
    return Bot(
        Index.build(KnowledgeBase(tuple(entries)), bot.analyzer),
        bot.analyzer,
        bot.phrases,
        bot.ranker.coefficients,
        bot.smalltalk,
        bot.dialogue.followups,
        bot.settings,
    )


def typing_errors(bot: Bot) -> list[Case]:
    """Ask every question with one typing error: a homophone, a character dropped, or two swapped.

    An error that makes another stored question of it, or names another facet value, is none.
    """
    entries = bot.index.base.entries
    alike = _homophones(text for entry in entries for text in entry.asked_as())
    reader = bot.analyzer.facets
    cases = []
    for entry in entries:
        for text in _mistyped(entry, alike):
            if match_key(text) not in bot.index.exact and not _renamed(entry, text, reader):
                cases.append(Case(text, entry, bot))
                break
    return cases


def _homophones(texts: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Give the characters of the texts by how they sound."""
    alike: dict[str, list[str]] = {}
    for character in sorted(set("".join(texts))):
        if CHINESE.fullmatch(character):
            alike.setdefault(syllable(character), []).append(character)
    return alike


def _mistyped(entry: Entry, alike: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the question with each error that may be made, in an order of chance."""
    dice = chance(entry)
    text = entry.question
    places = [place for place, character in enumerate(text) if CHINESE.fullmatch(character)]
    errors = [(kind, place) for kind in TYPING_ERRORS for place in places]
    dice.shuffle(errors)
    # A kind before a place: homophones are as frequent as the others, however few there are.
    first = dice.choice(TYPING_ERRORS)
    for kind, place in sorted(errors, key=lambda error: error[0] != first):
        before, own, after = text[:place], text[place], text[place + 1 :]
        match kind:
            case "homophone":
                others = [other for other in alike[syllable(own)] if other != own]
                if others:
                    yield before + dice.choice(others) + after
            case "dropped":
                yield before + after
            case "swapped" if after and CHINESE.fullmatch(after[0]) and after[0] != own:
                yield before + after[0] + own + after[1:]


def _renamed(entry: Entry, text: str, reader: FacetReader) -> bool:
    """Tell whether a text names a value of a vetoing facet that the entry's question does not."""
    meant = reader.read(normalize(entry.question))
    read = reader.read(normalize(text))
    return any(
        values - meant.get(name, frozenset())
        for name, values in read.items()
        if reader.facets[name].vetoes
    )
