"""A base of a handful of entries: who names its subject is not answered by whatever it holds."""

from __future__ import annotations

import pytest

from qa_bot.reply import ANSWERED

THREE = """question,answer
网络文化经营许可证怎么续期?,期满前30日内向原发证机关申请延续。
营业性演出许可证多久能办下来?,自受理之日起20日。
上海营业性演出许可证怎么变更地址?,
"""
FIVE = """question,answer
食品经营许可证办理需要哪些材料?,申请书、营业执照、平面图。
食品经营许可证有效期是几年?,五年。
食品经营许可证丢了怎么补办?,登报声明后申请补证。
食品经营许可证办理要钱吗?,不收费。
食品经营许可证怎么注销?,向原发证部门申请注销。
"""


@pytest.fixture(scope="module")
def bots(open_faq):
    """Three entries of two permits, and five of one."""
    return {3: open_faq(THREE), 5: open_faq(FIVE)}


@pytest.mark.parametrize(
    ("entries", "question", "entry"),
    [
        (3, "文网文到期了怎么续", "网络文化经营许可证怎么续期?"),
        (3, "网络文化经营许可证如何延续", "网络文化经营许可证怎么续期?"),
        (3, "演出许可证办理时限是多久", "营业性演出许可证多久能办下来?"),
        (3, "营业性演出许可证要等多久才能拿到", "营业性演出许可证多久能办下来?"),
        (5, "食品经营许可证能用几年", "食品经营许可证有效期是几年?"),
        (5, "食品证弄丢了咋补", "食品经营许可证丢了怎么补办?"),
        (5, "办食品经营许可证收不收费", "食品经营许可证办理要钱吗?"),
        (5, "食品经营许可证需要提交什么文件", "食品经营许可证办理需要哪些材料?"),
    ],
)
def test_a_handful_of_entries_answer_what_they_hold_in_other_words(bots, entries, question, entry):
    reply = bots[entries].ask(question)
    assert (reply.outcome, reply.hit.entry.question) == (ANSWERED, entry)


@pytest.mark.parametrize(
    ("entries", "question"),
    [
        (3, "文网文年审要带什么"),
        (3, "文网文掉了在哪领新的"),
        (3, "文网文可以做抵押吗"),
        (3, "不办文网文会罚多少"),
        (3, "演出证可以转让吗"),
        (3, "演出证收费吗"),
        (3, "网络文化经营许可证要交多少注册资本"),
        (5, "食品经营许可证多少天能批下来"),
        (5, "食品经营许可证到期怎么延续"),
        (5, "食品证能不能转让给别人"),
        (5, "食品经营许可证法人变更"),
        (5, "没有食品经营许可证怎么处罚"),
        (5, "食品经营许可证在哪里查询"),
        (5, "食品经营许可证仓库面积多大"),
    ],
)
def test_a_handful_of_entries_do_not_answer_another_aspect_of_their_permit(bots, entries, question):
    assert bots[entries].ask(question).outcome != ANSWERED
