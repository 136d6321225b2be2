"""Search: exactly what comparing every text gives, by either kernel, in far fewer steps."""

from __future__ import annotations

import queue
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_bot.analyzer import Analyzer
from qa_bot.index import Index
from qa_bot.index.building import Counts, count, lay_out
from qa_bot.index.compiled import CompiledKernel
from qa_bot.index.likeness import Likeness, Sought
from qa_bot.index.nearest import Nearest
from qa_bot.index.plain import PlainKernel
from qa_bot.index.postings import Weighting
from qa_bot.index.search import COMPILED_AFTER, Room, Search, kernel_for
from qa_bot.knowledge import Entry, KnowledgeBase, Passage
from qa_bot.lexicon import Lexicon
from qa_bot.mistakes import Location
from qa_bot.query import read_query
from qa_bot.vocabulary import Vocabulary


class InBlocks(CompiledKernel):
    """Sums up few texts at once, as it does of millions."""

    block = 100


KERNELS = [PlainKernel, CompiledKernel, InBlocks]
WORDS = [
    f"w{word}" for word in ("许可证", "办理", "怎么", "文网文", "续期", "材料", "江苏", "南京")
]
PLACES = ["江苏", "浙江", "广东", "四川", "山东"]
PERMITS = ["网络文化经营许可证", "营业性演出许可证", "出版物经营许可证", "食品经营许可证"]
ASKS = ["怎么续期", "要哪些材料", "多久办下来", "在哪里办", "费用是多少", "怎么变更"]


class Case(NamedTuple):
    """Texts as terms, whose they are, how they are weighed, and what is asked."""

    texts: list[list[str]]
    starts: np.ndarray
    weighting: Weighting
    unasked: float
    question: list[str]
    k: int


