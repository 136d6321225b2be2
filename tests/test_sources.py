"""Sources: files in the forms people own them become entries, or mistakes with their places."""

from __future__ import annotations

import datetime
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest

from qa_bot.knowledge import entry_id

SAMPLE = Path(__file__).parent / "data" / "样例文档.txt"
SAMPLE_TITLE = "出版物经营许可证怎么办?开书店之前要备齐什么"

TABLE = "问题,答案\n文网文怎么办?,网上办。\n"


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of sheets, each a list of rows."""

    def write_workbook(name: str, sheets: dict[str, list[list[object]]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "knowledge" / name
        path.parent.mkdir(exist_ok=True)
        book.save(path)
        return path

    return write_workbook


def only(base):
    """Give the one entry of a base."""
    (entry,) = base.entries
    return entry


# The document form


def test_the_sample_document_becomes_an_article_and_its_listed_titles(read):
    base = read(SAMPLE)
    article, *titles = base.entries
    assert (article.question, article.answered) == (SAMPLE_TITLE, True)
    assert len(titles) == 7
    assert not any(title.answered for title in titles)


def test_titles_that_stand_twice_in_the_sample_are_merged(read):
    places = [(str(left), str(kept)) for left, kept in read(SAMPLE).merged]
    assert places == [
        ("样例文档.txt:17", "样例文档.txt:1"),
        ("样例文档.txt:23", "样例文档.txt:16"),
    ]


def test_the_sample_is_cut_into_paragraphs_under_their_headings(read):
    passages = read(SAMPLE).entries[0].passages
    places = [(passage.location.line, passage.section) for passage in passages]
    assert places == [
        (2, ""),
        (4, "零售和批发不是一个办法"),
        (5, "零售和批发不是一个办法"),
        (8, "零售和批发不是一个办法"),
        (10, "交材料之前自己先查三样"),
        (11, "交材料之前自己先查三样"),
        (12, "交材料之前自己先查三样"),
        (13, "交材料之前自己先查三样"),
    ]


def test_bullets_in_the_body_belong_to_the_paragraph_before_them(read):
    passage = read(SAMPLE).entries[0].passages[2]
    assert passage.text.splitlines() == [
        "两者的材料大体相同,差别主要在场地:",
        "- 批发的经营场所不少于五十平方米;",
        "- 零售的没有面积要求,有固定场所就行。",
    ]


def test_every_title_knows_its_line(read):
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    for entry in read(SAMPLE).entries:
        assert lines[entry.location.line - 1].removeprefix("- ") == entry.question


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_document_reads_the_same_in_every_encoding(read, write, encoding, line_end):
    text = SAMPLE.read_text(encoding="utf-8")
    path = write("样例文档.txt", text.replace("\n", line_end).encode(encoding))
    assert read(path) == read(SAMPLE)


def test_a_heading_below_a_heading_is_written_behind_it(read, write):
    text = "文网文指南\n办之前\n先看条件\n注册资本没有要求。\n"
    passage = only(read(write("指南.txt", text))).passages[0]
    assert (passage.section, passage.text) == ("办之前 · 先看条件", "注册资本没有要求。")


def test_a_document_of_bullets_alone_is_a_list_of_titles(read, write):
    base = read(write("清单.txt", "- 文网文怎么办?\n\n- ICP证怎么办?\n"))
    assert [str(entry.location) for entry in base.entries] == ["清单.txt:1", "清单.txt:3"]
    assert base.answered == 0


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "指南.txt: the file is empty"),
        ("\n  \n", "指南.txt: the file is empty"),
        ("\n文网文怎么办?\n", "指南.txt:2: a title without a body"),
        ("文网文怎么办?\n- ICP证怎么办?\n", "指南.txt:1: a title without a body"),
        ("文网文怎么办?\nICP证怎么办?\n版号怎么办？\n", "指南.txt:1: every line is a question"),
        ("指南\n正文。\n- 好\n- ？\n", "指南.txt:4: the question is empty"),
        (f"指南\n正文。\n- {'长' * 301}\n", "指南.txt:3: a question of 301 characters"),
    ],
)
def test_what_is_wrong_in_a_document_is_told_with_its_line(told, write, text, mistake):
    (line,) = told(write("指南.txt", text))
    assert line.startswith(mistake)


# Lists of titles


def test_a_list_of_titles_has_one_a_line(read, write):
    text = "# 文网文\n文网文怎么办?\n- 文网文怎么续?\n\n  文网文要多久? \n"
    base = read(write("文网文.titles.txt", text))
    assert [(entry.question, entry.location.line) for entry in base.entries] == [
        ("文网文怎么办?", 2),
        ("文网文怎么续?", 3),
        ("文网文要多久?", 5),
    ]
    assert base.answered == 0


def test_a_list_of_titles_without_any_is_told(told, write):
    assert told(write("空.titles.txt", "# 还没写\n")) == [
        "空.titles.txt: the file lists no title; add one a line, or delete it"
    ]


# Markdown

FRONT = """---
title: 文网文怎么续期?
id: wangwen-3
其他问法:
  - 文网文到期怎么办
  - 文網文怎么续期
