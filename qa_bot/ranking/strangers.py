"""Find names in a question that look like a facet's values, but hold a word the base knows not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa_bot.analyzer import WORD
from qa_bot.index import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa_bot.analyzer import Analyzer
    from qa_bot.index import Index
    from qa_bot.query import Query

PARTED = re.compile(r"\W")
MOST_WORDS = 4
"""How many words before its ending a name is made of at most."""
FEW_OF = 0.001
"""In so many wordings, and in so many passages, for each entry a word may be mentioned in passing;
then a name with it is not known by that."""
EVERYDAY = 3e-5
"""Share of general Chinese from which on a word is no stranger, held or not."""


class Strangers:
    """Query → what it calls by a name that no dictionary lists (殡葬服务经营许可证)."""

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        """Know the words of the index."""
        self._index, self._analyzer = index, analyzer
        self._held = index.words, Words(index.postings["passages"])
        """Word → in how many wordings, and in how many passages, it stands."""
        self._few = FEW_OF * len(index.base.entries)

    def names(self, query: Query, facet: str) -> list[str]:
        """Give the strange names that end as those of a facet do; no listed name is one."""
        kind = self._analyzer.facets.facets[facet]
        if kind.ending is None:
            return []
        ends = kind.ending.finditer(query.reading.normal)
        found = (self._name(query, facet, end) for end in ends)
        return [name for name in found if name]

    def _name(self, query: Query, facet: str, end: re.Match[str]) -> str:
        reading = query.reading
        listed = (m for m in reading.mentions if m.facet == facet)
        if any(m.start < end.end() and end.start() < m.end for m in listed):
            return ""
        before = [m.end for m in reading.mentions if m.end <= end.start()]
        start = max(before, default=0)
        words = list(self._joined(reading.normal[start : end.start()]))
        if not any(map(self._is_strange, words)):
            return ""
        name = "".join((*words, end[0]))
        return "" if self._index.characters.hold(name) else name

    def _joined(self, text: str) -> Iterator[str]:
        """Yield the words at the end of a text that no stop word parts from it."""
        words = self._analyzer.cut(PARTED.split(text)[-1])
        stops = [n for n, word in enumerate(words) if word in self._analyzer.lexicon.stopwords]
        yield from words[max([*(n + 1 for n in stops), len(words) - MOST_WORDS, 0]) :]

    def _is_strange(self, word: str) -> bool:
        if len(word) == 1 or self._analyzer.background(WORD + word) >= EVERYDAY:
            return False
        return all(words.get(word, 0) <= self._few for words in self._held)
