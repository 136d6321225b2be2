"""Find the entries nearest a query: postings over wordings and passages, immutable and saved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qa_bot.embeddings import cosines
from qa_bot.index.candidates import (
    UNASKED,
    make_candidate,
)
from qa_bot.index.candidates import Candidate as Candidate
from qa_bot.index.candidates import by_passage as by_passage
from qa_bot.index.candidates import likeness_of as likeness_of
from qa_bot.index.candidates import log_strength as log_strength
from qa_bot.index.candidates import strength as strength
from qa_bot.index.candidates import tversky as tversky
from qa_bot.index.characters import Characters as Characters
from qa_bot.index.characters import Sounding as Sounding
from qa_bot.index.entries import StoredEntries
from qa_bot.index.forms import FORMS
from qa_bot.index.forms import form_terms as form_terms
from qa_bot.index.forms import passage_terms as passage_terms
from qa_bot.index.held import Columns as Columns
from qa_bot.index.latent import Latent
from qa_bot.index.likeness import Likeness, Sought
from qa_bot.index.nearest import Nearest
from qa_bot.index.plain import PlainKernel
from qa_bot.index.profiles import Profiles as Profiles
from qa_bot.index.ranges import within
from qa_bot.index.saved import FORMAT as FORMAT
from qa_bot.index.saved import OutdatedIndexError as OutdatedIndexError
from qa_bot.index.saved import is_saved_index as is_saved_index
from qa_bot.index.saved import open_saved, parts_of, save, unreadable
from qa_bot.index.saved import verify as verify
from qa_bot.index.search import Hastening, Room, Search
from qa_bot.index.search import preload as preload
from qa_bot.index.sentences import Sentences
from qa_bot.index.words import Words as Words
from qa_bot.knowledge import KnowledgeBase
from qa_bot.repair import Terms
from qa_bot.vocabulary import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.index.postings import Postings
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query

CANONICAL_DISCOUNT = 0.92
"""What likeness in canonical words is worth beside likeness as written."""
SMALL = 100_000
"""Of fewer wordings every one is compared: that is quicker than to find out which matter."""
TELLING = 64
"""How many wordings of an entry say together what it is about."""
EMBEDDED = 32
"""To how many wordings of an entry a question's embedding is compared."""
LOOKED_AT = 4096
"""How many of the wordings that hold a word are looked at, to see whose they are."""
TERMS = 1 << 16
"""How many terms are remembered once they were looked up; questions share most of theirs."""


class Asked(NamedTuple):
    """What a text asks for in one form."""

    weights: Mapping[str, float]
    """Its terms, and the weight of each in a query."""
    sought: Sought


