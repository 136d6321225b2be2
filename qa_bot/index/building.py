"""Build postings: count the terms of texts, a chunk at a time, then weigh and rank them.

The owner of SciPy, which only building needs.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from scipy import sparse

from qa_bot.index.characters import Characters
from qa_bot.index.counting import Numbered
from qa_bot.index.counting import count as count  # noqa: PLC0414 - for those who count other texts
from qa_bot.index.entries import RowsMaker
from qa_bot.index.forms import FORMS
from qa_bot.index.held import Contents
from qa_bot.index.postings import Postings, term_weight
from qa_bot.index.profiles import ProfilesMaker
from qa_bot.index.reading import EntryReader
from qa_bot.index.sentences import LINE_FORMS, Sentences
from qa_bot.vocabulary import Keys, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pickle import PickleBuffer

    from numpy.typing import NDArray

    from qa_bot.analyzer import Analyzer
    from qa_bot.index.counting import Chunk
    from qa_bot.index.entries import StoredEntries
    from qa_bot.index.postings import Weighting
    from qa_bot.index.profiles import Profiles
    from qa_bot.knowledge import Entry

Item = TypeVar("Item")
Made = TypeVar("Made")

TYPICAL_LENGTH = 15
"""Terms of a text beyond so many do not count when its typical length is taken."""
CHUNKS_WORTH_A_PROCESS = 4
"""For fewer chunks it is not worth while to start processes."""
CHUNK = 2048
"""The terms of the texts of so many entries are counted at once."""
PART = 1 << 22
"""So many postings are worked on at once where that saves memory."""
LARGE = 1 << 20
"""Arrays of so many bytes are handed from process to process in a file."""
ALIGNED = 64
AHEAD = 2
"""So many chunks a core may be read before what came first is taken: they wait in memory."""


class Counts:
    """How often each term stands in each text; grows by chunks, six bytes a posting."""

    def __init__(self) -> None:
        """Begin without texts."""
        self._numbered = Numbered()
        self._known: dict[int, NDArray[np.int32]] = {}
        """Source of chunks → its terms' numbers here."""
        self._lengths: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self._terms: list[NDArray[np.int32]] = []
        self._counts: list[NDArray[np.uint16]] = []

    def add(self, chunk: Chunk, source: int = 0) -> None:
        """Add the texts of a chunk after those before; each source numbers terms by itself."""
        known = self._known.get(source, np.zeros(0, np.int32))[: chunk.known]
        numbers = np.concatenate([known, self._numbered.of(chunk.names)])
        self._known[source] = numbers
        self._lengths.append(chunk.lengths)
        self._terms.append(numbers[chunk.terms])
        self._counts.append(chunk.counts)

    def in_order(self) -> tuple[list[str], sparse.csr_matrix]:
        """Give the terms, in the order of their bytes, and the counts: texts × terms, sorted."""
        # The order of code points is that of UTF-8 bytes.
        names = sorted(self._numbered)
        places = np.empty(len(names), np.int32)
        places[self._numbered.of(names)] = np.arange(len(names), dtype=np.int32)
        most = max((part.max(initial=0) for part in self._counts), default=0)
        counts = _filled(self._counts, np.uint8 if most <= np.iinfo(np.uint8).max else np.uint16)
        terms = _filled(self._terms, np.int32)
        for start in range(0, len(terms), PART):
            terms[start : start + PART] = places[terms[start : start + PART]]
        starts = np.cumsum(np.concatenate(self._lengths))
        by_text = sparse.csr_matrix((counts, terms, starts), (len(starts) - 1, len(names)))
        by_text.sort_indices()
        return names, by_text


class Built(NamedTuple):
    """What is made of entries."""

    entries: StoredEntries
    content_hash: str
    """See `KnowledgeBase.content_hash`."""
    exact: Keys
    profiles: Profiles
    characters: Characters
    postings: dict[str, Postings]
    """See `Index`."""
    embedded: NDArray[np.int8]
    """See `Index`."""
    sentences: Sentences


