"""Imports: each row is new, changed, the same or wrong; nothing is written before it is applied."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_bot import edits, imports
from qa_bot.edits.revision import bare
from qa_bot.imports import State
from qa_bot.mistakes import MistakesError
from qa_bot.sources import read_knowledge

OWNED = """问题,答案,相似问,核对日期,编号
文网文怎么办?,网上办。,文网文咋办|办文网文,2026-01-01,wwj
文网文怎么续?,,,,
版号要多久?,六个月。,版号多久,,
"""


@pytest.fixture
def root(write):
    """The knowledge that is imported into."""
    write("问答.csv", OWNED)
    write("待答.titles.txt", "演出证怎么办?\n")
    write("拍卖.txt", "拍卖证怎么办?\n先看条件。\n")
    return write("演出.md", "---\ntitle: 演出多久?\n---\n二十日。\n").parent


@pytest.fixture
def incoming(tmp_path):
    """Write a file that comes in."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / "来件" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def plan(facets, root):
    """Plan an import into the knowledge."""

    def make(*paths: Path, **options):
        return imports.plan(paths, edits.read_base(root, facets), root, facets, **options)

    return make


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def held(base) -> dict[str, object]:
    return {entry.id: bare(entry) for entry in base.entries}


def states(plan) -> list[tuple[str, str]]:
    return [(str(row.state), str(row.location)) for row in plan.rows]


def test_every_row_is_new_changed_the_same_or_wrong(plan, incoming, root):
    table = incoming(
        "来.csv",
        "问题,答案,核对日期\n"
        "文网文怎么办,网上办。,\n"
        "版号要多久?,一年。,\n"
        "等保要多久?,一个月。,2026-05-01\n"
        "ICP证怎么办?,网上办。,去年\n"
        ",没有问题,\n"
        '"坏"的,,\n'
        "文网文怎么续?,窗口续。,\n",
    )
    before = contents(root)
    made = plan(table)
    assert states(made) == [
        ("same", "来.csv:2"),
        ("changed", "来.csv:3"),
        ("new", "来.csv:4"),
        ("wrong", "来.csv:5"),
        ("wrong", "来.csv:6"),
        ("wrong", "来.csv:7"),
        ("changed", "来.csv:8"),
    ]
    assert dict(made.counts) == {
        "rows": 7, "new": 1, "changed": 2, "same": 1, "wrong": 3, "removed": 0
    }  # fmt: skip
    assert [str(mistake).split(";")[0] for mistake in made.mistakes] == [
        "来.csv:5:核对日期: reviewed_on '去年' is not a date",
        "来.csv:6:问题: the question is empty",
        "来.csv:7: broken row (',' expected after '\"')",
    ]
    assert contents(root) == before


def test_what_is_right_is_imported_and_what_is_wrong_is_left_for_later(
    plan, incoming, root, facets
):
    table = incoming("来.csv", "问题,答案,链接\n甲证?,网上办。,无\n乙证?,窗口办。,\n")
    imports.apply(plan(table))
    assert (root / "imported" / "来.csv").read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "乙证?,窗口办。,,,,,,,"
    ]
    questions = {entry.question for entry in read_knowledge(root, facets).entries}
    assert "乙证?" in questions
    assert "甲证?" not in questions


def test_a_changed_entry_is_changed_in_its_own_file_and_nothing_else_is(plan, incoming, root):
    before = contents(root)
    table = incoming(
        "来.csv", "问题,答案,依据\n文网文咋办,窗口办。,\n演出多久?,三十日。,《条例》\n"
    )
    imports.apply(plan(table))
    after = contents(root)
    assert after.pop("问答.csv").decode() == OWNED.replace("网上办。", "窗口办。")
    assert after.pop("演出.md").decode() == (
        "---\ntitle: 演出多久?\nbasis: 《条例》\n---\n三十日。\n"
    )
    assert after == {name: before[name] for name in after}


