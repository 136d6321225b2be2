"""The real documents: what they hold, and that every title in them finds itself.

They are not part of the project; QA_BOT_SEEDS names the folder they lie in.
"""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

import pytest

from qa_bot.reply import ANSWERED, LISTED_UNANSWERED
from qa_bot.sources import read_knowledge

ARTICLES, LINES, TITLES = 5, 350, 344


@pytest.fixture(scope="module")
def documents(seeds):  # noqa: ARG001 - skips where the documents are not there
    """Give the lines of each document."""
    paths = sorted(Path(os.environ["QA_BOT_SEEDS"]).glob("*.txt"))
    return [path.read_text(encoding="utf-8").strip().splitlines() for path in paths]


@pytest.fixture(scope="module")
def listed(documents):
    """Give the titles listed at the documents' ends, read without the code under test."""
    ends = [takewhile(lambda line: line.startswith("- "), reversed(doc)) for doc in documents]
    return [line.removeprefix("- ").strip() for end in ends for line in end]


def test_the_documents_hold_five_articles_and_their_lists(documents, listed):
    assert (len(documents), len(listed), len(set(listed))) == (ARTICLES, LINES, TITLES)


def test_every_title_becomes_one_entry_and_only_articles_are_answered(seeds, documents, listed):
    entries = seeds.index.base.entries
    articles = {document[0] for document in documents}
    assert sorted(entry.question for entry in entries) == sorted(articles | set(listed))
    assert {entry.question for entry in entries if entry.answered} == articles


def test_a_title_listed_again_is_merged_with_its_places_kept(documents, listed, facets):  # noqa: ARG001 - as above
    base = read_knowledge(Path(os.environ["QA_BOT_SEEDS"]), facets)
    assert len(base.merged) == ARTICLES + len(listed) - len(base.entries)
    assert all(left.line and kept.line for left, kept in base.merged)


def test_every_listed_title_asked_verbatim_finds_itself(seeds, documents, listed):
    articles = {document[0] for document in documents}
    expected = {
        title: (title, ANSWERED if title in articles else LISTED_UNANSWERED) for title in listed
    }
    replies = {title: seeds.ask(title) for title in expected}
    found = {
        title: (reply.hit.entry.question if reply.hit else None, reply.outcome)
        for title, reply in replies.items()
    }
    assert found == expected


def test_every_article_title_is_answered_from_its_own_document(seeds, documents):
    for document in documents:
        reply = seeds.ask(document[0])
        assert reply.outcome == ANSWERED
        assert reply.hit.passage.text.splitlines()[0] in document
