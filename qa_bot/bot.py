"""Decide what to say: the policy, and the only place that decides."""

from __future__ import annotations

import datetime
import logging
import shutil
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.analyzer import Analyzer
from qa_bot.evidence import find_evidence
from qa_bot.facets import read_facets
from qa_bot.index import Index, index_key, is_saved_index, passage_terms
from qa_bot.lexicon import read_lexicon
from qa_bot.mining import mine_words
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.phrases import read_phrases
from qa_bot.query import read_query
from qa_bot.ranking import Hit, Ranker, read_coefficients
from qa_bot.reply import (
    ANSWERED,
    CLARIFY,
    LISTED_UNANSWERED,
    NO_MATCH,
    Clarification,
    Reply,
)
from qa_bot.settings import Settings
from qa_bot.smalltalk import read_smalltalk
from qa_bot.sources import read_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from qa_bot.knowledge import KnowledgeBase
    from qa_bot.phrases import Phrases
    from qa_bot.query import Query
    from qa_bot.ranking import Coefficients

log = logging.getLogger(__name__)

CANDIDATES = 50
"""How many candidates are ranked."""

KEPT = 4
"""How many built indexes stay in the cache."""
TIED = 12
"""How many hits are looked at to find what tells them apart."""


class ContextError(ValueError):
    """The context of a question names a facet or value that does not exist."""


class Bot:
    """Answers questions from one index; immutable, so any number of threads may ask."""

    def __init__(
        self,
        index: Index,
        analyzer: Analyzer,
        phrases: Phrases,
        coefficients: Coefficients,
        smalltalk: Mapping[str, str],
        settings: Settings,
    ) -> None:
        """Take the parts; `open` makes them from files."""
        self.smalltalk = smalltalk
        self.index = index
        self.analyzer = analyzer
        self.phrases = phrases
        self.settings = settings
        self.ranker = Ranker(index, analyzer, coefficients)

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        settings: Settings | None = None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Bot:
        """Open a file or folder of knowledge, or a saved index (default: the settings' knowledge).

        The index of knowledge is built when it is new and kept in the settings' cache folder.
        Raise MistakesError naming every mistake in the files.
        """
        settings = settings or Settings()
        place = settings.knowledge if path is None else type(settings.knowledge)(path)
        phrases = read_phrases(settings.phrases)
        models = read_coefficients(settings.coefficients)
        smalltalk = read_smalltalk(settings.lexicon / "smalltalk.csv")
        if is_saved_index(place):
            index, analyzer = _open_saved(place, settings)
        else:
            base, analyzer = read_base(place, settings)
            index = _open_cached(base, analyzer, settings) or _build(
                base, analyzer, settings, progress
            )
        return cls(index, analyzer, phrases, models, smalltalk, settings)

    def ask(
        self, question: str, context: Mapping[str, Mapping[str, str]] | None = None, top: int = 3
    ) -> Reply:
        """Reply to a question with at most `top` alternatives.

        `context` may hold facets that the question leaves open: `{"facets": {"region": "江苏"}}`.
        Raise ContextError when it names what does not exist.
        """
        started = time.perf_counter()
        query = self._with_context(read_query(question, self.analyzer), context or {})
        if query.key in self.smalltalk and query.key not in self.index.exact:
            reply = self._reply(query, NO_MATCH, None, [], 0, "smalltalk", "")
            say = self.smalltalk[query.key].format(contact=self.settings.contact)
            reply = replace(reply, say=say, sentence=say)
        else:
            candidates = self.index.search(query, self.analyzer, CANDIDATES)
            hits = self.ranker.rank(query, candidates, max(top + 1, TIED))
            reply = self._decide(query, hits, top)
        return replace(reply, timing_ms=(time.perf_counter() - started) * 1000)

    def _with_context(self, query: Query, context: Mapping[str, Mapping[str, str]]) -> Query:
        """Add the context's facets that the question itself leaves open."""
        reader = self.analyzer.facets
        carried: dict[str, frozenset[str]] = {}
        for name, text in context.get("facets", {}).items():
            value = reader.value_of(name, text) if name in reader.facets else None
            if value is None or value not in reader.facets[name].parents:
                message = f"the context names {name}={text}, which is not in the lexicon"
                raise ContextError(message)
            carried[name] = frozenset({value})
        return replace(query, facets={**carried, **query.facets}) if carried else query

    def _decide(self, query: Query, hits: Sequence[Hit], top: int) -> Reply:
        """Choose the outcome; the order of the tests is the policy."""
        say = self.phrases.say
        unknown = self.ranker.unknown_values(query)
        fitting = [hit for hit in hits if not hit.contradicted]
        best = fitting[0] if fitting else None
        if best is None or not self._sure(best) or (unknown and best.by != "exact"):
            sentence = say("sentence.no_match")
            if unknown:
                sentence = say("sentence.unknown_value", values="、".join(unknown))
            rule = "unknown_value" if unknown else "no_match"
            return self._reply(query, NO_MATCH, None, hits, top, rule, sentence)
        clarify, count = self._clarification(query, best, fitting)
        if clarify:
            label = self.analyzer.facets.facets[clarify.facet].label
            sentence = say("sentence.clarify", facet=label, count=count)
            reply = self._reply(query, CLARIFY, None, fitting, top, "clarify", sentence)
            return replace(reply, clarify=clarify, confidence=best.confidence)
        return self._about(query, best, hits, top)

    def _sure(self, hit: Hit) -> bool:
        """Tell whether a hit may be spoken of; an answer takes more than a listed title."""
        answers = hit.passage is not None
        needed = self.settings.answer_confidence if answers else self.settings.listed_confidence
        return hit.confidence >= needed

    def _about(self, query: Query, best: Hit, hits: Sequence[Hit], top: int) -> Reply:
        """Answer from the best hit, or say why it holds no answer."""
        say = self.phrases.say
        entry = best.entry
        if best.passage is None or entry.expired(datetime.datetime.now().astimezone().date()):
            rule = "listed_unanswered" if best.passage is None else "expired"
            sentence = say(
                f"sentence.{rule}", question=entry.question, valid_until=entry.valid_until
            )
            # What can be read now comes first, of the same permit before others.
            nearest = sorted(hits, key=lambda hit: (bool(hit.contradicted), hit.passage is None))
            return self._reply(query, LISTED_UNANSWERED, best, nearest, top, rule, sentence)
        sentence = say(f"sentence.{best.by}", question=entry.question)
        return self._reply(query, ANSWERED, best, hits, top, best.by, sentence)

    def _clarification(
        self, query: Query, best: Hit, fitting: Sequence[Hit]
    ) -> tuple[Clarification | None, int]:
        """Ask for the facet that tells the tied hits apart, if there are any."""
        tied = self.ranker.tied(query, best, fitting)
        if best.by == "exact" or len(tied) == 1:
            return None, 0
        other = tied[1] if tied[0] is best else tied[0]
        name = next(n for n, values in best.facets.items() if other.facets.get(n) != values)
        held: dict[str, bool] = {}
        for hit in tied:
            for value in sorted(hit.facets.get(name, ())):
                held[value] = held.get(value, False) or hit.entry.answered
        options = sorted(held.items(), key=lambda option: not option[1])
        ask = self.analyzer.facets.facets[name].ask or self.phrases.say("clarify.prompt")
        return Clarification(name, ask, tuple(options)), len(tied)

    def _reply(
        self,
        query: Query,
        outcome: str,
        hit: Hit | None,
        others: Sequence[Hit],
        top: int,
        rule: str,
        sentence: str,
    ) -> Reply:
        best = hit or (others[0] if others else None)
        evidence: list[str] = []
        notice = ""
        if outcome == ANSWERED and hit and hit.passage:
            weights = self.index.weigh(query, self.analyzer)
            evidence = find_evidence(hit.passage.text, query.question, weights, self._passage_terms)
            if general := self.ranker.served_generally(query, hit):
                notice = self.phrases.say("notice.general", values="、".join(general))
        suggestions = [
            other
            for other in others
            if other is not hit and other.confidence >= self.settings.suggest_confidence
        ]
        return Reply(
            answer_id=uuid.uuid4().hex,
            question=query.question,
            outcome=outcome,
            confidence=best.confidence if best else 0.0,
            hit=hit,
            evidence=tuple(evidence),
            clarify=None,
            alternatives=tuple(suggestions[:top]),
            query=query,
            unused=self._unused(query, best),
            rule=rule,
            sentence=sentence,
            notice=notice,
            timing_ms=0.0,
        )

    def _passage_terms(self, text: str) -> list[str]:
        return passage_terms(self.analyzer.read(text), self.analyzer)

    def _unused(self, query: Query, hit: Hit | None) -> tuple[str, ...]:
        """Give the words of the question that the hit has no part in."""
        held: set[str] = set()
        if hit:
            texts = [*hit.entry.asked_as(), hit.passage.text if hit.passage else ""]
            for reading in map(self.analyzer.read, texts):
                held |= {*reading.words, *(word for run in reading.canonical for word in run)}
                held |= {mention.value for mention in reading.mentions}
        reading = query.reading
        words = [word for run in reading.canonical for word in run]
        unused = [word for word in words if word not in held]
        unused += [m.text for m in reading.mentions if m.value not in held]
        return tuple(dict.fromkeys(unused))


