"""Lexicon: the owner's words, synonyms, stop words and polite wrapping."""

from __future__ import annotations

import pytest

from qa_bot.lexicon import Lexicon, read_lexicon
from qa_bot.mistakes import MistakesError


@pytest.fixture
def lexicon(tmp_path):
    """Read a folder of the files given by name."""

    def read_files(**files: str | bytes) -> Lexicon:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / f"{name}.txt").write_bytes(data)
        return read_lexicon(tmp_path)

    return read_files


def test_synonyms_stand_for_the_first_of_their_line(lexicon):
    read = lexicon(synonyms="网络文化经营许可证, 文网文, 文网证\n")
    assert read.same_as(["文网文", "文网证"]) == ["网络文化经营许可证"] * 2
    assert read.same_as(["营业执照"]) == ["营业执照"]


def test_one_way_synonyms_add_words_in_one_direction(lexicon):
    read = lexicon(synonyms="ICP => ICP备案, ICP许可证\nicp => 增值电信\n")
    assert read.asks_for(["icp"]) == ["icp备案", "icp许可证", "增值电信"]
    assert read.asks_for(["icp备案"]) == ["icp备案"]


def test_the_segmenter_is_told_words_and_synonyms(lexicon):
    read = lexicon(words="大模型\n", synonyms="文网文, 文网证\nicp证 => 增值电信\n")
    assert read.words == {"大模型", "文网文", "文网证", "icp证"}


def test_full_width_traditional_and_capital_spellings_are_one(lexicon):
    read = lexicon(synonyms="文網文，ＩＣＰ證 # 两种写法\n價格＝＞费用\n", stopwords="嗎\n")
    assert read.same_as(["icp证"]) == ["文网文"]
    assert read.asks_for(["价格"]) == ["费用"]
    assert read.stopwords == {"吗"}


def test_comments_and_blank_lines_say_nothing(lexicon):
    assert lexicon(words="# 许可证\n\n   \n大模型 # 生成式\n").words == {"大模型"}


def test_polite_wrapping_is_tried_longest_first(lexicon):
    read = lexicon(tails="请问\n麻烦问一下\n谢谢\n您好请问\n")
    assert read.tails == ("麻烦问一下", "您好请问", "请问", "谢谢")


def test_files_that_are_not_there_count_as_empty(lexicon):
    read = lexicon()
    assert (read.words, read.stopwords, read.tails) == (frozenset(), frozenset(), ())
    assert read.same_as(["文网文"]) == ["文网文"]


@pytest.mark.parametrize(
    ("synonyms", "told"),
    [
        ("文网文\n", "synonyms.txt:1: one word alone has no synonym"),
        ("# 注\n文网文 =>\n", "synonyms.txt:2: a word is missing beside =>"),
        ("=> 文网文\n", "synonyms.txt:1: a word is missing beside =>"),
        ("甲, 乙\n\n丙, 乙\n", "synonyms.txt:3: '乙' already stands in the set of '甲'"),
        ("甲、乙\n", "synonyms.txt:1: one word alone has no synonym"),
    ],
)
def test_a_broken_line_of_synonyms_is_told_with_its_place(lexicon, synonyms, told):
    with pytest.raises(MistakesError, match=f"^{told}.*; .+"):
        lexicon(synonyms=synonyms)


def test_the_mistakes_of_all_word_files_are_told_at_once(lexicon):
    with pytest.raises(MistakesError) as error:
        lexicon(synonyms="文网文\n=> 甲\n", stopwords=b"\xff\xff\n", words=b"\0")
    places = [str(mistake.location) for mistake in error.value.mistakes]
    assert places == ["stopwords.txt:1", "synonyms.txt:1", "synonyms.txt:2", "words.txt:1"]


def test_the_hash_changes_with_every_file_and_not_with_reading_again(lexicon):
    first = lexicon(words="大模型\n").content_hash
    assert lexicon(words="大模型\n").content_hash == first
    assert lexicon(stopwords="吗\n").content_hash != first
