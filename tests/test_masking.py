"""What names a person is masked before it is kept; other numbers stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.journal.masking import CREDIT_CODE, ID_WEIGHTS, is_credit_code, is_id, mask

WIDE = {ord(plain): ord(plain) + 0xFEE0 for plain in "0123456789@.-+XxABCDEFGHJKLMNPQRTUWY"}
AROUND = ("", "我的电话", "请打：", "，谢谢", "（", "）", "的微信也是这个", "办证", "万先生", " ")


def digits(count):
    return st.text("0123456789", min_size=count, max_size=count)


around = st.sampled_from(AROUND)
separator = st.sampled_from(["", "-", " ", "–", "—"])
birthdays = st.dates().filter(lambda day: 1900 <= day.year < 2100)


@st.composite
def mobiles(draw):
    prefix = draw(st.sampled_from(["", "+86", "+86 ", "86-", "0086", "(+86)"]))
    number = "1" + draw(st.sampled_from("3456789")) + draw(digits(9))
    between = draw(separator)
    return prefix + between.join([number[:3], number[3:7], number[7:]])


@st.composite
def landlines(draw):
    area = "0" + draw(st.sampled_from(["10", "21", "571", "755", "931"]))
    area = draw(st.sampled_from([area + draw(separator), f"({area})"]))
    number = draw(st.sampled_from("2345678")) + draw(digits(7))
    return area + number[:4] + draw(separator) + number[4:]


@st.composite
def ids(draw):
    number = draw(st.sampled_from("12345678")) + draw(digits(5))
    number += f"{draw(birthdays):%Y%m%d}" + draw(digits(3))
    total = sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, number, strict=True))
    return number + "10X98765432"[total % 11]


@st.composite
def emails(draw):
    name = draw(st.text("abcxyz019._+-", min_size=1, max_size=12).filter(lambda t: t[0].isalnum()))
    return f"{name}@{draw(st.sampled_from(['qq.com', '163.com', 'mail.example.com.cn']))}"


@st.composite
def cards(draw):
    number = draw(st.sampled_from(["62", "60", "95", "45"])) + draw(digits(14))
    number += draw(st.sampled_from(["", "1", "123"]))
    groups = [number[place : place + 4] for place in range(0, len(number), 4)]
    return draw(st.sampled_from([number, " ".join(groups), "-".join(groups)]))


@st.composite
def credit_codes(draw):
    code = draw(st.sampled_from(["91", "92", "12", "51"])) + draw(digits(6))
    code += draw(st.text(CREDIT_CODE, min_size=9, max_size=9))
    return next(code + check for check in CREDIT_CODE if is_credit_code(code + check))


@st.composite
def licences(draw):
    year, number = draw(st.integers(2014, 2029)), draw(digits(4))
    return draw(
        st.sampled_from(
            [
                f"京网文〔{year}〕{number}-{number[:3]}号",
                f"京ICP备{year}{number}号-1",
                f"粤B2-{year}{number}",
                f"京公网安备1101050203{number}号",
                f"网信算备110108823483904{year}{number[:2]}号",
                f"国械注准{year}346{number}",
                f"JY1110105{number}123",
                f"ISBN 978-7-498-0{number}-5",
                f"新出发京零字第朝{year}{number}号",
                f"备案编号：44030612345{number}",
            ]
        )
    )


amounts = st.builds(
    "{}{}".format,
    st.one_of(st.integers(0, 10**14).map(str), st.decimals(0, 10**12, places=2).map(str)),
    st.sampled_from(["元", "万元", "亿元", " 元", "块钱"]),
)
dates = birthdays.flatmap(
    lambda day: st.sampled_from(
        [
            f"{day:%Y-%m-%d}",
            f"{day:%Y%m%d}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y.%m.%d}",
        ]
    )
)
periods = st.builds("{}{}{}".format, dates, st.sampled_from(["至", " ", "到", "-"]), dates)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机13812345678", "我的手机[phone]"),
        ("打138-1234-5678吧", "打[phone]吧"),
        ("打1381234 5678或138 12345678", "打[phone]或[phone]"),
        ("电话+86 13812345678", "电话[phone]"),
        ("１３８１２３４５６７８", "[phone]"),
        ("１３８　１２３４　５６７８", "[phone]"),
        ("13812345678.13912345678", "[phone].[phone]"),
        ("座机010-62345678", "座机[phone]"),
        ("座机（０１０）6234 5678转8001", "座机[phone]转8001"),
        ("+86-10-62345678", "[phone]"),
        ("发到zhang.san+1@example.com.cn", "发到[email]"),
        ("邮箱ｚｈａｎｇ＠ｑｑ.com谢谢", "邮箱[email]谢谢"),
        ("身份证11010519491231002X", "身份证[id]"),
        ("身份证 110105194912310021 办证", "身份证 [id] 办证"),
        ("110105 19491231 002x", "[id]"),
        ("身份证号码：110105491231002", "身份证号码：[id]"),
        ("卡号6222 0212 3456 7890 123", "卡号[card]"),
        ("卡号6222021234567890", "卡号[card]"),
        ("13812345678和13912345678", "[phone]和[phone]"),
        ("姓张，13812345678，zhang@qq.com", "姓张，[phone]，[email]"),
    ],
)
def test_what_names_a_person_is_masked_and_the_rest_stays_as_it_was(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "网络文化经营许可证2026年11月21日到期",
        "注册资本1000000元要验资吗",
        "年营业额13800000000元",
        "国务院令第292号",
        "《互联网文化管理暂行规定》第八条",
        "12345政务热线和400-123-4567",
        "2026-11-21 2027-11-21",
        "公司91110105MA01ABCD2X",
        "统一社会信用代码911101017177251588",
        "许可证编号：1234567890123456",
        "ＩＣＰ备案①②③",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text) == text


@given(before=around, number=mobiles() | landlines(), after=around, wide=st.booleans())
def test_telephones_are_masked_whatever_stands_beside_them(before, number, after, wide):
    written = number.translate(WIDE) if wide else number
    assert mask(before + written + after) == f"{before}[phone]{after}"


@given(before=around, number=ids(), after=around, wide=st.booleans())
def test_identity_cards_are_masked_whatever_stands_beside_them(before, number, after, wide):
    written = number.translate(WIDE) if wide else number
    assert is_id(number)
    assert mask(before + written + after) == f"{before}[id]{after}"


@given(before=around, address=emails(), after=around, wide=st.booleans())
def test_addresses_are_masked_whatever_stands_beside_them(before, address, after, wide):
    written = address.translate(WIDE) if wide else address
    assert mask(before + written + after) == f"{before}[email]{after}"


@given(before=around, number=cards(), after=around, wide=st.booleans())
def test_bank_cards_are_masked_whatever_stands_beside_them(before, number, after, wide):
    written = number.translate(WIDE) if wide else number
    masked = mask(before + written + after)
    # A number that could be an identity card's as well may be called so.
    assert masked in {f"{before}[card]{after}", f"{before}[id]{after}"}


@given(text=credit_codes() | licences() | amounts | dates | periods, before=around, after=around)
def test_codes_of_companies_licences_amounts_and_dates_stay(text, before, after):
    assert mask(before + text + after) == before + text + after


@given(st.text())
def test_what_is_masked_is_not_masked_again(text):
    assert mask(mask(text)) == mask(text)


@given(st.text(st.characters(blacklist_categories=["N"])).filter(lambda text: "@" not in text))
def test_a_text_without_numbers_and_addresses_stays(text):
    folded = text.replace("＠", "").replace("﹫", "")
    assert mask(folded) == folded
