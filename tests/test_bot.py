"""The policy: four honest outcomes, and the laws that hold for all of them."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qa_bot import Bot, MistakesError
from qa_bot.dialogue import ContextError

FAQ = """question,answer,wordings,url,valid_until
江苏文网文怎么续期?,江苏的网络文化经营许可证在期满前30日内申请延续。,,https://example.org/js,
浙江文网文怎么续期?,浙江的网络文化经营许可证在期满前30日内申请延续。,,,
上海文网文怎么变更法定代表人?,,,,
文网文一般要多久办下来?,法定审批时限为自受理之日起20日。经验上从准备到拿证约两个月。,办文网文几天,,
演出证丢了怎么办?,先登报声明,再向发证机关申请补发。,,2020-01-01
"""


@pytest.fixture(scope="module")
def bot(open_faq):
    return open_faq(FAQ)


def test_a_stored_question_is_answered_with_its_evidence(bot):
    reply = bot.ask("江苏文网文怎么续期").to_dict()
    assert reply["outcome"] == "answered"
    assert reply["confidence"] == 1.0
    assert reply["entry"]["question"] == "江苏文网文怎么续期?"
    assert reply["answer"]["evidence"] == ["江苏的网络文化经营许可证在期满前30日内申请延续。"]
    assert reply["answer"]["source"]["file"] == "faq.csv"
    assert reply["answer"]["source"]["line"] == 2


@pytest.mark.parametrize(
    "question",
    [
        "江苏文网文怎么续期",
        "江蘇文網文怎麼續期？",
        "  江苏 文网文 怎么 续期 !",
        "江苏文网文怎么续期???",
    ],
)
def test_width_script_spaces_and_marks_make_no_difference(bot, question):
    assert bot.ask(question).hit.entry.question == "江苏文网文怎么续期?"


def test_another_name_of_the_permit_means_the_same(bot):
    reply = bot.ask("江苏网络文化经营许可证怎么续期")
    assert (reply.outcome, reply.hit.entry.question) == ("answered", "江苏文网文怎么续期?")


def test_another_province_is_never_answered_with(bot):
    reply = bot.ask("北京文网文怎么续期")
    assert reply.outcome == "no_match"
    assert reply.hit is None


def test_a_place_that_the_base_knows_nothing_of_is_named(bot):
    reply = bot.ask("香港文网文怎么续期").to_dict()
    assert reply["outcome"] == "no_match"
    assert reply["entry"] is None
    assert "香港" in reply["explanation"]["sentence"]
    assert reply["explanation"]["facets"]["region"] == "香港"


def test_a_permit_that_the_base_knows_nothing_of_is_named(bot):
    reply = bot.ask("烟草专卖许可证怎么续期")
    assert reply.outcome == "no_match"
    assert "烟草" in reply.sentence


def test_a_title_without_an_answer_never_borrows_one(bot):
    reply = bot.ask("上海文网文怎么变更法定代表人").to_dict()
    assert reply["outcome"] == "listed_unanswered"
    assert reply["answer"] is None
    assert reply["entry"]["answered"] is False


def test_a_missing_province_is_asked_for_with_those_that_exist(bot):
    reply = bot.ask("文网文怎么续期").to_dict()
    assert reply["outcome"] == "clarify"
    assert reply["clarify"]["facet"] == "region"
    assert {option["value"] for option in reply["clarify"]["options"]} == {"江苏", "浙江"}


def test_the_chosen_province_leads_to_its_entry(bot):
    reply = bot.ask("文网文怎么续期", context={"facets": {"region": "浙江"}})
    assert (reply.outcome, reply.hit.entry.question) == ("answered", "浙江文网文怎么续期?")


def test_what_the_question_says_outweighs_the_context(bot):
    reply = bot.ask("江苏文网文怎么续期", context={"facets": {"region": "浙江"}})
    assert reply.hit.entry.question == "江苏文网文怎么续期?"


def test_a_context_that_names_what_does_not_exist_is_refused(bot):
    with pytest.raises(ContextError, match="region=火星"):
        bot.ask("文网文怎么续期", context={"facets": {"region": "火星"}})


def test_a_general_answer_serves_a_province_and_says_so(bot):
    reply = bot.ask("安徽办文网文几天").to_dict()
    assert reply["outcome"] == "answered"
    assert reply["answer"]["notice"].startswith("以下为全国通用")


def test_an_expired_answer_is_not_given(bot):
    reply = bot.ask("演出证丢了怎么办")
    assert reply.outcome == "listed_unanswered"
    assert "2020-01-01" in reply.sentence


def test_an_answer_that_expired_since_is_given_again_as_of_the_day_it_was_asked(bot):
    reply = bot.as_of(datetime.date(2019, 12, 31)).ask("演出证丢了怎么办")
    assert reply.outcome == "answered"
    assert bot.ask("演出证丢了怎么办").outcome == "listed_unanswered"


def test_the_same_is_said_twice_by_the_same_digest_and_something_else_by_another(bot):
    first, again = bot.ask("江苏文网文怎么续期"), bot.ask("江苏文网文怎么续期")
    assert first.answer_id != again.answer_id
    assert first.digest() == again.digest()
    assert first.digest() != bot.ask("浙江文网文怎么续期").digest()
    assert first.digest() != bot.released(7).ask("江苏文网文怎么续期").digest()


def test_a_reply_tells_the_release_that_gave_it(bot):
    assert bot.ask("江苏文网文怎么续期").to_dict()["release"] == 0
    assert bot.released(7).ask("江苏文网文怎么续期").to_dict()["release"] == 7


def test_of_several_questions_the_first_is_answered_and_told(bot):
    reply = bot.ask("江苏文网文怎么续期？演出证丢了怎么办？").to_dict()
    assert reply["entry"]["question"] == "江苏文网文怎么续期?"
    assert reply["explanation"]["part"] == "江苏文网文怎么续期？"
    assert reply["alternatives"][0]["entry"]["question"] == "演出证丢了怎么办?"


def test_a_lone_question_is_not_said_to_be_a_part(bot):
    assert bot.ask("江苏文网文怎么续期？谢谢！").to_dict()["explanation"]["part"] is None


def test_small_talk_is_answered_as_such(bot):
    reply = bot.ask("你好").to_dict()
    assert reply["outcome"] == "no_match"
    assert reply["say"].startswith("您好")
    assert reply["alternatives"] == []


def test_another_domain_is_declined(bot):
    assert bot.ask("红烧肉怎么做才好吃").outcome == "no_match"


def test_alternatives_are_ordered_and_never_repeat_the_entry(bot):
    reply = bot.ask("江苏文网文怎么续期", top=5).to_dict()
    confidences = [other["confidence"] for other in reply["alternatives"]]
    assert confidences == sorted(confidences, reverse=True)
    assert reply["entry"]["id"] not in [other["entry"]["id"] for other in reply["alternatives"]]


@pytest.mark.parametrize("top", [0, 1, 3])
def test_top_bounds_the_alternatives(bot, top):
    assert len(bot.ask("文网文怎么续期", top=top).alternatives) <= top


def test_the_same_question_gets_the_same_reply(bot):
    def bytes_of(question):
        reply = bot.ask(question).to_dict()
        del reply["answer_id"], reply["links"], reply["timing_ms"]
        return json.dumps(reply, ensure_ascii=False)

    assert bytes_of("浙江文网文续期") == bytes_of("浙江文网文续期")


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_gets_a_reply_with_a_confidence_between_0_and_1(bot, text):
    reply = bot.ask(text)
    assert 0 <= reply.confidence <= 1
    json.dumps(reply.to_dict())


def test_a_saved_index_answers_as_the_knowledge_does(bot, settings, tmp_path):
    bot.index.save(tmp_path / "saved")
    again = Bot.open(tmp_path / "saved", settings)
    assert again.ask("浙江文网文续期").sentence == bot.ask("浙江文网文续期").sentence


def test_a_damaged_cache_is_built_anew(settings, tmp_path, write):
    own = dataclasses.replace(settings, cache=tmp_path / "cache")
    path = write("faq.csv", FAQ)
    Bot.open(path, own)
    (folder,) = (tmp_path / "cache" / "index").iterdir()
    (folder / "facts.json").write_text("{}", encoding="utf-8")
    assert Bot.open(path, own).ask("演出证丢了怎么办").hit is not None


def test_mistakes_in_the_knowledge_are_raised_all_at_once(settings, write):
    write("a.csv", "question,answer\n,答案\n")
    path = write("b.csv", "question,url\n怎么办?,网址\n")
    with pytest.raises(MistakesError) as error:
        Bot.open(path.parent, settings)
    assert [str(m.location) for m in error.value.mistakes] == ["a.csv:2:question", "b.csv:2:url"]


def test_every_stored_wording_of_the_bundled_base_finds_its_own_entry(bundled):
    lost = [
        wording
        for entry in bundled.index.base.entries
        for wording in entry.asked_as()
        if (hit := bundled.ask(wording, top=0).hit) is None or hit.entry.id != entry.id
    ]
    assert lost == []


def test_a_level_is_never_answered_with_another_level(bundled):
    reply = bundled.ask("等保二级多久测一次")
    assert reply.hit.entry.question == "二级系统必须定期测评吗\uff1f"


def test_an_entry_that_states_several_levels_answers_each_of_them(bundled):
    reply = bundled.ask("等保四级多久测一次")
    assert reply.outcome == "answered"
    assert "第四级每半年至少一次" in reply.hit.passage.text


@pytest.mark.parametrize("question", ["今天北京天气怎么样", "明天北京会下雨吗"])
def test_a_region_alone_is_no_subject(bundled, question):
    assert bundled.ask(question).outcome == "no_match"


@pytest.mark.parametrize("subject", ["文网文", "劳务派遣", "等保"])
def test_a_subject_alone_is_met_with_what_there_is_to_ask_about_it(bundled, subject):
    reply = bundled.ask(subject)
    about = {frozenset(hit.facets["permit"]) for hit in reply.alternatives}
    assert len(reply.alternatives) == 3
    assert reply.rule == "subject_alone"
    assert about == {frozenset(reply.query.facets["permit"])}


def test_what_else_was_named_beside_a_subject_alone_is_repeated(bundled):
    reply = bundled.ask("上海文网文")
    assert reply.rule == "subject_alone"
    assert "「网络文化经营许可证、上海」" in reply.sentence


@pytest.mark.parametrize("question", ["今天天气如何", "烟草证怎么办"])
def test_what_is_about_something_else_is_not_even_suggested(bundled, question):
    reply = bundled.ask(question)
    assert reply.outcome == "no_match"
    assert not reply.alternatives


def test_a_paragraph_of_an_article_answers_beside_the_faq_entries(bundled):
    reply = bundled.ask("涉外演出项目一般要提前多久启动准备")
    assert any("涉外项目最好提前两三个月启动" in sentence for sentence in reply.evidence)


def test_who_asks_for_a_whole_article_is_shown_how_it_begins(bundled):
    for question in (
        "文网文怎么办",
        "网络文化经营许可证从判断要不要办到拿证续期全过程怎么走？",
    ):
        reply = bundled.ask(question)
        assert reply.hit.passage == reply.hit.entry.passages[0]


@pytest.mark.parametrize(
    ("wording", "said"),
    [
        ("新闻许可审核有没有面谈环节", "约见负责人"),
        ("招聘信息 歧视字眼 职介", "不得含有民族、种族、性别"),
    ],
)
def test_a_wording_about_a_detail_of_an_article_is_shown_that_detail(bundled, wording, said):
    # 问法一字不差，也不拿文章的开头来答。
    reply = bundled.ask(wording)
    assert reply.hit.by == "exact"
    assert said in "".join(reply.evidence)


@pytest.mark.parametrize(
    "question", ["注册资本要求", "人员要求", "一般几个工作日出证", "快到期了什么时候续"]
)
def test_what_may_be_asked_of_any_permit_is_not_answered_for_one(bundled, question):
    # 有一种许可证的问法与它几乎一样，也不就当问的是那一种。
    reply = bundled.ask(question)
    assert (reply.outcome, reply.clarify.facet) == ("clarify", "permit")
    assert len(reply.clarify.options) > 2


def test_the_permit_that_is_then_named_is_answered_for(bundled):
    asked = bundled.ask("注册资本要求")
    reply = bundled.ask("劳务派遣经营许可证", asked.context)
    assert reply.outcome == "answered"
    assert "200万元" in "".join(reply.evidence)


@pytest.mark.parametrize("question", ["拍卖师报考条件", "语料抽检合格率要到多少"])
def test_what_is_asked_of_one_permit_alone_need_not_name_it(bundled, question):
    assert bundled.ask(question).outcome == "answered"


def test_of_a_single_permit_it_need_not_be_named(open_faq):
    lost = "营业性演出许可证丢了怎么办?"
    bot = open_faq(f"question,answer\n{lost},先登报声明再申请补发。\n营业性演出许可证怎么续期?,\n")
    assert bot.ask("丢了怎么办").hit.entry.question == lost