def test_a_listed_title_gets_its_answer_from_the_table_of_the_import(plan, incoming, root, facets):
    imports.apply(plan(incoming("来.csv", "问题,答案\n演出证怎么办?,网上办。\n")))
    assert "演出证怎么办?,网上办。" in (root / "imported" / "来.csv").read_text()
    (entry,) = [e for e in read_knowledge(root, facets).entries if e.question == "演出证怎么办?"]
    assert entry.answered


def test_what_a_row_leaves_empty_stays_as_it_is(plan, incoming):
    (row,) = plan(incoming("来.csv", "问题,答案,相似问,核对日期\n文网文怎么办?,,,\n")).rows
    assert row.state is State.SAME


def test_wordings_stated_take_the_place_of_those_that_are_there(plan, incoming):
    (row,) = plan(incoming("来.csv", "问题,相似问\n文网文怎么办?,文网文咋办|代办文网文\n")).rows
    assert (row.state, row.new.wordings) == (State.CHANGED, ("文网文咋办", "代办文网文"))


def test_an_id_finds_an_entry_whose_question_is_another(plan, incoming, facets, root):
    imports.apply(plan(incoming("来.csv", "问题,编号\n文网文如何办理?,wwj\n")))
    (entry,) = [e for e in read_knowledge(root, facets).entries if e.id == "wwj"]
    assert (entry.question, entry.passages[0].text) == ("文网文如何办理?", "网上办。")


def test_a_wording_finds_its_entry_whose_question_stays(plan, incoming):
    (row,) = plan(incoming("来.csv", "问题,答案\n办文网文,窗口办。\n")).rows
    assert (row.state, row.new.question) == (State.CHANGED, "文网文怎么办?")
    assert row.new.wordings == ("文网文咋办", "办文网文")


@pytest.mark.parametrize(
    ("rows", "place", "told"),
    [
        ("甲证?,网上办。,,\n甲证,窗口办。,,", "来.csv:3", "has another answer at 来.csv:2"),
        ("甲证?,,乙,\n丙证?,,乙,", "来.csv:3", "the wording '乙' is also one of '甲证?'"),
        ("甲证?,,版号多久,", "来.csv:2", "is also one of '版号要多久?' at 问答.csv:4"),
        ("甲证?,,版号要多久,", "来.csv:2", "is the question of 问答.csv:4"),
        ("版号要多久?,,,wwj", "来.csv:2", "the id 'wwj' is that of '文网文怎么办?'"),
        ("甲证?,,,x\n乙证?,,,x", "来.csv:3", "the id 'x' is also that of 来.csv:2"),
        ("文网文怎么办?,甲,,\n文网文咋办,乙,,", "来.csv:3", "it is about the same as 来.csv:2"),
        ("拍卖证怎么办?,不用办。,,", "来.csv:2", "the entry stands at 拍卖.txt:1"),
    ],
)
def test_a_row_that_clashes_is_wrong_and_says_with_what(plan, incoming, rows, place, told):
    made = plan(incoming("来.csv", f"问题,答案,相似问,编号\n{rows}\n"))
    (mistake,) = made.mistakes
    assert str(mistake.location) == place
    assert told in mistake.problem
    assert made.counts["wrong"] == 1
    assert made.counts["rows"] == len(rows.splitlines())


def test_a_row_that_stands_twice_is_counted_and_joined(plan, incoming):
    made = plan(
        incoming("来.csv", "问题,答案,相似问\n甲证?,网上办。,甲\n甲证,,乙\n甲证?,网上办。,\n")
    )
    assert states(made) == [("new", "来.csv:2"), ("same", "来.csv:3"), ("same", "来.csv:4")]
    assert [str(row.joined) for row in made.rows[1:]] == ["来.csv:2", "来.csv:2"]
    assert made.rows[0].new.wordings == ("甲", "乙")


