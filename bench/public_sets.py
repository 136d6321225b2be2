"""Read public question sets: corpus, queries, judgments, questions that have no answer.

A set is a folder of corpus.jsonl ({"id", "title", "body"}), queries.jsonl ({"id", "text"}),
qrels.tsv (query id, document id, 1), unanswerable.jsonl ({"id", "text", "kind"}) and, where there
is one, queries_typo.jsonl. The sets themselves are not part of this project.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa_bot.knowledge import Entry, KnowledgeBase, Passage
from qa_bot.mistakes import Location

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN_BY = 10, 3
"""Of ten parts, by the id's checksum, three serve for choosing and the others for reporting."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A corpus as a knowledge base, and what is asked of it."""

    name: str
    base: KnowledgeBase
    queries: dict[str, str]
    typos: dict[str, str]
    relevant: dict[str, frozenset[str]]
    unanswerable: dict[str, tuple[str, str]]
    """Id → (text, kind)."""
    intents: dict[str, str]
    """Document id → what it asks for, where the set names it: documents of one intent are
    wordings of one question."""

    @property
    def texts(self) -> list[str]:
        """Give each document's title and body in one, without what stands in for no title."""
        return [
            "\n".join(
                [entry.question] * (entry.question != entry.id)
                + [passage.text for passage in entry.passages]
            )
            for entry in self.base.entries
        ]


def chosen(query_id: str) -> bool:
    """Tell whether a query serves for choosing coefficients (else: for reporting)."""
    parts, choosing = CHOSEN_BY
    return zlib.crc32(query_id.encode()) % parts < choosing


def read_set(folder: Path) -> PublicSet:
    """Read one set; a document with a body alone becomes a passage without a question."""
    entries = []
    documents = _lines(folder / "corpus.jsonl")
    for number, document in enumerate(documents, start=1):
        location = Location("corpus.jsonl", line=number)
        body = document["body"]
        passages = (Passage(body, location),) if body else ()
        question = document["title"] or document["id"]
        entries.append(Entry(document["id"], question, location, passages=passages))
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document_id, _ = line.split("\t")
        relevant[query].add(document_id)
    return PublicSet(
        folder.name,
        KnowledgeBase(tuple(entries)),
        {line["id"]: line["text"] for line in _lines(folder / "queries.jsonl")},
        {line["id"]: line["text"] for line in _lines(folder / "queries_typo.jsonl")},
        {query: frozenset(found) for query, found in relevant.items()},
        {x["id"]: (x["text"], x["kind"]) for x in _lines(folder / "unanswerable.jsonl")},
        {document["id"]: document["intent"] for document in documents if "intent" in document},
    )


def joined(found: PublicSet) -> PublicSet:
    """Enter the documents of one intent as one entry with many wordings, called by the intent."""
    entries: dict[str, Entry] = {}
    for entry in found.base.entries:
        intent = found.intents[entry.id]
        first = entries.setdefault(intent, replace(entry, id=intent, wordings=()))
        if first.question != entry.question:
            wordings = (*first.wordings, entry.question)
            entries[intent] = replace(first, wordings=wordings)
    relevant = {
        query: frozenset(found.intents[document] for document in documents)
        for query, documents in found.relevant.items()
    }
    base = KnowledgeBase(tuple(entries.values()))
    return replace(found, base=base, relevant=relevant)


def _lines(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