@st.composite
def cases(draw, most_texts=4000):
    """Draw texts whose words are as unequally common as words are, many of them equal."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.integers(1, most_texts))
    vocabulary = draw(st.integers(1, 300))
    names = WORDS + [f"{'wc'[n % 2]}{chr(0x4E00 + n)}" for n in range(vocabulary)]
    skew = draw(st.floats(0.3, 2.5))
    shares = 1 / np.arange(1, len(names) + 1) ** skew
    lengths = random.integers(0, draw(st.integers(1, 15)), size, endpoint=True)
    drawn = random.choice(len(names), lengths.sum(), p=shares / shares.sum())
    ends = np.cumsum([0, *lengths])
    texts = [[names[n] for n in drawn[start:end]] for start, end in pairwise(ends)]
    # Owners of no text, of one and of several.
    starts = np.unique(random.integers(0, size, max(size // 2, 1)))
    starts = np.array([0, *starts, size, size] if draw(st.booleans()) else range(size + 1))
    weighting = Weighting(
        {"w": 1.0, "c": 0.4},
        saturation=draw(st.sampled_from([0.0, 0.3, 1.2])),
        length=draw(st.sampled_from([0.0, 0.6])),
    )
    asked = random.choice(len(names), draw(st.integers(1, 12)), p=shares / shares.sum())
    question = list(dict.fromkeys([*(names[n] for n in asked), "w无人说过"]))
    unasked = draw(st.sampled_from([0.0, 0.7]))
    return Case(texts, np.asarray(starts, np.int64), weighting, unasked, question, k=7)


def laid_out(case):
    counts = Counts()
    half = len(case.texts) // 2
    for chunk in (case.texts[:half], case.texts[half:]):
        counts.add(count(chunk))
    return lay_out(counts, case.weighting, lambda _: 0.0)


def sought_in(case, postings):
    found = [postings.look_up(term, lambda _: 0.0) for term in case.question]
    likeness = Likeness(sum(weight for _, weight, _ in found), case.unasked)
    return Sought.of(found, likeness, case.weighting.saturation + 1)


def nearest_of_all(nearness, starts, k):
    """Give the k nearest owners, having looked at every text."""
    best = {}
    listed = nearness.tolist()
    for owner, (start, end) in enumerate(pairwise(starts.tolist())):
        near = max(listed[start:end], default=0.0)
        if near > 0:
            best[owner] = near
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:k]


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_search_gives_what_comparing_every_text_gives(kernel, case):
    postings = laid_out(case)
    sought = sought_in(case, postings)
    every = PlainKernel(postings, case.starts).nearness(
        np.arange(postings.size, dtype=np.int32), sought
    )
    nearest = Nearest(case.k)
    Search(postings, case.starts, Room(), kernel(postings, case.starts)).find(sought, nearest)
    assert nearest.best == nearest_of_all(every[postings.ranks], case.starts, case.k)


@pytest.fixture(scope="module", params=[0.0, 0.6], ids=["titles", "passages"])
def crowded(request):
    """Give the postings of many long texts, in which common words stand everywhere."""
    random = np.random.default_rng(5)
    names = [f"w{chr(0x4E00 + n)}" for n in range(400)]
    shares = 1 / np.arange(1, len(names) + 1)
    drawn = random.choice(len(names), (6000, 12), p=shares / shares.sum())
    texts = [[names[n] for n in own[: random.integers(3, 12)]] for own in drawn]
    texts += [[names[n] for n in own] for own in drawn[:50, :3]]
    weighting = Weighting({"w": 1.0}, saturation=0.3, length=request.param)
    case = Case(texts, np.arange(len(texts) + 1), weighting, 0.7, [], 10)
    return case, laid_out(case), names, shares / shares.sum()


@pytest.mark.parametrize("unasked", [0.0, 0.7])
@pytest.mark.parametrize("kernel", KERNELS)
def test_of_many_texts_the_nearest_are_found_exactly(crowded, kernel, unasked):
    case, postings, names, shares = crowded
    random = np.random.default_rng(9)
    search = Search(postings, case.starts, Room(), kernel(postings, case.starts))
    for _ in range(60):
        drawn = random.choice(len(names), random.integers(1, 9), p=shares)
        question = list(dict.fromkeys(names[n] for n in drawn))
        sought = sought_in(case._replace(question=question, unasked=unasked), postings)
        every = PlainKernel(postings, case.starts).scan(sought)[postings.ranks]
        nearest = Nearest(case.k)
        search.find(sought, nearest)
        assert nearest.best == nearest_of_all(every, case.starts, case.k)


@settings(max_examples=40, deadline=None)
@given(case=cases(most_texts=300))
def test_both_kernels_and_a_scan_compare_alike(case):
    postings = laid_out(case)
    sought = sought_in(case, postings)
    ranks = np.arange(postings.size, dtype=np.int32)
    plain = PlainKernel(postings, case.starts)
    assert plain.nearness(ranks, sought).tolist() == plain.scan(sought).tolist()
    compiled = CompiledKernel(postings, case.starts).nearness(ranks, sought)
    assert plain.nearness(ranks, sought).tolist() == compiled.tolist()


@settings(max_examples=40, deadline=None)
@given(case=cases(most_texts=300))
def test_a_text_is_as_near_as_the_full_product_of_the_weights_says(case):
    postings = laid_out(case)
    names = sorted({name for text in case.texts for name in text})
    tf = np.array([[text.count(name) for name in names] for text in case.texts], float)
    tf = tf.reshape(len(case.texts), len(names))
    weights = np.array([postings.look_up(name, lambda _: 0.0)[1] for name in names])
    lengths = np.ones_like(tf)
    for view in case.weighting.views:
        own = [name[0] == view for name in names]
        total = tf[:, own].sum(axis=1, keepdims=True)
        lengths[:, own] = total / (total.mean() or 1.0)
    k1, b = case.weighting.saturation, case.weighting.length
    stored = weights * (k1 + 1) * tf / np.maximum(tf + k1 * (1 - b + b * lengths), 1e-9)
    shared = stored @ np.array([name in case.question for name in names], float)
    mass = (weights * (tf > 0)).sum(axis=1)
    sought = sought_in(case, postings)
    beyond = case.unasked * np.maximum(mass - shared, 0)
    product = shared / (np.maximum(shared, sought.likeness.asked) + beyond)
    found = PlainKernel(postings, case.starts).scan(sought)[postings.ranks]
    assert found == pytest.approx(product, rel=1e-4, abs=1e-6)


def base_of(size):
    """Give a base of titles that are all alike, some with an answer."""
    random = np.random.default_rng(3)
    titles = dict.fromkeys(
        "".join((PLACES[place], str(number), PERMITS[permit], ASKS[ask]))
        for number, (place, permit, ask) in enumerate(random.integers(0, (5, 4, 6), (size, 3)))
    )
    entries = [
        Entry(
            str(number),
            title,
            Location("清单.titles.txt", line=number),
            wordings=(title[2:] + "?",) if number % 3 == 0 else (),
            passages=(Passage(title[-4:] + "看这里。", Location("答.md")),)
            if number % 4 == 0
            else (),
        )
        for number, title in enumerate(titles, start=1)
    ]
    return KnowledgeBase(tuple(entries))


@pytest.fixture(scope="module")
def analyzer(facets, settings):
    return Analyzer(Lexicon(), facets, cache_folder=settings.cache / "jieba")


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_large_base_is_searched_as_a_small_one(analyzer, kernel, monkeypatch):
    small = Index.build(base_of(600), analyzer)
    monkeypatch.setattr("qa_bot.index.SMALL", 0)
    monkeypatch.setattr("qa_bot.index.PlainKernel", kernel)
    large = Index.build(base_of(600), analyzer)
    for question in (
        "江苏的演出许可证怎么续期",
        "许可证",
        "要哪些材料",
        "17网络文化",
        "看这里",
        "xyzzy",
    ):
        query = read_query(question, analyzer)
        assert large.search(query, analyzer, 20) == small.search(query, analyzer, 20)


def test_after_some_questions_the_compiled_kernel_goes_on(analyzer, monkeypatch):
    small = Index.build(base_of(60), analyzer)
    made = queue.Queue()
    monkeypatch.setattr("qa_bot.index.SMALL", 0)
    monkeypatch.setattr("qa_bot.index.search.COMPILED_FROM", 1)
    monkeypatch.setattr("qa_bot.index.search.COMPILED_ALONG", 1)
    monkeypatch.setattr("qa_bot.index.search.kernel_for", lambda *parts: told(made, *parts))
    large = Index.build(base_of(60), analyzer)
    query = read_query("江苏的演出许可证怎么续期", analyzer)
    for _ in range(COMPILED_AFTER):
        assert made.empty()
        assert large.search(query, analyzer, 20) == small.search(query, analyzer, 20)
    assert [made.get(timeout=60) for _ in large.postings] == [CompiledKernel] * 3
    assert large.search(query, analyzer, 20) == small.search(query, analyzer, 20)


def told(made, *parts):
    kernel = kernel_for(*parts)
    made.put(type(kernel))
    return kernel


def test_few_texts_are_searched_without_numba():
    case = Case([["w证"]], np.array([0, 1]), Weighting({"w": 1.0}, 0.3, 0.0), 0.7, [], 1)
    postings = laid_out(case)
    assert isinstance(kernel_for(postings, case.starts), PlainKernel)


@given(
    st.sets(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
def test_a_vocabulary_numbers_its_terms_and_no_others(terms, other):
    ordered = sorted(terms, key=str.encode)
    vocabulary = Vocabulary.of(ordered)
    assert dict(vocabulary) == {term: number for number, term in enumerate(ordered)}
    assert (other in vocabulary) == (other in terms)
    assert vocabulary.get(other, -1) == (ordered.index(other) if other in terms else -1)