def test_a_title_that_a_new_wording_names_becomes_part_of_its_entry(plan, incoming, facets, root):
    table = incoming("来.csv", "问题,答案,相似问\n营业性演出?,网上办。,演出证怎么办\n")
    imports.apply(plan(table))
    questions = {entry.question for entry in read_knowledge(root, facets).entries}
    assert "营业性演出?" in questions
    assert "演出证怎么办?" not in questions
    assert plan(table).counts["same"] == 1


def test_progress_is_told_for_each_row(plan, incoming):
    told = []
    made = plan(incoming("来.csv", "问题,链接\n甲证?,\n乙证?,无\n"), progress=told.append)
    assert sum(told) == made.counts["rows"] == 2


asked = st.sampled_from(
    ["甲?", "乙?", "丙", "丁?", "文网文怎么办?", "文网文咋办", "版号多久", "演出证怎么办", ""]
)
row_of = st.tuples(
    asked,
    st.sampled_from(["", "", "网上办。", "窗口办。"]),
    st.lists(asked, max_size=2).map("|".join),
    st.sampled_from(["", "", "", "x", "wwj", "不 行"]),
    st.sampled_from(["", "", "", "去年"]),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(row_of, min_size=1, max_size=6))
def test_no_row_is_lost_and_no_second_import_changes_anything(tmp_path_factory, root, facets, rows):
    folder = tmp_path_factory.mktemp("库") / "knowledge"
    shutil.copytree(root, folder)
    table = folder.parent / "来.csv"
    lines = [",".join(row) for row in rows if any(row)]
    table.write_text("\n".join(["问题,答案,相似问,编号,核对日期", *lines, ""]), encoding="utf-8")
    first = imports.plan([table], edits.read_base(folder, facets), folder, facets)
    assert first.counts["rows"] == max(len(lines), 1)
    imports.apply(first)
    base = edits.read_base(folder, facets)
    before = contents(folder)
    second = imports.plan([table], base, folder, facets)
    imports.apply(second)
    assert contents(folder) == before
    assert {k: second.counts[k] for k in ("rows", "new", "changed")} == {
        "rows": first.counts["rows"], "new": 0, "changed": 0
    }  # fmt: skip


# Sources of every form

ROWS = [
    ["问题", "答案", "相似问", "核对日期"],
    ["甲证?", "- 网上办。\n- 要两步。", "甲|乙", "2026-05-01"],
    ["丙证?", "=不用办", "", ""],
    ["版号要多久?", "一年。", "", ""],
    ["丁证?", "", "", ""],
]
PAGE = "<h1>{}</h1><p>网上办。</p>"


TEXTS = {
    "来.csv": "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS).encode("gb18030"),
    "来.jsonl": "\n".join(json.dumps(dict(zip(ROWS[0], row, strict=True))) for row in ROWS[1:]),
    "来.titles.txt": "甲证?\n文网文怎么办\n丙证?\n",
    "来.md": "---\ntitle: 甲证?\n---\n先看。\n\n## 材料\n交表。\n",
    "来.txt": "甲证?\n先看。\n材料\n交表。\n- 丙证?\n- 丁证?\n",
    "来.html": PAGE.format("甲证?"),
    "sitemap.xml": "<loc>https://www.example.cn/a</loc>",
    "来.pages.txt": "https://www.example.cn/a\ta.html\n",
}


@pytest.fixture
def named(incoming):
    """Write the file of a name that comes in."""

    def make(name: str) -> Path:
        if name in TEXTS:
            incoming("a.html", PAGE.format("己证?"))
            return incoming(name, TEXTS[name])
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.active["B3"].data_type = "s"
        path = incoming(name, b"")
        book.save(path)
        return path

    return make


@pytest.mark.parametrize("name", [*TEXTS, "来.xlsx"])
def test_importing_twice_changes_nothing(plan, named, root, name):
    path = named(name)
    first = plan(path)
    assert first.counts["new"] > 0
    assert first.counts["wrong"] == 0
    imports.apply(first)
    after = contents(root)
    second = plan(path)
    assert second.counts["same"] == second.counts["rows"] == first.counts["rows"]
    imports.apply(second)
    assert contents(root) == after