def build(entries: Sequence[Entry], analyzer: Analyzer, progress: Callable[[int], object]) -> Built:
    """Index entries; `progress` is told how many more were read.

    Besides the entries it takes their rows, 6 bytes a posting, and some 15 a posting of the forms
    that are being laid out, one by a core.
    """
    counts = {form: Counts() for form in FORMS}
    of_lines = {form: Counts() for form in LINE_FORMS}
    lines, numbers_held = list[int](), list[bool]()
    embedded = [np.zeros((0, analyzer.embeddings.dimensions), np.int8)]
    rows, profiles, exact = RowsMaker(), ProfilesMaker(), dict[str, int]()
    ranges = [range(n, min(n + CHUNK, len(entries))) for n in range(0, len(entries), CHUNK)]
    cores = _cores() if len(ranges) >= CHUNKS_WORTH_A_PROCESS else 1
    reader = EntryReader(entries, analyzer)
    for read, numbers in zip(_on_cores(cores, reader.read, ranges), ranges, strict=True):
        for form, chunk in read.chunks.items():
            counts[form].add(chunk, read.source)
        for form, chunk in read.lines.items():
            of_lines[form].add(chunk, read.source)
        lines += read.counted
        numbers_held += read.numbers
        embedded.append(read.embedded)
        rows.add(*read.rows)
        profiles.add(*read.profiles)
        exact.update(zip(read.keys, np.repeat(numbers, read.wordings).tolist(), strict=True))
        progress(len(numbers))
    makers: dict[str, Callable[[], Any]] = {
        form: partial(lay_out, counts[form], weighting, analyzer.background)
        for form, weighting in FORMS.items()
    }
    makers["characters"] = partial(Characters.of, entries)
    makers["exact"] = partial(Keys.of, exact)
    made = dict(zip(makers, _on_cores(cores, _make, list(makers.values())), strict=True))
    postings = {form: made[form] for form in FORMS}
    stored, content_hash = rows.done()
    return Built(
        stored,
        content_hash,
        made["exact"],
        profiles.done(),
        made["characters"],
        postings,
        np.concatenate(embedded),
        _sentences(
            np.cumsum([0, *lines]),
            {form: of_line.in_order() for form, of_line in of_lines.items()},
            np.array(numbers_held, np.bool_),
            postings,
            analyzer,
        ),
    )


def _sentences(
    starts: NDArray[np.int64],
    found: Mapping[str, tuple[list[str], sparse.csr_matrix]],
    numbers: NDArray[np.bool_],
    postings: Mapping[str, Postings],
    analyzer: Analyzer,
) -> Sentences:
    """Lay out the lines of passages, given the terms and which of them stands in each line."""
    names, canonical = found["canonical"]
    wordings = postings["canonical"]
    weights = np.array(
        [
            0.0
            if analyzer.names_typed_facet(name)
            else wordings.look_up(name, analyzer.background)[1]
            for name in names
        ]
    )
    rows = np.repeat(np.arange(canonical.shape[0]), np.diff(canonical.indptr))
    masses = np.bincount(rows, weights[canonical.indices], canonical.shape[0])
    as_passages, by_line = found["passages"]
    known = np.array([postings["passages"].vocabulary.number(name) for name in as_passages])
    terms = known[by_line.indices]
    # A word of a line by itself need not be one of the whole passage.
    kept = terms >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])
    return Sentences(
        starts,
        Contents(canonical.indptr.astype(np.int64), canonical.indices),
        Vocabulary.of(names),
        Contents(ends[by_line.indptr], terms[kept].astype(np.int32)),
        masses.astype(np.float32),
        numbers,
    )


def _make(maker: Callable[[], Any]) -> Any:  # noqa: ANN401 - each makes something else
    return maker()


def _cores() -> int:
    """Tell how many processes may be forked: only a process without threads may do so."""
    if threading.active_count() > 1 or not hasattr(os, "sched_getaffinity"):
        return 1
    return len(os.sched_getaffinity(0))


def _on_cores(cores: int, work: Callable[[Item], Made], items: Sequence[Item]) -> Iterator[Made]:
    """Work on items, in order, by a process a core.

    Processes are forked, so that they share the entries and the segmenter, and what is worked on.
    """
    if cores == 1:
        yield from map(work, items)
        return
    global _shared  # noqa: PLW0603 - what is forked is shared, what is sent would be copied
    with TemporaryDirectory(prefix="qa_bot-") as folder:
        _shared = work, items, Path(folder)
        # They end with the work: to look for what could be given back would cost more than it
        # brings.
        with ProcessPoolExecutor(cores, get_context("fork"), gc.disable) as processes:
            ahead: deque[Future[Sent]] = deque()
            for number in range(len(items)):
                ahead.append(processes.submit(_work, number))
                if len(ahead) > AHEAD * cores:
                    yield _taken(ahead.popleft().result())
            while ahead:
                yield _taken(ahead.popleft().result())


_shared: tuple[Callable[[Any], Any], Sequence[Any], Path]


class Sent(NamedTuple):
    """What a process made for another."""

    pickled: bytes
    """But for large arrays, …"""
    path: Path
    arrays: list[tuple[int, int]]
    """… which stand in this file, from one byte up to another: mapped, they are not copied."""


def _work(number: int) -> Sent:
    work, items, folder = _shared
    made, path = work(items[number]), folder / str(number)
    large: list[memoryview] = []

    def stays(buffer: PickleBuffer) -> bool:
        if buffer.raw().nbytes < LARGE:
            return True
        large.append(buffer.raw())
        return False

    pickled = pickle.dumps(made, pickle.HIGHEST_PROTOCOL, buffer_callback=stays)
    try:
        return Sent(pickled, path, _write(path, large) if large else [])
    except OSError:  # The disk has no room for them; memory may have.
        path.unlink(missing_ok=True)
        return Sent(pickle.dumps(made, pickle.HIGHEST_PROTOCOL), path, [])


def _write(path: Path, arrays: Sequence[memoryview]) -> list[tuple[int, int]]:
    """Write arrays one after another; give where each begins and ends."""
    places = []
    with path.open("wb") as file:
        for array in arrays:
            begin = file.tell()
            file.write(array)
            places.append((begin, file.tell()))
            file.write(bytes(-file.tell() % ALIGNED))
    return places


