"""Decide what to say: the policy, and the only place that decides."""

from __future__ import annotations

import copy
import datetime
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.dialogue import Dialogue, read_context, read_followups
from qa_bot.explanation import UNEXPLAINED, explain
from qa_bot.opening import open_index
from qa_bot.phrases import read_phrases
from qa_bot.query import questions_in, read_query
from qa_bot.ranking import Hit, Ranker, read_coefficients
from qa_bot.repair import Repairer
from qa_bot.reply import (
    ANSWERED,
    CLARIFY,
    LISTED_UNANSWERED,
    NO_MATCH,
    UNRELEASED,
    Clarification,
    Reply,
)
from qa_bot.settings import Settings
from qa_bot.smalltalk import read_smalltalk, reply_to

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from qa_bot.analyzer import Analyzer
    from qa_bot.dialogue import Context
    from qa_bot.dialogue.followups import Followups
    from qa_bot.index import Index
    from qa_bot.phrases import Phrases
    from qa_bot.query import Query
    from qa_bot.ranking import Coefficients

MOST_PARTS = 3
"""How many questions of one message are looked at."""
CANDIDATES = 30
"""How many candidates are ranked."""


class Bot:
    """Answers questions from one index; immutable, so any number of threads may ask."""

    def __init__(
        self,
        index: Index,
        analyzer: Analyzer,
        phrases: Phrases,
        coefficients: Coefficients,
        smalltalk: Mapping[str, str],
        followups: Followups,
        settings: Settings,
    ) -> None:
        """Take the parts; `open` makes them from files."""
        self.release = UNRELEASED
        """The number of the release that this is the bot of; see `released`."""
        self._today: datetime.date | None = None
        self.smalltalk = smalltalk
        self.index = index
        self.analyzer = analyzer
        self.phrases = phrases
        self.settings = settings
        self.ranker = Ranker(index, analyzer, coefficients)
        self.repairer = Repairer(
            analyzer,
            index.terms,
            index.words,
            index.characters.hold,
            index.postings["passages"].vocabulary,
        )
        self.dialogue = Dialogue(followups, analyzer, settings.max_question_chars)

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
        followups = read_followups(settings.lexicon / "followups.txt")
        index, analyzer = open_index(place, settings, progress)
        return cls(index, analyzer, phrases, models, smalltalk, followups, settings)

    def released(self, number: int) -> Bot:
        """Give the same bot as that of a release, whose number its replies then carry."""
        own = copy.copy(self)
        own.release = number
        return own

    def as_of(self, day: datetime.date) -> Bot:
        """Give the same bot on another day: what had not expired then is answered."""
        own = copy.copy(self)
        own._today = day  # noqa: SLF001 - a bot of the same class, made here
        return own

    def ask(self, question: str, context: Mapping[str, Any] | None = None, top: int = 3) -> Reply:
        """Reply to a question with at most `top` alternatives.

        `context` is what the reply before passed on (`reply.context`), or only facets that the
        question leaves open: `{"facets": {"region": "江苏"}}`. Raise ContextError when it names
        what does not exist.
        """
        started = time.perf_counter()
        before = read_context(
            context or {}, self.analyzer.facets, self.index.ids, self.settings.max_question_chars
        )
        query = read_query(question, self.analyzer, self.repairer)
        small = reply_to(question, self.smalltalk)
        if small is not None and query.key not in self.index.exact:
            say = small.format(contact=self.settings.contact)
            reply = self._reply(query, NO_MATCH, None, [], 0, "smalltalk", say)
            reply = replace(reply, say=say, context=before.to_dict())
        elif self.dialogue.asks_for_more(query, before):
            reply = self._more(before, top)
        else:
            reply = self._several(query, before, top) or self._follow_up(query, before, top)
            passed_on = self.dialogue.passed_on(before, reply)
            reply = replace(reply, context=passed_on.to_dict())
        elapsed = (time.perf_counter() - started) * 1000
        understood = replace(reply.query, repairs=query.repairs)
        return replace(
            reply,
            question=question,
            query=understood,
            timing_ms=elapsed,
            release=self.release,
        )

    def hits(self, query: Query, k: int) -> list[Hit]:
        """Give what is found for a query, in order; the first k have their confidence."""
        return self.ranker.rank(query, self.index.search(query, self.analyzer, CANDIDATES), k)

    def _several(self, whole: Query, before: Context, top: int) -> Reply | None:
        """Reply to the first of several questions in a message, and say so; None: it asks one.

        The others' entries come first among the alternatives.
        """
        parts = questions_in(whole.question)
        if len(parts) == 1 or whole.key in self.index.exact:
            return None
        replies = []
        for part in parts[:MOST_PARTS]:
            query = read_query(part, self.analyzer, self.repairer)
            replies.append(self._follow_up(query, before, top))
            before = self.dialogue.passed_on(before, replies[-1])
        # A part may leave out what another part names: that must not be contradicted either.
        contradicted = self.ranker.agreement.contradicted
        fitting = [
            (reply, reply.hit)
            for reply in replies
            if reply.hit and not contradicted(whole, reply.hit.candidate.number)
        ]
        if len({hit.entry.id for _, hit in fitting}) <= 1:
            return None
        first, answering = fitting[0]
        shown = {hit.entry.id: hit for _, hit in fitting}
        shown = {**shown, **{hit.entry.id: hit for hit in first.alternatives}}
        del shown[answering.entry.id]
        most = max(top, len(fitting) - 1)
        return replace(first, part=first.query.question, alternatives=tuple(shown.values())[:most])

    def _more(self, before: Context, top: int) -> Reply:
        """List what comes next for the last question, which is no answer to it."""
        listed = {*before.passed, *before.offered}
        again = self._respond(self.dialogue.last_question(before), before, len(listed) + top)
        further = [hit for hit in again.alternatives if hit.entry.id not in listed][:top]
        say = self.phrases.say("sentence.more" if further else "sentence.no_more")
        reply = self._reply(again.query, NO_MATCH, None, further, top, "more", say)
        passed_on = self.dialogue.listed(before, further)
        return replace(reply, say=say, context=passed_on.to_dict())

    def _follow_up(self, query: Query, before: Context, top: int) -> Reply:
        """Read a question after what was said before; by itself where that leads nowhere."""
        if chosen := self.dialogue.chosen(query, before):
            named = read_query(self.index.entry(chosen).question, self.analyzer)
            return self._respond(named, before, top)
        replies = [
            replace(
                self._respond(completed, before, top),
                carried=self.dialogue.carried(query, completed),
            )
            for completed in self.dialogue.completions(query, before)
            if query.key not in self.index.exact
        ]
        sure = [r for r in replies if r.hit and self.dialogue.takes_up(query, r)]
        if replies and (not before.asked or self.dialogue.is_elliptical(query, before)):
            return max(sure, key=_confidence, default=replies[0])
        if sure and self.dialogue.is_brief(query):
            return max(sure, key=_confidence)
        direct = self._respond(query, before, top)
        if sure and not (direct.hit and _confidence(direct) > max(map(_confidence, sure))):
            return max(sure, key=_confidence)
        if direct.clarify and direct.clarify.facet in before.facets:
            return self._filled(query, direct, direct.clarify.facet, before, top)
        # Where nothing is sure, what is said of the same subject is nearer to a brief question.
        nearer = (r for r in replies if r.clarify or (not r.hit and self.dialogue.is_brief(query)))
        return direct if direct.hit else next(nearer, direct)

    def _filled(self, query: Query, direct: Reply, facet: str, before: Context, top: int) -> Reply:
        """Give the reply to a question with the facet that it would have asked back for."""
        filled = self.dialogue.with_facet(query, facet, before)
        reply = self._respond(filled, before, top)
        if reply.hit and not self.dialogue.takes_up(query, reply):
            return direct
        return replace(reply, carried=self.dialogue.carried(query, filled))

    def _respond(self, query: Query, before: Context, top: int) -> Reply:
        """Reply to a question that is complete in itself."""
        hits = self.hits(query, top + 1)
        return self._decide(query, hits, top, self.dialogue.clarified(query, before))

    def _decide(
        self, query: Query, hits: Sequence[Hit], top: int, clarified: Collection[str]
    ) -> Reply:
        """Choose the outcome; the order of the tests is the policy."""
        say = self.phrases.say
        fitting = [hit for hit in hits if not hit.contradicted]
        best = fitting[0] if fitting else None
        unknown = self.ranker.unknown_values(query)
        unknown += self.ranker.unmet_needs(query, best) if best else []
        # 文网文: what is asked of it is not known, however near a title comes that says no more.
        alone = best is not None and best.by != "exact" and bool(self.ranker.subject_alone(query))
        sure = best is not None and self._sure(best) and not alone
        # 注册资本要求: what holds for the permit that comes first need not hold for that meant.
        open_subject = self.ranker.open_subject(query, best) if best and sure else ""
        asks = self._clarification(query, best, fitting, open_subject) if best else (None, 0)
        clarify, count = asks
        if best and clarify:
            sure = sure or best.confidence >= self.settings.clarify_confidence
        if best is None or not sure or (unknown and best.by != "exact"):
            return self._decline(query, hits, top, unknown)
        if clarify and clarify.facet in clarified:
            return self._unsettled(query, clarify.facet, fitting, top)
        if clarify:
            label = self.analyzer.facets.facets[clarify.facet].label
            phrase = "open_subject" if clarify.facet == open_subject else "clarify"
            sentence = say(f"sentence.{phrase}", facet=label, count=count)
            reply = self._reply(query, CLARIFY, None, fitting, top, "clarify", sentence)
            return replace(reply, clarify=clarify, confidence=best.confidence)
        if open_subject:
            return self._unsettled(query, open_subject, fitting, top)
        return self._about(query, best, hits, top)

    def _decline(
        self, query: Query, hits: Sequence[Hit], top: int, unknown: Collection[str]
    ) -> Reply:
        """Say that nothing is near enough, and why; show what is nearest."""
        say = self.phrases.say
        if unknown:
            sentence = say("sentence.unknown_value", values="、".join(unknown))
            reply = self._reply(query, NO_MATCH, None, hits, top, "unknown_value", sentence)
            return replace(reply, confidence=0.0)
        if subject := self.ranker.subject_alone(query):
            sentence = say("sentence.subject_alone", values="、".join(subject))
            return self._reply(query, NO_MATCH, None, hits, top, "subject_alone", sentence)
        return self._reply(query, NO_MATCH, None, hits, top, "no_match", say("sentence.no_match"))

    def _unsettled(self, query: Query, facet: str, fitting: Sequence[Hit], top: int) -> Reply:
        """Say what holds whatever the facet's value; where nothing does, let the visitor choose."""
        general = next((hit for hit in fitting if facet not in hit.facets), None)
        if general and self._sure(general):
            return self._about(query, general, fitting, top)
        label = self.analyzer.facets.facets[facet].label
        sentence = self.phrases.say("sentence.unsettled", facet=label)
        return self._reply(query, NO_MATCH, None, fitting, top, "unsettled", sentence)

    def _sure(self, hit: Hit) -> bool:
        """Tell whether a hit may be spoken of; an answer takes more than a listed title."""
        if not hit.answered:
            return hit.confidence >= self.settings.listed_confidence
        if hit.by == "paragraph":
            return hit.confidence >= self.settings.paragraph_confidence
        return hit.confidence >= self.settings.answer_confidence

    def _about(self, query: Query, best: Hit, hits: Sequence[Hit], top: int) -> Reply:
        """Answer from the best hit, or say why it holds no answer."""
        say = self.phrases.say
        entry = best.entry
        today = self._today or datetime.datetime.now().astimezone().date()
        if not best.answered or entry.expired(today):
            rule = "expired" if best.answered else "listed_unanswered"
            sentence = say(
                f"sentence.{rule}", question=entry.question, valid_until=entry.valid_until
            )
            # What can be read now comes first, of the same permit before others.
            nearest = sorted(hits, key=lambda hit: (bool(hit.contradicted), not hit.answered))
            return self._reply(query, LISTED_UNANSWERED, best, nearest, top, rule, sentence)
        sentence = say(f"sentence.{best.by}", question=entry.question)
        return self._reply(query, ANSWERED, best, hits, top, best.by, sentence)

    def _clarification(
        self, query: Query, best: Hit, fitting: Sequence[Hit], open_subject: str
    ) -> tuple[Clarification | None, int]:
        """Ask for the facet that tells the tied hits apart, or which subject is meant, if need be.

        There is nothing to ask for where all hits have the same value of it.
        """
        tied = self.ranker.tied(query, best, fitting)
        if best.by == "exact":
            return None, 0
        if len(tied) > 1:
            other = tied[1] if tied[0] is best else tied[0]
            name = next(n for n, values in best.facets.items() if other.facets.get(n) != values)
        elif not (name := open_subject):
            return None, 0
        alike = [*tied, *self.ranker.akin(best, fitting, name, tied)]
        held: dict[str, bool] = {}
        for hit in alike:
            for value in sorted(hit.facets.get(name, ())):
                held[value] = held.get(value, False) or hit.answered
        if len(held) == 1:
            return None, 0
        options = sorted(held.items(), key=lambda option: not option[1])
        ask = self.analyzer.facets.facets[name].ask or self.phrases.say("clarify.prompt")
        return Clarification(name, ask, tuple(options)), len(alike)

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
        notice = ""
        served = self.ranker.agreement.served_generally
        if outcome == ANSWERED and hit and (general := served(query, hit.candidate.number)):
            notice = self.phrases.say("notice.general", values="、".join(general))
        suggestions = tuple(self._suggestions(query, hit, others))
        return Reply(
            answer_id=uuid.uuid4().hex,
            question=query.question,
            outcome=outcome,
            confidence=best.confidence if best else 0.0,
            hit=hit,
            evidence=hit.evidence.sentences if outcome == ANSWERED and hit and hit.evidence else (),
            clarify=None,
            alternatives=suggestions[:top],
            query=query,
            explanation=explain(query, best, self.ranker) if best else UNEXPLAINED,
            runner_up=self._runner_up(best, others),
            rule=rule,
            sentence=sentence,
            notice=notice,
            timing_ms=0.0,
            nearest=best,
            margin=_margin(best, others),
        )

    def _suggestions(self, query: Query, hit: Hit | None, others: Sequence[Hit]) -> Iterator[Hit]:
        """Yield what may be meant instead, and what else there is to ask about the same subject.

        Who names a subject and asks nothing (文网文) is shown this alone.
        """
        alone = hit is None and bool(self.ranker.subject_alone(query))
        subject = others[0] if alone and others else hit
        for other in others:
            same = subject is not None and self.ranker.same_subject(subject, other)
            likely = not alone and other.confidence >= self.settings.suggest_confidence
            if other is not hit and (same or likely):
                yield other

    def _runner_up(self, best: Hit | None, others: Sequence[Hit]) -> str:
        """Say why the hit after the best was not taken."""
        rival = next((other for other in others if other is not best), None)
        if best is None or rival is None:
            return ""
        question = rival.entry.question
        if rival.contradicted:
            facet = self.analyzer.facets.facets[rival.contradicted[0]]
            values = "、".join(sorted(rival.facets.get(facet.name, ()))) or facet.default
            names = {"question": question, "facet": facet.label, "values": values}
            return self.phrases.say("runner_up.vetoed", **names)
        return self.phrases.say("runner_up.weaker", question=question)


def _confidence(reply: Reply) -> float:
    return reply.confidence


def _margin(best: Hit | None, others: Sequence[Hit]) -> float | None:
    """Tell how much surer the best hit is than the next; None: no other was weighed."""
    rivals = [hit.confidence for hit in others if hit is not best and hit.features]
    return best.confidence - max(rivals) if best and rivals else None
