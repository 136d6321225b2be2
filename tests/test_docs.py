"""What the documents promise exists, and what exists is documented."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from qa_bot.cli import main
from qa_bot.facets import read_facets
from qa_bot.lint.diagnostic import Kind
from qa_bot.settings import ENVIRONMENT_PREFIX, PROJECT, Settings
from qa_bot.sources import ARCHIVE, READERS
from qa_bot.sources.fields import NAMES
from qa_bot.sources.pages import LISTS, SITEMAP

README = (PROJECT / "README.md").read_text(encoding="utf-8")
OWNERS_GUIDE = (PROJECT / "data" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_in_the_readme(field):
    assert f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`" in README


def test_every_setting_has_a_sentence():
    source = (PROJECT / "qa_bot" / "settings.py").read_text(encoding="utf-8")
    told = re.findall(r"^    (\w+): [^=\n]+ = [^\n]+\n    \"\"\"[A-Z]", source, re.MULTILINE)
    assert told == [field.name for field in fields(Settings)]


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_in_the_readme(command):
    assert f"python -m qa_bot {command}" in README


@pytest.mark.parametrize(
    "path", ["/api/v1/answers", "/api/v1/openapi.json", "/healthz", "/readyz", "/metrics"]
)
def test_every_endpoint_is_in_the_readme(path):
    assert path in README


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_diagnostic_is_in_both_halves_of_the_owners_guide(kind):
    assert OWNERS_GUIDE.count(f"\n| `{kind}` |") == 2


@pytest.mark.parametrize("name", [*READERS, ARCHIVE, SITEMAP, *LISTS, *NAMES])
def test_every_format_and_field_is_in_the_owners_guide(name):
    assert name in OWNERS_GUIDE


def test_every_facet_file_says_what_it_is_called_and_how_it_is_asked_for(settings):
    for facet in read_facets(settings.lexicon / "facets").facets.values():
        assert facet.label != facet.name
        assert facet.ask


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/api.md",
        "docs/architecture.md",
        "docs/console.md",
        "docs/improvement.md",
        "docs/performance.md",
        "docs/widget.md",
    ],
)
def test_every_linked_file_exists(document):
    path = PROJECT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
