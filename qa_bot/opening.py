"""Open a base: read its files, and build its index or take it from an earlier start."""

from __future__ import annotations

import gc
import hashlib
import logging
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from qa_bot.analyzer import Analyzer
from qa_bot.dictionary import open_dictionary
from qa_bot.edits import recover
from qa_bot.embeddings import open_embeddings
from qa_bot.facets import read_facets
from qa_bot.index import (
    FORMAT,
    Index,
    OutdatedIndexError,
    is_saved_index,
    language_key,
    preload,
)
from qa_bot.lexicon import read_lexicon
from qa_bot.mining import mine_words
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import hash_knowledge, read_knowledge
from qa_bot.text import normalize, syllable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import KnowledgeBase
    from qa_bot.lexicon import Lexicon
    from qa_bot.settings import Settings

    Language = tuple[Lexicon, FacetReader]

log = logging.getLogger(__name__)

KEPT = 4
"""How many built indexes stay in the cache."""


def open_index(
    place: Path, settings: Settings, progress: Callable[[int], object] = lambda _: None
) -> tuple[Index, Analyzer]:
    """Open a saved index, or knowledge whose index is built when it is new and then kept.

    Raise MistakesError naming every mistake in the files.
    """
    language = _read_language(settings)
    if is_saved_index(place):
        return _open_saved(place, language, settings)
    recover(place)
    folder = _cached(place, language, settings)
    # None was built yet, or it is damaged, or of an earlier version of the program.
    with suppress(MistakesError):
        return _open_saved(folder, language, settings)
    base, analyzer = _read_base(place, language, settings)
    return _build(base, analyzer, folder, progress), analyzer


def prepare(settings: Settings) -> None:
    """Load what every base needs, whatever it holds: processes that are forked then share it."""
    preload()
    open_dictionary(settings.cache / "jieba")
    open_embeddings(settings.embeddings)
    syllable(normalize("備"))
    gc.collect()
    # What is collected no more is written to no more, and so stays shared.
    gc.freeze()


def read_base(path: Path, settings: Settings) -> tuple[KnowledgeBase, Analyzer]:
    """Read knowledge and make the analyzer for it; raise MistakesError for what is wrong."""
    recover(path)
    return _read_base(path, _read_language(settings), settings)


def _read_base(
    path: Path, language: Language, settings: Settings
) -> tuple[KnowledgeBase, Analyzer]:
    lexicon, facets = language
    base = read_knowledge(path, facets)
    mined = mine_words(entry.question for entry in base.entries)
    return base, make_analyzer(lexicon, facets, mined, settings)


def make_analyzer(
    lexicon: Lexicon, facets: FacetReader, mined: Iterable[str], settings: Settings
) -> Analyzer:
    """Make what reads the texts of a base, and questions to it."""
    embeddings = open_embeddings(settings.embeddings)
    return Analyzer(lexicon, facets, mined, settings.cache / "jieba", embeddings)


def _read_language(settings: Settings) -> Language:
    """Read lexicon and facets; raise MistakesError also where synonyms collapse facet values."""
    lexicon = read_lexicon(settings.lexicon)
    facets = read_facets(settings.lexicon / "facets")
    collapsed = []
    for word, same in lexicon.canonical.items():
        for facet in facets.facets.values():
            one, other = facet.names.get(word), facet.names.get(same)
            if facet.vetoes and one and other and one != other:
                problem = f"{word!r} and {same!r} are different values of {facet.name}"
                remedy = "take one of them out of the set"
                collapsed.append(Mistake(Location("synonyms.txt"), problem, remedy))
    if collapsed:
        raise MistakesError(collapsed)
    return lexicon, facets


def _cached(place: Path, language: Language, settings: Settings) -> Path:
    """Give the folder that the index of knowledge is kept in, without reading the knowledge."""
    lexicon, facets = language
    language_parts = (
        lexicon.content_hash,
        facets.content_hash,
        open_embeddings(settings.embeddings).key,
    )
    parts = "\n".join((hash_knowledge(place), *language_parts, str(FORMAT)))
    return settings.cache / "index" / hashlib.sha256(parts.encode()).hexdigest()[:16]


def _build(
    base: KnowledgeBase, analyzer: Analyzer, folder: Path, progress: Callable[[int], object]
) -> Index:
    """Build the index and keep it for the next start, where the cache can be written."""
    index = Index.build(base, analyzer, progress)
    try:
        index.save(folder)
        older = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in older[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)
        # What is mapped takes less memory than what was just built.
        return Index.open(folder)
    except OSError as error:
        log.warning("the index is not kept for the next start: %s", error)
    return index


def _open_saved(folder: Path, language: Language, settings: Settings) -> tuple[Index, Analyzer]:
    index = Index.open(folder)
    analyzer = make_analyzer(*language, index.mined, settings)
    if index.language != language_key(analyzer):
        problem = "the saved index was built with another lexicon"
        remedy = "build it anew: python -m qa_bot index"
        raise OutdatedIndexError([Mistake(Location(str(folder)), problem, remedy)])
    return index, analyzer
