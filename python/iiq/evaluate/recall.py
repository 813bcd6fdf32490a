"""Recall at k: how many of the true nearest rows an answer names, ties counted as hits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Float64 = NDArray[np.float64]

TOLERANCE = 1e-6  # of a score: equal distances are no misses
_QUERIES = 128  # asked at a time: a block of scores is _QUERIES x n


def recall_at_k(
    vectors: NDArray[Any], queries: Ids, answers: Mapping[str, Ids], k: Sequence[int]
) -> dict[tuple[str, int], Float64]:
    """Judge answers by the products of vectors.

    Parameters
    ----------
    vectors : ndarray float32 (n, width)
        Of one length, so that products order as cosines do.
    queries : ndarray int64 (m,)
        The rows that were asked for.
    answers : mapping of name to ndarray int64 (m, at least k)
        The rows found for each query, best first. The query's own row is left out; -1 is no row.
    k : sequence of int
        How many neighbours.

    Returns
    -------
    dict of (name, k) to ndarray float64 (m,)
        The share of the first ``k`` rows found whose product with the query is at least that of
        the k-th nearest, less a millionth.

    Notes
    -----
    Time O(m n width), memory O(n) numbers for each of 128 queries.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]], np.float32)
    >>> found = recall_at_k(vectors, np.array([0]), {"some": np.array([[0, 1, 3]])}, [1, 2])
    >>> found["some", 1].tolist(), found["some", 2].tolist()
    ([1.0], [0.5])
    """
    recalls = {(name, count): np.zeros(len(queries)) for name in answers for count in k}
    for part in parts_of(len(queries)):
        own = queries[part]
        scores = vectors[own] @ vectors.T  # (q, width) @ (width, n) -> (q, n)
        scores[np.arange(len(own)), own] = -np.inf
        least = {count: np.partition(scores, -count, axis=1)[:, -count] - TOLERANCE for count in k}
        for (name, count), shares in recalls.items():
            for i, found in enumerate(answers[name][part]):
                others = found[(found != own[i]) & (found >= 0)][:count]
                shares[part.start + i] = (scores[i, others] >= least[count][i]).sum() / count
    return recalls


def parts_of(n: int) -> Iterator[slice]:
    """Yield the slices of queries that are asked at a time."""
    return (slice(start, min(start + _QUERIES, n)) for start in range(0, n, _QUERIES))
