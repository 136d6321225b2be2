"""Mining: the titles of a knowledge base show which runs of characters are words."""

from __future__ import annotations

from qa_bot.mining import LONGEST, SHORTEST, TIMES, mine_words

OTHERS = ["".join(chr(0x4E00 + 20 * (6 * n + k)) for k in range(6)) for n in range(150)]
"""Titles that share nothing: against them a run that recurs stands out."""


def around(word: str, times: int) -> list[str]:
    """Write a word into titles, each time between other characters."""
    sides = zip("办续查领问补丢换", "吗呢期要的了么吧", strict=True)
    return [before + word + after for before, after in sides][:times]


def test_a_run_that_recurs_in_changing_company_is_a_word():
    assert mine_words([*OTHERS, *around("算备证", 8)]) == ("算备证",)


def test_a_run_that_is_seldom_is_no_word():
    assert mine_words([*OTHERS, *around("算备证", TIMES - 1)]) == ()


def test_a_piece_of_a_word_is_no_word():
    found = mine_words([*OTHERS, *around("算法备案表", 8)])
    assert found == ("算法备案表",)


def test_a_run_always_in_the_same_company_is_no_word():
    assert mine_words([*OTHERS, *["请问算备证怎么办理手续" for _ in range(8)]]) == ()


def test_words_are_neither_short_nor_long():
    titles = [*OTHERS, *around("版号", 8), *around("网络文化经营许可证", 8)]
    assert all(SHORTEST <= len(word) <= LONGEST for word in mine_words(titles))


def test_words_are_mined_from_normal_forms_and_do_not_cross_marks():
    titles = [title.replace("证", "證") for title in around("算备证", 8)]
    crossed = [title.replace("版号批", "版,号批") for title in around("版号批", 8)]
    assert mine_words([*OTHERS, *titles, *crossed]) == ("算备证",)


def test_words_come_in_one_order_whatever_that_of_the_titles():
    titles = [*OTHERS, *around("算备证", 8), *around("版号表", 8)]
    assert mine_words(titles) == mine_words(reversed(titles)) == ("版号表", "算备证")


def test_no_titles_give_no_words():
    assert mine_words([]) == ()