facets: {permit: 网络文化经营许可证, region: [江苏, 南京]}
链接: https://example.cn/wangwen
依据: 互联网文化管理暂行规定
核对日期: 2026年5月1日
有效期至: 2027-12-31
---
"""


def test_front_matter_states_what_is_known_of_an_article(read, write):
    entry = only(read(write("续期.md", FRONT + "\n届满三十日前申请。\n")))
    assert (entry.question, entry.id) == ("文网文怎么续期?", "wangwen-3")
    assert entry.wordings == ("文网文到期怎么办",)
    assert entry.facets == {"permit": ("网络文化经营许可证",), "region": ("江苏", "南京")}
    assert (entry.url, entry.basis) == ("https://example.cn/wangwen", "互联网文化管理暂行规定")
    assert (entry.reviewed_on, entry.valid_until) == ("2026-05-01", "2027-12-31")


def test_the_body_is_cut_into_paragraphs_with_section_and_line(read, write):
    body = "先看期限。\n\n## 材料\n\n要交:\n\n- 申请表\n- 许可证**原件**\n\n### 网上\n\n网上交。\n"
    passages = only(read(write("续期.md", FRONT + "\n" + body))).passages
    assert [(p.text, p.section, p.location.line) for p in passages] == [
        ("先看期限。", "", 14),
        ("要交:\n- 申请表\n- 许可证原件", "材料", 18),
        ("网上交。", "材料 · 网上", 25),
    ]


def test_without_front_matter_the_first_heading_is_the_question(read, write):
    entry = only(read(write("续期.md", "# 文网文怎么续期?\n\n届满前申请。\n")))
    assert (entry.question, entry.location.line) == ("文网文怎么续期?", 1)
    assert entry.id == entry_id("文网文怎么续期?")


def test_marks_of_markdown_are_not_shown(read, write):
    body = "# 文网文\n\n见[**官网**](https://example.cn)和`申请表`,\n不收费。\n"
    assert only(read(write("续期.md", body))).passages[0].text == "见官网和申请表,不收费。"


def test_latin_words_on_two_lines_stay_two_words(read, write):
    body = "# 域名\n\n先看 ICP\nfiling 的说明。\n"
    assert only(read(write("域名.md", body))).passages[0].text == "先看 ICP filing 的说明。"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_markdown_reads_the_same_in_every_encoding(read, write, encoding, line_end):
    text = FRONT + "\n届满三十日前申请。\n"
    expected = read(write("续期.md", text))
    path = write("续期.md", text.replace("\n", line_end).encode(encoding))
    assert read(path) == expected


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("---\nid: a\ntitle: 文网文: 续期\n---\n正文\n", "续期.md:3: broken front matter"),
        ("\n\n---\ntitle: 文网文: 续期\n---\n正文\n", "续期.md:4: broken front matter"),
        ('---\nid: a\ntitle: "续期\nurl: b\n---\n正文\n', "续期.md:3: broken front matter"),
        ("---\ntitle: 续期\nid: a\x08\n---\n正文\n", "续期.md:3: broken front matter"),
        ("---\ntitle: 续期\n\n正文\n", "续期.md:1: the front matter has no end"),
        ("---\n只有一句话\n---\n正文\n", "续期.md:2: the front matter has no fields"),
        ("---\nid: a\ntitel: 续期\n---\n正文\n", "续期.md:3: unknown field 'titel'; did you mean"),
        ("---\nfacets: {a: {b: c}}\ntitle: 续期\n---\n正文\n", "续期.md:2: 'facets' is nested"),
        ("---\ntitle: 续期\n标题: 变更\n---\n正文\n", "续期.md:3: "),
        ("---\ntitle: 续期\n答案: 网上办\n---\n正文\n", "续期.md:3: "),
        ("---\ntitle: 续期\n---\n", "续期.md: the article has no text"),
        ("正文没有标题\n", "续期.md:1: the question is empty"),
        ("---\ntitle:\nid: a\n---\n正文\n", "续期.md:2: the question is empty"),
        ("---\ntitle: 续期\n核对日期: 去年\n---\n正文\n", "续期.md:3: reviewed_on '去年'"),
    ],
)
def test_what_is_wrong_in_markdown_is_told_with_its_line(told, write, text, mistake):
    (line,) = told(write("续期.md", text))
    assert line.startswith(mistake)


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_reads_the_same_however_it_was_saved(read, write, encoding, delimiter, line_end):
    rows = [["问题", "答案"], ["文网文怎么办?", "网上办。"], ["文网文怎么续?", ""]]
    text = line_end.join(delimiter.join(row) for row in rows)
    base = read(write("问答.csv", text.encode(encoding)))
    assert [(entry.question, entry.answered) for entry in base.entries] == [
        ("文网文怎么办?", True),
        ("文网文怎么续?", False),
    ]


@pytest.mark.parametrize(
    "headings",
    [
        "question,answer,wordings,facets,url,basis,reviewed_on,valid_until,id",
        "问题,答案,其他问法,分面,链接,依据,核对日期,有效期至,编号",
        "标准问,答复,相似问,维度,网址,法规依据,审核日期,失效日期,ID",
        " Title ,回答,相似问题,分面,链接,依据,核对于,有效期至,编号",
    ],
)
def test_headings_may_be_english_or_chinese(read, write, headings):
    row = "文网文怎么办?,网上办。,咋办|怎样办,region=江苏;permit=文网文,https://a.cn,办法,"
    entry = only(read(write("问答.csv", f"{headings}\n{row}2026/5/1,2027.12.31,w-1\n")))
    assert (entry.question, entry.passages[0].text) == ("文网文怎么办?", "网上办。")
    assert entry.wordings == ("咋办", "怎样办")
    assert entry.facets == {"region": ("江苏",), "permit": ("文网文",)}
    assert (entry.url, entry.basis, entry.id) == ("https://a.cn", "办法", "w-1")
    assert (entry.reviewed_on, entry.valid_until) == ("2026-05-01", "2027-12-31")


def test_a_quoted_cell_may_hold_separators_quotes_and_lines(read, write):
    text = '问题,答案\n甲证怎么办?,"先备案,再""上线""。\n要两步。"\n乙证怎么办?,网上办。\n'
    first, second = read(write("问答.csv", text)).entries
    assert first.passages[0].text == '先备案,再"上线"。\n要两步。'
    assert [str(entry.location) for entry in (first, second)] == ["问答.csv:2", "问答.csv:4"]


def test_an_answer_knows_its_file_line_and_column(read, write):
    entry = only(read(write("问答.csv", TABLE)))
    assert str(entry.passages[0].location) == "问答.csv:2:答案"


def test_blank_rows_and_columns_are_passed_over(read, write):
    text = ",,\n问题,答案,\n,,\n文网文怎么办?,网上办。,\n\n"
    assert str(only(read(write("问答.csv", text))).location) == "问答.csv:4"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "问答.csv: the file is empty"),
        (" \n\n", "问答.csv: the file is empty"),
        (
            "问题,Anwser\n甲?,乙\n",
            "问答.csv:1:Anwser: unknown field 'Anwser'; did you mean 'answer'",
        ),
        ("问题,颜色\n甲?,红\n", "问答.csv:1:颜色: unknown field '颜色'; known fields:"),
        ("问题,标题\n甲?,乙\n", "问答.csv:1:标题: '标题' and '问题' are the same field"),
        ("答案\n网上办。\n", "问答.csv:1: no column is headed question"),
        ('问题,答案\n甲?,"乙\n丙?,丁\n', "问答.csv:2: broken row"),
        ('问题,答案\n甲?,"乙"丙\n', "问答.csv:2: broken row"),
        ("问题,答案\n,网上办。\n", "问答.csv:2:问题: the question is empty"),
        ("问题,答案\n？,网上办。\n", "问答.csv:2:问题: the question is empty"),
        ("问题,核对日期\n甲?,五月一日\n", "问答.csv:2:核对日期: reviewed_on '五月一日' is not"),
        ("问题,有效期至\n甲?,2026-02-30\n", "问答.csv:2:有效期至: valid_until '2026-02-30' is"),
        ("问题,链接\n甲?,example.cn\n", "问答.csv:2:链接: 'example.cn' is not a web address"),
        ("问题,链接\n甲?,javascript:a()\n", "问答.csv:2:链接: 'javascript:a()' is not a web"),
        ("问题,链接\n甲?,https://[\n", "问答.csv:2:链接: 'https://[' is not a web address"),
        ("问题,编号\n甲?,一 号\n", "问答.csv:2:编号: the id '一 号' is not usable"),
        (f"问题,编号\n甲?,{'a' * 65}\n", "问答.csv:2:编号: the id"),
        ("问题,,答案\n甲?,多,乙\n", "问答.csv:2: a cell without a heading: '多'"),
        ("问题,答案\n甲?,乙,多\n", "问答.csv:2: a cell beyond the last heading: '多'"),
        ("问题,分面\n甲?,江苏\n", "问答.csv:2:分面: '江苏' is not a facet; write it as region="),
        ("问题,分面\n甲?,颜色=红\n", "问答.csv:2: unknown facet '颜色'; known facets: aside"),
        ("问题,分面\n甲?,region=火星\n", "问答.csv:2: unknown region '火星'"),
        ("问题,分面\n甲?,year=去年\n", "问答.csv:2: unknown year '去年'"),
        ("问题,答案\n甲?,乙\0\n", "问答.csv:2: a zero byte"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_line_and_column(told, write, text, mistake):
    (line,) = told(write("问答.csv", text))
    assert line.startswith(mistake)


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\xff\xff", bytes(range(128, 256)), TABLE.encode("utf-16")],
    ids=["picture", "rubbish", "UTF-16"],
)
@pytest.mark.parametrize("name", ["问答.csv", "问答.txt", "问答.md", "问答.titles.txt"])
def test_binary_rubbish_is_no_text(told, write, name, data):
    (line,) = told(write(name, data))
    assert line.startswith(f"{name}:")
    assert line.endswith("save it as UTF-8 text")


# XLSX


def test_every_sheet_of_a_workbook_is_a_table(read, workbook):
    sheets = {
        "办理": [["问题", "答案", "核对日期"], ["甲?", "网上办。", datetime.datetime(2026, 5, 1)]],  # noqa: DTZ001
        "空": [],
        "续期": [["标题", "编号"], ["乙?", 7]],
    }
    first, second = read(workbook("问答.xlsx", sheets)).entries
    assert (first.passages[0].text, first.reviewed_on) == ("网上办。", "2026-05-01")
    assert str(first.passages[0].location) == "问答.xlsx:办理:2:答案"
    assert (second.id, str(second.location)) == ("7", "问答.xlsx:续期:2")


def test_a_mistake_in_a_workbook_names_sheet_row_and_column(told, workbook):
    rows = [["问题", "答案", "链接"], ["甲?", "乙", "无"], [None, "丁", None], ["#N/A", "己", None]]
    lines = told(workbook("问答.xlsx", {"办理": rows, "续期": [["答案"], ["没有问题"]]}))
    assert [line.split(";")[0] for line in lines] == [
        "问答.xlsx:办理:2:链接: '无' is not a web address",
        "问答.xlsx:办理:3:问题: the question is empty",
        "问答.xlsx:办理:4:问题: a cell shows the error #N/A",
        "问答.xlsx:续期:1: no column is headed question",
    ]


def test_a_formula_that_was_never_calculated_is_told(told, workbook):
    rows = [["问题", "答案"], ["甲?", '="网上"&"办"']]
    (line,) = told(workbook("问答.xlsx", {"办理": rows}))
    assert line.startswith("问答.xlsx:办理:2")


def test_what_is_no_workbook_is_told(told, write):
    (line,) = told(write("问答.xlsx", TABLE))
    assert line.startswith("问答.xlsx: not an XLSX workbook")
    with zipfile.ZipFile(write("问答.xlsx", ""), "w") as archive:
        archive.writestr("说明.txt", "不是表格")
    (line,) = told(Path(archive.filename))
    assert line.startswith("问答.xlsx: not an XLSX workbook")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_with_a_broken_part_is_told(told, workbook, part):
    path = workbook("问答.xlsx", {"办理": [["问题", "答案"], ["甲?", "乙"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if name == part else content)
    (line,) = told(path)
    assert line.startswith("问答.xlsx: not an XLSX workbook")


def test_a_workbook_with_a_changed_byte_is_told(told, workbook):
    rows = [["问题", "答案"], *([f"第{n}问?", "答" * n] for n in range(200))]
    path = workbook("问答.xlsx", {"办理": rows})
    data = bytearray(path.read_bytes())
    start = data.index(b"xl/worksheets/sheet1.xml") + 100
    data[start : start + 20] = bytes(20)
    path.write_bytes(data)
    (line,) = told(path)
    assert line.startswith("问答.xlsx: not an XLSX workbook")


# Folders


def test_a_folder_is_read_with_all_its_folders_in_the_order_of_names(read, write):
    write("乙/问答.CSV", TABLE)
    write("甲.Titles.TXT", "文网文怎么续?\n")
    folder = write("乙/指南.md", "# 文网文指南\n\n先看条件。\n").parent.parent
    places = [str(entry.location) for entry in read(folder).entries]
    assert places == ["乙/指南.md:1", "乙/问答.CSV:2", "甲.Titles.TXT:1"]


def test_the_hash_of_a_folder_does_not_change_when_it_is_moved(read, write, tmp_path):
    folder = write("问答.csv", TABLE).parent
    before = read(folder).content_hash
    assert read(shutil.move(folder, tmp_path / "别处")).content_hash == before


def test_ids_do_not_change_when_files_are_renamed_or_rows_reordered(read, write):
    write("甲.csv", "问题\n甲证怎么办?\n乙证怎么办?\n")
    folder = write("乙.titles.txt", "丙证怎么办?\n").parent
    before = {entry.question: entry.id for entry in read(folder).entries}
    (folder / "乙.titles.txt").rename(folder / "末.titles.txt")
    write("甲.csv", "问题\n乙证怎么办?\n甲证怎么办?\n")
    assert {entry.question: entry.id for entry in read(folder).entries} == before


def test_a_listed_title_and_its_answer_in_another_file_become_one_entry(read, write):
    write("清单.titles.txt", "文网文怎么办？\nICP证怎么办?\n")
    base = read(write("问答.csv", TABLE).parent)
    assert (len(base.entries), base.answered) == (2, 1)
    assert [(str(left), str(kept)) for left, kept in base.merged] == [
        ("清单.titles.txt:1", "问答.csv:2")
    ]


def test_two_answers_in_two_files_are_refused_naming_both_places(told, write):
    write("甲.csv", TABLE)
    folder = write("续/乙.csv", "问题,答案\n\n文网文怎么办,窗口办。\n").parent.parent
    (line,) = told(folder)
    assert line == "续/乙.csv:3: '文网文怎么办' has another answer at 甲.csv:2; keep one of the two"


def test_all_mistakes_in_all_files_are_told_at_once(told, write, workbook):
    write("一.csv", "问题,链接\n甲?,无\n,\n？,无\n")
    write("二.md", "---\ntitle: 甲: 乙\n---\n正文\n")
    write("三.txt", "只有标题\n")
    write("四.pdf", b"%PDF")
    write("好.csv", TABLE)
    path = workbook("五.xlsx", {"表": [["答案"], ["没有问题"]]})
    assert [line.split(": ")[0] for line in told(path.parent)] == [
        "一.csv:2:链接",
        "一.csv:4:链接",
        "一.csv:4:问题",
        "三.txt:1",
        "二.md:2",
        "五.xlsx:表:1",
        "四.pdf",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("说明.pdf", b"%PDF-1.7"),
        ("空.html", "<h1>文网文</h1>"),
        ("说明.docx", b"PK"),
        ("问答.xls", b"\xd0\xcf\x11\xe0"),
        ("问答.json", "{}"),
        ("没有后缀", "文网文"),
        ("空.csv", ""),
        ("只有表头.csv", "问题,答案\n"),
        ("空.txt", ""),
        ("空.md", ""),
    ],
)
def test_a_file_that_gives_no_entry_is_told_not_skipped(told, write, name, content):
    write("好.csv", TABLE)
    (line,) = told(write(name, content).parent)
    assert line.startswith(f"{name}:")


def test_a_workbook_that_gives_no_entry_is_told_not_skipped(told, write, workbook):
    write("好.csv", TABLE)
    (line,) = told(workbook("空.xlsx", {"一": [], "二": [["问题", "答案"]]}).parent)
    assert line.startswith("空.xlsx")


@pytest.mark.parametrize("target", ["没有.csv", "另一个文件夹"])
def test_a_link_that_is_not_followed_is_told_not_skipped(told, write, tmp_path, target):
    folder = write("好.csv", TABLE).parent
    (tmp_path / "另一个文件夹").mkdir()
    (folder / "续期.csv").symlink_to(tmp_path / target)
    (line,) = told(folder)
    assert line.startswith("续期.csv: ")


@pytest.mark.parametrize("name", [".DS_Store", "~$问答.xlsx", ".git/HEAD", ".问答.csv"])
def test_what_systems_and_editors_leave_behind_is_passed_over(read, write, name):
    write(name, b"\xff\xff")
    folder = write("好.csv", TABLE)
    assert only(read(folder.parent)).question == "文网文怎么办?"


def test_a_path_that_is_not_there_is_told(told, tmp_path):
    assert told(tmp_path / "没有") == [f"{tmp_path}/没有: no such file or folder; check the path"]


def test_a_folder_without_knowledge_is_told(told, tmp_path):
    (line,) = told(tmp_path)
    assert line.startswith(f"{tmp_path}: there is no knowledge here; add a file: ")


def test_the_bundled_knowledge_has_no_mistake(read, settings):
    base = read(settings.knowledge)
    assert base.answered > 100
    assert len(base.entries) > base.answered
