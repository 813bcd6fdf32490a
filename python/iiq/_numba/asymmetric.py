"""The k codes with the largest dot product with a float query: float64 sums over every code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint16
from numpy.typing import NDArray

from iiq._numba._jit import jit
from iiq._numba.bits import BLOCK, _words
from iiq._numba.search import in_parts


@jit
def _sums(blocks: Any, query: Any, out: Any) -> None:
    """Sum +q_j where bit j is set, else -q_j, j ascending, for the 32 codes of a block at once."""
    for b in range(blocks.shape[0]):
        sums = np.zeros(32, np.float64)
        for j in range(len(query)):
            row = blocks[b, j // 16]
            q = query[j]
            for lane in range(32):
                sums[lane] += q if (row[lane] >> uint16(j % 16)) & uint16(1) else -q
        out[32 * b : 32 * b + 32] = sums


def _best(sums: NDArray[np.float64], allowed: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """Return the ids of the k largest sums, ties by lower id."""
    ids = np.flatnonzero(allowed)
    if len(ids) > k:
        kth = np.partition(sums[ids], len(ids) - k)[len(ids) - k]
        ids = ids[sums[ids] >= kth]
    return ids[np.argsort(-sums[ids], kind="stable")][:k]


def search_asymmetric(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    queries: NDArray[np.float32],
    k: int,
    mask: NDArray[np.uint32] | None,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return cosines and ids of the k codes nearest to each float query."""
    view = blocks.view("<u2").reshape(-1, _words(n_bits), BLOCK)
    allowed = np.ones(n_codes, bool)
    if mask is not None:
        allowed = np.unpackbits(mask.view(np.uint8), count=n_codes, bitorder="little").view(bool)
    scores = np.full((len(queries), k), -2, np.float32)
    ids = np.full((len(queries), k), -1, np.int64)

    def work(first: int, last: int) -> None:
        sums = np.empty(len(view) * BLOCK)
        for q in range(first, last):
            query = queries[q].astype(np.float64)
            _sums(view, query, sums)
            best = _best(sums[:n_codes], allowed, k)
            # cumsum adds in order, as the core does; sum would not
            scale = np.sqrt(np.cumsum(query * query)[-1]) * np.sqrt(np.float64(n_bits))
            scores[q, : len(best)] = sums[best] / scale if scale > 0 else 0
            ids[q, : len(best)] = best

    in_parts(threads, len(queries), work)
    return scores, ids
