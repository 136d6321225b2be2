"""Edits: a change to an entry is written into its owner's file, and nothing else changes."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_bot import edits
from qa_bot.edits import staging
from qa_bot.edits.revision import bare
from qa_bot.knowledge import entry_id
from qa_bot.mistakes import MistakesError
from qa_bot.sources import read_knowledge
from qa_bot.text import match_key

if TYPE_CHECKING:
    from pathlib import Path

CSV = (
    "问题,答案,备用,相似问\n"
    '文网文怎么办?,"网上办。\n要两步。",,咋办文网文\n'
    "文网文怎么续?,,,\n"
    "版号 要多久?, 六个月。 ,,版号多久|版号时长\n"
).replace("备用", "依据")
MARKDOWN = """---
title: 演出证怎么办?
# 谁来看
wordings:
  - 演出许可证办理

facets: {permit: 营业性演出许可证}
---
先看条件。

## 材料
要交:
- 申请表
"""
JSONL = (
    '{"问题": "EDI证怎么办?", "答案": ["先看条件。", {"section": "材料", "text": "要交表。"}]}\n'
    '{"question":"ISP证怎么办?","wordings":["ISP许可怎么办"]}\n'
)
DOCUMENT = (
    "出版物证怎么办?\n\n先看条件。\n\n材料\n要交申请表。\n\n- 出版物证怎么续?\n- 出版物证多少钱?\n"
)
TITLES = "# 待答\n- 派遣证怎么办?\n派遣证怎么续?\n"
PAGE = "<html><title>拍卖证</title><body><h1>拍卖证怎么办?</h1><p>先看条件。</p></body></html>"


@pytest.fixture
def folder(tmp_path, write):
    """A folder with a file of every form."""
    write("表/问答.csv", CSV)
    write("演出.md", MARKDOWN)
    write("许可.jsonl", JSONL)
    write("出版物.txt", DOCUMENT)
    write("待答.titles.txt", TITLES)
    write("拍卖.html", PAGE)
    book = openpyxl.Workbook()
    book.active.title = "办理"
    for row in (["问题", "答案", "依据"], ["食品证怎么办?", "窗口办。", "办法"], ["食品证怎么续?"]):
        book.active.append(row)
    book.create_sheet("续期").append(["标题", "编号"])
    book["续期"].append(["烟草证怎么续?", 7])
    book.save(tmp_path / "knowledge" / "证.xlsx")
    return tmp_path / "knowledge"


@pytest.fixture
def base(folder, facets):
    return read_knowledge(folder, facets)


def contents(folder: Path) -> dict[str, bytes]:
    """Give every file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def held(base) -> dict[str, object]:
    """Give the entries by id, without their places."""
    return {entry.id: bare(entry) for entry in base.entries}


def entry_of(base, question: str):
    return next(entry for entry in base.entries if entry.question == question)


QUESTIONS = [
    "文网文怎么办?",
    "文网文怎么续?",
    "版号 要多久?",
    "演出证怎么办?",
    "EDI证怎么办?",
    "ISP证怎么办?",
    "出版物证怎么办?",
    "出版物证怎么续?",
    "派遣证怎么办?",
    "拍卖证怎么办?",
    "食品证怎么办?",
    "烟草证怎么续?",
]


def test_the_folder_holds_what_the_tests_ask_for(base):
    assert set(QUESTIONS) < {entry.question for entry in base.entries}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_wording_is_added_in_every_form_and_nothing_else_changes(folder, facets, base, question):
    entry = entry_of(base, question)
    edits.add_wording(folder, facets, entry, '=换个说法,"问"|再问')
    expected = held(base)
    expected[entry.id] = bare(replace(entry, wordings=(*entry.wordings, '=换个说法,"问"|再问')))
    assert held(read_knowledge(folder, facets)) == expected


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if q not in {"出版物证怎么办?", "拍卖证怎么办?"}]
)
def test_an_answer_is_set_in_every_form_that_can_hold_it(folder, facets, base, question):
    entry = entry_of(base, question)
    answer = '- 先看,"条件"。\n第二行\n## 材料\n要交:\n- 申请表'
    if question == "演出证怎么办?":
        answer = answer.removeprefix("- ")
    after = edits.set_answer(
        folder, facets, entry, answer, basis="《办法》第三条", reviewed_on="2026年11月27日"
    )
    changed = entry_of(after, question)
    texts = [(passage.section, passage.text) for passage in changed.passages]
    assert texts[1] == ("材料", "要交:\n- 申请表")
    assert (changed.basis, changed.reviewed_on) == ("《办法》第三条", "2026-11-27")
    expected = {**held(base), entry.id: bare(changed)}
    assert held(read_knowledge(folder, facets)) == expected


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_entry_is_taken_out_of_every_form(folder, facets, base, question):
    entry = entry_of(base, question)
    edits.remove_entry(folder, facets, entry)
    expected = held(base)
    del expected[entry.id]
    assert held(read_knowledge(folder, facets)) == expected


