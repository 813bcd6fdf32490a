"""The k codes with the largest score for a float query: float64 sums over every code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import uint16
from numpy.typing import NDArray

from iiq._numba._jit import jit
from iiq._numba.bits import BLOCK, words_of
from iiq._numba.search import in_parts

TOP = 65535  # a step that bounds a scale from below only


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


def _bounds(
    sums: NDArray[np.float64], scales: tuple[Any, ...] | None, ids: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the codes ``ids`` score at least and at most: sums over what scales may be."""
    here = sums[ids]
    if scales is None:
        return here, here
    steps, unit, most, exact = scales
    if exact is not None:
        low = high = exact[ids].astype(np.float64)
    else:
        step = steps[ids].astype(np.float64)
        low, high = step * unit, np.where(step == TOP, most, (step + 1) * unit)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        by_low, by_high = here / low, here / high
    beyond = np.where(high > 0, np.inf, 0.0)  # the scale may be 0, and is where high is
    least = np.where(here >= 0, np.where(low > 0, by_high, 0), np.where(low > 0, by_low, -beyond))
    reach = np.where(here <= 0, np.where(low > 0, by_high, 0), np.where(low > 0, by_low, beyond))
    return least, reach


def _allowed(mask: NDArray[np.uint32] | None, n_codes: int) -> NDArray[np.int64]:
    """Return the ids that the mask lets through."""
    if mask is None:
        return np.arange(n_codes)
    return np.flatnonzero(np.unpackbits(mask.view(np.uint8), count=n_codes, bitorder="little"))


def _order(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return where the k largest scores are, descending, ties in their order."""
    places = np.arange(len(scores))
    if len(scores) > k:
        kth = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero(scores >= kth)
    return places[np.argsort(-scores[places], kind="stable")][:k]


def _each_query(
    blocks: NDArray[np.uint8],
    n_bits: int,
    queries: NDArray[np.float32],
    threads: int,
    finish: Callable[[int, NDArray[np.float64], NDArray[np.float64]], None],
) -> None:
    """Call ``finish(q, query, sums)`` for each query with its sums for all codes."""
    view = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)

    def work(first: int, last: int) -> None:
        sums = np.empty(len(view) * BLOCK)
        for q in range(first, last):
            query = queries[q].astype(np.float64)
            _sums(view, query, sums)
            finish(q, query, sums)

    in_parts(threads, len(queries), work)


def search_asymmetric(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    queries: NDArray[np.float32],
    k: int,
    mask: NDArray[np.uint32] | None,
    scales: tuple[Any, ...] | None,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return scores and ids of the k best codes for each float query."""
    allowed = _allowed(mask, n_codes)
    scores = np.full((len(queries), k), -2 if scales is None else -np.inf, np.float32)
    ids = np.full((len(queries), k), -1, np.int64)

    def finish(q: int, query: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
        score, _ = _bounds(sums, scales, allowed)
        best = _order(score, k)
        divisor = np.float64(1)
        if scales is None:
            # cumsum adds in order, as the core does; sum would not
            length = np.sqrt(np.cumsum(query * query)[-1]) * np.sqrt(np.float64(n_bits))
            divisor = length if length > 0 else np.float64(np.inf)
        with np.errstate(over="ignore"):
            scores[q, : len(best)] = score[best] / divisor
        ids[q, : len(best)] = allowed[best]

    _each_query(blocks, n_bits, queries, threads, finish)
    return scores, ids


def candidates(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    queries: NDArray[np.float32],
    k: int,
    mask: NDArray[np.uint32] | None,
    scales: tuple[Any, ...] | None,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return where each query's candidates begin, their ids and their sums."""
    allowed = _allowed(mask, n_codes)
    found = [(np.empty(0, np.int64), np.empty(0))] * len(queries)

    def finish(q: int, query: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
        least, reach = _bounds(sums, scales, allowed)
        kept = np.ones(len(least), bool)
        if len(least) > k:
            best = _order(least, k)
            kth = least[best[-1]]
            kept = (reach > kth) | ((reach == kth) & (least < kth))
            kept[best] = True
        found[q] = allowed[kept], sums[allowed[kept]]

    _each_query(blocks, n_bits, queries, threads, finish)
    offsets = np.cumsum([0, *(len(ids) for ids, _ in found)], dtype=np.int64)
    empty = (np.empty(0, np.int64), np.empty(0))
    ids, sums = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    return offsets, ids, sums
