"""Group questions that ask alike, by the index that answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.index import Index
from qa_bot.knowledge import Entry, KnowledgeBase
from qa_bot.mistakes import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_bot.analyzer import Analyzer
    from qa_bot.query import Query

ALIKE = 0.5
"""How near a question is to the first of its group. Of the pairs of the bundled base's own wordings
that are joined by this, nine in ten are wordings of one entry."""
MOST_ALIKE = 200
"""How many questions may be found near another."""


def group(queries: Sequence[Query], analyzer: Analyzer) -> list[list[int]]:
    """Give groups of places in `queries`: each question is near the first of its group.

    They come in the order of their first ones. Only what is about the same is grouped: the facets
    are equal. The earlier a question stands the rather it is a first one, so that a group stays
    what it is when more is asked.
    """
    if not queries:
        return []
    texts = [query.reading.normal for query in queries]
    index = Index.build(_base(texts), analyzer)
    taken: set[int] = set()
    groups = []
    alone = _alone(queries)
    for first, query in enumerate(queries):
        if first in taken:
            continue
        members = [first]
        if first not in alone:
            candidates = index.search(query, analyzer, MOST_ALIKE)
            near = (found.number for found in candidates if found.wording >= ALIKE)
            members += sorted(
                other
                for other in near
                if other > first and other not in taken and queries[other].facets == query.facets
            )
        taken.update(members)
        groups.append(members)
    return groups


def _base(texts: Sequence[str]) -> KnowledgeBase:
    nowhere = Location("journal")
    return KnowledgeBase(tuple(Entry(str(n), text, nowhere) for n, text in enumerate(texts)))


def _alone(queries: Sequence[Query]) -> set[int]:
    """Give the places of questions that are about what no other is about."""
    places: dict[frozenset[tuple[str, frozenset[str]]], list[int]] = {}
    for place, query in enumerate(queries):
        places.setdefault(frozenset(query.facets.items()), []).append(place)
    return {found[0] for found in places.values() if len(found) == 1}
