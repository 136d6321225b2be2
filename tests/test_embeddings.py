"""Embeddings: words of general Chinese that are used alike lie together."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot import Bot
from qa_bot.analyzer import Analyzer
from qa_bot.embeddings import LONGEST, open_embeddings
from qa_bot.index import Index
from qa_bot.lexicon import Lexicon
from qa_bot.mistakes import MistakesError
from qa_bot.query import read_query
from qa_bot.settings import PROJECT

TEXTS = st.lists(st.sampled_from(["罚款", "处罚", "价钱", "多少", "的", "app", "躉"]), max_size=6)


@pytest.fixture(scope="module")
def analyzer(settings, facets):
    embeddings = open_embeddings(settings.embeddings)
    return Analyzer(Lexicon(), facets, cache_folder=settings.cache / "jieba", embeddings=embeddings)


@pytest.fixture(scope="module")
def cosine(analyzer):
    def between(one: str, other: str) -> float:
        found = analyzer.embed([analyzer.read(one), analyzer.read(other)]).astype(float)
        return float(found[0] @ found[1]) / LONGEST**2

    return between


@pytest.mark.parametrize(
    ("word", "like", "unlike"),
    [
        ("罚款", "处罚", "材料"),
        ("价钱", "收费", "老板"),
        ("怎么", "如何", "多久"),
        ("审核", "审批", "价格"),
    ],
)
def test_words_that_are_used_alike_lie_together(cosine, word, like, unlike):
    assert cosine(word, like) > cosine(word, unlike) + 0.2


def test_common_words_say_little_of_a_text(cosine):
    assert cosine("罚款的是", "罚款") > 0.95


def test_of_a_word_that_is_not_known_the_words_in_it_speak(cosine):
    assert cosine("罚款处罚办", "处罚") > 0.5


def test_a_long_name_counts_as_one_word(cosine):
    """许可证的名字再长，也不该让另外一件事看起来一样。"""
    assert cosine("网络文化经营许可证罚款", "网络文化经营许可证价格") < 0.75


def test_of_what_is_no_word_nothing_is_said(analyzer):
    assert not analyzer.embed([analyzer.read("a1 ???"), analyzer.read("")]).any()


@given(st.permutations(["罚款", "多少", "钱", "公司", "的"]))
def test_the_order_of_words_says_nothing(analyzer, words):
    rows = [[analyzer.embeddings.number(word)] for word in words]
    assert np.array_equal(
        analyzer.embeddings.embed([rows]), analyzer.embeddings.embed([sorted(rows)])
    )


@given(st.lists(TEXTS, max_size=5))
def test_texts_are_embedded_together_as_each_by_itself(analyzer, texts):
    readings = [analyzer.read(" ".join(words)) for words in texts]
    each = [analyzer.embed([reading])[0] for reading in readings]
    together = analyzer.embed(readings)
    assert len(together) == len(each)
    assert all(map(np.array_equal, together, each))


def test_titles_that_teach_nothing_are_found_in_other_words(open_faq):
    """没有别的问法可学时，也知道"价钱"和"收费"差不多。"""
    bot = open_faq("question,answer\n办理要多久?,十天。\n如何收费?,免费。\n谁来审核?,窗口。\n")
    hits = bot.hits(read_query("价钱是怎样的", bot.analyzer), 3)
    assert hits[0].entry.question == "如何收费?"
    assert hits[0].sense.alike > 0.5


@given(st.text("罚款价钱多少办理期限的火星?", max_size=12))
def test_likeness_is_a_cosine(bundled, question):
    reading = read_query(question, bundled.analyzer).reading
    likeness = [sense.alike for sense in bundled.ranker.weigher.senses(reading, range(50))]
    assert min(likeness) >= -1.05
    assert max(likeness) <= 1.05


def test_a_saved_index_says_the_same(bundled, tmp_path):
    bundled.index.save(tmp_path / "saved")
    again = Index.open(tmp_path / "saved")
    assert np.array_equal(again.embedded, bundled.index.embedded)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-100])


def of_other_words(path):
    np.save(path, np.zeros((3, 64), np.int8))


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), cut_short, of_other_words])
def test_embeddings_that_cannot_be_read_are_told(settings, tmp_path, damage):
    for path in settings.embeddings.glob("*.npy"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damage(tmp_path / "places.npy")
    with pytest.raises(MistakesError, match="QA_BOT_EMBEDDINGS"):
        Bot.open(settings=replace(settings, embeddings=tmp_path))


def test_a_base_that_was_opened_with_others_is_indexed_anew(settings, tmp_path, write):
    for path in settings.embeddings.iterdir():
        shutil.copy(path, tmp_path)
    places = np.load(tmp_path / "places.npy")
    np.save(tmp_path / "places.npy", -places)
    faq = write("faq.csv", "question,answer\n怎么办?,这样办。\n")
    own = replace(settings, cache=tmp_path / "cache")
    others = replace(own, embeddings=tmp_path)
    opened = [Bot.open(faq, each).index.language for each in (own, others, own)]
    assert opened[0] == opened[2] != opened[1]
    assert len(list((tmp_path / "cache" / "index").iterdir())) == 2


def test_what_they_are_made_of_is_said():
    readme = (PROJECT / "data" / "embeddings" / "README.md").read_text(encoding="utf-8")
    assert "multilingual-e5-small" in readme
    assert "MIT" in readme
