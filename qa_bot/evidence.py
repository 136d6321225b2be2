"""Find the sentence of a passage that carries the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa_bot.text import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NUMBER = re.compile(
    r"[0-9０-９一二三四五六七八九十百千万两]+\s*(?:个|[-–~至到]|[%％日天月年元万份次人名])"
)
HOW_MANY = re.compile("多少|多久|多长|几[个天日月年次人份级]|费用|时限|周期|期限|有效期|金额|人数")
NUMBER_BONUS = 0.25
"""Added to the share of a sentence that holds a number when the question asks for one."""
ALL_THERE_IS = re.compile("哪些|什么|啥|清单|材料|资料|条件|要求|步骤|流程|几步|怎么办|如何办")
"""How a question asks for a whole list."""
LIST_ITEM = "- "
LEADS_INTO_LIST = (":", "：")


def find_evidence(
    text: str, question: str, weights: Mapping[str, float], terms_of: Callable[[str], list[str]]
) -> list[str]:
    """Give the sentences of a passage that answer the question, in their order in the text.

    It is the sentence that holds the largest share of the question's `weights` (term → weight);
    where that sentence leads into a list, the list belongs to it, and where it is in a list and
    the question asks for all there is, the whole list. No sentence is ever cut. A passage that
    shares nothing with the question is shown by its first sentence.
    """
    pieces = sentences(text)
    if not pieces:
        return []
    asks_number = bool(HOW_MANY.search(question))
    total = sum(weights.values()) or 1.0

    def share(piece: str) -> float:
        held = sum(weights.get(term, 0.0) for term in set(terms_of(piece)))
        bonus = NUMBER_BONUS if asks_number and NUMBER.search(piece) else 0.0
        return held / total + bonus

    shares = [share(piece) for piece in pieces]
    best = max(range(len(pieces)), key=lambda n: (shares[n], -n))
    first, last = best, best + 1
    if pieces[best].startswith(LIST_ITEM) and ALL_THERE_IS.search(question):
        while first and pieces[first].startswith(LIST_ITEM):
            first -= 1
    if first < best or pieces[best].rstrip().endswith(LEADS_INTO_LIST):
        while last < len(pieces) and pieces[last].startswith(LIST_ITEM):
            last += 1
    return [piece.strip() for piece in pieces[first:last]]


def mark(text: str, evidence: list[str]) -> list[tuple[str, bool]]:
    """Part a text into [text, marked] segments; joined they are the text again."""
    segments: list[tuple[str, bool]] = []
    rest = text
    for sentence in evidence:
        before, found, after = rest.partition(sentence)
        if found:
            segments += [(before, False), (sentence, True)]
            rest = after
    segments.append((rest, False))
    return [(piece, marked) for piece, marked in segments if piece]
