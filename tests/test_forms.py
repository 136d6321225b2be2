"""Sources: JSON lines, web pages, archives, lists of pages, and answers of several passages."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.knowledge import Passage
from qa_bot.mistakes import Location
from qa_bot.sources.passages import read_passages, write_passages

if TYPE_CHECKING:
    from pathlib import Path

HERE = Location("问答.csv", line=2)


@pytest.fixture
def archive(write):
    """Write an archive of members."""

    def pack(members: dict[str, str | bytes]) -> Path:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in members.items():
                packed.writestr(name, content)
        return write("资料.zip", data.getvalue())

    return pack


def only(base):
    (entry,) = base.entries
    return entry


def shown(entry):
    """Give an entry's passages as section and text."""
    return [(passage.section, passage.text) for passage in entry.passages]


# Answers of several passages


@pytest.mark.parametrize(
    ("answer", "passages"),
    [
        ("网上办。\n\n要两步。", [("", "网上办。\n\n要两步。")]),
        ("先看。\n## 材料\n要交:\n- 表", [("", "先看。"), ("材料", "要交:\n- 表")]),
        ("## 材料\n## 网上\n交表。", [("材料 · 网上", "交表。")]),
        ("## 材料\n交表。\n##\n不收费。", [("材料", "交表。"), ("", "不收费。")]),
        ("网上办。\n\\## 不是标题", [("", "网上办。\n## 不是标题")]),
        ("网上办。\n## 末行", [("", "网上办。"), ("末行", "末行")]),
        ("### 不是标题\n##也不是", [("", "### 不是标题\n##也不是")]),
    ],
)
def test_a_line_with_two_hashes_begins_a_passage(answer, passages):
    found = [(passage.section, passage.text) for passage in read_passages(answer, HERE)]
    assert found == passages


line = st.text(st.sampled_from("甲乙#\\ -·a"), min_size=1, max_size=6).map(str.strip)
texts = st.lists(line, min_size=1, max_size=3).map(lambda lines: "\n".join(lines).strip())
sections = st.text(st.sampled_from("甲乙#·a"), max_size=4)


@given(st.lists(st.tuples(sections, texts.filter(bool)), min_size=1, max_size=4))
def test_whatever_passages_hold_is_written_and_read_as_it_was(held):
    passages = [Passage(text, HERE, section) for section, text in held]
    assert read_passages(write_passages(passages), HERE) == passages


def test_a_bar_inside_a_wording_is_written_behind_a_backslash(read, write):
    entry = only(read(write("问答.csv", "问题,相似问\n甲?,乙\\|丙|丁\n")))
    assert entry.wordings == ("乙|丙", "丁")


def test_the_quote_that_keeps_a_spreadsheet_from_calculating_is_no_part_of_a_cell(read, write):
    text = "问题,答案\n甲?,'=1+1\n乙?,''-三\n丙?,'引号'\n"
    answers = [entry.passages[0].text for entry in read(write("问答.csv", text)).entries]
    assert answers == ["=1+1", "'-三", "'引号'"]


def test_rows_below_a_broken_one_are_read(told, write):
    lines = told(write("问答.csv", '问题,链接\n甲?,"乙"丙\n丁?,无\n戊?,"己\n庚?,没有\n'))
    assert [line.split(": ")[0] for line in lines] == [
        "问答.csv:2",
        "问答.csv:3:链接",
        "问答.csv:4",
        "问答.csv:5:链接",
    ]


def test_the_reason_why_a_row_was_wrong_is_passed_over(read, write):
    entry = only(read(write("问答.csv", "错误原因,问题,答案\n没有日期,甲?,网上办。\n")))
    assert (entry.question, shown(entry)) == ("甲?", [("", "网上办。")])


# Workbooks


def test_empty_columns_and_rows_that_a_workbook_claims_are_not_walked_through(read, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["问题", "答案"])
    book.active.append(["甲?", "网上办。"])
    book.active.cell(1, 16_384).value = None
    book.active.cell(2, 16_384).number_format = "0.00"
    book.active.cell(1_048_576, 1).number_format = "0.00"
    path = tmp_path / "问答.xlsx"
    book.save(path)
    assert only(read(path)).question == "甲?"