@pytest.mark.parametrize(
    "file", ["表/问答.csv", "证.xlsx", "许可.jsonl", "新/新表.csv", "新.xlsx", "新.jsonl", "新.md"]
)
def test_an_entry_is_added_to_a_file_that_is_there_or_not(folder, facets, base, file):
    new = replace(
        edits.new_entry("等保要多久?", "一个月。\n再等等。", ("等保时长", "等保 几天")),
        facets={"region": ("江苏", "南京"), "permit": ("网络安全等级保护",)},
        url="https://www.example.cn/a",
        id="dengbao",
    )
    edits.add_entry(folder, facets, new, file)
    assert held(read_knowledge(folder, facets)) == {**held(base), "dengbao": bare(new)}


@pytest.mark.parametrize("file", ["待答.titles.txt", "出版物.txt"])
def test_a_title_is_added_to_a_list(folder, facets, base, file):
    new = edits.new_entry("等保要多久?")
    edits.add_entry(folder, facets, new, file)
    assert held(read_knowledge(folder, facets)) == {**held(base), new.id: bare(new)}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_reworded_and_keeps_its_id(folder, facets, base, question):
    entry = entry_of(base, question)
    if entry.location.file.endswith((".html", "出版物.txt")) and entry.answered:
        pytest.skip("a form that can't state an id")
    new = replace(entry, question=f"改过的问题: {question}")
    edits.change_entry(folder, facets, entry, new)
    assert held(read_knowledge(folder, facets)) == {**held(base), entry.id: bare(new)}


def test_a_title_that_gets_an_answer_moves_to_the_table_beside_its_list(folder, facets, base):
    edits.set_answer(folder, facets, entry_of(base, "派遣证怎么办?"), "网上办。")
    assert (folder / "待答.titles.txt").read_text() == "# 待答\n派遣证怎么续?\n"
    assert "派遣证怎么办?,网上办。" in (folder / edits.ANSWERS).read_text(encoding="utf-8-sig")


def test_a_title_that_gets_an_answer_may_move_to_a_table_that_is_named(folder, facets, base):
    entry = entry_of(base, "派遣证怎么办?")
    edits.set_answer(folder, facets, entry, "网上办。", table="表/问答.csv")
    assert (folder / "表/问答.csv").read_text().endswith("派遣证怎么办?,网上办。,,\n")


def test_a_list_without_titles_left_goes(folder, facets, base):
    for question in ("派遣证怎么办?", "派遣证怎么续?"):
        edits.set_answer(folder, facets, entry_of(base, question), f"{question}网上办。")
    assert not (folder / "待答.titles.txt").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_keeps_its_encoding_its_delimiter_and_every_other_row(
    write, facets, encoding, delimiter, end
):
    rows = ["问题,答案,相似问", '甲证?,"网""上""办。",甲', "乙证?, 窗口办。 ,", "丙证?,邮寄。,"]
    lines = [row.replace(",", delimiter) for row in rows]
    path = write("问答.csv", end.join(lines).encode(encoding))
    base = read_knowledge(path, facets)
    edits.add_wording(path.parent, facets, entry_of(base, "乙证?"), "乙咋办")
    lines[2] += "乙咋办"
    assert path.read_bytes() == end.join(lines).encode(encoding)


def test_a_table_gets_a_column_in_its_own_language_where_one_is_missing(write, facets):
    path = write("问答.csv", "标题,答案\n甲证?,网上办。\n乙证?,窗口办。\n")
    base = read_knowledge(path, facets)
    edits.add_wording(path.parent, facets, entry_of(base, "乙证?"), "乙咋办")
    assert path.read_text() == "标题,答案,其他问法\n甲证?,网上办。\n乙证?,窗口办。,乙咋办\n"


def test_front_matter_keeps_its_comments_and_its_order(folder, facets, base):
    edits.add_wording(folder, facets, entry_of(base, "演出证怎么办?"), "演出证 办理")
    expected = MARKDOWN.replace("  - 演出许可证办理\n", "  - 演出许可证办理\n  - 演出证 办理\n")
    assert (folder / "演出.md").read_text() == expected


