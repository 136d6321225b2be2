"""Settings: every tunable, its default, a sentence each."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from itertools import pairwise
from pathlib import Path

import pytest

from qa_bot import Settings
from qa_bot.settings import SettingsError


def test_every_setting_is_explained_by_a_sentence_below_it():
    body = ast.parse(inspect.getsource(Settings)).body[0].body
    explained = {
        field.target.id
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr)
        if below.value.value.endswith(".")
    }
    assert explained == {field.name for field in dataclasses.fields(Settings)}


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({"PORT": "1", "QA_BOT_SEEDS": "/seeds"}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("QA_BOT_KNOWLEDGE", "/srv/知识库", "knowledge", Path("/srv/知识库")),
        ("QA_BOT_CONTACT", "客服电话 400-000-0000", "contact", "客服电话 400-000-0000"),
        ("QA_BOT_ANSWER_CONFIDENCE", "0.75", "answer_confidence", 0.75),
        ("QA_BOT_PORT", "80", "port", 80),
        (
            "QA_BOT_ORIGINS",
            "https://a.cn, https://b.cn,",
            "origins",
            ("https://a.cn", "https://b.cn"),
        ),
        ("QA_BOT_API_KEYS", "eins", "api_keys", ("eins",)),
        ("QA_BOT_JOURNAL", "", "journal", ""),
        ("QA_BOT_LOG_JSON", "true", "log_json", True),
        ("QA_BOT_LOG_JSON", "1", "log_json", True),
        ("QA_BOT_LOG_JSON", "False", "log_json", False),
    ],
)
def test_a_variable_sets_its_field_and_no_other(variable, text, field, value):
    assert Settings.from_env({variable: text}) == dataclasses.replace(Settings(), **{field: value})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("QA_BOT_PORT", "八七八零"),
        ("QA_BOT_PORT", ""),
        ("QA_BOT_MAX_TOP", "2.5"),
        ("QA_BOT_ANSWER_CONFIDENCE", "高"),
        ("QA_BOT_ANSWER_CONFIDENCE", "90"),
        ("QA_BOT_ANSWER_CONFIDENCE", "nan"),
        ("QA_BOT_LOG_QUESTIONS", "ja"),
        ("QA_BOT_LOG_QUESTIONS", ""),
    ],
)
def test_a_value_that_a_setting_cannot_take_is_refused_by_name(variable, text):
    with pytest.raises(SettingsError, match=f"^{variable}={text!r} is not .*; mend it"):
        Settings.from_env({variable: text})


def test_the_files_that_settings_name_are_there():
    settings = Settings()
    assert settings.knowledge.is_dir()
    assert settings.lexicon.is_dir()
    assert settings.judged.is_dir()
    assert settings.phrases.is_file()
