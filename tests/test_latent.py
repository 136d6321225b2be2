"""What the wordings of a base teach: words that are asked of one matter lie together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.index import Index
from qa_bot.knowledge import KnowledgeBase
from qa_bot.query import read_query
from qa_bot.weights import Weigher

PERMITS = ("文网文", "演出证", "出版物经营许可证", "拍卖经营批准证书")
WORDINGS = {
    "{}审批要多久?": ("{}交上去半个月没动静", "{}啥时候能批下来", "{}得等多少天"),
    "{}要交什么材料?": ("{}得准备哪些东西", "{}要带什么过去", "{}申报附件清单"),
    "{}办理收费吗?": ("{}花销大不大", "{}要掏多少钱", "{}免费的吗"),
}
TABLE = "question,answer,wordings\n" + "".join(
    # 最后一个许可证只有题目：它的问法要从别的许可证学来。
    f"{question.format(permit)},以当地公布的为准。,{'|'.join(wordings).format(*[permit] * 3)}\n"
    if permit != PERMITS[-1]
    else f"{question.format(permit)},以当地公布的为准。,\n"
    for permit in PERMITS
    for question, wordings in WORDINGS.items()
)


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(TABLE)


def meant(weigher, reading, entries):
    """Give how near all entries lie, as the base teaches."""
    return [sense.meant for sense in weigher.senses(reading, range(len(entries)))]


def nearest(bot, question):
    """Give the question of the entry that lies nearest, as the base teaches, and how near."""
    query = read_query(question, bot.analyzer)
    near = meant(bot.ranker.weigher, query.reading, bot.index.base.entries)
    best = max(range(len(near)), key=near.__getitem__)
    return bot.index.base.entries[best].question, near[best]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("没动静", "审批要多久"), ("掏多少", "办理收费吗"), ("要带什么", "要交什么材料")],
)
def test_a_word_is_about_what_the_wordings_with_it_are_about(bot, asked, meant):
    question, near = nearest(bot, asked)
    assert meant in question
    assert near > 0


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("拍卖证一直没动静", "拍卖经营批准证书审批要多久?"),
        ("拍卖证花销大吗", "拍卖经营批准证书办理收费吗?"),
    ],
)
def test_what_the_wordings_of_one_permit_teach_serves_another(bot, asked, answered):
    hits = bot.hits(read_query(asked, bot.analyzer), 1)
    assert hits[0].entry.question == answered


def test_of_words_that_no_wording_holds_nothing_is_said(bot):
    _, near = nearest(bot, "火星移民")
    assert near == 0


def test_titles_without_wordings_teach_nothing(open_faq):
    bare = open_faq("question\n" + "".join(f"{q.format(p)}\n" for p in PERMITS for q in WORDINGS))
    _, near = nearest(bare, "审批要多久")
    assert near == 0


@given(st.text("文网演出证多久材料收费动静带掏花销火星?", max_size=20))
def test_it_speaks_within_bounds(bot, question):
    query = read_query(question, bot.analyzer)
    near = np.array(meant(bot.ranker.weigher, query.reading, bot.index.base.entries))
    assert near.min() >= -1.51
    assert near.max() <= 0.51


def test_the_same_base_teaches_the_same(bot):
    again = Index.build(KnowledgeBase(tuple(bot.index.base.entries)), bot.analyzer)
    reading = read_query("拍卖证没动静", bot.analyzer).reading
    entries = again.base.entries
    near = meant(Weigher(again, bot.analyzer), reading, entries)
    assert near == pytest.approx(meant(bot.ranker.weigher, reading, entries), abs=0.01)


def test_a_reply_tells_what_was_learned(bot):
    reply = bot.ask("拍卖证花销大吗")
    assert reply.hit.entry.question == "拍卖经营批准证书办理收费吗?"
    assert reply.to_dict()["explanation"]["learned"] > 0
