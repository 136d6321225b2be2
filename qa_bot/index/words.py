"""Count in how many texts a word stands, without making anything of all words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qa_bot.analyzer import WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa_bot.index.postings import Postings


class Words(Mapping[str, int]):
    """Word → in how many texts it stands."""

    def __init__(self, texts: Postings) -> None:
        """Take the postings over texts as they were written."""
        self._vocabulary = texts.vocabulary
        self._starts = texts.starts.data

    def __getitem__(self, word: str) -> int:
        number = self._vocabulary[WORD + word]
        return self._starts[number + 1] - self._starts[number]

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and WORD + word in self._vocabulary

    def __iter__(self) -> Iterator[str]:
        return (term[1:] for term in self._vocabulary if term[0] == WORD)

    def __len__(self) -> int:
        return sum(1 for _ in self)