def test_a_workbook_that_unpacks_to_far_more_than_its_size_is_refused(told, write):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", "甲" * 10_000_000)
    (line_,) = told(write("问答.xlsx", data.getvalue()))
    assert line_.startswith("问答.xlsx: not an XLSX workbook (it holds far more than its size)")


# JSON lines


def test_a_line_of_json_is_an_entry(read, write):
    data = {
        "question": "文网文怎么办?",
        "answer": ["先看条件。", {"section": "材料", "text": "要交:\n- 表"}],
        "wordings": ["文网文咋办", "办文网文|代办"],
        "facets": {"region": ["江苏", "南京"], "intent": "流程"},
        "url": "https://a.cn",
        "basis": "《办法》",
        "reviewed_on": "2026-05-01",
        "valid_until": None,
        "id": "w-1",
    }
    entry = only(read(write("问答.jsonl", f"\n{json.dumps(data, ensure_ascii=False)}\n\n")))
    assert (entry.question, entry.id, entry.url) == ("文网文怎么办?", "w-1", "https://a.cn")
    assert shown(entry) == [("", "先看条件。"), ("材料", "要交:\n- 表")]
    assert entry.wordings == ("文网文咋办", "办文网文|代办")
    assert entry.facets == {"region": ("江苏", "南京"), "intent": ("流程",)}
    assert (str(entry.location), str(entry.passages[0].location)) == (
        "问答.jsonl:2",
        "问答.jsonl:2:answer",
    )


def test_keys_of_json_may_be_chinese_and_texts_alone(read, write):
    line = '{"问题": "甲?", "回答": "先看。\\n## 材料\\n交表。", "相似问": "乙", "编号": 7}'
    entry = only(read(write("问答.jsonl", line)))
    assert (entry.id, entry.wordings) == ("7", ("乙",))
    assert shown(entry) == [("", "先看。"), ("材料", "交表。")]


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ('{"question": "甲?"', "问答.jsonl:1: not JSON"),
        ("[1]", "问答.jsonl:1: not an object"),
        ('{"question": "甲?", "anwser": "乙"}', "问答.jsonl:1:anwser: unknown field 'anwser'; did"),
        ('{"question": "甲?", "标题": "乙"}', "问答.jsonl:1:标题: '标题' and 'question' are the"),
        ('{"answer": "乙"}', "问答.jsonl:1: the question is empty"),
        ('{"question": ["甲?", ["乙"]]}', "问答.jsonl:1:question: 'question' is no text"),
        ('{"question": true}', "问答.jsonl:1:question: 'question' is no text"),
        ('{"question": "甲?", "answer": {"a": 1}}', "问答.jsonl:1:answer: 'answer' is no text"),
        ('{"question": "甲?", "answer": [{"txt": "乙"}]}', "问答.jsonl:1:answer: 'answer' is no"),
        ('{"question": "甲?", "answer": [1]}', "问答.jsonl:1:answer: 'answer' is no text"),
        ('{"question": "甲?", "facets": {"a": {}}}', "问答.jsonl:1:facets: 'facets' is no text"),
        ('{"question": "甲?", "url": "a.cn"}', "问答.jsonl:1:url: 'a.cn' is not a web address"),
    ],
)
def test_what_is_wrong_in_json_is_told_with_line_and_key(told, write, line, mistake):
    (found,) = told(write("问答.jsonl", f"{line}\n"))
    assert found.startswith(mistake)


# Web pages

PAGE = """<!DOCTYPE html>
<html><head><meta charset="{charset}"><title>文网文怎么办 - 某某网</title>
<link rel="canonical" href="https://www.example.cn/wwj">
<style>p {{ color: red }}</style><script>var a = "<p>不要</p>";</script></head>
<body><nav><ul><li>首页</li><li>关于</li></ul></nav>
<header><h1>文网文怎么办?</h1></header>
<p>先看<b>条件</b>。<br>再交&nbsp;材料。
<h2>材料</h2>
<p>要交:
<ul><li>申请表<li><p>许可证</p></li></ul>
<h3>网上</h3>
<div>网上交。</div>
<table><tr><th>事项<th>时限</tr><tr><td>新办</td><td>20日</td></tr></table>
<aside>广告</aside><form><p>订阅</p></form>
<footer><p>版权所有</p></footer></body></html>
"""
PASSAGES = [
    ("", "先看条件。\n再交 材料。"),
    ("材料", "要交:\n- 申请表\n- 许可证"),
    ("材料 · 网上", "网上交。\n- 事项 | 时限\n- 新办 | 20日"),
]


