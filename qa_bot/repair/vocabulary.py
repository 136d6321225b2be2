"""Say which terms of a base are mended when they are mistyped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qa_bot.analyzer import WORD
from qa_bot.text import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    sound: int
    """The number of how it sounds; -1: no term sounds so."""
    sounds: bool
    """Whether it sounds at all; a mark does not."""
    spelt: bool
    """Whether it is a syllable of a word in pinyin."""


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
