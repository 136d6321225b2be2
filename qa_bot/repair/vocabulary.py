"""Hold the terms of a base by how they sound, and find those that a mistyped text may mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from qa_bot.analyzer import WORD
from qa_bot.text import syllable, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qa_bot.analyzer import Analyzer

TELLING = 10.0
"""A word is the base's own when it is at least so many times as common there as in general."""
OFTEN = 3
"""A short term, or one that no owner named, stands in at least so many wordings."""
SHORT = 2
"""A term has at least so many characters; with so many it is short."""

LOOKED_AT = 3
"""Terms of at least so many characters are known with a look-alike in them."""
SWAPPED = 4
"""Terms of at least so many characters are known with two neighbours swapped."""
MISCOUNTED = 7
"""Terms of at least so many characters are known with a character missing or one too many."""


class Unit(NamedTuple):
    """A character, a number, a syllable or a Latin word of a text, at characters start to end."""

    text: str
    start: int
    end: int
    sound: str
    """How it sounds; empty: a mark."""
    spelt: bool
    """Whether it is a syllable of a word in pinyin."""


@dataclass(slots=True)
class _Node:
    """Where terms that begin with the same sounds part."""

    next: dict[str, _Node] = field(default_factory=dict)
    skips: dict[str, list[_Node]] = field(default_factory=dict)
    """Where a sound leads when the one before it is left out."""
    terms: list[str] = field(default_factory=list)
    longest: int = 0
    """How many units the longest term has from here on."""


class Vocabulary:
    """Terms in a trie of sounds."""

    def __init__(self, terms: Iterable[str], lookalikes: Mapping[str, frozenset[str]]) -> None:
        """Take the terms, and for each character those that look like it."""
        self.sounds: set[str] = set()
        self._lookalikes = lookalikes
        self._root = _Node()
        for term in terms:
            sounds = [syllable(unit) for unit in units(term)]
            if len(sounds) >= SHORT:
                self._add(term, sounds)

    def _add(self, term: str, sounds: list[str]) -> None:
        self.sounds.update(sounds)
        node, before = self._root, _Node()
        for depth, sound in enumerate(sounds):
            node.longest = max(node.longest, len(sounds) - depth)
            if sound not in node.next:
                node.next[sound] = _Node()
                before.skips.setdefault(sound, []).append(node.next[sound])
            node, before = node.next[sound], node
        node.terms.append(term)

    def walk(self, parts: Sequence[Unit], first: int) -> Iterator[tuple[int, str]]:
        """Give the terms that units from `first` on may mean, each with the unit after them.

        Homophones are followed as such; one other mistake is allowed.
        """
        agenda = [(self._root, first, False)]
        while agenda:
            node, at, mistaken = agenda.pop()
            for term in node.terms:
                yield at, term
            if at == len(parts):
                continue
            sound = parts[at].sound
            if (same := node.next.get(sound)) is not None:
                agenda.append((same, at + 1, mistaken))
            if sound and not mistaken and at - first + node.longest >= LOOKED_AT:
                agenda += self._past_mistake(node, parts, first, at)

    def _past_mistake(
        self, node: _Node, parts: Sequence[Unit], first: int, at: int
    ) -> list[tuple[_Node, int, bool]]:
        """Give where a walk goes on if the unit is a look-alike, swapped, too much or one behind.

        The first character of a term is taken to be there.
        """
        sound = parts[at].sound
        onward: list[tuple[_Node | None, int]] = [
            (node.next.get(syllable(character)), at + 1)
            for character in self._lookalikes.get(parts[at].text, ())
        ]
        miscounted = at > first and at - first + node.longest >= MISCOUNTED
        then = node.next.get(parts[at + 1].sound) if at + 1 < len(parts) else None
        if then is not None:
            onward.append((then.next.get(sound), at + 2))
            if miscounted:
                onward.append((then, at + 2))
        if miscounted:
            onward += [(other, at + 1) for other in node.skips.get(sound, ())]
        return [(other, after, True) for other, after in onward if other is not None]


def domain_terms(analyzer: Analyzer, words: Mapping[str, int]) -> Iterator[str]:
    """Give the terms that are mended: names of facet values, the owner's words, the base's own.

    `words` are the base's, each with the number of wordings it stands in. Names of permits and
    places count as they are, others where they tell the base from general Chinese.
    """
    facets = analyzer.facets.facets.values()
    typed = {n for facet in facets if facet.vetoes for n, value in facet.names.items() if value}
    named = typed.union(analyzer.lexicon.words, analyzer.mined, *(f.parents for f in facets))
    # Ways to ask that only a facet knows (交什么) are no words.
    asking = {n for f in facets for n in f.names if not analyzer.background(WORD + n)} - named
    total = sum(words.values()) or 1
    for term in named.union(words) - asking:
        characters = units(term)
        count = words.get(term, 0)
        telling = count / total >= TELLING * analyzer.background(WORD + term)
        if len(characters) > SHORT:
            own = term in typed or (telling and (count >= OFTEN or term in named))
        else:
            plain = term in typed or analyzer.lexicon.stopwords.isdisjoint(characters)
            own = telling and count >= OFTEN and plain and len(characters) == SHORT
        if own and "".join(characters) == term:
            yield term