def read_base(path: Path, settings: Settings) -> tuple[KnowledgeBase, Analyzer]:
    """Read knowledge and make the analyzer for it; raise MistakesError for what is wrong."""
    lexicon = read_lexicon(settings.lexicon)
    facets = read_facets(settings.lexicon / "facets")
    base = read_knowledge(path, facets)
    mined = mine_words(entry.question for entry in base.entries)
    return base, Analyzer(lexicon, facets, mined, settings.cache / "jieba")


def _cached(base: KnowledgeBase, analyzer: Analyzer, settings: Settings) -> Path:
    return settings.cache / "index" / index_key(base, analyzer)[:16]


def _open_cached(base: KnowledgeBase, analyzer: Analyzer, settings: Settings) -> Index | None:
    """Open the index that an earlier start built; None when there is none, or it is damaged."""
    try:
        return Index.open(_cached(base, analyzer, settings))
    except MistakesError:
        return None


def _build(
    base: KnowledgeBase,
    analyzer: Analyzer,
    settings: Settings,
    progress: Callable[[int], object],
) -> Index:
    """Build the index and keep it for the next start, where the cache can be written."""
    index = Index.build(base, analyzer, progress)
    folder = _cached(base, analyzer, settings)
    try:
        index.save(folder)
        older = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in older[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)
    except OSError as error:
        log.warning("the index is not kept for the next start: %s", error)
    return index


def _open_saved(folder: Path, settings: Settings) -> tuple[Index, Analyzer]:
    index = Index.open(folder)
    lexicon = read_lexicon(settings.lexicon)
    facets = read_facets(settings.lexicon / "facets")
    analyzer = Analyzer(lexicon, facets, index.mined, settings.cache / "jieba")
    if index.key != index_key(index.base, analyzer):
        problem = "the saved index was built with another lexicon, or was changed"
        remedy = "build it anew: python -m qa_bot index"
        raise MistakesError([Mistake(Location(str(folder)), problem, remedy)])
    return index, analyzer