def test_other_sheets_and_cells_of_a_workbook_stay(folder, facets, base):
    edits.set_answer(folder, facets, entry_of(base, "食品证怎么续?"), "=网上续。")
    book = openpyxl.load_workbook(folder / "证.xlsx")
    assert [[cell.value for cell in row] for row in book["办理"].iter_rows()] == [
        ["问题", "答案", "依据"],
        ["食品证怎么办?", "窗口办。", "办法"],
        ["食品证怎么续?", "=网上续。", None],
    ]
    assert book["办理"]["B3"].data_type == "s"
    assert book["续期"]["B2"].value == 7


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: replace(e, wordings=("版号多久",)), "the wording '版号多久' is also one of"),
        (lambda e: replace(e, wordings=("食品证怎么办?",)), "is the question of 证.xlsx:办理:2"),
        (lambda e: replace(e, facets={"region": ("火星",)}), "unknown region '火星'"),
        (lambda e: replace(e, facets={"颜色": ("红",)}), "unknown facet '颜色'"),
        (lambda e: replace(e, reviewed_on="去年"), "reviewed_on '去年' is not a date"),
        (lambda e: replace(e, url="example.cn"), "is not a web address"),
        (lambda e: replace(e, id="7"), "stands at 证.xlsx:续期:2 already"),
        (lambda e: replace(e, question="版号要多久"), "has another answer at"),
    ],
)
def test_an_edit_that_would_make_a_mistake_is_refused_and_changes_nothing(
    folder, facets, base, change, told
):
    entry = entry_of(base, "文网文怎么办?")
    before = contents(folder)
    with pytest.raises(MistakesError) as error:
        edits.change_entry(folder, facets, entry, change(entry))
    assert told in str(error.value)
    assert contents(folder) == before


@pytest.mark.parametrize("question", ["拍卖证怎么办?", "出版物证怎么办?"])
def test_the_answer_of_a_form_that_is_not_written_is_refused_with_its_place(
    folder, facets, base, question
):
    before = contents(folder)
    entry = entry_of(base, question)
    with pytest.raises(MistakesError) as error:
        edits.set_answer(folder, facets, entry, "另一个答案。")
    assert str(error.value).startswith(entry.location.file)
    assert contents(folder) == before


def test_a_file_that_was_changed_meanwhile_is_refused(folder, facets, base):
    entry = entry_of(base, "文网文怎么办?")
    seen = edits.stamp_of(folder, entry)
    edits.add_wording(folder, facets, entry_of(base, "版号 要多久?"), "版号几天")
    with pytest.raises(MistakesError, match="was changed in its file meanwhile"):
        edits.add_wording(folder, facets, entry, "文网文咋整", seen=seen)
    edits.add_wording(folder, facets, entry, "文网文咋整")


def test_an_entry_that_was_changed_meanwhile_is_refused(folder, facets, base):
    entry = entry_of(base, "文网文怎么办?")
    edits.set_answer(folder, facets, entry, "窗口办。")
    with pytest.raises(MistakesError, match="was changed in its file meanwhile"):
        edits.add_wording(folder, facets, entry, "文网文咋整")


@pytest.fixture
def archived(write, tmp_path):
    """A folder whose knowledge lies in an archive."""
    packed = write("包/问答.csv", "问题,答案\n甲证?,网上办。\n乙证?,\n").parent
    shutil.make_archive(str(tmp_path / "knowledge" / "包"), "zip", packed)
    shutil.rmtree(packed)
    return tmp_path / "knowledge"


def test_an_answer_in_an_archive_is_not_written(archived, facets):
    entry = entry_of(read_knowledge(archived, facets), "甲证?")
    with pytest.raises(MistakesError, match="unpack the archive"):
        edits.set_answer(archived, facets, entry, "窗口办。")


@pytest.mark.parametrize("question", ["甲证?", "乙证?"])
def test_what_is_added_to_an_entry_of_an_archive_is_written_beside_it(archived, facets, question):
    base = read_knowledge(archived, facets)
    entry = entry_of(base, question)
    edits.add_wording(archived, facets, entry, "咋办")
    assert (archived / edits.ANSWERS).exists()
    expected = {**held(base), entry.id: bare(replace(entry, wordings=("咋办",)))}
    assert held(read_knowledge(archived, facets)) == expected


def test_a_second_wording_of_a_document_goes_where_the_first_one_is(folder, facets):
    for wording in ("出版证 办理", "出版证咋办"):
        entry = entry_of(read_knowledge(folder, facets), "出版物证怎么办?")
        edits.add_wording(folder, facets, entry, wording)
    lines = (folder / edits.ANSWERS).read_text(encoding="utf-8-sig").splitlines()
    assert lines[1:] == ["出版物证怎么办?,,出版证 办理|出版证咋办,,,,,,"]
    assert (folder / "出版物.txt").read_text() == DOCUMENT


