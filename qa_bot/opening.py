"""Open a base: read its files, and build its index or take it from an earlier start."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from qa_bot.analyzer import Analyzer
from qa_bot.edits import recover
from qa_bot.facets import read_facets
from qa_bot.index import Index, index_key, is_saved_index, language_key
from qa_bot.lexicon import read_lexicon
from qa_bot.mining import mine_words
from qa_bot.mistakes import Location, Mistake, MistakesError
from qa_bot.sources import read_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qa_bot.facets import FacetReader
    from qa_bot.knowledge import KnowledgeBase
    from qa_bot.lexicon import Lexicon
    from qa_bot.settings import Settings

log = logging.getLogger(__name__)

KEPT = 4
"""How many built indexes stay in the cache."""


def open_index(
    place: Path, settings: Settings, progress: Callable[[int], object]
) -> tuple[Index, Analyzer]:
    """Open a saved index, or knowledge whose index is built when it is new and then kept.

    Raise MistakesError naming every mistake in the files.
    """
    if is_saved_index(place):
        return _open_saved(place, settings)
    base, analyzer = read_base(place, settings)
    index = _open_cached(base, analyzer, settings)
    return index or _build(base, analyzer, settings, progress), analyzer


def read_base(path: Path, settings: Settings) -> tuple[KnowledgeBase, Analyzer]:
    """Read knowledge and make the analyzer for it; raise MistakesError for what is wrong."""
    lexicon, facets = _read_language(settings)
    recover(path)
    base = read_knowledge(path, facets)
    mined = mine_words(entry.question for entry in base.entries)
    return base, Analyzer(lexicon, facets, mined, settings.cache / "jieba")


def _read_language(settings: Settings) -> tuple[Lexicon, FacetReader]:
    """Read lexicon and facets; raise MistakesError also where synonyms collapse facet values."""
    lexicon = read_lexicon(settings.lexicon)
    facets = read_facets(settings.lexicon / "facets")
    collapsed = []
    for word, same in (lexicon.canonical or {}).items():
        for facet in facets.facets.values():
            one, other = facet.names.get(word), facet.names.get(same)
            if facet.vetoes and one and other and one != other:
                problem = f"{word!r} and {same!r} are different values of {facet.name}"
                remedy = "take one of them out of the set"
                collapsed.append(Mistake(Location("synonyms.txt"), problem, remedy))
    if collapsed:
        raise MistakesError(collapsed)
    return lexicon, facets


def _cached(base: KnowledgeBase, analyzer: Analyzer, settings: Settings) -> Path:
    return settings.cache / "index" / index_key(base, analyzer)[:16]


def _open_cached(base: KnowledgeBase, analyzer: Analyzer, settings: Settings) -> Index | None:
    """Open the index that an earlier start built; None when there is none, or it is damaged."""
    try:
        return Index.open(_cached(base, analyzer, settings))
    except MistakesError:
        return None


def _build(
    base: KnowledgeBase,
    analyzer: Analyzer,
    settings: Settings,
    progress: Callable[[int], object],
) -> Index:
    """Build the index and keep it for the next start, where the cache can be written."""
    index = Index.build(base, analyzer, progress)
    folder = _cached(base, analyzer, settings)
    try:
        index.save(folder)
        older = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in older[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)
    except OSError as error:
        log.warning("the index is not kept for the next start: %s", error)
    return index


def _open_saved(folder: Path, settings: Settings) -> tuple[Index, Analyzer]:
    index = Index.open(folder)
    lexicon, facets = _read_language(settings)
    analyzer = Analyzer(lexicon, facets, index.mined, settings.cache / "jieba")
    if index.language != language_key(analyzer):
        problem = "the saved index was built with another lexicon"
        remedy = "build it anew: python -m qa_bot index"
        raise MistakesError([Mistake(Location(str(folder)), problem, remedy)])
    return index, analyzer
