"""Order the candidates, and give each hit one confidence: how likely it is to be the answer."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from operator import attrgetter, mul
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from qa_bot.evidence import EvidenceFinder
from qa_bot.index import log_strength
from qa_bot.ranking.agreement import Agreement
from qa_bot.ranking.closeness import (
    NEAR_FEATURES,
    NOT_LOOKED_AT,
    Closeness,
    closeness,
    left_open,
    near_features,
)
from qa_bot.ranking.coefficients import SHORTLIST_FEATURES
from qa_bot.ranking.coefficients import Coefficients as Coefficients
from qa_bot.ranking.coefficients import read_coefficients as read_coefficients
from qa_bot.ranking.confidence import (
    ConfidenceModel,
    asks_another_aspect,
    meets_facets_alone,
)
from qa_bot.ranking.strangers import Strangers
from qa_bot.ranking.subjects import Subjects
from qa_bot.weights import Sense, Weigher

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from qa_bot.analyzer import Analyzer
    from qa_bot.evidence import Compared, Evidence
    from qa_bot.index import Candidate, Index
    from qa_bot.knowledge import Entry, Passage
    from qa_bot.query import Query
    from qa_bot.weights import TextWeights

EXACT = 1.0
"""The confidence of an entry that has the question among its wordings."""
VETOED = 0.05
"""The most that an entry about another place, kind or aspect can get: it may be suggested, never
said."""
ASTRAY = 0.03
"""The most that an entry about another subject can get: it is not even suggested."""
SHORTLIST = 12
"""How many candidates a closer look is taken at."""
TIE = 0.15
"""Hits whose strength is within this of another's fit as well (in nats), …"""
AS_LIKELY = 2.0
"""… if their order is not further than this behind its."""
ASKED, ALIKE = 64, 1024
"""For how many sets of facets asked for, and of how many entries, it is remembered what the facets
say: questions share most of theirs."""
KNOWN = 0.6
"""Likeness of a wording from which on the question is taken for that wording."""
LEAST_SAID = 0.08
"""Likeness of a sentence under which it does not say what a wording of its article asks."""
AKIN = 3.0
"""Hits whose order is within this of the first's are offered where it is asked back (in nats)."""
MEANT, LESS_MEANT = 0.1, 0.15
"""What lies so near to the question, as the base teaches, and so little farther than the first hit,
is about the same matter."""


NO_SENSE = Sense(0.0, 0.0, 0.0)


class Hit(NamedTuple):
    """An entry found for a query, how likely it is to answer it, and why."""

    within: Index
    """Where it was found; its entry is read from there when it is asked for."""
    candidate: Candidate
    nats: float
    """The candidate's log strength."""
    facets: Mapping[str, frozenset[str]]
    contradicted: tuple[str, ...]
    """Facets in which it is about something else than the query asks for: a veto."""
    order: float
    """What the hits are ordered by: a linear model over the features of order, in nats."""
    sense: Sense = NO_SENSE
    """How near its entry lies to what is asked by what the words mean."""
    evidence: Evidence | None = None
    """What of its entry carries the answer; None: it holds none, or was not looked at."""
    close: Closeness = NOT_LOOKED_AT
    """How near it comes, where a closer look was taken."""
    confidence: float = 0.0
    features: Mapping[str, float] = MappingProxyType({})

    @property
    def entry(self) -> Entry:
        """Give the entry that was found."""
        return self.within.base.entries[self.candidate.number]

    @property
    def passage(self) -> Passage | None:
        """Give what would be shown of the entry; None: it holds no answer."""
        return self.evidence.passage if self.evidence else self.within.passage(self.candidate)

    def shown(self) -> str:
        """Give the text that would be shown of the entry, which is then read; often none."""
        return self.passage.text if self.passage else ""

    @property
    def passage_number(self) -> int:
        """Tell which passage of its entry would be shown, if it has any."""
        return self.evidence.place if self.evidence else max(self.candidate.passage_number, 0)

    @property
    def answered(self) -> bool:
        """Tell whether the entry holds an answer, without reading it."""
        return self.within.count_passages(self.candidate.number) > 0

    @property
    def by(self) -> str:
        """Tell what found it: `exact`, `wording` or `passage`; `paragraph` where it is an article.

        Of an article a paragraph is shown, whatever found it, unless the whole was asked for.
        """
        if self.candidate.exact:
            return "exact"
        if self.within.count_passages(self.candidate.number) > 1 and not self.whole:
            return "paragraph"
        return "wording" if self.by_wording else "passage"

    @property
    def by_wording(self) -> bool:
        """Tell whether a wording comes nearer than what the entry says."""
        return self.candidate.wording >= self.candidate.passage

    @property
    def known(self) -> bool:
        """Tell whether a wording of the entry was asked, or what is hardly another."""
        return self.candidate.exact or self.candidate.wording >= KNOWN

    @property
    def whole(self) -> bool:
        """Tell whether the entry's own question was asked, and so all of it, not a part."""
        return self.known and self.candidate.wording_number == 0