@pytest.mark.parametrize("lost", ["formulas", "charts"])
def test_a_workbook_that_writing_would_harm_is_left_alone(tmp_path, write, facets, lost):
    path = write("证.xlsx", b"")
    book = openpyxl.Workbook()
    for row in (["问题", "答案"], ["甲证?", "网上办。"], ["乙证?", None]):
        book.active.append(row)
    if lost == "formulas":
        book.create_sheet("备注").append(["问题", "依据"])
        book["备注"].append(["丙证?", '="办"&"法"'])
    else:
        book.active.add_chart(openpyxl.chart.BarChart(), "E5")
    book.save(path)
    if lost == "formulas":
        calculated(path)
    folder = tmp_path / "knowledge"
    before = path.read_bytes()
    entry = entry_of(read_knowledge(folder, facets), "甲证?")
    with pytest.raises(MistakesError, match=f"writing the workbook would lose .*{lost}"):
        edits.set_answer(folder, facets, entry, "窗口办。")
    edits.set_answer(folder, facets, entry_of(read_knowledge(folder, facets), "乙证?"), "邮寄。")
    assert path.read_bytes() == before
    assert entry_of(read_knowledge(folder, facets), "乙证?").answered


def calculated(path: Path) -> None:
    """Write a result beside each formula, as Excel does."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            result = content.replace(b"</f><v></v>", b"</f><v>1</v>").replace(
                b"</f><v />", b"</f><v>1</v>"
            )
            archive.writestr(name, result)


@pytest.mark.parametrize("file", ["../外.csv", "/外.csv", ".藏.csv", "外.docx", ""])
def test_a_new_file_lies_below_the_folder_in_a_form_that_is_written(folder, facets, file):
    with pytest.raises(MistakesError):
        edits.add_entry(folder, facets, edits.new_entry("甲证?"), file)
    assert not list(folder.parent.glob("外*"))


def test_knowledge_that_is_one_file_is_changed_in_it(write, facets):
    path = write("问答.csv", "问题,答案\n甲证?,网上办。\n乙证?,\n")
    base = read_knowledge(path, facets)
    edits.set_answer(path, facets, entry_of(base, "乙证?"), "窗口办。")
    assert path.read_text() == "问题,答案\n甲证?,网上办。\n乙证?,窗口办。\n"


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_change_that_was_cut_off_is_completed_by_whoever_opens_the_folder_next(folder, done):
    drafts = staging.stage(folder, {"甲.csv": b"a", "新/乙.csv": b"b", "演出.md": None})
    plan = '{"甲.csv": "0", "新/乙.csv": "1", "演出.md": null}'
    (folder / staging.STAGE / staging.PLAN).write_text(plan)
    (folder / "新").mkdir()
    for name in list(drafts)[:done]:
        drafts[name].replace(folder / name)
    edits.recover(folder)
    found = contents(folder)
    assert (found["甲.csv"], found["新/乙.csv"]) == (b"a", b"b")
    assert "演出.md" not in found
    assert not (folder / staging.STAGE).exists()


def test_drafts_that_were_never_decided_on_are_thrown_away(folder):
    before = contents(folder)
    staging.stage(folder, {"表/问答.csv": b"a", "演出.md": None})
    edits.recover(folder)
    assert contents(folder) == before


text = st.text(
    st.sampled_from("甲乙丙丁aB1,;|｜\"'=+-@#*_`\\<>[]&:：。 \t\n§"), min_size=1, max_size=24
)


anything = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
forms = st.sampled_from(["csv", "xlsx", "jsonl", "md"])


@pytest.fixture
def one(tmp_path, facets):
    """Make a folder with one entry in a file of a form; give the folder and the entry."""

    def make(form):
        folder = tmp_path / "任意"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        edits.add_entry(folder, facets, edits.new_entry("甲证怎么办?", "网上办。"), f"问答.{form}")
        return folder, *read_knowledge(folder, facets).entries

    return make


@anything
@given(answer=text, form=forms)
def test_any_answer_is_read_as_it_was_typed_and_only_markdown_may_refuse(one, facets, answer, form):
    folder, entry = one(form)
    before = contents(folder)
    try:
        edits.set_answer(folder, facets, entry, answer)
    except MistakesError:
        assert form == "md" or not answer.strip()
        assert contents(folder) == before
    else:
        (found,) = read_knowledge(folder, facets).entries
        typed = "\n".join(passage.text for passage in found.passages)
        assert typed == answer.strip()
        assert found.id == entry_id("甲证怎么办?")


@anything
@given(wording=text, form=forms)
def test_any_wording_is_read_as_it_was_typed(one, facets, wording, form):
    folder, entry = one(form)
    try:
        edits.add_wording(folder, facets, entry, wording)
    except MistakesError:
        assert match_key(wording) == ""
    else:
        (found,) = read_knowledge(folder, facets).entries
        assert found.wordings == (" ".join(wording.split()),)
