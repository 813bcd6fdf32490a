"""The k nearest codes of each query, exactly, by distance and then by number.

A histogram of the distances seen so far gives the limit below which a distance still matters; what
lies below it is kept in the order of its number, and sorted by counting at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int32, uint16
from numpy.typing import NDArray

from iiq._numba._jit import jit
from iiq._numba.bits import BLOCK, popcount16, rows_to_words, words_of

_NARROW_BITS = 65520


@jit
def _block_distances(block: Any, query: Any, sums: Any) -> None:
    """Distances of one query to the 32 codes of a block; sums are uint16 or int32."""
    sums[:] = 0
    for w in range(block.shape[0]):
        q = query[w]
        row = block[w]
        for lane in range(32):
            sums[lane] += popcount16(uint16(row[lane] ^ q))


@jit
def _offer(
    distance: Any, id_: Any, k: Any, counts: Any, kept_d: Any, kept_i: Any, state: Any
) -> None:
    """Keep one code below the limit; state is [limit, entries below it, entries kept]."""
    if state[2] == len(kept_d):
        n = 0
        for e in range(state[2]):
            if kept_d[e] <= state[0]:
                kept_d[n] = kept_d[e]
                kept_i[n] = kept_i[e]
                n += 1
        state[2] = n
    kept_d[state[2]] = distance
    kept_i[state[2]] = id_
    state[2] += 1
    counts[distance] += 1
    state[1] += 1
    while state[1] >= k:
        state[0] -= 1
        state[1] -= counts[state[0]]


@jit
def _write(
    k: Any, bound: Any, counts: Any, kept_d: Any, kept_i: Any, state: Any, d: Any, i: Any
) -> None:
    """Sort what was kept by counting; the lower number first among equals."""
    limit = state[0]
    found = k if limit < bound else state[1]
    start = 0
    for s in range(limit + 1):
        here = counts[s]
        counts[s] = start
        start += here
    for e in range(state[2]):
        s = kept_d[e]
        if s <= limit:
            place = counts[s]
            counts[s] += 1
            if place < found:
                d[place] = s
                i[place] = kept_i[e]


@jit
def _search_one(
    blocks: Any, n_codes: Any, query: Any, k: Any, bound: Any, mask: Any, sums: Any, d: Any, i: Any
) -> None:
    counts = np.zeros(bound + 1, np.int64)
    kept_d = np.empty(min(2 * k + 64, n_codes + 1), np.int32)
    kept_i = np.empty(len(kept_d), np.int64)
    state = np.zeros(3, np.int64)
    state[0] = bound
    for b in range(blocks.shape[0]):
        _block_distances(blocks[b], query, sums)
        near = False
        for lane in range(32):
            near |= sums[lane] < state[0]
        if not near:
            continue
        for lane in range(32):
            id_ = b * 32 + lane
            if sums[lane] >= state[0] or id_ >= n_codes:
                continue
            if len(mask) and not (mask[b] >> lane) & 1:
                continue
            _offer(sums[lane], id_, k, counts, kept_d, kept_i, state)
    _write(k, bound, counts, kept_d, kept_i, state, d, i)


@jit
def _search(
    blocks: Any,
    n_codes: Any,
    queries: Any,
    k: Any,
    bound: Any,
    mask: Any,
    sums: Any,
    d: Any,
    i: Any,
) -> None:
    for q in range(len(queries)):
        _search_one(blocks, n_codes, queries[q], k, bound, mask, sums, d[q], i[q])


def _sums(n_bits: int) -> NDArray[Any]:
    return np.zeros(BLOCK, np.uint16 if n_bits <= _NARROW_BITS else np.int32)


def in_parts(threads: int, n: int, work: Any) -> None:
    """Call ``work(first, last)`` for consecutive parts of n queries, one thread each."""
    parts = max(1, min(threads, n))
    cuts = [n * p // parts for p in range(parts + 1)]
    if parts == 1:
        work(0, n)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))


def search(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    queries: NDArray[np.uint8],
    k: int,
    max_distance: int,
    mask: NDArray[np.uint32] | None,
    furthest: bool,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return distances and ids of the k nearest codes of each query."""
    bound = min(max_distance, n_bits) + 1
    words = rows_to_words(queries, n_bits)
    if furthest:
        ones = np.packbits(np.ones(n_bits, np.uint8), bitorder="little")[None]
        words = words ^ rows_to_words(ones, n_bits)
    distances = np.full((len(queries), k), n_bits + 1, np.int32)
    ids = np.full((len(queries), k), -1, np.int64)
    view = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)
    allowed = np.empty(0, np.uint32) if mask is None else mask

    def work(first: int, last: int) -> None:
        part = slice(first, last)
        _search(
            view, n_codes, words[part], k, bound, allowed, _sums(n_bits), distances[part], ids[part]
        )

    in_parts(threads, len(queries), work)
    return (n_bits - distances if furthest else distances), ids


@jit
def _distances(blocks: Any, query: Any, sums: Any, out: Any) -> None:
    for b in range(blocks.shape[0]):
        _block_distances(blocks[b], query, sums)
        for lane in range(min(32, len(out) - 32 * b)):
            out[32 * b + lane] = int32(sums[lane])


def distances(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    query: NDArray[np.uint8],
    threads: int,
    kernels: str,
) -> NDArray[np.int32]:
    """Return the distance of one query to each code."""
    out = np.empty(n_codes, np.int32)
    view = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)
    _distances(view, rows_to_words(query.reshape(1, -1), n_bits)[0], _sums(n_bits), out)
    return out


@jit
def _near_after(blocks: Any, n_codes: Any, i: Any, query: Any, bound: Any, sums: Any) -> Any:
    """Numbers and distances of the codes after code i that are nearer than bound."""
    ids = [np.int64(0) for _ in range(0)]
    near = [np.int32(0) for _ in range(0)]
    for b in range(i // 32, blocks.shape[0]):
        _block_distances(blocks[b], query, sums)
        for lane in range(32):
            j = 32 * b + lane
            if i < j < n_codes and sums[lane] < bound:
                ids.append(np.int64(j))
                near.append(np.int32(sums[lane]))
    return ids, near


def pairs_within(
    blocks: NDArray[np.uint8],
    n_codes: int,
    n_bits: int,
    first: int,
    last: int,
    max_distance: int,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return pairs (i, j), i < j, first <= i < last, near each other, and their distances."""
    view = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)
    bound = min(max_distance, n_bits) + 1
    pairs, distances = [np.empty((0, 2), np.int64)], [np.empty(0, np.int32)]
    for i in range(first, last):
        query = np.ascontiguousarray(view[i // BLOCK, :, i % BLOCK])
        ids, near = _near_after(view, n_codes, i, query, bound, _sums(n_bits))
        pairs.append(np.column_stack([np.full(len(ids), i), np.array(ids, np.int64)]))
        distances.append(np.array(near, np.int32))
    return np.concatenate(pairs), np.concatenate(distances)