@pytest.mark.parametrize("name", ["说明.html", "说明.HTM"])
def test_a_page_is_an_article_without_what_surrounds_it(read, write, name):
    entry = only(read(write(name, PAGE.format(charset="utf-8"))))
    assert (entry.question, entry.url) == ("文网文怎么办?", "https://www.example.cn/wwj")
    assert shown(entry) == PASSAGES
    assert (entry.location.line, entry.passages[0].location.line) == (6, 7)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8-sig"), ("GB2312", "gb18030"), ("big5", "big5"), ("x", "utf-16")],
)
def test_a_page_is_decoded_as_its_mark_or_its_declaration_says(read, write, charset, encoding):
    page = f"<meta charset={charset}><h1>文網文</h1><p>網上辦。"
    entry = only(read(write("说明.html", page.encode(encoding))))
    assert (entry.question, shown(entry)) == ("文網文", [("", "網上辦。")])


def test_a_page_that_declares_nothing_may_be_gb18030(read, write):
    page = "<h1>文网文</h1><p>网上办。".encode("gb18030")
    assert only(read(write("说明.html", page))).question == "文网文"


def test_where_a_page_marks_its_article_the_rest_is_left_out(read, write):
    page = "<h1>网站</h1><div>位置</div><main><h1>文网文</h1><p>网上办。</p></main><p>推荐</p>"
    entry = only(read(write("说明.html", page)))
    assert (entry.question, shown(entry)) == ("文网文", [("", "网上办。")])


def test_without_a_heading_the_title_is_the_question(read, write):
    entry = only(read(write("说明.html", "<title>文网文</title><p>网上办。<p hidden>无")))
    assert (entry.question, shown(entry)) == ("文网文", [("", "网上办。")])


@pytest.mark.parametrize(
    ("page", "mistake"),
    [
        ("<h1>文网文</h1><script>a()</script>", "说明.html: the page has no text"),
        ("<p>网上办。", "说明.html:1: the question is empty"),
        ("<meta charset=utf-99><p>a", "说明.html: the page says that it is utf-99, and is not"),
        ("<meta charset=ascii><p>网", "说明.html: the page says that it is ascii, and is not"),
    ],
)
def test_what_is_wrong_in_a_page_is_told(told, write, page, mistake):
    (line_,) = told(write("说明.html", page))
    assert line_.startswith(mistake)


# Archives


def test_each_file_in_an_archive_is_read_by_its_own_form(read, archive):
    path = archive(
        {
            "表/问答.csv": "问题,答案\n甲?,网上办。\n",
            "待答.titles.txt": "乙?\n",
            "__MACOSX/._问答.csv": "x",
            ".DS_Store": "x",
        }
    )
    places = [str(entry.location) for entry in read(path).entries]
    assert places == ["资料.zip/待答.titles.txt:1", "资料.zip/表/问答.csv:2"]


def test_an_archive_in_a_folder_is_read_with_it(read, archive, write):
    archive({"问答.csv": "问题\n甲?\n"})
    base = read(write("问答.csv", "问题\n乙?\n").parent)
    assert [str(e.location) for e in base.entries] == ["资料.zip/问答.csv:2", "问答.csv:2"]


def test_names_written_by_a_chinese_windows_are_read(read, write):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("XXXX.csv", "问题\n甲?\n")
    raw = data.getvalue().replace(b"XXXX.csv", "问答".encode("gb18030") + b".csv")
    assert str(only(read(write("资料.zip", raw))).location) == "资料.zip/问答.csv:2"