@dataclass(frozen=True)
class Index:
    """Postings over the wordings and the passages of a knowledge base; immutable."""

    base: KnowledgeBase
    key: str
    """Identifies what was indexed and how; see `index_key`."""
    language: str
    """Identifies how text was indexed; see `language_key`."""
    mined: tuple[str, ...]
    """The words that were mined from the base for the segmenter."""
    postings: Mapping[str, Postings]
    """Form → postings over wordings, or over passages; see `forms`."""
    wording_starts: NDArray[np.int64]
    passage_starts: NDArray[np.int64]
    """Entry `n` has the wordings from `wording_starts[n]` up to `wording_starts[n + 1]`, and
    likewise passages."""
    exact: Keys
    """`match_key` of every wording → its entry."""
    ids: Keys
    """Id of every entry → its place in the base."""
    profiles: Profiles
    """The facets of every entry."""
    characters: Characters
    """The characters of every wording."""
    terms: Terms
    """What is mended when it is mistyped."""
    latent: Latent
    """What the wordings teach about which terms mean the same."""
    sentences: Sentences
    """What the sentences of the passages hold."""
    embedded: NDArray[np.int8]
    """The embedding of every wording: wordings × dimensions, of the length `LONGEST` or 0."""
    words: Words = field(init=False)
    """The words of the wordings, and in how many wordings each of them stands."""
    _asked: Callable[[str, Reading, Analyzer], Asked] = field(init=False)
    """Form, reading, analyzer → what a text asks for in that form; the last few are remembered."""
    _terms: dict[str, dict[str, tuple[int, float, int]]] = field(init=False)
    """Form → term → its number, its weight in a query and the place of its view; many of them."""
    _wording_starts: memoryview[int] = field(init=False)
    _passage_starts: memoryview[int] = field(init=False)
    """Single items of them are quicker to take than those of the arrays."""
    _names: Mapping[str, Callable[[int], str]] = field(init=False)
    """Form → number of a term → the term; many are remembered."""
    _searches: Mapping[str, Search] = field(init=False)
    _scans: Mapping[str, PlainKernel] = field(init=False)
    _hastening: Hastening = field(init=False)

    def __post_init__(self) -> None:
        """Remember what was looked up: search, ranking and explanation ask for the same."""
        object.__setattr__(self, "_asked", lru_cache(maxsize=64)(self._look_up_all))
        object.__setattr__(self, "_terms", {form: {} for form in self.postings})
        names = {
            form: lru_cache(maxsize=TERMS)(part.vocabulary.name)
            for form, part in self.postings.items()
        }
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_wording_starts", self.wording_starts.data)
        object.__setattr__(self, "_passage_starts", self.passage_starts.data)
        room = Room()
        scans = {
            form: PlainKernel(part, self._starts(form)) for form, part in self.postings.items()
        }
        searches = {
            form: Search(part, self._starts(form), room, scans[form])
            for form, part in self.postings.items()
        }
        object.__setattr__(self, "_scans", scans)
        object.__setattr__(self, "_searches", searches)
        object.__setattr__(self, "_hastening", Hastening(searches.values()))
        object.__setattr__(self, "words", Words(self.postings["written"]))

    @classmethod
    def build(
        cls,
        base: KnowledgeBase,
        analyzer: Analyzer,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Index:
        """Index all entries; `progress` is told how many more of them were read."""
        # Slow to import, and rarely needed.
        from qa_bot.index import building  # noqa: PLC0415
        from qa_bot.index.learning import learn  # noqa: PLC0415

        built = building.build(base.entries, analyzer, progress)
        wording_starts = _starts(len(entry.asked_as()) for entry in base.entries)
        return cls(
            replace(base, entries=built.entries, counted=base.answered),
            _hash(built.content_hash, language_key(analyzer)),
            language_key(analyzer),
            analyzer.mined,
            built.postings,
            wording_starts,
            _starts(len(entry.passages) for entry in base.entries),
            built.exact,
            Keys.of({entry.id: number for number, entry in enumerate(base.entries)}),
            built.profiles,
            built.characters,
            Terms.of(analyzer, dict(Words(built.postings["written"]))),
            learn(
                built.postings["canonical"],
                built.embedded,
                wording_starts,
                analyzer.names_typed_facet,
            ),
            built.sentences,
            built.embedded,
        )

    def search(self, query: Query, analyzer: Analyzer, k: int) -> list[Candidate]:
        """Give the k entries nearest the query, by wording or by passage, the nearest first.

        Among equally near entries the earlier one comes first.
        """
        self._hastening.count()
        exact = self.exact.get(query.key, -1)
        sought = {
            form: self._asked(form, query.reading, analyzer).sought for form in self._searches
        }
        find = self._scan if self.postings["written"].size < SMALL else self._prune
        entries, wordings, passages = find(sought, exact, k)
        return [
            make_candidate(*found, exact=found[0] == exact)
            for found in zip(entries.tolist(), wordings, passages, strict=True)
        ]

    def _scan(
        self, sought: Mapping[str, Sought], exact: int, k: int
    ) -> tuple[NDArray[np.int64], list[list[float]], list[list[float]]]:
        """Compare every text; give the nearest entries, how near their wordings and passages."""
        compared = {
            form: kernel.scan(sought[form])[self.postings[form].ranks]
            for form, kernel in self._scans.items()
        }
        wordings = np.maximum(compared["written"], compared["canonical"])
        passages = compared["passages"]
        best = np.maximum.reduceat(wordings, self.wording_starts[:-1])
        answered = np.flatnonzero(np.diff(self.passage_starts))
        if answered.size:
            nearest = np.maximum.reduceat(passages, self.passage_starts[answered])
            best[answered] = np.maximum(best[answered], nearest)
        if exact >= 0:
            best[exact] = np.inf
        # Stable: among equals the earlier entry comes first.
        entries = np.argsort(-best, kind="stable")[:k]
        entries = entries[best[entries] > 0]
        of_wordings = _texts_of(entries, self.wording_starts)
        of_passages = _texts_of(entries, self.passage_starts)
        return (
            entries,
            [wordings[own].tolist() for own in of_wordings],
            [passages[own].tolist() for own in of_passages],
        )

    def _prune(
        self, sought: Mapping[str, Sought], exact: int, k: int
    ) -> tuple[NDArray[np.int64], list[list[float]], list[list[float]]]:
        """Compare only texts that can be near enough; give the same as `_scan`."""
        nearest = Nearest(k)
        if exact >= 0:
            nearest.add(np.array([exact]), np.array([np.inf], np.float32))
        # Among the fewest texts it costs least to learn how near the nearest are.
        for form in sorted(self._searches, key=lambda form: self.postings[form].size):
            self._searches[form].find(sought[form], nearest)
        entries = np.array([number for number, _ in nearest.best], np.int64)
        compared = {
            form: search.of_owners(entries, sought[form]) for form, search in self._searches.items()
        }
        wordings = np.maximum(compared["written"], compared["canonical"])
        return (
            entries,
            _by_entry(wordings, self.wording_starts, entries),
            _by_entry(compared["passages"], self.passage_starts, entries),
        )

    def form_weights(self, form: str, reading: Reading, analyzer: Analyzer) -> Mapping[str, float]:
        """Give the terms of a query in a form with their weights; the last few are remembered."""
        return self._asked(form, reading, analyzer).weights

    def telling(self, candidate: Candidate) -> range | tuple[int, ...]:
        """Give the places of the wordings that say together what a candidate's entry is about.

        Of very many the first and the nearest do: all of them hold nearly every word.
        """
        start = self._wording_starts[candidate.number]
        own = range(start, min(self._wording_starts[candidate.number + 1], start + TELLING))
        nearest = self.place_of_wording(candidate)
        return own if nearest in own else (*own, nearest)

    def alike(self, embedding: NDArray[np.int8], entries: Sequence[int]) -> list[float]:
        """Say how much entries are worded like a question, by its embedding: -1 to 1.

        It is the cosine to the likest of an entry's wordings; of very many only the first count.
        """
        numbers = np.fromiter(entries, np.int64, len(entries))
        begins = self.wording_starts[numbers]
        counts = np.minimum(self.wording_starts[numbers + 1] - begins, EMBEDDED)
        found = cosines(self.embedded[within(begins, counts)], embedding)
        likest: list[float] = np.maximum.reduceat(found, np.cumsum(counts) - counts).tolist()
        return likest

    def place_of_wording(self, candidate: Candidate) -> int:
        """Give the place of a candidate's nearest wording among all wordings."""
        return self._wording_starts[candidate.number] + candidate.wording_number

    def columns(self, form: str, numbers: Sequence[int]) -> Columns:
        """Give terms of a form, by their numbers, columns in a table of what is held."""
        return Columns(numbers, self.postings[form].count_terms)

    def hold(self, form: str, places: Sequence[int], columns: Columns) -> NDArray[np.bool_]:
        """Tell which texts of a form, by their places, hold which terms: texts × columns."""
        postings = self.postings[form]
        return postings.contents.hold(postings.ranks[places], columns)

    def masses(self, form: str, places: Sequence[int]) -> NDArray[np.float32]:
        """Tell what texts of a form, by their places, weigh."""
        postings = self.postings[form]
        masses: NDArray[np.float32] = postings.mass[postings.ranks[places]]
        return masses

    def asked_with(self, term: int) -> tuple[NDArray[np.int64], float]:
        """Give the entries of the wordings that hold a canonical term, an entry for each wording.

        Of very many only some, evenly spread: beside them, how many each stands for.
        """
        postings = self.postings["canonical"]
        held = postings.texts[postings.starts[term] : postings.starts[term + 1]]
        some = held[:: len(held) // LOOKED_AT + 1]
        entries = np.searchsorted(self.wording_starts, postings.numbers[some], "right") - 1
        return entries, len(held) / max(len(some), 1)

    def numbered(self, form: str, terms: Collection[str], analyzer: Analyzer) -> dict[int, str]:
        """Give the terms that some text of a form holds, in order, by their numbers."""
        found = self._look_up(form, terms, analyzer)
        return {own[0]: term for term, own in zip(terms, found, strict=True) if own[0] >= 0}

    def weights_of_text(self, form: str, number: int) -> dict[str, float]:
        """Give the terms of a wording or passage, by its place, and the weight of each in a query.

        It is what `form_weights` gives for the text itself, without reading it again.
        """
        terms, weights = self.weighed(form, number)
        return dict(zip(map(self._names[form], terms.tolist()), weights.tolist(), strict=True))

    def weighed(self, form: str, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Give the numbers of the terms of a text, by its place, and their weights in a query."""
        postings = self.postings[form]
        terms = postings.terms_of(number)
        return terms, postings.asked[terms]

    def _look_up_all(self, form: str, reading: Reading, analyzer: Analyzer) -> Asked:
        """Look up what a text asks for in a form, and by what likeness it is compared.

        Wordings are compared by Tversky's index; passages by the share of the query that they
        hold: BM25 over half the most possible.
        """
        terms = dict.fromkeys(form_terms(form, reading, analyzer))
        found = self._look_up(form, terms, analyzer)
        weights = {term: known[1] for term, known in zip(terms, found, strict=True)}
        asked, most = sum(weights.values()), self.postings[form].weighting.most
        if form == "passages":
            likeness = Likeness((asked or 1.0) * most / 2, unasked=0.0)
        else:
            worth = CANONICAL_DISCOUNT if form == "canonical" else 1.0
            likeness = Likeness(asked, UNASKED, worth)
        return Asked(weights, Sought.of(found, likeness, most))

    def _starts(self, form: str) -> NDArray[np.int64]:
        return self.passage_starts if form == "passages" else self.wording_starts

    def _look_up(
        self, form: str, terms: Collection[str], analyzer: Analyzer
    ) -> list[tuple[int, float, int]]:
        known, postings = self._terms[form], self.postings[form]
        if len(known) >= TERMS:
            # Another thread may still be reading what was known.
            known = self._terms[form] = {}
        for term in terms:
            if term not in known:
                known[term] = postings.look_up(term, analyzer.background)
        return list(map(known.__getitem__, terms))

    def entry(self, id_: str) -> Entry:
        """Give the entry of an id; raise KeyError if there is none."""
        return self.base.entries[self.ids[id_]]

    def teaches(self, number: int) -> bool:
        """Tell whether an entry's wordings are among what teaches, where anything does."""
        several = self._wording_starts[number + 1] - self._wording_starts[number] > 1
        return several or not self.latent.learned

    def count_passages(self, number: int) -> int:
        """Tell how many passages an entry has, without reading it."""
        return self._passage_starts[number + 1] - self._passage_starts[number]

    def passages_of(self, number: int) -> range:
        """Give the places of an entry's passages among all passages."""
        return range(self._passage_starts[number], self._passage_starts[number + 1])

    def said_in(self, number: int, passage: int) -> set[str]:
        """Give the terms of a passage of an entry, and of its heading, as passages are indexed."""
        place = self._passage_starts[number] + passage
        return set(map(self._names["passages"], self.sentences.terms_of(place)))

    def passage(self, candidate: Candidate) -> Passage | None:
        """Give the passage a candidate points at: its best, else its first, if it has any."""
        if not self.count_passages(candidate.number):
            return None
        return self.base.entries[candidate.number].passages[max(candidate.passage_number, 0)]

    def save(self, folder: Path) -> None:
        """Save the index in a folder; see `saved`."""
        facts = {
            "key": self.key,
            "language": self.language,
            "mined": self.mined,
            "profiles": self.profiles.facts(),
        }
        arrays: dict[str, NDArray[Any]] = {
            "wording-starts": self.wording_starts,
            "wording-embedded": self.embedded,
            "passage-starts": self.passage_starts,
        }
        parts = {
            "entries": StoredEntries.of(self.base.entries).arrays(),
            "exact": self.exact.arrays(),
            "ids": self.ids.arrays(),
            "profiles": self.profiles.arrays(),
            "characters": self.characters.arrays(),
            "terms": self.terms.arrays(),
            "latent": self.latent.arrays(),
            "sentences": self.sentences.arrays(),
        }
        for part, own in parts.items():
            arrays |= {f"{part}-{name}": values for name, values in own.items()}
        save(folder, facts, self.postings, arrays)

    @classmethod
    def open(cls, folder: Path) -> Index:
        """Open a saved index; raise MistakesError when it can't be used."""
        facts, postings, arrays = open_saved(folder)
        parts = parts_of(arrays)
        try:
            passage_starts = parts["passage"]["starts"]
            return cls(
                KnowledgeBase(
                    StoredEntries.from_arrays(parts["entries"]),
                    counted=int(np.count_nonzero(np.diff(passage_starts))),
                ),
                facts["key"],
                facts["language"],
                tuple(facts["mined"]),
                postings,
                parts["wording"]["starts"],
                passage_starts,
                Keys.from_arrays(parts["exact"]),
                Keys.from_arrays(parts["ids"]),
                Profiles.from_arrays(facts["profiles"], parts["profiles"]),
                Characters.from_arrays(parts["characters"]),
                Terms.from_arrays(parts["terms"]),
                Latent(**parts["latent"]),
                Sentences.from_arrays(parts["sentences"]),
                parts["wording"]["embedded"],
            )
        except (KeyError, TypeError) as error:
            raise unreadable(folder, error) from None


def index_key(base: KnowledgeBase, analyzer: Analyzer) -> str:
    """Identify an index by all that goes into it: its content, and `language_key`."""
    return _hash(base.content_hash, language_key(analyzer))


def language_key(analyzer: Analyzer) -> str:
    """Identify how text is indexed: by lexicon, facets, embeddings, weights and format."""
    return _hash(
        analyzer.lexicon.content_hash,
        analyzer.facets.content_hash,
        analyzer.embeddings.key,
        repr(tuple(FORMS.values())),
        str(FORMAT),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _texts_of(entries: NDArray[np.int64], starts: NDArray[np.int64]) -> list[slice]:
    """Give where the texts of each of the entries stand."""
    bounds = zip(starts[entries].tolist(), starts[entries + 1].tolist(), strict=True)
    return [slice(*pair) for pair in bounds]


def _by_entry(
    scores: NDArray[np.float32], starts: NDArray[np.int64], entries: NDArray[np.int64]
) -> list[list[float]]:
    """Part the scores of the texts of entries, which follow each other, by entry."""
    ends = np.cumsum(starts[entries + 1] - starts[entries]).tolist()
    listed = scores.tolist()
    return [listed[start:end] for start, end in pairwise([0, *ends])]


def _starts(counts: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *counts], dtype=np.int64)
