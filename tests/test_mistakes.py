"""Mistakes: where a file is wrong, what is wrong, how to mend it."""

from __future__ import annotations

import pytest

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text


@pytest.mark.parametrize(
    ("location", "written"),
    [
        (Location("文网文.txt"), "文网文.txt"),
        (Location("续期/文网文.csv", line=3), "续期/文网文.csv:3"),
        (Location("文网文.csv", line=3, column="核对日期"), "文网文.csv:3:核对日期"),
        (Location("文网文.xlsx", "续期", 3, "答案"), "文网文.xlsx:续期:3:答案"),
    ],
)
def test_a_location_is_written_as_file_sheet_line_column(location, written):
    assert str(location) == written


def test_a_mistake_is_one_line_of_place_problem_and_remedy():
    mistake = Mistake(Location("文网文.csv", line=3), "the question is empty", "write it")
    assert str(mistake) == "文网文.csv:3: the question is empty; write it"


def test_mistakes_are_told_all_in_the_order_of_their_places():
    places = [("乙.csv", 2), ("甲.csv", 10), ("甲.csv", 9)]
    error = MistakesError(Mistake(Location(file, line=n), "错", "改") for file, n in places)
    assert str(error) == "乙.csv:2: 错; 改\n甲.csv:9: 错; 改\n甲.csv:10: 错; 改"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_as_office_software_writes_it(write, encoding):
    text = "营业执照“副本”—— 㐂、𠮷\n第二行"
    assert read_text(write("说明.txt", text.encode(encoding)), "说明.txt") == text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("甲\n乙\n".encode() + b"\xff\xff\n", "说明.txt:3: neither UTF-8 nor GB18030"),
        ("甲\n乙\n".encode("gb18030") + b"\xff\xff\n", "说明.txt:3: neither UTF-8 nor GB18030"),
        ("甲\n乙".encode("utf-16"), "说明.txt:1: neither UTF-8 nor GB18030"),
        (b"\xef\xbb\xbf" + "甲\n乙".encode()[:-1], "说明.txt:2: neither UTF-8 nor GB18030"),
        ("甲\n乙\0丙".encode(), "说明.txt:2: a zero byte"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(write, content, told):
    with pytest.raises(MistakesError, match=f"^{told}"):
        read_text(write("说明.txt", content), "说明.txt")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "没有.txt"):
        with pytest.raises(MistakesError, match=r"^说明\.txt: the file cannot be read"):
            read_text(path, "说明.txt")
