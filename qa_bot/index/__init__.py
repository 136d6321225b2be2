"""Find the entries nearest a query: postings over wordings and passages, immutable and saved."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qa_bot.analyzer import CHARACTER, FACET, PAIR, SOUND, WORD
from qa_bot.index.postings import Postings as Postings
from qa_bot.index.postings import Weighting
from qa_bot.index.saved import FORMAT, open_saved, save, unreadable
from qa_bot.index.saved import is_saved_index as is_saved_index
from qa_bot.knowledge import KnowledgeBase
from qa_bot.text import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query

WORDING_VIEWS = {WORD: 0.5, CHARACTER: 2.0, SOUND: 0.3}
WRITTEN = Weighting(WORDING_VIEWS, saturation=0.3, length=0.0)
"""Wordings as they were written."""
CANONICAL = Weighting({**WORDING_VIEWS, FACET: 4.0}, saturation=0.3, length=0.0)
"""Wordings in the owner's canonical words."""
PASSAGES = Weighting({WORD: 1.0, CHARACTER: 0.5, PAIR: 1.0}, saturation=1.2, length=0.6)
UNASKED = 0.7
"""How much what a wording says beyond the query counts against it (Tversky's beta)."""
SUPPORT = 0.2
MOST_SUPPORT = 2.0
"""How far the likenesses of an entry's three next wordings, summed up, speak for it."""
TRUST_IN_PASSAGE = 0.85
"""How far a passage that holds the whole query says that its entry answers it."""
CANONICAL_DISCOUNT = 0.92
"""What likeness in canonical words is worth beside likeness as written."""
WEIGHTS = 1 << 16
"""How many weights of terms are remembered; questions share most of theirs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate entry, how near the query is to it, and by what."""

    number: int
    """The entry's place in the knowledge base."""
    wording: float
    """Likeness of the query and the entry's nearest wording, 0 to 1."""
    wording_number: int
    """Which of the entry's wordings that is; 0: its question."""
    support: float
    """Sum of the likenesses of the entry's three next wordings."""
    passage: float
    """Share of the query that the entry's best passage holds, 0 to 1."""
    passage_number: int
    """Which of the entry's passages that is; -1: it has none that shares a term."""
    exact: bool = False
    """Whether the query is one of the entry's wordings, but for case, width and punctuation."""


def shared_weight(asked: Mapping[str, float], held: Mapping[str, float]) -> float:
    """Give the weight of the asked terms that are held."""
    return sum(weight for term, weight in asked.items() if term in held)


def tversky(asked: Mapping[str, float], held: Mapping[str, float]) -> float:
    """Give the likeness of two texts by the weights of their terms (Tversky 1977)."""
    common = shared_weight(asked, held)
    whole = max(sum(asked.values()), common) + UNASKED * max(sum(held.values()) - common, 0.0)
    return common / whole if whole else 0.0


def strength(candidate: Candidate) -> float:
    """Join what speaks for a candidate, 0 to 1, as if each spoke independently (noisy or)."""
    return 1 - (1 - candidate.wording) * (1 - by_passage(candidate)) * (1 - by_support(candidate))


def log_strength(candidate: Candidate) -> float:
    """Give a candidate's strength in nats; what speaks for nothing is bounded below."""
    return math.log(max(strength(candidate), 1e-3))


def by_passage(candidate: Candidate) -> float:
    """Give what a candidate's best passage says for it, 0 to 1."""
    return TRUST_IN_PASSAGE * candidate.passage


def by_support(candidate: Candidate) -> float:
    """Give what a candidate's further wordings say for it, 0 to 1."""
    return SUPPORT * min(candidate.support, MOST_SUPPORT)