class FacetsSay(NamedTuple):
    """What the facets say of entries that are alike."""

    order: float
    """What they add to the order of a hit, in nats."""
    contradicted: tuple[str, ...]
    facets: Mapping[str, frozenset[str]]


class Ranker:
    """Candidates → hits, the likeliest first."""

    def __init__(self, index: Index, analyzer: Analyzer, coefficients: Coefficients) -> None:
        """Take the index, how its text was read, and the models."""
        self.index = index
        self.coefficients = coefficients
        self.facets = analyzer.facets
        self.agreement = Agreement(index.base, index.profiles, analyzer.facets)
        self.analyzer = analyzer
        self.weigher = Weigher(index, analyzer)
        self.evidence = EvidenceFinder(index, analyzer, self.weigher)
        self._say: Callable[[Hashable], dict[Hashable, FacetsSay]]
        self._say = lru_cache(maxsize=ASKED)(lambda _: {})
        """Facets asked for → entries that are alike → what their facets say of them."""
        self._strangers = Strangers(index, analyzer)
        self._subjects = Subjects(index, analyzer.facets)
        self._near = tuple(coefficients.order[name] for name in NEAR_FEATURES)
        self._close = tuple(coefficients.order[name] for name in SHORTLIST_FEATURES)
        learned = index.latent.learned
        self.confidence = coefficients.confidence if learned else coefficients.unlearned
        """What a hit was found by → feature → coefficient of how sure it is, in this base."""
        self._model = ConfidenceModel(len(index.exact), self.agreement, self.confidence)

    def rank(self, query: Query, candidates: Iterable[Candidate], k: int) -> list[Hit]:
        """Give the hits in order, those that contradict the query last, and weigh the first k.

        No hit gets a higher confidence than one before it; those beyond k get none.
        """
        hits = self.order(query, candidates)
        if k > SHORTLIST:
            further = hits[SHORTLIST:k]
            hits[SHORTLIST:k] = self._look_closer(query, further, [None] * len(further))
        vetoed = [hit for hit in hits if hit.contradicted]
        asked = self.weigher.beside(query.reading)
        # Of these only the strongest counts.
        vetoed = [max(vetoed, key=attrgetter("nats"))] if vetoed else []
        weighed: list[Hit] = []
        most = EXACT
        places = [self.index.place_of_wording(hit.candidate) for hit in hits[:k]]
        overlaps = self.weigher.overlaps(query.reading, places)
        for hit, place, overlap in zip(hits[:k], places, overlaps, strict=True):
            # Hits that only a clarifying question can tell apart do not speak against each other.
            rivals = [h for h in hits if not h.contradicted and not self._ties(query, hit, h)]
            frame = self.weigher.frame(query.reading, place)
            features = self._model.features(query, asked.total, overlap, frame, hit, rivals, vetoed)
            if hit.by != "exact":
                chance = self._model.confidence(hit.by, features)
                # What the weather in 北京 is like is no question about a permit in 北京.
                beside = not self._names_subject(query) and meets_facets_alone(features)
                other = not self.facets.subjects.isdisjoint(hit.contradicted)
                if other or beside or self.unmet_needs(query, hit):
                    most = min(most, ASTRAY)
                vetoes = hit.contradicted or asks_another_aspect(features)
                most = min(most, VETOED if vetoes else chance)
            weighed.append(hit._replace(confidence=most, features=features))
        return weighed + hits[k:]

    def order(self, query: Query, candidates: Iterable[Candidate]) -> list[Hit]:
        """Order the candidates, exact ones first, vetoed ones last; confidence is not given yet.

        All are ordered by what the search and the facets say; then a closer look is taken at the
        first.
        """
        say = self._say(tuple(query.facets.items()))
        if len(say) > ALIKE:
            say.clear()
        found = list(candidates)
        senses = self.weigher.senses(query.reading, [c.number for c in found])
        hits = [self._hit(query, say, *each) for each in zip(found, senses, strict=True)]
        hits.sort(key=_place)
        compared = self.evidence.compare(query, (h.candidate.number for h in hits[:SHORTLIST]))
        evidence = [_speaking(hit, compared) for hit in hits[:SHORTLIST]]
        close = self._look_closer(query, hits[:SHORTLIST], evidence)
        placed = [
            hit._replace(
                order=hit.order + sum(map(mul, self._close, self._close_features(query, hit)))
            )
            for hit in close
        ]
        return sorted(placed, key=_place) + hits[SHORTLIST:]

    def order_features(self, query: Query, hit: Hit) -> dict[str, float]:
        """Give what the order of a hit is made of."""
        near = self._near_features(hit.candidate, hit.nats, hit.sense)
        close = self._close_features(query, hit)
        states = self.agreement.states(query, hit.candidate.number)
        return dict(zip(NEAR_FEATURES + SHORTLIST_FEATURES, near + close, strict=True)) | states

    def _names_subject(self, query: Query) -> bool:
        """Tell whether a query names what entries are about (a permit), not only where or when."""
        return not self.facets.subjects.isdisjoint(query.facets)

    def subject_alone(self, query: Query) -> list[str]:
        """Give the subjects (文网文) that a query names, if it asks nothing of them.

        After them come the other typed values that it names (a level, who asks).
        """
        if self.weigher.beside(query.reading).terms:
            return []
        subjects = sorted(query.facets.keys() & self.facets.subjects)
        others = sorted(query.facets.keys() & self.agreement.vetoing - self.facets.subjects)
        named = [*subjects, *others] if subjects else []
        return [value for name in named for value in sorted(query.facets[name])]

    def open_subject(self, query: Query, hit: Hit) -> str:
        """Name the facet whose value (the permit) a question leaves open, and a hit does not.

        Nothing in the question says which is meant: it may be asked of any. Empty: none is open.
        """
        if hit.by == "exact":
            return ""
        words = self.weigher.words_of(query.reading)
        for name in sorted(self.facets.subjects):
            stated = query.facets.get(name) or not hit.facets.get(name)
            if not (stated or self._subjects.clear(name, words, hit.candidate.number)):
                return name
        return ""

    def unknown_values(self, query: Query) -> list[str]:
        """Give what a query is about that the base holds nothing of, listed as a value or not."""
        strange = (self._strangers.names(query, name) for name in sorted(self.agreement.vetoing))
        return [*self.agreement.unknown_values(query), *chain.from_iterable(strange)]

    def unmet_needs(self, query: Query, hit: Hit) -> list[str]:
        """Give the values asked for that an answer must name, and nothing of the hit names."""

        def texts() -> Iterable[str]:
            return [*hit.entry.asked_as(), hit.shown()]

        return self.agreement.unmet_needs(query, hit.candidate.number, texts)

    def weights_of(self, hit: Hit) -> TextWeights:
        """Give the weights of the terms of the wording that a hit was found by."""
        return self.weigher.of_wording(self.index.place_of_wording(hit.candidate))

    def _look_closer(
        self, query: Query, hits: Sequence[Hit], evidence: Sequence[Evidence | None]
    ) -> list[Hit]:
        """Give hits with their evidence and how near they come by their wordings and by it."""
        told = self.weigher.told(query.reading, [hit.candidate for hit in hits])
        close = closeness(self.weigher.beside(query.reading), told, evidence)
        each = zip(hits, evidence, close, strict=True)
        return [hit._replace(evidence=own, close=near) for hit, own, near in each]

    def _close_features(self, query: Query, hit: Hit) -> tuple[float, ...]:
        left, close = left_open(hit.candidate), hit.close
        unaddressed = self.agreement.unaddressed(query, hit.candidate.number, hit.shown)
        return left * close.sentence, left * close.held, left * close.told, close.unmet, unaddressed

    def _hit(
        self, query: Query, say: dict[Hashable, FacetsSay], candidate: Candidate, sense: Sense
    ) -> Hit:
        """Make the hit of a candidate; `say` remembers what the facets say, for all alike."""
        number = candidate.number
        # Where all entries of a profile are alike, its number stands for them.
        said = say.get(self.agreement.of_entries.number(number)) or self._said(query, say, number)
        nats = log_strength(candidate)
        near = self._near_features(candidate, nats, sense)
        order = sum(map(mul, self._near, near)) + said.order
        contradicted = () if candidate.exact else said.contradicted
        return Hit(self.index, candidate, nats, said.facets, contradicted, order, sense)

    def _near_features(self, candidate: Candidate, nats: float, sense: Sense) -> tuple[float, ...]:
        passages = self.index.count_passages(candidate.number)
        taught = self.index.teaches(candidate.number)
        return near_features(candidate, passages, nats, sense, taught=taught)

    def _said(self, query: Query, say: dict[Hashable, FacetsSay], number: int) -> FacetsSay:
        alike = self.agreement.alike(query, number)
        if alike not in say:
            weights = self.coefficients.order
            states = self.agreement.states(query, number)
            order = sum(weights[name] * count for name, count in states.items() if count)
            contradicted = self.agreement.contradicted(query, number)
            say[alike] = FacetsSay(order, contradicted, self.agreement.of_entries[number])
        return say[alike]

    def tied(self, query: Query, first: Hit, hits: Iterable[Hit]) -> list[Hit]:
        """Give the hits that fit as well as the first, but for a typed facet the query leaves open.

        The first is among them.
        """
        return [hit for hit in hits if self._ties(query, first, hit)]

    def akin(self, first: Hit, hits: Iterable[Hit], name: str, tied: Sequence[Hit]) -> list[Hit]:
        """Give further hits that name another value of an open facet, and may be meant.

        They are worth offering where the facet is asked for, however differently they are worded:
        those not far behind the first and, where a subject is asked for, those about its matter.
        """
        known = {hit.candidate.number for hit in tied}
        others = [n for n, facet in self.facets.facets.items() if facet.vetoes and n != name]
        return [
            hit
            for hit in hits
            if hit.candidate.number not in known
            and not hit.contradicted
            and hit.facets.get(name)
            and (first.order - hit.order <= AKIN or self._same_matter(name, first, hit))
            and all(hit.facets.get(n) == first.facets.get(n) for n in others)
        ]

    def _same_matter(self, name: str, first: Hit, hit: Hit) -> bool:
        """Tell whether hits of different subjects are about one matter, as the base teaches."""
        near = hit.sense.meant >= MEANT and first.sense.meant - hit.sense.meant <= LESS_MEANT
        return near and name in self.facets.subjects

    def same_subject(self, one: Hit, other: Hit) -> bool:
        """Tell whether two hits are about the same subject (a permit), however unlike they are."""
        first, second = (
            {name: hit.facets[name] for name in self.facets.subjects & hit.facets.keys()}
            for hit in (one, other)
        )
        return bool(first) and first == second and not other.contradicted

    def _ties(self, query: Query, first: Hit, hit: Hit) -> bool:
        return hit is first or (
            not hit.contradicted
            and abs(first.nats - hit.nats) <= TIE
            and first.order - hit.order <= AS_LIKELY
            and self._differ_in_open_facet(query, first, hit)
        )

    def _differ_in_open_facet(self, query: Query, one: Hit, other: Hit) -> bool:
        """Tell whether two hits have other values of one open facet, and agree in all others."""
        names = one.facets.keys() | other.facets.keys()
        differing = [name for name in names if one.facets.get(name) != other.facets.get(name)]
        if len(differing) != 1 or differing[0] in query.facets:
            return False
        (name,) = differing
        values = self.facets.facets[name].vetoes and one.facets.get(name) and other.facets.get(name)
        return bool(values)


def _speaking(hit: Hit, compared: Compared) -> Evidence | None:
    """Give what of an entry answers: who asks for a whole article is shown how it begins.

    So is who asks in a wording that nothing in the article says.
    """
    number = hit.candidate.number
    found = compared.evidence(number, first_alone=hit.whole)
    if hit.known and found and found.likeness < LEAST_SAID:
        return compared.evidence(number, first_alone=True)
    return found


def _place(hit: Hit) -> tuple[bool, bool, float]:
    """Sort exact hits first, vetoed ones last, the others by their order."""
    return not hit.candidate.exact, bool(hit.contradicted), -hit.order
