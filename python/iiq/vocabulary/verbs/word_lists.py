"""Verbs over lists of words: n_similarity, doesnt_match, rank_by_centrality, wmdistance."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq.vocabulary.cosines import cosine
from iiq.vocabulary.decoded import lengths_of, unit_rows
from iiq.vocabulary.query import KEY_TYPES, as_keys, as_list, sum_of
from iiq.vocabulary.vocabulary import Vocabulary

_LOGGER = logging.getLogger(__name__)


class WordListVerbs(Vocabulary):
    """Comparisons of lists of words, and their means."""

    def get_mean_vector(
        self,
        keys: Any,
        weights: Iterable[float] | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> NDArray[np.float32]:
        """Return the weighted mean of the vectors of keys, float32 (vector_size,).

        Parameters
        ----------
        keys : list of str, int or vectors of vector_size numbers
            A single str is one key, as in gensim's most_similar.
        weights : list of float, optional
            One for each key; ones by default. The sum is divided by the sum of their magnitudes.
        pre_normalize, post_normalize : bool
            Scale each word's vector, or the mean, to length 1 (vectors are taken as they are).
        ignore_missing : bool
            Leave missing words out; else KeyError.
        """
        if isinstance(keys, KEY_TYPES):
            keys = [keys]
        keys = as_keys(keys)
        if not keys:
            raise ValueError("cannot compute mean with no input")
        numbers = [1.0] * len(keys) if weights is None else [float(w) for w in weights]
        if len(numbers) != len(keys):
            raise ValueError(
                "keys and weights array must have same number of elements, "
                f"got {len(keys)} and {len(numbers)}"
            )
        total, weight = self._sum(keys, numbers, pre_normalize, ignore_missing)
        mean = total / weight if weight > 0 else total
        if post_normalize:
            mean = unit_rows(mean[None])[0]
        return mean.astype(np.float32)

    def _sum(
        self, keys: list[Any], weights: list[float], pre_normalize: bool, ignore_missing: bool
    ) -> tuple[NDArray[np.float64], float]:
        space = self.space()
        return sum_of(
            space,
            partial(self.found_in, space),
            keys,
            weights,
            normalize=pre_normalize,
            missing=None if ignore_missing else "Key '{}' not present in vocabulary",
        )

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
            self._sum(words, [1.0] * len(words), False, True)[0]
            for words in (as_list(ws1), as_list(ws2))
        )
        return np.float32(cosine(one, two))

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
            by the dot product with the vectors instead of the cosine.
        """
        words = as_keys(words, "words")
        known = self.find_many(words) >= 0
        used = list(compress(words, known.tolist()))
        if len(used) != len(words):
            missing = set(words) - set(used)
            _LOGGER.warning("vectors for words %s are not present in the model, ignoring", missing)
        if not used:
            raise ValueError("cannot select a word from an empty list")
        rows = self.find_many(used)
        vectors = self.space().rows_at(rows)
        if use_norm:
            vectors = unit_rows(vectors)
        mean = unit_rows(np.add.reduce(vectors, axis=0)[None])[0]
        scores = np.add.reduce(vectors * mean, axis=1)
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
        one, two = (self.space().rows_at(rows) for rows in (rows1, rows2))
        if norm:
            one, two = unit_rows(one), unit_rows(two)
        # the differences themselves: no cancelling of squares between near vectors
        costs = np.stack([lengths_of(two - row) for row in one])
        return _transport(costs, share1, share2)

    def _bag(self, document: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        rows = self.find_many(as_keys(document, "document"))
        rows = rows[rows >= 0]
        unique, counts = np.unique(rows, return_counts=True)
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
