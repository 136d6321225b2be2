"""Hold what the sentences of passages say: their terms, by number, laid out to be mapped."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_bot.index.held import Contents
from qa_bot.index.ranges import within
from qa_bot.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

REMEMBERED = 1 << 16
LINE_FORMS = ("canonical", "passages")
"""In which forms the terms of lines are held."""
NUMBER = re.compile(
    r"[0-9０-９一二三四五六七八九十百千万两]+\s*(?:个|[-–~至到]|[%％日天月年元万份次人名])"
)


def holds_number(sentence: str) -> bool:
    """Tell whether a sentence holds a number of something."""
    return bool(NUMBER.search(sentence))


class Sentences:
    """The lines of passages: of each its heading, which may be empty, and then its sentences."""

    def __init__(
        self,
        starts: NDArray[np.int64],
        canonical: Contents,
        vocabulary: Vocabulary,
        passages: Contents,
        masses: NDArray[np.float32],
        numbers: NDArray[np.bool_],
    ) -> None:
        """Take the lines; passage `n` has those from `starts[n]` up to `starts[n + 1]`.

        `canonical` are their terms in canonical words, by `vocabulary`, which also has those that
        no wording holds; `passages` are those in which passages are indexed, by the numbers that
        they have there. `masses` says what the canonical ones beside typed facets weigh, `numbers`
        which lines hold a number of something.
        """
        self.starts, self.canonical, self.vocabulary = starts, canonical, vocabulary
        self.passages, self.masses, self.numbers = passages, masses, numbers
        self.number = lru_cache(maxsize=REMEMBERED)(vocabulary.number)
        """Canonical term → its number, -1: no line holds it; many are remembered."""

    def terms_of(self, passage: int) -> list[int]:
        """Give the numbers of the terms of a passage's lines, in the views of passages."""
        starts = self.passages.starts
        own = slice(starts[self.starts[passage]], starts[self.starts[passage + 1]])
        numbers: list[int] = self.passages.terms[own].tolist()
        return numbers

    def lines_of(self, passages: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the lines of passages, and which of them each passage begins with.

        At the end of the latter stands how many lines there are.
        """
        begins = self.starts[passages]
        counts = self.starts[np.add(passages, 1)] - begins
        firsts = np.concatenate([[0], np.cumsum(counts)])
        return within(begins, counts), firsts

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is saved; `from_arrays` takes it."""
        return {
            "starts": self.starts,
            "canonical_starts": self.canonical.starts,
            "canonical_terms": self.canonical.terms,
            "passages_starts": self.passages.starts,
            "passages_terms": self.passages.terms,
            "masses": self.masses,
            "numbers": self.numbers,
            **{f"names_{name}": own for name, own in self.vocabulary.arrays().items()},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Sentences:
        """Take what `arrays` gave."""
        names = {n.removeprefix("names_"): own for n, own in arrays.items() if n[:6] == "names_"}
        return cls(
            arrays["starts"],
            Contents(arrays["canonical_starts"], arrays["canonical_terms"]),
            Vocabulary.from_arrays(names),
            Contents(arrays["passages_starts"], arrays["passages_terms"]),
            arrays["masses"],
            arrays["numbers"],
        )
