"""Verbs over lists of words: n_similarity, doesnt_match, rank_by_centrality, wmdistance."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq.vocabulary.searcher import as_list
from iiq.vocabulary.verbs.similar import Neighbours

_LOGGER = logging.getLogger(__name__)


class Sets(Neighbours):
    """Comparisons of lists of words."""

    def n_similarity(self, ws1: Any, ws2: Any) -> np.float32:
        """Return the cosine of the mean vectors of two lists of words; missing words are left out.

        Raises
        ------
        ZeroDivisionError
            If a list is empty.
        """
        if not (len(ws1) and len(ws2)):
            raise ZeroDivisionError("At least one of the passed list is empty.")
        one, two = (
            self._sum(words, [1.0] * len(words), pre_normalize=False, ignore_missing=True)[0]
            for words in (as_list(ws1), as_list(ws2))
        )
        lengths = np.sqrt((one**2).sum() * (two**2).sum())
        return np.float32(one @ two / lengths if lengths > 0 else 0.0)

    def doesnt_match(self, words: Sequence[Any]) -> Any:
        """Return the word that is farthest from the mean of all; of equal ones the rarest.

        Raises
        ------
        ValueError
            If no word of the list is in the vocabulary.
        """
        return self.rank_by_centrality(words)[-1][1]

    def rank_by_centrality(
        self, words: Sequence[Any], use_norm: bool = True
    ) -> list[tuple[np.float32, Any]]:
        """Order words by closeness to the mean of their vectors; missing words are left out.

        Returns
        -------
        list of (numpy.float32, word)
            Most central first; among equal scores the lower row first. ``use_norm=False`` scores
            by the dot product with the +-1 vectors instead of the cosine.
        """
        used = [word for word in words if word in self]
        if len(used) != len(words):
            missing = set(words) - set(used)
            _LOGGER.warning("vectors for words %s are not present in the model, ignoring", missing)
        if not used:
            raise ValueError("cannot select a word from an empty list")
        vectors = self[used].astype(np.float64)
        total = vectors.sum(axis=0)
        length = np.sqrt((total**2).sum())
        scale = length * (np.sqrt(self.n_bits) if use_norm else 1.0)
        scores = (vectors @ total) / (scale if scale > 0 else 1)
        rows = np.array([self.get_index(word) for word in used])
        order = np.lexsort((rows, -scores))
        return [(np.float32(scores[i]), used[i]) for i in order]

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """Return the cosines of one vector with each row of a matrix."""
        vector, rows = np.asarray(vector_1), np.asarray(vectors_all)
        lengths = np.linalg.norm(vector) * np.linalg.norm(rows, axis=1)
        cosines: NDArray[Any] = (rows @ vector) / lengths
        return cosines

    def wmdistance(
        self, document1: Sequence[str], document2: Sequence[str], norm: bool = True
    ) -> float:
        """Return the Word Mover's Distance of two lists of words.

        The least total way that the words of one must move to become those of the other, by the
        Euclidean distance of their vectors (scaled to length 1 with ``norm``). Missing words are
        left out; infinity if a document has none left.

        Notes
        -----
        A linear programme of as many variables as pairs of different words, solved exactly by
        SciPy (HiGHS).

        References
        ----------
        Kusner et al., From Word Embeddings To Document Distances, ICML 2015.
        """
        bags = [self._bag(document) for document in (document1, document2)]
        if not all(len(rows) for rows, _ in bags):
            _LOGGER.warning("at least one of the documents has no words that are in the vocabulary")
            return float("inf")
        (rows1, share1), (rows2, share2) = bags
        hamming = self[list(rows1)].astype(np.int64) @ self[list(rows2)].T.astype(np.int64)
        # |a - b|^2 = 2 n_bits - 2 a.b for vectors of +-1
        costs = np.sqrt(np.maximum(2.0 * self.n_bits - 2.0 * hamming, 0))
        return _transport(costs * self._scale(norm), share1, share2)

    def _bag(self, document: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        rows = [self.get_index(word) for word in document if word in self]
        unique, counts = np.unique(np.array(rows, dtype=np.int64), return_counts=True)
        return unique, counts / max(1, len(rows))


def _transport(
    costs: NDArray[np.float64], supply: NDArray[np.float64], demand: NDArray[np.float64]
) -> float:
    """Return the least cost of moving ``supply`` (m) to ``demand`` (n) at ``costs`` (m, n)."""
    m, n = costs.shape
    if m == 1 or n == 1:  # only one plan
        return float(supply @ costs @ demand)
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    leaving = kron(eye_array(m), np.ones((1, n)))
    arriving = kron(np.ones((1, m)), eye_array(n))
    # One equation follows from the others: the last is dropped.
    equations = vstack([leaving, arriving]).tocsr()[:-1]
    shares = np.concatenate([supply, demand])[:-1]
    result: Any = linprog(costs.ravel(), A_eq=equations, b_eq=shares)  # type: ignore[call-overload]
    if not result.success:
        raise ArithmeticError(f"the linear programme was not solved: {result.message}")
    return float(result.fun)