def _taken(sent: Sent) -> Any:  # noqa: ANN401 - who gets it knows what it is
    if not sent.arrays:
        return pickle.loads(sent.pickled)  # noqa: S301 - a process of our own made it
    with sent.path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    sent.path.unlink()  # What is mapped stays.
    arrays = [mapped[begin:end] for begin, end in sent.arrays]
    return pickle.loads(sent.pickled, buffers=arrays)  # noqa: S301 - see above


def lay_out(counts: Counts, weighting: Weighting, background: Callable[[str], float]) -> Postings:
    """Weigh the terms, rank the texts; `background` tells a term's share in general Chinese."""
    names, by_text = counts.in_order()
    size, found = by_text.shape[0], len(names)
    vocabulary = Vocabulary.of(names)
    # In order the terms of a view stand together.
    views = {view: vocabulary.beginning_with(view) for view in weighting.views}
    frequency, per_view = np.zeros(found, np.int64), np.zeros((len(views), size))
    for texts, part, rows in _parts(by_text):
        frequency += np.bincount(part.indices, minlength=found)
        for held, (first, after) in zip(per_view, views.values(), strict=True):
            own = (part.indices >= first) & (part.indices < after)
            held[texts] = np.bincount(rows[own], part.data[own], part.shape[0])
    lengths = {
        view: float(np.minimum(held, TYPICAL_LENGTH).mean()) if held.any() else 1.0
        for view, held in zip(views, per_view, strict=True)
    }
    weigh = partial(
        term_weight, size=size, weighting=weighting, lengths=lengths, background=background
    )
    asked = np.fromiter(map(weigh, names, frequency.tolist()), np.float32, found)
    mass = np.zeros(size, np.float32)
    for texts, part, rows in _parts(by_text):
        mass[texts] = np.bincount(rows, asked[part.indices], part.shape[0])
    numbers = np.argsort(mass, kind="stable").astype(np.int32)
    ranks = np.empty_like(numbers)
    ranks[numbers] = np.arange(size, dtype=np.int32)
    norms = _norms(per_view[:, numbers], weighting)
    by_text = by_text[numbers]
    by_term = by_text.tocsc()
    return Postings(
        weighting,
        lengths,
        vocabulary,
        asked,
        by_term.indptr.astype(np.int64),
        by_term.indices,
        by_term.data,
        _peaks(by_term, views, norms),
        by_text.indptr.astype(np.int64),
        by_text.indices,
        by_text.data,
        norms,
        mass[numbers],
        numbers,
        ranks,
    )


def _parts(
    by_text: sparse.csr_matrix,
) -> Iterator[tuple[slice, sparse.csr_matrix, NDArray[np.int64]]]:
    """Yield some texts after others: which, their counts, and beside these the row of each.

    What is worked out of a part takes little memory.
    """
    for first, after in _ranges(by_text.indptr, 0, by_text.shape[0]):
        part = by_text[first:after]
        yield slice(first, after), part, np.repeat(np.arange(after - first), np.diff(part.indptr))


def _ranges(starts: NDArray[np.integer], first: int, after: int) -> Iterator[tuple[int, int]]:
    """Cut rows, of which `n` begins at posting `starts[n]`, into ranges of some `PART` postings."""
    begins = np.searchsorted(starts, np.arange(starts[first], starts[after], PART))
    return pairwise([*np.unique(begins).tolist(), after])


def _norms(per_view: NDArray[Any], weighting: Weighting) -> NDArray[np.float32]:
    """Give k1 (1 - b + b length / mean length) for each view and text."""
    k1, b = weighting.saturation, weighting.length
    if not b:
        return np.full((len(per_view), 1), k1, np.float32)
    means = per_view.mean(axis=1, keepdims=True) if per_view.size else np.ones((len(per_view), 1))
    relative = per_view / np.where(means, means, 1)
    # Row by row, as what is the same for all texts is: Numba compiles for each order anew.
    return (k1 * (1 - b + b * relative)).astype(np.float32, order="C")


def _peaks(
    by_term: sparse.csc_matrix, views: Mapping[str, tuple[int, int]], norms: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give for each term the largest tf / (tf + norm)."""
    starts = by_term.indptr
    peaks = np.zeros(by_term.shape[1], np.float32)
    for (first, after), norm in zip(views.values(), norms, strict=True):
        for begin, end in _ranges(starts, first, after):
            own = slice(starts[begin], starts[end])
            tf = by_term.data[own].astype(np.float32)
            saturated = tf / (tf + (norm[by_term.indices[own]] if len(norm) > 1 else norm))
            peaks[begin:end] = np.maximum.reduceat(saturated, starts[begin:end] - starts[begin])
    return peaks


def _filled(parts: list[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    """Join parts, each of which is given up when it has its place."""
    whole = np.empty(sum(map(len, parts)), dtype)
    end = len(whole)
    while parts:
        part = parts.pop()
        whole[end - len(part) : end] = part
        end -= len(part)
    return whole
