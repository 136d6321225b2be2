"""Say in which forms texts are indexed, and which terms a text has in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.analyzer import CHARACTER, FACET, PAIR, SOUND, WORD
from qa_bot.index.postings import Weighting
from qa_bot.text import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qa_bot.analyzer import Analyzer, Reading
    from qa_bot.knowledge import Entry

WORDING_VIEWS = {WORD: 0.5, CHARACTER: 2.0, SOUND: 0.3}
WRITTEN = Weighting(WORDING_VIEWS, saturation=0.3, length=0.0)
"""Wordings as they were written."""
CANONICAL = Weighting({**WORDING_VIEWS, FACET: 4.0}, saturation=0.3, length=0.0)
"""Wordings in the owner's canonical words."""
PASSAGES = Weighting({WORD: 1.0, CHARACTER: 0.5, PAIR: 1.0}, saturation=1.2, length=0.6)
FORMS: Mapping[str, Weighting] = {
    "written": WRITTEN,
    "canonical": CANONICAL,
    "passages": PASSAGES,
}
_WRITTEN, _CANONICAL, _PASSAGES = ("".join(form.views) for form in FORMS.values())


def form_terms(form: str, reading: Reading, analyzer: Analyzer) -> list[str]:
    """Give the terms of a text in one of the forms."""
    match form:
        case "written":
            return analyzer.written_terms(reading, _WRITTEN)
        case "canonical":
            return analyzer.canonical_terms(reading, _CANONICAL)
        case _:
            return passage_terms(reading, analyzer)


def passage_terms(reading: Reading, analyzer: Analyzer) -> list[str]:
    """Give the terms of a text in the views in which passages are indexed."""
    return analyzer.written_terms(reading, _PASSAGES)


def passage_lines(entry: Entry) -> list[list[str]]:
    """Give of each passage its heading, which may be empty, and then its sentences."""
    return [[passage.section, *sentences(passage.text)] for passage in entry.passages]


def passage_texts(entry: Entry) -> list[str]:
    """Give what is indexed of each passage: the entry's question, the heading and the text."""
    return [f"{entry.question}\n{passage.section}\n{passage.text}" for passage in entry.passages]
