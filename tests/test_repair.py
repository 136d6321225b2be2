"""Repair: typing errors in the base's own terms are mended, and nothing else ever is."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.lexicon import read_lexicon
from qa_bot.query import read_query
from qa_bot.repair import Repair, mend
from qa_bot.settings import PROJECT
from qa_bot.text import normalize, sentences

PERMIT = "网络文化经营许可证"
FAQ = """question,answer,wordings
文网文怎么续期?,期满前30日内申请延续。,网络文化经营许可证到期怎么办|网络文化经营许可正去哪领
游戏版号怎么申请?,由运营单位报送。,版号申请材料|版号多久
未公示的版号怎么查?,看公告。,版号查询
"""


@pytest.fixture(scope="module")
def mended(bundled):
    def mend_question(question):
        normal = normalize(question)
        return mend(normal, bundled.repairer.repairs(normal))

    return mend_question


@pytest.fixture(scope="module")
def small(open_faq):
    return open_faq(FAQ)


def wrong(bot, texts):
    found = ((text, bot.repairer.repairs(normalize(text))) for text in texts)
    return [(text, repairs) for text, repairs in found if repairs]


def judged(*kinds):
    return [
        json.loads(line)["question"]
        for path in sorted((PROJECT / "data" / "judged").glob("*.jsonl"))
        if path.stem in kinds or not kinds
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


# ---- what is mended


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("广博电视节目制作经营许可证谁发", "广播电视节目制作经营许可证谁发"),
        ("板号多久下来", "版号多久下来"),
        ("大模型背案", "大模型备案"),
        ("等宝三级", "等保三级"),
        ("登保测评", "等保测评"),
        ("列头公司", "猎头公司"),
        ("开份店", "开分店"),
        ("互联网要品信息服务备案", "互联网药品信息服务备案"),
        ("劳务派谴经营许可证", "劳务派遣经营许可证"),
    ],
)
def test_a_homophone_in_a_term_is_mended(mended, typed, meant):
    assert mended(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("劳务派遗公司", "劳务派遣公司"),
        ("医疗器戎经营许可证", "医疗器戎经营许可证"),
        ("医疗器戒经营许可证", "医疗器械经营许可证"),
        ("营业性寅出许可证", "营业性演出许可证"),
        ("进囗游戏版号", "进口游戏版号"),
    ],
)
def test_a_look_alike_in_a_term_is_mended_if_it_is_listed(mended, typed, meant):
    assert mended(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("网络化经营许可证", PERMIT),
        ("网络文化经营营许可证", PERMIT),
        ("营业性出演许可证", "营业性演出许可证"),
        ("网络文化经营可许证", PERMIT),
        ("劳务遣派公司", "劳务派遣公司"),
    ],
)
def test_a_missing_extra_or_swapped_character_in_a_long_term_is_mended(mended, typed, meant):
    assert mended(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("banhao", "版号"),
        ("BanHao shenqing", "版号 申请"),
        ("banhaoshenqing", "版号申请"),
        ("dengbao beian", "等保备案"),
        ("dengbaobeian", "等保备案"),
        ("大模型beian要多久", "大模型备案要多久"),
        ("wangluo wenhua", "网络 文化"),
        ("wangluowenhua jingying xukezheng", PERMIT),
        ("网luo文化经营许可证", PERMIT),
    ],
)
def test_pinyin_is_read_with_and_without_spaces(mended, typed, meant):
    assert mended(typed) == meant


def test_a_repair_tells_what_was_typed_where_and_what_was_meant(small):
    assert small.repairer.repairs("请问板号") == (Repair(2, 4, "板号", "版号"),)


# ---- what is never touched


@pytest.mark.parametrize(
    "text",
    [
        "实现",
        "饰品经营许可证",
        "饰品生产经营许可证",
        "网上买书",
        "我是先办公司还是先办证",
        "要不要打上标签",
        "装备安全吗",
        "精麻药品",
        "可以加个微信吗",
        "你叫什么名字",
        "演出要提前20天报吗",
        "没许可挣了二十万",
        "办演出经纪证要什么条件",
        "给算法发备案编号",
    ],
)
def test_right_words_that_sound_like_terms_stay(mended, text):
    assert mended(text) == text


@pytest.mark.parametrize(
    "text", ["iphone", "online", "app备案", "beian.cac.gov.cn", "banhaox", "an", "fda 510k"]
)
def test_other_languages_are_no_pinyin(mended, text):
    assert mended(text) == text


def test_a_window_that_could_mean_two_terms_as_well_stays(mended):
    # It could be that of 药品 or of 药店.
    assert mended("药经营许可证") == "药经营许可证"


def test_what_the_base_itself_writes_stays(small):
    assert small.repairer.repairs("网络文化经营许可正去哪领") == ()
    assert small.ask("网络文化经营许可正去哪领").rule == "exact"


def test_every_text_of_the_bundled_base_stays(bundled):
    entries = bundled.index.base.entries
    assert wrong(bundled, (text for entry in entries for text in entry.asked_as())) == []
    passages = (passage.text for entry in entries for passage in entry.passages)
    assert wrong(bundled, (piece for text in passages for piece in sentences(text))) == []


def test_every_judged_question_without_typing_errors_stays(bundled):
    mistyped = set(judged("typo"))
    assert wrong(bundled, (text for text in judged() if text not in mistyped)) == []


def test_every_text_of_the_real_documents_stays(seeds, bundled):
    texts = [text for entry in seeds.index.base.entries for text in entry.asked_as()]
    assert wrong(seeds, texts) == wrong(bundled, texts) == []


@given(
    st.text(
        st.one_of(
            st.characters(exclude_categories=["Cs"]),
            st.sampled_from("网络文化经营许可证版号板备背案等登保 abehino.?"),
        ),
        max_size=40,
    )
)
@examples(max_examples=80, derandomize=True, deadline=None)
def test_repairs_stand_apart_in_order_and_tell_what_was_typed(bundled, text):
    normal = normalize(text)
    end = 0
    for repair in bundled.repairer.repairs(normal):
        assert end <= repair.start < repair.end
        assert normal[repair.start : repair.end] == repair.wrong != repair.right
        end = repair.end


# ---- what becomes of it


def test_words_and_facets_are_those_of_the_mended_question(bundled):
    query = read_query("请问劳务派谴经营许可证要什么条件", bundled.analyzer, bundled.repairer)
    assert query.facets["permit"] == {"劳务派遣经营许可证"}
    assert query.question == "请问劳务派谴经营许可证要什么条件"
    assert query.key == query.question


def test_the_reply_tells_what_was_mended(bundled):
    reply = bundled.ask("游戏板号要交什么资料").to_dict()
    assert reply["explanation"]["repairs"] == [["游戏板号", "游戏版号"]]
    assert bundled.ask("游戏版号要交什么资料").to_dict()["explanation"]["repairs"] == []


def test_most_judged_typing_errors_are_mended(bundled):
    questions = judged("typo")
    assert len(wrong(bundled, questions)) >= 0.7 * len(questions)


def test_a_follow_up_to_a_mistyped_question_keeps_what_was_meant(bundled):
    first = bundled.ask("游戏板号要交什么资料").to_dict()
    assert first["context"]["asked"] == "游戏版号要交什么资料"


@pytest.mark.parametrize(
    "question",
    ["劳务派谴经营许可证要什么条件", "烟草专卖许可征怎么续期", "劳务派谴的宇宙飞船燃料配方"],
)
def test_the_page_says_what_was_mended_whatever_the_outcome(client, bundled, question):
    (_, right), *_ = bundled.ask(question).to_dict()["explanation"]["repairs"]
    page = client.get("/", query_string={"q": question}).text
    assert f'<p class="repaired" data-say>按『{right}』理解</p>' in page


def test_the_page_is_silent_where_nothing_was_mended(client):
    page = client.get("/", query_string={"q": "游戏版号要交什么资料"}).text
    assert 'class="repaired"' not in page


def test_mending_takes_a_fraction_of_a_millisecond(bundled):
    questions = [normalize(text) for text in judged()]
    took = []
    for _ in range(3):
        started = time.perf_counter()
        for question in questions:
            bundled.repairer.repairs(question)
        took.append((time.perf_counter() - started) / len(questions))
    assert min(took) < 0.001


def test_groups_of_look_alikes_are_read_both_ways(tmp_path):
    (tmp_path / "lookalikes.txt").write_text("谴遣遗 # 辶\n!买卖\n", encoding="utf-8")
    lexicon = read_lexicon(tmp_path)
    assert lexicon.lookalikes["遣"] == {"谴", "遗"}
    assert lexicon.distinct == {"买卖", "卖买"}
