"""Learn from the wordings of a base which terms mean the same; the owner of scikit-learn.

Principal label space transformation (Tai and Lin 2012): entries are placed in a small space by a
singular value decomposition of what is asked of them (as in latent semantic indexing), and ridge
regression learns to lead each of an entry's wordings to the place of the entry. Terms that
are asked of the same matters, of whatever permit, then lie together. Typed facets are left out: the
matter is what is left when a permit and a region are taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import Ridge
from sklearn.preprocessing import normalize

from qa_bot.embeddings import LONGEST
from qa_bot.index.latent import Latent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from qa_bot.index.postings import Postings

DIMENSIONS = 64
FEWEST = 8
"""Fewer entries with several wordings teach nothing."""
MOST = 5_000
"""So many entries are learned from; of more, some of every part of the base."""
REGULARITY = 0.3
OF_EMBEDDINGS = 1.0
"""Regularity of what is foretold from embeddings."""
TOLERANCE = 0.03
"""How near to the solution of the regression is near enough; nearer changes nothing."""


def learn(
    postings: Postings,
    embedded: NDArray[np.int8],
    starts: NDArray[np.int64],
    is_typed: Callable[[str], bool],
) -> Latent:
    """Learn from wordings in canonical form; entry `n` has `starts[n]` up to `starts[n + 1]`.

    `embedded` are their embeddings, wordings × dimensions, from which the places are foretold of
    words, too, that no wording has. `is_typed` tells whether a term stands for a value of a typed
    facet.
    """
    size = len(starts) - 1
    several = np.flatnonzero(np.diff(starts) > 1)
    if len(several) < FEWEST:
        return Latent.unlearned(size)
    several = several[:: -(-len(several) // MOST)]
    wordings = _weighed(postings, is_typed)
    owners = np.repeat(np.arange(size), np.diff(starts))
    of_learned = np.flatnonzero(np.isin(owners, several))
    # Other terms have no place.
    terms = np.flatnonzero(wordings[of_learned].getnnz(axis=0))
    dimensions = min(DIMENSIONS, len(several) - 1, len(terms) - 1)
    if dimensions < 1:
        return Latent.unlearned(size)
    wordings = normalize(wordings[:, terms])
    ones = np.ones(len(owners), np.float32)
    together = normalize(sparse.csr_matrix((ones, np.arange(len(owners)), starts)) @ wordings)
    space = TruncatedSVD(dimensions, random_state=0).fit(together[several])
    entries = normalize(space.transform(together))
    ridge = Ridge(REGULARITY, fit_intercept=False, solver="sparse_cg", tol=TOLERANCE)
    ridge.fit(wordings[of_learned], entries[owners[of_learned]])
    return Latent(
        terms.astype(np.int32),
        ridge.coef_.reshape(dimensions, -1).T.astype(np.float16),
        entries.astype(np.float16),
        _foretold(embedded[of_learned], entries[owners[of_learned]]),
    )


def _foretold(embedded: NDArray[np.int8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fit by ridge regression what leads embeddings to places: dimensions × dimensions."""
    if not embedded.shape[1]:
        return np.zeros((0, places.shape[1]), np.float32)
    ridge = Ridge(OF_EMBEDDINGS, fit_intercept=False).fit(embedded / LONGEST, places)
    foretold: NDArray[np.float32] = ridge.coef_.reshape(places.shape[1], -1).T.astype(np.float32)
    return foretold


def _weighed(postings: Postings, is_typed: Callable[[str], bool]) -> sparse.csr_matrix:
    """Give wordings × terms, in the order of wordings: the weight of each term but typed facets.

    In single precision: half the memory, and a third of the time of the regression.
    """
    typed = np.fromiter(map(is_typed, postings.vocabulary), np.bool_, len(postings.asked))
    weights = np.where(typed, np.float32(0), postings.asked)[postings.terms]
    shape = (postings.size, len(postings.asked))
    by_rank = sparse.csr_matrix((weights, postings.terms, postings.text_starts), shape)
    by_rank = by_rank[postings.ranks]
    by_rank.eliminate_zeros()
    return by_rank
