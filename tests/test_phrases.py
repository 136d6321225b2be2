"""Phrases: the bot's own words are data, checked when they are read."""

from __future__ import annotations

import tomllib

import pytest

from qa_bot.mistakes import MistakesError
from qa_bot.phrases import PHRASES, read_phrases


@pytest.fixture
def phrases(settings, tmp_path):
    """Read the project's phrases with a piece of their text replaced."""

    def read_changed(old: str, new: str):
        text = settings.phrases.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "phrases.toml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return read_phrases(path)

    return read_changed


def test_every_phrase_of_the_project_can_be_said(settings):
    phrases = read_phrases(settings.phrases)
    for name, blanks in PHRASES.items():
        said = phrases.say(name, **dict.fromkeys(blanks, "文网文"))
        assert said
        assert "{" not in said


def test_blanks_are_filled_in(phrases):
    read = phrases('wording = "按问法最接近的《{question}》回答。"', 'wording = "看《{question}》"')
    assert read.say("sentence.wording", question="文网文怎么办?") == "看《文网文怎么办?》"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("disclaimer =", "disclaimr =", "the phrase disclaimer is missing"),
        ("disclaimer =", "disclaimr =", "unknown phrase disclaimr"),
        ("{values}", "{value}", "sentence.unknown_value has the unknown blank {value}"),
        ("{values}", "{}", "sentence.unknown_value has the unknown blank {}"),
        ("{values}", "{values", "sentence.unknown_value has the unknown blank"),
    ],
)
def test_a_wrong_phrase_is_told_by_its_name(phrases, old, new, told):
    with pytest.raises(MistakesError) as error:
        phrases(old, new)
    assert any(f"phrases.toml: {told}" in str(mistake) for mistake in error.value.mistakes)


def test_all_wrong_phrases_are_told_at_once(phrases):
    with pytest.raises(MistakesError) as error:
        phrases("{question}", "{problem}")
    using = [name for name, blanks in PHRASES.items() if "question" in blanks]
    assert sum("unknown blank {problem}" in str(m) for m in error.value.mistakes) == len(using)


def test_what_is_not_toml_is_told_with_its_line(phrases):
    with pytest.raises(MistakesError, match=r"^phrases\.toml: not TOML .*line \d+"):
        phrases('name = "', "name = ")


def test_a_file_of_phrases_that_is_gone_is_told(tmp_path):
    with pytest.raises(MistakesError, match=r"^phrases\.toml: the file cannot be read"):
        read_phrases(tmp_path / "phrases.toml")


def test_the_file_names_all_phrases_and_no_other(settings):
    table = tomllib.loads(settings.phrases.read_text(encoding="utf-8"))
    groups = {name: value for name, value in table.items() if isinstance(value, dict)}
    names = {f"{group}.{name}" for group, texts in groups.items() for name in texts}
    assert names | (table.keys() - groups.keys()) == PHRASES.keys()
