"""Dictionary: jieba's words in arrays say the same as its own, and a damaged file is made anew."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from qa_bot.dictionary import WordTrie, open_dictionary

WORDS = st.dictionaries(
    st.text(st.sampled_from("办理许可证b2😀"), min_size=1, max_size=5), st.integers(1, 99)
)


def with_beginnings(words: dict[str, int]) -> dict[str, int]:
    beginnings = (word[:end] for word in words for end in range(1, len(word)))
    return dict.fromkeys(beginnings, 0) | words


@given(WORDS, st.text(st.sampled_from("办理许可证b2😀x"), max_size=6))
@example({}, "办")
@example({"办理": 3, "办": 1}, "办理证")
@examples(max_examples=100, derandomize=True, deadline=None)
def test_arrays_hold_what_they_were_made_of(words, text):
    all_words = with_beginnings(words)
    trie = WordTrie.of(all_words)
    assert dict(trie) == trie.laid_flat() == all_words
    assert len(trie) == len(all_words)
    assert trie.get(text) == all_words.get(text)
    for start in range(len(text)):
        found = trie.times_from(text, start)
        assert found == [all_words[text[start:end]] for end in ends(text, start, all_words)]


def ends(text: str, start: int, words: dict[str, int]) -> list[int]:
    return [end for end in range(start + 1, len(text) + 1) if text[start:end] in words]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:100], lambda _: b""])
def test_a_kept_dictionary_that_was_damaged_is_made_anew(settings, tmp_path, damage):
    whole = open_dictionary(settings.cache / "jieba")
    (kept,) = (settings.cache / "jieba").glob("dictionary-*")
    (tmp_path / kept.name).write_bytes(damage(kept.read_bytes()))
    anew = open_dictionary(tmp_path)
    assert anew.words.get("许可证") == whole.words.get("许可证")
    assert (tmp_path / kept.name).read_bytes() == kept.read_bytes()


def test_what_is_mapped_says_the_same_as_what_was_just_made(settings):
    mapped, made = open_dictionary(settings.cache / "jieba"), open_dictionary(None)
    assert mapped.words.laid_flat() == made.words.laid_flat()
    assert (mapped.total, mapped.lowered, mapped.characters, dict(mapped.sounds)) == (
        made.total,
        made.lowered,
        made.characters,
        dict(made.sounds),
    )
