"""Carry what was said before into the next question, by rules; the server keeps nothing.

What a reply passes on is its `Context`; the client sends it back with the next question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot.dialogue.context import MOST_LISTED
from qa_bot.dialogue.context import Context as Context
from qa_bot.dialogue.context import ContextError as ContextError
from qa_bot.dialogue.context import join_values as join_values
from qa_bot.dialogue.context import read_context as read_context
from qa_bot.dialogue.followups import read_followups as read_followups
from qa_bot.dialogue.followups import without_fillers
from qa_bot.query import Query, read_query
from qa_bot.reply import ANSWERED, NO_MATCH, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qa_bot.analyzer import Analyzer
    from qa_bot.dialogue.followups import Followups
    from qa_bot.facets import Facets, Mention
    from qa_bot.ranking import Hit

FEW = 2
"""How many words a question may have that asks the same of something else (批发呢, 零售要哪些)."""
BRIEF = 3
"""How many words and values a question may have that is not understood by itself (丢了怎么补)."""
FORGIVEN_BRIEF, FORGIVEN = 0.5, 0.3
"""The share of its words that a reply may leave aside when something else was carried over."""


class Dialogue:
    """Reads a question after what was said before."""

    def __init__(self, followups: Followups, analyzer: Analyzer, longest: int) -> None:
        """Take the words that carry a conversation on; no question grows beyond `longest`."""
        self.followups = followups
        self.analyzer = analyzer
        self.longest = longest
        kinds = analyzer.facets.facets.values()
        # What a question is about, and which side of it is asked for; the rest is circumstance.
        self._topics = analyzer.facets.subjects
        self._aspects = frozenset(kind.name for kind in kinds if not kind.vetoes)

    def asks_for_more(self, query: Query, context: Context) -> bool:
        """Tell whether the question asks what else there is (还有别的吗)."""
        return bool(context.asked) and not self.followups.more.isdisjoint(self._forms(query))

    def chosen(self, query: Query, context: Context) -> str:
        """Give the id of the entry that is named by its place (第二个); empty: none."""
        if not (context.entry or context.offered):
            return ""
        if not self.followups.previous.isdisjoint(self._forms(query)):
            return context.entry
        place = None if context.options else self._place(query, context.offered)
        return "" if place is None else context.offered[place]

    def is_elliptical(self, query: Query, context: Context) -> bool:
        """Tell whether the question brings nothing but facet values (那浙江的呢, 费用呢)."""
        return bool(context.asked) and self._is_elliptical(self._spoken(query, context))

    def completions(self, query: Query, context: Context) -> list[Query]:
        """Give the complete questions that one may mean, the likeliest first; none: itself."""
        if not context.asked:
            facets = {**context.facets, **query.facets}
            return [replace(query, facets=facets)] if context.facets else []
        spoken = self._spoken(query, context)
        texts = dict.fromkeys(text[: self.longest] for text in self._texts(spoken, context))
        if not texts and spoken is not query:
            texts = {spoken.question: None}
        return [self._complete(text, context) for text in texts]

    def last_question(self, context: Context) -> Query:
        """Give the last question again, as it was understood."""
        return self._complete(context.asked, context)

    def with_facet(self, query: Query, name: str, context: Context) -> Query:
        """Fill in one facet that the question leaves open."""
        return replace(query, facets={name: context.facets[name], **query.facets})

    def is_brief(self, query: Query) -> bool:
        """Tell whether the question is too short to be understood by itself."""
        return len(self._words(query)) + len(self._values(query)) <= BRIEF

    def takes_up(self, query: Query, reply: Reply) -> bool:
        """Tell whether a reply takes up most of the words that the question itself brought.

        Where the aspect is carried as well, they are all there is: its wordings must hold them.
        """
        words = self._words(query)
        lacking = sum(word in reply.explanation.unused for word in words)
        if reply.hit and self._aspects & reply.carried.keys():
            held = {w for text in reply.hit.entry.asked_as() for w in self._read(text)}
            lacking = sum(word not in held for word in words)
        forgiven = FORGIVEN_BRIEF if self.is_brief(query) else FORGIVEN
        return lacking <= (len(words) + len(self._values(query))) * forgiven

    def carried(self, query: Query, completed: Query) -> dict[str, str]:
        """Give the facets that a completed question has from what was said before."""
        own = query.facets
        return join_values({n: v for n, v in completed.facets.items() if v != own.get(n)})

    def clarified(self, query: Query, context: Context) -> tuple[str, ...]:
        """Give the facets that must not be asked for again; another topic begins anew."""
        topic = self._topic(query.facets)
        return context.clarified if topic in ({}, self._topic(context.facets)) else ()

    def passed_on(self, before: Context, reply: Reply) -> Context:
        """Give what a reply passes on to the next question.

        What is not held, and names no subject of its own, leaves the subject as it was.
        """
        listed = tuple(hit.entry.id for hit in reply.alternatives)
        query, hit = reply.query, reply.hit
        if reply.outcome == NO_MATCH and before.asked and not self._topics & query.facets.keys():
            return replace(before, offered=listed, passed=(), pending="", options=())
        spoken_of = hit.facets if hit and reply.outcome == ANSWERED else {}
        implied = {name: values for name, values in spoken_of.items() if name in self._topics}
        kinds = self.analyzer.facets.facets
        facets = {
            name: values
            for name, values in {**implied, **query.facets}.items()
            if values != {kinds[name].default}  # What holds everywhere narrows nothing down.
        }
        asked = query.reading.normal if query.repairs else query.question
        context = Context(facets, hit.entry.id if hit else "", asked[: self.longest])
        clarified = self.clarified(query, before)
        context = replace(context, offered=listed, clarified=clarified)
        if reply.clarify is None:
            return context
        name, options = reply.clarify.facet, tuple(value for value, _ in reply.clarify.options)
        return replace(context, pending=name, options=options, clarified=(*clarified, name))

    def listed(self, before: Context, further: Sequence[Hit]) -> Context:
        """Give what is passed on when further alternatives to the last question are listed."""
        if not further:
            return before
        passed = (*before.passed, *before.offered)[-MOST_LISTED:]
        offered = tuple(hit.entry.id for hit in further)
        return replace(before, offered=offered, passed=passed, pending="", options=())

    def _spoken(self, query: Query, context: Context) -> Query:
        """Read what is meant as if it had been typed in full.

        That is an option named by its place, and a word that tells another subject from the last.
        """
        place = self._place(query, context.options)
        if place is not None:
            return read_query(context.options[place], self.analyzer)
        words, own = self._words(query), self._bare(query)
        if 0 < len(words) <= FEW and own.startswith(words[0]):
            subject = self._turned(words[0], query, context)
            # 零售要哪些 asks the same of something else, 文物的归谁发证 asks for what it names.
            rest = own[len(words[0]) :] if self._values(query) else ""
            if subject:
                return read_query(subject + rest, self.analyzer)
        return query

    def _turned(self, word: str, query: Query, context: Context) -> str:
        """Give the subject whose name a word makes of the last one's; empty: none, or several.

        (出版物零售许可证, 批发呢 → 出版物批发许可证; 拍卖许可证, 文物的呢 → 文物拍卖许可证.)
        """
        turned: dict[int, set[str]] = {}
        for topic in self._topics & context.facets.keys() - query.facets.keys():
            names, values = self.analyzer.facets.facets[topic].names, context.facets[topic]
            last = [name for name, value in names.items() if value in values]
            if any(word in name for name in last):
                continue
            for name, value in names.items():
                if value and word in name:
                    rest = name.replace(word, "", 1)
                    if any(_is_subsequence(rest, other) for other in last):
                        turned.setdefault(len(rest), set()).add(value)
        nearest = turned[max(turned)] if turned else set()
        return nearest.pop() if len(nearest) == 1 else ""

    def _read(self, text: str) -> set[str]:
        reading = self.analyzer.read(text)
        return {*reading.words, *(word for run in reading.canonical for word in run)}

    def _place(self, query: Query, listed: Sequence[str]) -> int | None:
        places = (self.followups.place(form, len(listed)) for form in self._forms(query))
        return next((place for place in places if place is not None), None)

    def _forms(self, query: Query) -> list[str]:
        """Give the question with fewer and fewer fillers at its ends; itself first."""
        return without_fillers(query.reading.normal, self.followups.fillers)

    def _bare(self, query: Query) -> str:
        return self._forms(query)[-1]

    def _topic(self, facets: Facets) -> Mapping[str, frozenset[str]]:
        return {name: values for name, values in facets.items() if name in self._topics}

    def _is_elliptical(self, query: Query) -> bool:
        named = {mention.facet for mention in self._values(query)}
        plain = self._bare(query) == query.reading.normal
        # 文网文材料 asks by itself, 浙江文网文 too; 那浙江文网文呢 asks the same of something else.
        complete = self._topics & named and (self._aspects & named or (plain and len(named) > 1))
        return bool(named) and not complete and not self._words(query)

    def _values(self, query: Query) -> list[Mention]:
        fillers = self.followups.fillers
        return [mention for mention in query.reading.mentions if mention.text not in fillers]

    def _words(self, query: Query) -> list[str]:
        words = (word for run in query.reading.canonical for word in run)
        return [word for word in words if word not in self.followups.fillers]

    def _texts(self, query: Query, context: Context) -> Iterator[str]:
        """Give the questions that one may mean after what was said, the likeliest reading first."""
        asks_aspect = any(mention.facet in self._aspects for mention in self._values(query))
        if self._is_elliptical(query):
            yield self._replaced(query, context)
            if asks_aspect:
                yield self._named(query, context)
        elif self._words(query) and self._topics & context.facets.keys() - query.facets.keys():
            yield self._named(query, context)
            if not self._values(query) and len(self._words(query)) <= FEW:
                yield self._named(query, context) + _values_of(context.facets, self._aspects)
                yield self._parallel(query, context)

    def _named(self, query: Query, context: Context) -> str:
        """Name what the conversation is about before the question's own text."""
        # Where and for whom is left to the facets: most entries hold everywhere and for everyone.
        topics = self._topics - query.facets.keys()
        return _values_of(context.facets, topics) + self._own(query)

    def _replaced(self, query: Query, context: Context) -> str:
        """Put the question's values where the last question had others of the same facets.

        Values that the context no longer holds (the visitor dropped them) are left out.
        """
        brought: dict[str, str] = {}
        for mention in self._values(query):
            brought[mention.facet] = brought.get(mention.facet, "") + mention.text
        unplaced = dict(brought)
        asked = self.analyzer.read(context.asked).normal
        mentions = self.analyzer.facets.mentions(asked)
        text, end = "", 0
        for mention in sorted(mentions, key=lambda found: (found.start, found.end)):
            text += _phrase(asked[end : mention.start])
            if mention.facet in brought:
                text += unplaced.pop(mention.facet, "")
            elif mention.facet in context.facets:
                # Names overlap: of 二类备案, when 三类 takes the place of 二类, 备案 is left.
                text += asked[max(mention.start, end) : mention.end]
            end = max(mention.end, end)
        return "".join(unplaced.values()) + text + _phrase(asked[end:])

    def _parallel(self, query: Query, context: Context) -> str:
        """Put the question's words where the last question had others that end alike.

        (三级等保, 二级呢 → 二级等保; 经营许可证, 生产许可证呢 → 生产许可证.)
        """
        own, asked = self._own(query), self.analyzer.read(context.asked)
        for shared in range(len(own) - 1, 0, -1):
            start = asked.normal.find(own[-shared:], len(own) - shared) - len(own) + shared
            end = start + len(own)
            if start >= 0 and (shared > 1 or asked.normal[start:end] in asked.words):
                return asked.normal[:start] + own + asked.normal[end:]
        return self._named(query, context)

    def _complete(self, text: str, context: Context) -> Query:
        query = read_query(text, self.analyzer)
        kept = {name: v for name, v in context.facets.items() if name not in self._aspects}
        return replace(query, facets={**kept, **query.facets})

    def _own(self, query: Query) -> str:
        """Give the text of a question without fillers at its ends, unless that cuts a word."""
        bare = self._bare(query)
        whole = set(self.analyzer.read(bare).words) <= set(query.reading.words)
        return bare if whole else query.reading.normal


def _values_of(facets: Facets, names: Iterable[str]) -> str:
    chosen = set(names)
    return "".join(value for name in facets if name in chosen for value in sorted(facets[name]))


def _is_subsequence(part: str, whole: str) -> bool:
    """Tell whether all characters of a part, at least two, stand in a text in their order."""
    rest = iter(whole)
    return len(part) > 1 and all(character in rest for character in part)


def _phrase(between: str) -> str:
    # A character alone between two names is what is left of a word that one of them cut (续|期).
    return between if len(between) > 1 else ""