@dataclass(frozen=True)
class Index:
    """Postings over the wordings and the passages of a knowledge base; immutable."""

    base: KnowledgeBase
    key: str
    """Identifies what was indexed and how; see `index_key`."""
    mined: tuple[str, ...]
    """The words that were mined from the base for the segmenter."""
    postings: Mapping[str, Postings]
    """`written` and `canonical` over wordings, `passages` over passages."""
    wording_starts: NDArray[np.int64]
    passage_starts: NDArray[np.int64]
    """Entry `n` has the wordings from `wording_starts[n]` up to `wording_starts[n + 1]`, and
    likewise passages."""
    exact: Mapping[str, int]
    """`match_key` of every wording → its entry."""
    form_weights: Callable[[str, Reading, Analyzer], Mapping[str, float]] = field(init=False)
    """Form (`written`, `canonical` or `passages`), reading, analyzer → the terms of a text in that
    form, and the weight of each in a query; the last few are remembered."""
    _weight: Callable[[str, str, Analyzer], float] = field(init=False)
    """Form, term, analyzer → the term's weight in a query; many are remembered."""

    def __post_init__(self) -> None:
        """Remember the weights of the last texts: search, ranking and explanation share them."""
        object.__setattr__(self, "form_weights", lru_cache(maxsize=64)(self._form_weights))
        object.__setattr__(self, "_weight", lru_cache(maxsize=WEIGHTS)(self._weigh_term))

    @classmethod
    def build(
        cls,
        base: KnowledgeBase,
        analyzer: Analyzer,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Index:
        """Index all entries; `progress` is called with 1 for each of them."""
        written: list[list[str]] = []
        canonical: list[list[str]] = []
        passages: list[list[str]] = []
        for entry in base.entries:
            for wording in entry.asked_as():
                reading = analyzer.read(wording)
                written.append(analyzer.written_terms(reading, _WRITTEN))
                canonical.append(analyzer.canonical_terms(reading, _CANONICAL))
            passages += [
                passage_terms(analyzer.read(text), analyzer) for text in passage_texts(entry)
            ]
            progress(1)
        background = analyzer.background
        return cls(
            base,
            index_key(base, analyzer),
            analyzer.mined,
            {
                "written": Postings.build(written, WRITTEN, background),
                "canonical": Postings.build(canonical, CANONICAL, background),
                "passages": Postings.build(passages, PASSAGES, background),
            },
            _starts(len(entry.asked_as()) for entry in base.entries),
            _starts(len(entry.passages) for entry in base.entries),
            _keys(base),
        )

    def search(self, query: Query, analyzer: Analyzer, k: int) -> list[Candidate]:
        """Give the k entries nearest the query, by wording or by passage, the nearest first."""
        forms = {form: self.form_weights(form, query.reading, analyzer) for form in self.postings}
        wordings = np.maximum(
            self._likeness("written", forms["written"]),
            CANONICAL_DISCOUNT * self._likeness("canonical", forms["canonical"]),
        )
        passages = self._coverage(forms["passages"])
        best = np.maximum.reduceat(wordings, self.wording_starts[:-1])
        answered = np.flatnonzero(np.diff(self.passage_starts))
        if answered.size:
            nearest = np.maximum.reduceat(passages, self.passage_starts[answered])
            best[answered] = np.maximum(best[answered], nearest)
        exact = self.exact.get(query.key, -1)
        if exact >= 0:
            best[exact] = np.inf
        # Stable: among equals the earlier entry comes first.
        nearest = np.argsort(-best, kind="stable")[:k]
        nearest = nearest[best[nearest] > 0]
        likenesses = _by_entry(wordings, self.wording_starts, nearest)
        coverages = _by_entry(passages, self.passage_starts, nearest)
        return [
            _candidate(*found, exact=found[0] == exact)
            for found in zip(nearest.tolist(), likenesses, coverages, strict=True)
        ]

    def _likeness(self, form: str, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """Give the likeness of the terms and each wording: c / (c + query only + 0.7 text only).

        Tversky's index (1977) over summed weights; a term that no text holds counts as query only.
        """
        postings = self.postings[form]
        asked = sum(weights.values())
        common: NDArray[np.float32] = postings.shared(weights)
        query_only = np.maximum(asked - common, 0)
        text_only = np.maximum(postings.mass - common, 0)
        whole = common + query_only + UNASKED * text_only
        likeness: NDArray[np.float32] = common / np.maximum(whole, np.float32(1e-9))
        return likeness

    def _coverage(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """Give the share of the terms that each passage holds: BM25 over half the most possible."""
        postings = self.postings["passages"]
        most = (sum(weights.values()) or 1.0) * (postings.weighting.saturation + 1)
        shares: NDArray[np.float32] = 2 * postings.shared(weights) / np.float32(most)
        return np.minimum(shares, 1)

    def form_terms(self, form: str, reading: Reading, analyzer: Analyzer) -> list[str]:
        """Give the terms of a text in one of the forms that are indexed."""
        match form:
            case "written":
                return analyzer.written_terms(reading, _WRITTEN)
            case "canonical":
                return analyzer.canonical_terms(reading, _CANONICAL)
            case _:
                return passage_terms(reading, analyzer)

    def _form_weights(self, form: str, reading: Reading, analyzer: Analyzer) -> Mapping[str, float]:
        terms = dict.fromkeys(self.form_terms(form, reading, analyzer))
        return {term: self._weight(form, term, analyzer) for term in terms}

    def _weigh_term(self, form: str, term: str, analyzer: Analyzer) -> float:
        return self.postings[form].weight(term, analyzer.background)

    def words(self) -> dict[str, int]:
        """Give the words of the wordings, and in how many wordings each of them stands."""
        postings = self.postings["written"]
        counts = np.diff(postings.starts).tolist()
        terms = postings.vocabulary.items()
        return {term[1:]: counts[number] for term, number in terms if term[0] == WORD}

    def passage(self, candidate: Candidate) -> Passage | None:
        """Give the passage a candidate points at: its best, else its first, if it has any."""
        passages = self.base.entries[candidate.number].passages
        return passages[max(candidate.passage_number, 0)] if passages else None

    def save(self, folder: Path) -> None:
        """Save the index in a folder; see `saved`."""
        facts = {"key": self.key, "mined": self.mined, **self.base.to_dict()}
        arrays = {"wording-starts": self.wording_starts, "passage-starts": self.passage_starts}
        save(folder, facts, self.postings, arrays)

    @classmethod
    def open(cls, folder: Path) -> Index:
        """Open a saved index; raise MistakesError when it can't be used."""
        facts, postings, arrays = open_saved(folder)
        try:
            base = KnowledgeBase.from_dict(facts)
            return cls(
                base,
                facts["key"],
                tuple(facts["mined"]),
                postings,
                arrays["wording-starts"],
                arrays["passage-starts"],
                _keys(base),
            )
        except (KeyError, TypeError) as error:
            raise unreadable(folder, error) from None


_WRITTEN, _CANONICAL, _PASSAGES = ("".join(w.views) for w in (WRITTEN, CANONICAL, PASSAGES))


def passage_terms(reading: Reading, analyzer: Analyzer) -> list[str]:
    """Give the terms of a text in the views in which passages are indexed."""
    return analyzer.written_terms(reading, _PASSAGES)


def passage_texts(entry: Entry) -> list[str]:
    """Give what is indexed of each passage: the entry's question, the heading and the text."""
    return [f"{entry.question}\n{passage.section}\n{passage.text}" for passage in entry.passages]


def index_key(base: KnowledgeBase, analyzer: Analyzer) -> str:
    """Identify an index by all that goes into it: content, lexicon, facets, weights and format."""
    parts = (
        base.content_hash,
        analyzer.lexicon.content_hash,
        analyzer.facets.content_hash,
        repr((WRITTEN, CANONICAL, PASSAGES)),
        str(FORMAT),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _by_entry(
    scores: NDArray[np.float32], starts: NDArray[np.int64], entries: NDArray[np.intp]
) -> list[list[float]]:
    """Give the scores of the texts of each of the entries."""
    bounds = zip(starts[entries].tolist(), starts[entries + 1].tolist(), strict=True)
    return [scores[start:end].tolist() for start, end in bounds]


def _candidate(
    number: int, likeness: list[float], coverage: list[float], *, exact: bool
) -> Candidate:
    """Make the candidate of an entry, given how near its wordings and passages are."""
    wording = max(likeness)
    passage = max(coverage, default=0.0)
    return Candidate(
        number,
        wording,
        likeness.index(wording),
        sum(sorted(likeness, reverse=True)[1:4]) if len(likeness) > 1 else 0.0,
        passage,
        coverage.index(passage) if passage else -1,
        exact,
    )


def _starts(counts: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *counts], dtype=np.int64)


def _keys(base: KnowledgeBase) -> dict[str, int]:
    wordings = ((n, text) for n, entry in enumerate(base.entries) for text in entry.asked_as())
    return {match_key(text): number for number, text in wordings}
