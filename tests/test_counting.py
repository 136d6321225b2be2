"""Counting: the terms of many texts at once are those of each text by itself."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.analyzer import Analyzer
from qa_bot.index.counting import MOST_COUNTED, TermCounter, Units, count
from qa_bot.index.forms import FORMS, form_terms
from qa_bot.lexicon import Lexicon
from qa_bot.text import normalize

TITLES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.lists(
        st.sampled_from(
            ["江苏", "南京", "文网文", "续期", "办", "吗", "b2b", "3.5", "?", "2025年"]
        ),
        max_size=8,
    ).map("".join),
    max_size=6,
)


@pytest.fixture(scope="module")
def analyzer(facets, settings):
    lexicon = Lexicon(canonical={"文网文": "网络文化经营许可证"}, stopwords=frozenset("吗"))
    return Analyzer(lexicon, facets, cache_folder=settings.cache / "jieba")


@pytest.fixture(scope="module")
def lattice(analyzer):
    return analyzer.lattice()


def spelt(chunk, known=()):
    """Give the terms of each text, and how often they stand there, by their names."""
    names = [*known[: chunk.known], *chunk.names]
    pairs = [(names[t], n) for t, n in zip(chunk.terms, chunk.counts.tolist(), strict=True)]
    ends = [0, *chunk.lengths.cumsum().tolist()]
    return [Counter(dict(pairs[start:end])) for start, end in pairwise(ends)]


@pytest.mark.parametrize("form", FORMS)
@given(TITLES, TITLES)
@example([], [""])
@example(["南京文网文怎么续期吗", "文网文,南京"], ["2025年 b2b 3.5天"])
@examples(max_examples=40, derandomize=True, deadline=None)
def test_terms_are_those_that_each_text_has_in_the_form(analyzer, lattice, form, first, second):
    counter = TermCounter(analyzer, form, Units())
    names: list[str] = []
    for titles in (first, second):
        normals = list(map(normalize, titles))
        mentions = analyzer.facets.mentions_of_all(normals)
        chunk = counter.count(analyzer.read_all(normals, mentions, lattice))
        readings = map(analyzer.read, titles)
        terms = [Counter(form_terms(form, reading, analyzer)) for reading in readings]
        assert spelt(chunk, names) == terms
        names += chunk.names
    assert len(set(names)) == len(names)


def test_texts_given_by_their_terms_are_counted_likewise():
    assert spelt(count([["w办", "w证", "w办"], [], ["w证"]])) == [
        {"w办": 2, "w证": 1},
        {},
        {"w证": 1},
    ]


def test_what_stands_too_often_counts_as_often_as_there_is_room_for():
    assert spelt(count([["w办"] * (MOST_COUNTED + 2)])) == [{"w办": MOST_COUNTED}]
