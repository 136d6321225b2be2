"""Dialogue: what was said before completes the next question, is shown, and can be dropped."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qa_bot import Bot, MistakesError
from qa_bot.dialogue import Context, ContextError, read_context
from qa_bot.dialogue.followups import Followups, read_followups, without_fillers

FAQ = """question,answer
江苏文网文怎么续期?,江苏的网络文化经营许可证在期满前30日内申请延续。
浙江文网文怎么续期?,浙江的网络文化经营许可证在期满前30日内申请延续。
办文网文要多少费用?,不收费。
文网文丢了怎么补办?,先登报声明，再向发证机关申请补发。
文网文一般要多久办下来?,法定审批时限为自受理之日起20日。
演出证丢了怎么补办?,先登报声明，再向发证机关申请补发。
演出证一般要多久办下来?,法定审批时限为自受理之日起20日。
演出证要什么材料?,申请表和营业执照。
三级等保备案要交哪些材料?,备案表。
二级等保备案要交哪些材料?,备案表和定级报告。
出版物零售要什么条件?,有固定的经营场所。
出版物批发要什么条件?,有与批发相适应的设备和固定的经营场所。
文物拍卖许可证归谁发证?,省级文物主管部门。
拍卖证归谁发证?,省级商务主管部门。
第二类医疗器械经营备案怎么办?,向市级药监部门备案。
"""


@pytest.fixture(scope="module")
def bot(settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("faq") / "faq.csv"
    path.write_text(FAQ, encoding="utf-8")
    # What is carried is judged here, not how sure a base of ten questions can be.
    bold = dataclasses.replace(settings, answer_confidence=0.3, suggest_confidence=0.0)
    return Bot.open(path, bold)


@pytest.fixture
def talk(bot):
    """Ask one question after the other, as a client does: through JSON. Give the last reply."""

    def ask_all(*questions, context=None):
        reply = None
        for question in questions:
            reply = bot.ask(question, context).to_dict()
            context = json.loads(json.dumps(reply["context"]))
        return reply

    return ask_all


def entry(reply):
    return reply["entry"] and reply["entry"]["question"]


def carried(reply):
    return reply["explanation"]["carried"]


# ---- follow-ups that bring only facet values


@pytest.mark.parametrize(
    "question", ["浙江的呢", "浙江", "那浙江呢？", "浙江省的", "我在浙江", "换成浙江呢"]
)
def test_another_region_is_put_into_the_last_question(talk, question):
    reply = talk("江苏文网文怎么续期", question)
    assert entry(reply) == "浙江文网文怎么续期?"
    assert carried(reply) == {"permit": "网络文化经营许可证", "intent": "续期"}


def test_another_permit_is_put_into_the_last_question(talk):
    reply = talk("文网文一般要多久办下来", "那演出证呢")
    assert entry(reply) == "演出证一般要多久办下来?"
    assert carried(reply) == {"intent": "时限"}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("那费用呢", "办文网文要多少费用?"),
        ("收费吗", "办文网文要多少费用?"),
        ("补办呢？", "文网文丢了怎么补办?"),
        ("丢了怎么补", "文网文丢了怎么补办?"),
        ("要多久", "文网文一般要多久办下来?"),
    ],
)
def test_another_intent_keeps_the_permit(talk, question, found):
    assert entry(talk("江苏文网文怎么续期", question)) == found


def test_what_was_carried_over_is_carried_on(talk):
    reply = talk("江苏文网文怎么续期", "那费用呢", "要多久", "续期呢")
    assert entry(reply) == "江苏文网文怎么续期?"


def test_a_word_takes_the_place_of_one_that_ends_alike(talk):
    assert entry(talk("三级等保备案要交哪些材料", "二级的呢")) == "二级等保备案要交哪些材料?"


@pytest.mark.parametrize(
    ("first", "then", "found"),
    [
        ("出版物零售要什么条件", "批发呢", "出版物批发要什么条件?"),
        ("出版物批发有什么条件", "零售要哪些", "出版物零售要什么条件?"),
        ("拍卖证归谁发证", "那文物的呢，归谁发证", "文物拍卖许可证归谁发证?"),
    ],
)
def test_a_word_that_makes_another_name_of_the_subject_turns_to_that_subject(
    talk, first, then, found
):
    assert entry(talk(first, then)) == found


def test_a_word_that_makes_no_other_name_stays_with_the_subject(talk):
    assert entry(talk("文网文怎么补办", "网站呢")) != "演出证丢了怎么补办?"


def test_a_name_that_holds_the_level_that_was_replaced_loses_it(talk):
    # “二类医疗器械经营备案”是一个名字：换成三类以后，不能还在里面留着二类。
    reply = talk("第二类医疗器械经营备案怎么办", "那三类呢")
    assert reply["outcome"] == "no_match"
    assert reply["context"]["facets"]["level"] == "第三类"


def test_small_talk_of_several_parts_is_small_talk(talk):
    reply = talk("文网文丢了怎么补办", "好的谢谢，没有了")
    assert reply["outcome"] == "no_match"
    assert reply["explanation"]["rule"] == "smalltalk"
    assert talk("你好，文网文丢了怎么补办")["explanation"]["rule"] != "smalltalk"


def test_a_region_that_the_base_lacks_is_named_and_not_answered(talk):
    reply = talk("江苏文网文怎么续期", "那香港呢")
    assert reply["outcome"] == "no_match"
    assert "香港" in reply["explanation"]["sentence"]


# ---- what ends a subject, and what does not


def test_a_complete_question_about_another_permit_carries_nothing(talk):
    reply = talk("江苏文网文怎么续期", "演出证要什么材料")
    assert entry(reply) == "演出证要什么材料?"
    assert carried(reply) == {}
    assert "region" not in reply["context"]["facets"]


def test_keywords_that_name_permit_and_intent_are_complete(talk):
    assert carried(talk("江苏文网文怎么续期", "演出证 材料")) == {}


def test_small_talk_keeps_the_subject(talk):
    before = talk("江苏文网文怎么续期")
    thanks = talk("谢谢", context=before["context"])
    assert thanks["context"] == before["context"]
    assert entry(talk("那费用呢", context=thanks["context"])) == "办文网文要多少费用?"


def test_a_question_about_something_else_is_declined_and_keeps_the_subject(talk):
    weather = talk("江苏文网文怎么续期", "明天会下雨吗")
    assert weather["outcome"] == "no_match"
    assert entry(talk("那费用呢", context=weather["context"])) == "办文网文要多少费用?"


def test_what_holds_for_the_whole_country_is_not_carried(talk):
    assert "region" not in talk("全国文网文一般要多久办下来")["context"]["facets"]


# ---- dropping


def test_a_facet_taken_out_of_the_context_is_dropped(talk):
    context = talk("江苏文网文怎么续期")["context"]
    del context["facets"]["permit"]
    reply = talk("补办呢", context=context)
    assert "permit" not in reply["explanation"]["facets"]


def test_a_dropped_facet_also_leaves_the_last_question(talk):
    context = talk("江苏文网文怎么续期")["context"]
    del context["facets"]["region"]
    reply = talk("那演出证呢", context=context)
    assert "region" not in reply["explanation"]["facets"]


def test_facets_alone_fill_in_what_the_question_leaves_open(talk):
    reply = talk("文网文怎么续期", context={"facets": {"region": "浙江省"}})
    assert entry(reply) == "浙江文网文怎么续期?"
    assert carried(reply) == {"region": "浙江"}


# ---- clarifying questions


@pytest.mark.parametrize("answer", ["江苏", "江苏的", "江苏省", "那就江苏吧"])
def test_an_option_answers_the_question_that_was_left_open(talk, answer):
    asked = talk("文网文怎么续期")
    assert asked["outcome"] == "clarify"
    assert entry(talk(answer, context=asked["context"])) == "江苏文网文怎么续期?"


def test_an_option_may_be_named_by_its_place(talk):
    asked = talk("文网文怎么续期")
    second = asked["clarify"]["options"][1]["value"]
    assert entry(talk("第二个", context=asked["context"])) == f"{second}文网文怎么续期?"


def test_the_same_facet_is_not_asked_for_twice(talk):
    again = talk("文网文怎么续期", "续期怎么办理")
    assert again["clarify"] is None
    assert again["outcome"] == "no_match"
    assert {"江苏文网文怎么续期?", "浙江文网文怎么续期?"} <= {
        other["entry"]["question"] for other in again["alternatives"]
    }


def test_another_subject_may_be_asked_about_anew(talk):
    first = talk("补办呢")
    assert first["context"]["clarified"] == ["permit"]
    assert talk("文网文怎么续期", context=first["context"])["clarify"]["facet"] == "region"


def test_a_facet_told_before_is_not_asked_for(talk):
    reply = talk("浙江演出证丢了怎么补办", "文网文怎么续期")
    assert entry(reply) == "浙江文网文怎么续期?"
    assert carried(reply) == {"region": "浙江"}


# ---- lists


def alternatives(reply):
    return [other["entry"]["question"] for other in reply["alternatives"]]


@pytest.mark.parametrize("question", ["第二个", "第2个", "2", "看第二个吧", "那第二条呢", "二号"])
def test_a_place_names_an_alternative(talk, question):
    listed = talk("浙江文网文怎么续期", "还有别的吗")
    assert len(alternatives(listed)) > 1
    assert entry(talk(question, context=listed["context"])) == alternatives(listed)[1]


def test_the_last_of_the_list_may_be_named(talk):
    listed = talk("浙江文网文怎么续期", "还有别的吗")
    reply = talk("最后一个", context=listed["context"])
    assert entry(reply) == alternatives(listed)[-1]


def test_the_entry_spoken_of_before_may_be_named(talk):
    assert entry(talk("演出证要什么材料", "还有吗", "刚才那个")) == "演出证要什么材料?"


def test_a_place_beyond_the_list_names_nothing(talk):
    assert talk("浙江文网文怎么续期", "第九十九个")["outcome"] == "no_match"


@pytest.mark.parametrize("question", ["还有别的吗", "还有呢？", "其他的", "那还有别的吗"])
def test_asking_for_more_lists_what_was_not_listed_and_answers_nothing(talk, question):
    first = talk("浙江文网文怎么续期")
    more = talk(question, context=first["context"])
    assert (more["outcome"], more["entry"], more["answer"]) == ("no_match", None, None)
    assert more["explanation"]["rule"] == "more"
    assert more["say"]
    assert not {*alternatives(first), entry(first)} & {*alternatives(more)}


def test_asking_for_more_again_and_again_comes_to_an_end(talk):
    reply = talk("浙江文网文怎么续期")
    seen = alternatives(reply)
    for _ in range(10):
        reply = talk("还有吗", context=reply["context"])
        seen += alternatives(reply)
    assert alternatives(reply) == []
    assert "没有别的" in reply["say"]
    assert len(seen) == len(set(seen))


def test_after_asking_for_more_the_subject_is_as_it_was(talk):
    assert entry(talk("江苏文网文怎么续期", "还有吗", "那费用呢")) == "办文网文要多少费用?"


# ---- laws


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(max_size=20) | st.sampled_from(["还有吗", "第二个", "浙江呢", "费用呢"])))
def test_every_context_that_is_given_out_is_taken_back(bot, questions):
    context = None
    for question in questions:
        context = bot.ask(question, context).to_dict()["context"]


def test_a_context_stays_small_however_long_the_conversation(talk):
    long = "江苏文网文怎么续期" + "啊" * 480
    reply = talk(long, *["浙江呢", "还有吗"] * 20)
    assert len(reply["context"]["asked"]) <= 500
    assert len(json.dumps(reply["context"]).encode()) < 5000


def test_any_replica_gives_the_same_answer(bot, settings, tmp_path):
    bot.index.save(tmp_path / "saved")
    other = Bot.open(tmp_path / "saved", settings)
    context = bot.ask("江苏文网文怎么续期").to_dict()["context"]
    assert other.ask("那费用呢", context).hit.entry.question == "办文网文要多少费用?"


# ---- the context as JSON


def test_a_context_is_read_as_it_was_written(facets):
    context = Context(
        {"region": frozenset({"江苏", "浙江"}), "year": frozenset({"2025"})},
        "a1",
        "文网文怎么续期",
        ("a1", "b2"),
        ("c3",),
        "region",
        ("江苏", "浙江"),
        ("region",),
    )
    written = json.loads(json.dumps(context.to_dict()))
    assert read_context(written, facets, {"a1", "b2", "c3"}, 500) == context


@pytest.mark.parametrize(
    ("context", "pointer"),
    [
        ({"facets": {"region": "火星"}}, "/facets/region"),
        ({"facets": {"region": "江苏、火星"}}, "/facets/region"),
        ({"facets": {"region": None}}, "/facets/region"),
        ({"facets": {"星座": "狮子"}}, "/facets/星座"),
        ({"facets": {"year": "明年"}}, "/facets/year"),
        ({"facets": None}, "/facets"),
        ({"entry": "没有"}, "/entry"),
        ({"entry": {}}, "/entry"),
        ({"asked": ["问"]}, "/asked"),
        ({"asked": "问" * 501}, "/asked"),
        ({"offered": ["a1", "没有"]}, "/offered/1"),
        ({"offered": None}, "/offered"),
        ({"passed": ["a1"] * 51}, "/passed"),
        ({"clarify": {"facet": "星座", "options": []}}, "/clarify/facet"),
        ({"clarify": {"facet": "region", "options": ["江苏", 3]}}, "/clarify/options/1"),
        ({"clarify": {"facet": "region"}}, "/clarify"),
        ({"clarified": [["region"]]}, "/clarified/0"),
        ({"别的/东西": 1}, "/别的~1东西"),
    ],
)
def test_what_is_wrong_with_a_context_is_pointed_at(facets, context, pointer):
    with pytest.raises(ContextError) as error:
        read_context(context, facets, {"a1"}, 500)
    assert [found for found, _ in error.value.errors] == [pointer]


# ---- the words


@pytest.fixture
def followups(tmp_path):
    def read(text: str) -> Followups:
        path = tmp_path / "followups.txt"
        path.write_text(text, encoding="utf-8")
        return read_followups(path)

    return read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("第1个", 0),
        ("第一个", 0),
        ("第两个", 1),
        ("第十个", 9),
        ("第十二个", 11),
        ("第二十个", 19),
        ("末了", 19),
        ("第0个", None),
        ("第二十一个", None),
        ("第个", None),
    ],
)
def test_places_are_read_in_digits_and_in_chinese(followups, text, place):
    assert followups("ordinal | 第{n}个\nlast | 末了").place(text, 20) == place


def test_fillers_are_taken_off_both_ends_step_by_step():
    assert (
        without_fillers("那浙江的呢?", ("那", "呢", "的"))
        == [
            "那浙江的呢",
            *without_fillers("那浙江的", ("那",))[:1],
            "浙江的呢",
            "浙江的",
            "那浙江",
            "浙江",
        ]
        or without_fillers("那浙江的呢?", ("那", "呢", "的"))[-1] == "浙江"
    )
    forms = without_fillers("那浙江的呢?", ("那", "呢", "的"))
    assert (forms[0], forms[-1]) == ("那浙江的呢", "浙江")
    assert without_fillers("呢呢", ("呢",)) == ["呢呢", "呢"]


def test_a_file_that_is_not_there_is_no_mistake(tmp_path):
    assert read_followups(tmp_path / "没有.txt") == Followups()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("再问 | 那", "followups.txt:1: unknown kind '再问'"),
        ("filler |", "followups.txt:1: a kind without words"),
        ("ordinal | 第二个", "followups.txt:1: '第二个' has no number"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(followups, line, told):
    with pytest.raises(MistakesError, match=told):
        followups(line)