@pytest.mark.parametrize("name", ["../外.csv", "/外.csv", "表/../../外.csv", "C:/外.csv"])
def test_a_name_that_leads_out_of_an_archive_is_refused(told, archive, tmp_path, name):
    (line_,) = told(archive({name: "问题\n甲?\n"}))
    assert "a name that leads out of the archive" in line_
    assert not list(tmp_path.rglob("外.csv"))


def test_an_archive_within_an_archive_is_refused(told, archive):
    (line_,) = told(archive({"内.zip": "PK"}))
    assert line_.startswith("资料.zip/内.zip: an archive within an archive")


def test_an_encrypted_file_is_refused(told, archive):
    path = archive({"问答.csv": "问题\n甲?\n"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    (line_,) = told(path)
    assert line_.startswith("资料.zip/问答.csv: the file is encrypted")


def test_a_link_in_an_archive_is_refused(told, write):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        member = zipfile.ZipInfo("问答.csv")
        member.external_attr = 0o120777 << 16
        packed.writestr(member, "/etc/passwd")
    (line_,) = told(write("资料.zip", data.getvalue()))
    assert line_.startswith("资料.zip/问答.csv: a link, not a file")


def test_an_archive_that_holds_far_more_than_its_size_is_refused(told, archive):
    (line_,) = told(archive({"问答.csv": "问题\n" + "甲" * 10_000_000}))
    assert "the archive holds far more than its size" in line_


@pytest.mark.parametrize("data", [b"", b"PK rubbish"])
def test_what_is_no_archive_is_told(told, write, data):
    (line_,) = told(write("资料.zip", data))
    assert line_.startswith("资料.zip: not a ZIP archive")


def test_an_empty_archive_is_told(told, archive):
    (line_,) = told(archive({}))
    assert line_.startswith("资料.zip: the archive holds no file")


# Lists of pages

SIMPLE = "<h1>{}</h1><p>网上办。</p>"
SITEMAP = """<?xml version="1.0"?><urlset>
<url><loc>https://www.example.cn/甲</loc></url>
<url><loc><![CDATA[https://www.example.cn/b/]]></loc></url>
<url><loc>https://www.example.cn/c.html?a=1&amp;b=2</loc></url>
</urlset>"""


@pytest.fixture
def pages(write):
    """Save three pages as programs that mirror a site do."""
    write("甲.html", SIMPLE.format("甲证?"))
    write("b/index.html", SIMPLE.format("乙证?"))
    return write("www.example.cn/c.html", SIMPLE.format("丙证?")).parent.parent


LISTED = """# 网页
https://www.example.cn/甲\t甲.html
https://www.example.cn/b/
https://www.example.cn/c.html?a=1&b=2\twww.example.cn/c.html
"""
TABLE = """网址,文件
https://www.example.cn/甲,甲.html
https://www.example.cn/b/,"b/index.html"
https://www.example.cn/c.html?a=1&b=2,www.example.cn\\c.html
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [("sitemap.xml", SITEMAP), ("站点.pages.txt", LISTED), ("站点.pages.csv", TABLE)],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_list_of_pages_gives_each_its_address(read, write, pages, name, content, alone):
    path = write(name, content)
    urls = {entry.question: entry.url for entry in read(path if alone else pages).entries}
    assert urls == {
        "甲证?": "https://www.example.cn/甲",
        "乙证?": "https://www.example.cn/b/",
        "丙证?": "https://www.example.cn/c.html?a=1&b=2",
    }


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("https://a.cn/x\tx.html\n", "站点.pages.txt:1: no file 'x.html' lies beside the list"),
        ("https://a.cn/x\t../x.html\n", "站点.pages.txt:1: no file '../x.html' lies beside"),
        ("a.cn/x\t甲.html\n", "站点.pages.txt:1: 'a.cn/x' is not a web address"),
        ("# 空\n", "站点.pages.txt: the list names no page"),
    ],
)
def test_what_is_wrong_in_a_list_of_pages_is_told(told, write, pages, text, mistake):
    (line_,) = told(write("站点.pages.txt", text))
    assert line_.startswith(mistake)
    assert pages.exists()