@pytest.mark.parametrize("pack", [False, True])
def test_a_folder_and_an_archive_are_imported_file_by_file(plan, incoming, tmp_path, root, pack):
    incoming("表/来.csv", "问题,答案\n甲证?,网上办。\n乙证?,\n")
    incoming("待.titles.txt", "乙证?\n丙证?\n")
    path = incoming("坏.md", "---\ntitle: 丁证?\n核对日期: 去年\nurl: 无\n---\n正文。\n").parent
    if pack:
        path = Path(shutil.make_archive(str(tmp_path / "来件"), "zip", path))
    made = plan(path)
    assert dict(made.counts) == {
        "rows": 5, "new": 3, "changed": 0, "same": 1, "wrong": 1, "removed": 0
    }  # fmt: skip
    imports.apply(made)
    assert (root / "imported" / "来件.csv").exists()
    assert plan(path).counts["same"] == 4


def test_two_sources_of_one_name_are_refused(plan, incoming):
    paths = [incoming("一/来.csv", OWNED), incoming("二/来.csv", OWNED)]
    with pytest.raises(MistakesError, match="two sources of this name"):
        plan(*paths)


# What is gone


def test_what_an_earlier_import_brought_is_removed_only_when_asked(plan, incoming, facets, root):
    imports.apply(plan(incoming("来.csv", "问题,答案\n甲证?,网上办。\n乙证?,窗口办。\n")))
    made = plan(incoming("来.csv", "问题,答案\n乙证?,窗口办。\n"))
    assert states(made) == [("same", "来.csv:2"), ("removed", "imported/来.csv:2")]
    imports.apply(made)
    assert len(read_knowledge(root, facets).entries) == 8
    imports.apply(made, remove=True)
    questions = {entry.question for entry in read_knowledge(root, facets).entries}
    assert "甲证?" not in questions
    assert {"乙证?", "文网文怎么办?"} <= questions


def test_what_other_sources_brought_is_never_removed(plan, incoming):
    imports.apply(plan(incoming("别.csv", "问题\n甲证?\n")))
    assert plan(incoming("来.csv", "问题\n乙证?\n")).counts["removed"] == 0


def test_nothing_counts_as_removed_while_a_row_of_its_source_is_wrong(plan, incoming):
    imports.apply(plan(incoming("来.csv", "问题,链接\n甲证?,\n乙证?,\n")))
    assert plan(incoming("来.csv", "问题,链接\n甲证?,无\n")).counts["removed"] == 0


def test_nothing_is_removed_by_importing_the_wrong_rows_once_they_are_mended(plan, incoming):
    imports.apply(plan(incoming("来.csv", "问题,链接\n甲证?,\n乙证?,无\n")))
    mended = plan(incoming("来.wrong.csv", "错误原因,问题,链接\n没有,乙证?,https://a.cn\n"))
    assert dict(mended.counts)["removed"] == 0
    imports.apply(mended)
    whole = plan(incoming("来.csv", "问题,链接\n甲证?,\n乙证?,https://a.cn\n"))
    assert whole.counts["same"] == 2


# What changes meanwhile


def test_knowledge_that_changed_since_the_plan_is_not_written(plan, incoming, root, write):
    made = plan(incoming("来.csv", "问题\n甲证?\n"))
    write("待答.titles.txt", "演出证怎么办?\n戊证?\n")
    before = contents(root)
    with pytest.raises(MistakesError, match="was changed since the import was looked at"):
        imports.apply(made)
    assert contents(root) == before


# The wrong rows


