"""Turn text into the terms that the index counts, the same for stored text and for questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from qa_bot.text import Segmenter, normalize, syllable, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from qa_bot.facets import FacetReader, Mention
    from qa_bot.lexicon import Lexicon

WORD, CHARACTER, PAIR, SOUND, FACET = "wcpsf"
"""The views of a text. Each term's name begins with its view's letter, so that views never mix:
words and the words inside them; characters; neighbours; the sound of neighbours; facet values."""

WORDS = 1 << 14
"""How many words are remembered with their terms."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text cut up once: as it was written, and in the owner's canonical words.

    What is looked up for a reading is remembered by which it is, not by all it holds.
    """

    normal: str
    words: tuple[str, ...]
    canonical: tuple[tuple[str, ...], ...]
    """Words with synonyms replaced and stop words left out, in the runs between facet values."""
    mentions: tuple[Mention, ...]


class Analyzer:
    """Text → terms, by one segmenter, the owner's lexicon and the facets."""

    def __init__(
        self,
        lexicon: Lexicon,
        facets: FacetReader,
        mined: Iterable[str] = (),
        cache_folder: Path | None = None,
    ) -> None:
        """Make the segmenter keep the lexicon's, the facets' and the `mined` words whole."""
        self.lexicon = lexicon
        self.facets = facets
        self.mined = tuple(mined)
        words = lexicon.words | facets.words() | frozenset(self.mined)
        self._segmenter = Segmenter(sorted(words), cache_folder)
        self._terms_of_word = lru_cache(maxsize=WORDS)(self._make_terms_of_word)
        """Word → its terms; many are remembered, since texts share most of theirs."""

    def read(self, text: str) -> Reading:
        """Cut up a text of the base as it was written."""
        return self._read(normalize(text), self.lexicon.same_as)

    def read_question(self, normal: str) -> Reading:
        """Cut up a normalised question: one-way synonyms lead to what it also asks for."""
        return self._read(normal, self.lexicon.asks_for)

    def cut(self, normal: str) -> list[str]:
        """Cut normalised text into words; marks and spaces are left out."""
        return self._segmenter.cut(normal)

    def _read(self, normal: str, canonical_of: Callable[[str], tuple[str, ...]]) -> Reading:
        facets = self.facets.facets
        # Matters beside the procedure are no names for one thing: their words stay words.
        named = (m for m in self.facets.mentions(normal) if not facets[m.facet].needed)
        mentions = without_overlap(named)
        words: list[str] = []
        canonical: list[tuple[str, ...]] = []
        end = 0
        for start, stop in [*((m.start, m.end) for m in mentions), (len(normal), len(normal))]:
            between = self._segmenter.cut(normal[end:start])
            kept = (word for word in between if word not in self.lexicon.stopwords)
            canonical.append(tuple(word for kept_word in kept for word in canonical_of(kept_word)))
            words += between
            if start < stop:
                words += self._segmenter.cut(normal[start:stop])
            end = stop
        return Reading(normal, tuple(words), tuple(canonical), tuple(mentions))

    def written_terms(self, reading: Reading, views: str) -> list[str]:
        """Give the terms of a text as it was written, in the views asked for."""
        terms = self._word_terms(reading.words) if WORD in views else []
        return terms + unit_terms(units(reading.normal), views)

    def canonical_terms(self, reading: Reading, views: str) -> list[str]:
        """Give the terms of a text in canonical words; a facet value is one term of its own."""
        terms: list[str] = []
        for run in reading.canonical:
            if WORD in views:
                terms += self._word_terms(run)
            terms += unit_terms(units(" ".join(run)), views)
        if FACET in views:
            terms += [f"{FACET}{m.facet}={m.value}" for m in reading.mentions]
        return terms

    def _word_terms(self, words: Iterable[str]) -> list[str]:
        return [term for word in words for term in self._terms_of_word(word)]

    def _make_terms_of_word(self, word: str) -> tuple[str, ...]:
        return tuple(WORD + piece for piece in self._segmenter.subwords(word))

    def names_typed_facet(self, term: str) -> bool:
        """Tell whether a term stands for a value of a facet that vetoes."""
        return term[0] == FACET and self.facets.facets[term[1:].partition("=")[0]].vetoes

    def background(self, term: str) -> float:
        """Give the share of a term in general Chinese, 0 to 1; facet values have none."""
        known = self._segmenter.background
        name = term[1:]
        match term[0]:
            case "w":
                return known.word(name)
            case "c":
                return known.character(name)
            case "p":
                return known.pair(name)
            case "s":
                return known.sound(name)
            case _:
                return 0.0


def unit_terms(characters: list[str], views: str) -> list[str]:
    """Give the terms of a run of characters, in those views that are made of characters."""
    terms: list[str] = []
    if CHARACTER in views:
        terms += [CHARACTER + unit for unit in characters]
    if PAIR in views:
        terms += [PAIR + first + second for first, second in pairwise(characters)]
    if SOUND in views:
        sounds = [syllable(unit) for unit in characters]
        terms += [f"{SOUND}{first} {second}" for first, second in pairwise(sounds)]
    return terms


def without_overlap(mentions: Iterable[Mention]) -> list[Mention]:
    """Keep the longest of mentions that share characters, the earlier of equally long ones."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.start, m.facet)):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)
