"""Do what a careful owner does about gaps, knowing the truth; each decision is one edit at most."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot import edits
from qa_bot.gaps import Kind
from qa_bot.mistakes import MistakesError
from qa_bot.reply import ANSWERED, CLARIFY
from qa_bot.text import match_key

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from qa_bot.evaluation import Judgment
    from qa_bot.facets import FacetReader
    from qa_bot.gaps import Gap
    from qa_bot.journal import Journal
    from qa_bot.knowledge import Entry, KnowledgeBase

    Truth = Mapping[str, Judgment]
    """A question as it was understood, by its letters → what is known of it."""

ADDED = "added.csv"
"""The table that new entries are written into."""
WORDED, WRITTEN, IGNORED = "wordings added", "entry written", "ignored"
NOTHING, REFUSED = "nothing to do", "refused"
LOOKED_AT = 100_000
"""How many questions of the journal are looked at, at most."""


class Owner:
    """Changes the files of a base; counts what was done."""

    def __init__(self, root: Path, whole: Mapping[str, Entry], facets: FacetReader) -> None:
        """Take the files, and what the owner could write."""
        self.done: Counter[str] = Counter()
        self.mixed = 0
        """How many gaps held questions that different entries answer, or none."""
        self._root = root
        self._whole = whole
        self._facets = facets
        self._looked_at: set[str] = set()
        self._hold(edits.read_base(root, facets))

    def handle_gaps(self, gaps: Iterable[Gap], truth: Truth, journal: Journal) -> None:
        """Handle gaps one after another."""
        for gap in gaps:
            texts = (gap.question, *gap.variants)
            self.mixed += len({truth[match_key(text)].entries for text in texts}) > 1
            listed = Kind.LISTED in gap.kinds
            what = self._mend(texts, truth, listed_as=gap.nearest if listed else None)
            if what in {NOTHING, REFUSED}:
                journal.ignore(gap.key, gap.question)
                what = IGNORED if what == NOTHING else what
            self.done[what] += 1

    def handle_random(
        self, count: int, truth: Truth, journal: Journal, dice: random.Random
    ) -> None:
        """Look at questions of the journal that were not looked at yet, drawn at random."""
        asked = [
            one
            for one in journal.most_asked(limit=LOOKED_AT)
            if match_key(one.question) not in self._looked_at
        ]
        for one in dice.sample(asked, min(count, len(asked))):
            key = match_key(one.question)
            self._looked_at.add(key)
            right = one.outcome == ANSWERED and one.entry in truth[key].entries
            self.done[NOTHING if right else self._mend((one.question,), truth)] += 1

    def _mend(self, texts: Sequence[str], truth: Truth, listed_as: str | None = None) -> str:
        """Do what helps the first question that an entry answers, and those that it also answers.

        A question back, or the word that nothing is written, may be just what is right.
        """
        known = {text: truth[match_key(text)] for text in texts}
        answerable = [one for one in known.values() if one.entries and CLARIFY not in one.outcomes]
        if not answerable:
            return NOTHING
        id_ = next((id_ for id_ in answerable[0].entries if id_ in self._held), None)
        id_ = id_ or answerable[0].entries[0]
        if id_ == listed_as and not self._whole[id_].answered:
            return NOTHING
        own = [text for text, one in known.items() if id_ in one.entries]
        return self._word(id_, own) if id_ in self._held else self._write(id_, own)

    def _word(self, id_: str, texts: Sequence[str]) -> str:
        entry = self._held[id_]
        new = self._new(entry, texts)
        if not new:
            return NOTHING
        changed = replace(entry, wordings=(*entry.wordings, *new))
        try:
            self._hold(edits.change_entry(self._root, self._facets, entry, changed))
        except MistakesError:
            return REFUSED
        return WORDED

    def _write(self, id_: str, texts: Sequence[str]) -> str:
        entry = replace(self._whole[id_], wordings=())
        entry = replace(entry, wordings=self._new(entry, texts))
        try:
            self._hold(edits.add_entry(self._root, self._facets, entry, ADDED))
        except MistakesError:
            return REFUSED
        return WRITTEN

    def _new(self, entry: Entry, texts: Sequence[str]) -> tuple[str, ...]:
        known = {match_key(text) for text in entry.asked_as()}
        by_key = {match_key(text): " ".join(text.split()) for text in texts}
        return tuple(text for key, text in by_key.items() if key not in known)

    def _hold(self, base: KnowledgeBase) -> None:
        self._held = {entry.id: entry for entry in base.entries}
