"""Turn text into the terms that the index counts, the same for stored text and for questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from qa_bot.embeddings import WITHOUT
from qa_bot.segmenter import Segmenter
from qa_bot.text import normalize, syllable, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from qa_bot.embeddings import Embeddings
    from qa_bot.facets import FacetReader, Mention
    from qa_bot.lattice import Lattice
    from qa_bot.lexicon import Lexicon

WORD, CHARACTER, PAIR, SOUND, FACET = "wcpsf"
"""The views of a text. Each term's name begins with its view's letter, so that views never mix:
words and the words inside them; characters; neighbours; the sound of neighbours; facet values."""

WORDS = 1 << 14
"""How many words are remembered with their terms, …"""
ROWS = 1 << 17
"""… and how many with their numbers among the embeddings."""


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
        embeddings: Embeddings | None = None,
    ) -> None:
        """Make the segmenter keep the lexicon's, the facets' and the `mined` words whole.

        Without embeddings no text has one: all that is known of words is how they are written.
        """
        self.lexicon = lexicon
        self.facets = facets
        self.mined = tuple(mined)
        self.embeddings = embeddings or WITHOUT
        words = lexicon.words | facets.words() | frozenset(self.mined)
        self._segmenter = Segmenter(sorted(words), cache_folder)
        self.terms_of_word = lru_cache(maxsize=WORDS)(self._make_terms_of_word)
        """Word → its terms; many are remembered, since texts share most of theirs."""
        self._rows_of_word = lru_cache(maxsize=ROWS)(self._find_rows_of_word)
        """Word → its numbers among the embeddings; nearly all are remembered, which are small."""

    def read(self, text: str) -> Reading:
        """Cut up a text of the base as it was written."""
        return self._read(normalize(text), self.lexicon.same_as)

    def read_all(
        self,
        normals: Sequence[str],
        mentions: Sequence[Sequence[Mention]],
        lattice: Lattice | None,
    ) -> list[Reading]:
        """Cut up normalised texts of the base, given what each mentions, as `read` does.

        Where there are many, a lattice helps.
        """
        named = list(map(self._named, mentions))
        parted = list(map(_parts, normals, named))
        parts = list(chain.from_iterable(parted))
        segmenter = self._segmenter
        cut = iter(segmenter.cut_all(parts, lattice) if lattice else map(segmenter.cut, parts))
        return [
            self._assemble(normal, own, list(islice(cut, len(parts))), self.lexicon.same_as)
            for normal, own, parts in zip(normals, named, parted, strict=True)
        ]

    def lattice(self) -> Lattice:
        """Make what helps `read_all` where there are tens of thousands of texts."""
        return self._segmenter.lattice()

    def read_question(self, normal: str) -> Reading:
        """Cut up a normalised question: one-way synonyms lead to what it also asks for."""
        return self._read(normal, self.lexicon.asks_for)

    def cut(self, normal: str) -> list[str]:
        """Cut normalised text into words; marks and spaces are left out."""
        return self._segmenter.cut(normal)

    def _read(self, normal: str, canonical_of: Callable[[Sequence[str]], Iterable[str]]) -> Reading:
        named = self._named(self.facets.mentions(normal))
        parts = list(map(self._segmenter.cut, _parts(normal, named)))
        return self._assemble(normal, named, parts, canonical_of)

    def _named(self, mentions: Sequence[Mention]) -> Sequence[Mention]:
        """Leave out what is mentioned beside the procedure, or overlaps with what is longer."""
        if not mentions:
            return mentions
        facets = self.facets.facets
        # Matters beside the procedure are no names for one thing: their words stay words.
        named = [mention for mention in mentions if not facets[mention.facet].needed]
        return without_overlap(named) if len(named) > 1 else named

    def _assemble(
        self,
        normal: str,
        named: Sequence[Mention],
        parts: Sequence[Sequence[str]],
        canonical_of: Callable[[Sequence[str]], Iterable[str]],
    ) -> Reading:
        """Make a reading of the words of a text's parts; see `_parts`."""
        stopwords = self.lexicon.stopwords
        kept = [[word for word in between if word not in stopwords] for between in parts[::2]]
        canonical = tuple([tuple(canonical_of(run)) for run in kept])
        return Reading(normal, tuple(chain.from_iterable(parts)), canonical, tuple(named))

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
        return terms + facet_terms(reading) if FACET in views else terms

    def embed(self, readings: Sequence[Reading]) -> NDArray[np.int8]:
        """Embed texts by their words as they were written; see `Embeddings.embed`."""
        rows_of = self._rows_of_word
        return self.embeddings.embed([list(map(rows_of, reading.words)) for reading in readings])

    def _find_rows_of_word(self, word: str) -> tuple[int, ...]:
        """Give the number of a word; of one that has no place those of the words in it, if any."""
        for parts in ([word], self._segmenter.subwords(word), word):
            if rows := [row for part in parts if (row := self.embeddings.number(part)) >= 0]:
                return tuple(rows)
        return ()

    def _word_terms(self, words: Iterable[str]) -> list[str]:
        return [term for word in words for term in self.terms_of_word(word)]

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


def _parts(normal: str, named: Sequence[Mention]) -> list[str]:
    """Part a text into what stands before, in, between and after facet values."""
    if not named:
        return [normal]
    bounds = [0, *(bound for mention in named for bound in (mention.start, mention.end))]
    return [normal[start:end] for start, end in pairwise([*bounds, len(normal)])]


def unit_terms(characters: list[str], views: str) -> list[str]:
    """Give the terms of a run of characters, in those views that are made of characters."""
    terms: list[str] = []
    if CHARACTER in views:
        terms += [CHARACTER + unit for unit in characters]
    if PAIR in views:
        terms += [pair_term(*pair) for pair in pairwise(characters)]
    if SOUND in views:
        terms += [sound_term(*pair) for pair in pairwise(map(syllable, characters))]
    return terms


def pair_term(first: str, second: str) -> str:
    """Give the term of two characters beside each other."""
    return PAIR + first + second


def sound_term(first: str, second: str) -> str:
    """Give the term of two syllables beside each other."""
    return f"{SOUND}{first} {second}"


def facet_terms(reading: Reading) -> list[str]:
    """Give the terms of the facet values that a text names."""
    return [f"{FACET}{mention.facet}={mention.value}" for mention in reading.mentions]


def without_overlap(mentions: Iterable[Mention]) -> list[Mention]:
    """Keep the longest of mentions that share characters, the earlier of equally long ones."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.start, m.facet)):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)