def test_the_wrong_rows_of_a_table_are_written_as_they_stand_with_their_reason(
    plan, incoming, tmp_path
):
    rows = [
        "问题;答案;链接",
        "甲证?;网上办。;无",
        "乙证?; 窗口办。;",
        '丙证?;"坏"的;',
        "丁证?;戊;;己",
    ]
    table = incoming("来.csv", "\r\n".join(rows).encode("gb18030"))
    made = plan(table)
    assert imports.wrong_name(made) == "来.wrong.csv"
    imports.write_wrong_rows(made, tmp_path / "来.wrong.csv")
    lines = (tmp_path / "来.wrong.csv").read_bytes().decode("gb18030").splitlines()
    assert lines[0] == "错误原因;问题;答案;链接"
    assert lines[2].endswith(';丙证?;"坏"的;')
    assert len(lines) == 4
    assert lines[1].endswith(";甲证?;网上办。;无")
    assert lines[-1].endswith(";丁证?;戊;;己")
    again = plan(tmp_path / "来.wrong.csv")
    assert again.counts["wrong"] == again.counts["rows"] == 3


def test_the_wrong_rows_of_a_workbook_are_written_sheet_by_sheet(plan, incoming, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "办理"
    for row in (["问题", "链接"], ["甲证?", "无"], ["乙证?", None]):
        book.active.append(row)
    other = book.create_sheet("续期")
    for row in (["question", "reviewed_on"], ["丙证?", "2026-01-01"], ["丁证?", "去年"]):
        other.append(row)
    path = incoming("来.xlsx", b"")
    book.save(path)
    imports.write_wrong_rows(plan(path), tmp_path / "错.xlsx")
    found = openpyxl.load_workbook(tmp_path / "错.xlsx")
    assert {sheet.title: [list(row)[1:] for row in sheet.values] for sheet in found} == {
        "办理": [["问题", "链接"], ["甲证?", "无"]],
        "续期": [["question", "reviewed_on"], ["丁证?", "去年"]],
    }
    assert found["办理"]["A1"].value == "错误原因"
    assert "is not a date" in found["续期"]["A2"].value


@pytest.mark.parametrize(
    ("name", "content", "written"),
    [
        (
            "来.jsonl",
            '{"question": "甲证?", "url": "无"}\n{"question": "乙证?"}\n{坏\n',
            ['"question": "甲证?", "url": "无"}', "{坏"],
        ),
        ("来.titles.txt", f"甲证?\n{'长' * 301}\n", ["# ", "长" * 301]),
        ("来.md", "---\ntitle: 甲证?\nurl: 无\n---\n正文。\n", ["title: 甲证?", "正文。"]),
    ],
)
def test_the_wrong_rows_of_other_forms_are_written_and_can_be_read_again(
    plan, incoming, tmp_path, name, content, written
):
    made = plan(incoming(name, content))
    target = tmp_path / imports.wrong_name(made)
    assert imports.write_wrong_rows(made, target) == made.counts["wrong"]
    text = target.read_text()
    assert all(part in text for part in written)
    assert "乙证" not in text
    again = plan(target)
    assert again.counts["wrong"] == again.counts["rows"] == made.counts["wrong"]


def test_a_table_whose_headings_are_wrong_is_given_back_whole(plan, incoming, tmp_path):
    made = plan(incoming("来.csv", "问提,答案\n甲证?,网上办。\n乙证?,\n"))
    assert made.counts["wrong"] == made.counts["rows"] >= 1
    imports.write_wrong_rows(made, tmp_path / "来.wrong.csv")
    text = (tmp_path / "来.wrong.csv").read_text()
    (tmp_path / "来.wrong.csv").write_text(text.replace("问提", "问题", 1))
    assert plan(tmp_path / "来.wrong.csv").counts["new"] == 2


@pytest.mark.parametrize("output", ["错误", "错误.zip"])
def test_the_wrong_rows_of_several_files_go_into_a_folder_or_an_archive(
    plan, incoming, tmp_path, output
):
    incoming("表/一.csv", "问题,链接\n甲证?,无\n")
    path = incoming("二.jsonl", '{"question": ""}\n').parent
    made = plan(path)
    assert imports.wrong_name(made) == "wrong.zip"
    imports.write_wrong_rows(made, tmp_path / output)
    assert plan(tmp_path / output).counts["wrong"] == 2


def test_wrong_rows_do_not_go_into_a_file_of_another_form(plan, incoming, tmp_path):
    made = plan(incoming("来.jsonl", '{"question": ""}\n'))
    with pytest.raises(MistakesError, match=r"来\.wrong\.jsonl"):
        imports.write_wrong_rows(made, tmp_path / "错.csv")


# Export


def sources_of(settings):
    folder = os.environ.get("QA_BOT_SEEDS")
    return [settings.knowledge, *([Path(folder)] if folder else [])]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_what_is_exported_imports_to_the_same_base(settings, facets, tmp_path, form):
    for number, source in enumerate(sources_of(settings)):
        base = read_knowledge(source, facets)
        output = tmp_path / f"全部{number}.{form}"
        imports.export(base, output, facets)
        empty = tmp_path / f"新{number}"
        made = imports.plan([output], edits.read_base(empty, facets), empty, facets)
        assert made.counts["new"] == made.counts["rows"] == len(base.entries)
        imports.apply(made)
        assert [bare(e) for e in read_knowledge(empty, facets).entries] == [
            bare(e) for e in base.entries
        ]


def test_importing_the_knowledge_itself_changes_nothing(settings, facets):
    base = read_knowledge(settings.knowledge, facets)
    made = imports.plan([settings.knowledge], base, settings.knowledge, facets)
    assert made.counts["same"] == made.counts["rows"]


def test_an_export_that_was_edited_imports_just_the_edits(plan, root, facets, tmp_path):
    output = tmp_path / "全部.csv"
    imports.export(read_knowledge(root, facets), output, facets)
    text = output.read_text(encoding="utf-8-sig")
    output.write_text(text.replace("六个月。", "一年。").replace("文网文怎么续?", "文网文续期?"))
    made = plan(output)
    assert sorted(row.old.question for row in made.rows if row.state is State.CHANGED) == [
        "文网文怎么续?",
        "版号要多久?",
    ]
    assert (made.counts["changed"], made.counts["same"]) == (2, made.counts["rows"] - 2)


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_texts_that_spreadsheets_take_for_something_else_are_exported_as_they_are(
    facets, tmp_path, form
):
    folder = tmp_path / "库"
    folder.mkdir()
    for number, answer in enumerate(
        ["=1+1", "-一", "+86", "@甲", "'引", "'=1", "007", "1e5", "2026-01-01", "TRUE", "#N/A 甲"]
    ):
        new = replace(edits.new_entry(f"第{number}问?", answer), wordings=(f"={number}甲|乙",))
        edits.add_entry(folder, facets, new, "问答.jsonl")
    base = read_knowledge(folder, facets)
    output = tmp_path / f"全部.{form}"
    imports.export(base, output, facets)
    assert held(read_knowledge(output, facets)) == held(base)


def test_an_export_that_would_lose_something_is_refused(facets, tmp_path):
    folder = tmp_path / "库"
    folder.mkdir()
    edits.add_entry(folder, facets, edits.new_entry("甲证?", "长" * 40_000), "问答.jsonl")
    base = read_knowledge(folder, facets)
    with pytest.raises(MistakesError, match=r"export to \.jsonl"):
        imports.export(base, tmp_path / "全部.xlsx", facets)
    assert list(tmp_path.glob("*全部*")) == []
    imports.export(base, tmp_path / "全部.jsonl", facets)


def test_an_export_of_an_unknown_form_is_refused(facets, tmp_path, root):
    with pytest.raises(MistakesError, match=r"\.csv \.xlsx \.jsonl"):
        imports.export(read_knowledge(root, facets), tmp_path / "全部.docx", facets)


def test_an_archive_is_not_left_unpacked(plan, incoming, tmp_path):
    path = incoming("来.zip", b"")
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("问答.csv", "问题\n甲证?\n")
    before = set(tmp_path.rglob("*"))
    assert plan(path).counts["new"] == 1
    assert set(tmp_path.rglob("*")) == before
