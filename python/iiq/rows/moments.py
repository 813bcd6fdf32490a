"""Count, mean and Gram matrix of rows: float64, in one pass.

Sums are taken chunk by chunk in an order that only the rows decide, so that results depend neither
on the caller's block size nor on threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Vectors
from iiq.rows.base import Rows, check_finite

Float64 = NDArray[np.float64]

_JOINED_NUMBERS = 1 << 14  # of two Gram matrices, so that what is between stays in cache


def ordered_map(
    function: Callable[[Any], Any], items: Iterable[Any], threads: int
) -> Iterator[Any]:
    """Yield ``function(item)`` in the order of the items, computed by several threads.

    At most ``threads`` results wait at any time, so that a long stream needs little memory.
    """
    if threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Any]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True)
class Moments:
    """Count, mean and centred Gram matrix of rows.

    Attributes
    ----------
    n_rows : int
    mean : ndarray float64 (d,)
    gram : ndarray float64 (d, d)
        ``sum of (x - mean)^T (x - mean)``; the empty matrix where only the mean was asked for.
    sample : ndarray float32 (at most 1024, d)
        The first rows, for quick estimates.
    """

    n_rows: int
    mean: Float64
    gram: Float64
    sample: Vectors


def moments(
    rows: Rows,
    *,
    gram: bool = True,
    threads: int = 1,
    step: Callable[[int], Any] = lambda n_rows: None,
) -> Moments:
    """Take mean and Gram matrix of all rows in one pass.

    Each chunk is centred on its own mean, and the chunks are joined by the pairwise formula of
    Chan, Golub and LeVeque (1983), so that neither a large mean nor an unusual first chunk costs
    accuracy.

    ``step`` is called with the number of rows, block by block.

    Raises
    ------
    ValueError
        If a number is NaN or infinite in float32, or there are no rows.

    Notes
    -----
    O(n d^2) time, O(d^2) memory beyond the rows.
    """
    whole: Moments | None = None
    for part in rows.map_sums(block_moments, rows.name, gram, threads):
        step(part.n_rows)
        whole = part if whole is None else _joined(whole, part)
        del part  # of wide rows as large as thousands of them
    if whole is None:
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {rows.n_columns})) in {rows.name}: "
            "pass at least one row"
        )
    return whole


def block_moments(
    chunks: Iterable[Vectors], first_row: int, name: str, gram: bool, threads: int
) -> Moments:
    """Take the moments of consecutive chunks; ``first_row`` and ``name`` are for errors."""

    def of_chunk(chunk: Vectors) -> tuple[Vectors, Moments | None]:
        wide = chunk.astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinities: named below
            mean = wide.mean(axis=0)
        if not np.isfinite(mean).all():
            return chunk, None
        total = np.zeros((0, 0))
        if gram:
            wide -= mean
            total = wide.T @ wide
        return chunk, Moments(len(chunk), mean, total, chunk[:0])

    whole: Moments | None = None
    n = first_row
    for chunk, part in ordered_map(of_chunk, chunks, threads):
        if part is None:
            check_finite(name, chunk, n)
        elif whole is None:
            whole = replace(part, sample=chunk.copy())
        else:
            whole = _joined(whole, part)
        del part
        n += len(chunk)
    assert whole is not None
    return whole


def _joined(a: Moments, b: Moments) -> Moments:
    """Join the moments of two sets of rows; the Gram matrix of ``a`` becomes that of both."""
    n = a.n_rows + b.n_rows
    shift = b.mean - a.mean
    weight = a.n_rows * b.n_rows / n
    step = max(1, _JOINED_NUMBERS // max(1, len(a.gram)))
    for start in range(0, len(a.gram), step):
        part = slice(start, start + step)
        a.gram[part] += b.gram[part]
        outer = np.outer(shift[part], shift)
        outer *= weight
        a.gram[part] += outer
    return Moments(n, a.mean + shift * (b.n_rows / n), a.gram, a.sample)
