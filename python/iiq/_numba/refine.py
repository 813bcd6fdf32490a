"""Bit flips of codes that are longer than the vectors (the twin of ``csrc/train/refine.cpp``).

The descent minimises ``|| a z / |z| - R b ||^2`` over codes b of +-1, flipping the bit that lowers
it most, the first one on a tie. All that decides a bit is integer, or float64 in one fixed order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit

ONE = 1 << 14  # the unit of projection, gram and rows as int16
UNIT_OF_L1 = 1 << 20
FLIPS_PER_BIT = 4


@jit
def _project(row, mean, projection, projected):  # type: ignore[no-untyped-def]
    """Project one row in whole numbers; return the length of the projection (0 for a zero row)."""
    part = np.zeros(8)
    for k in range(row.size):
        centred = np.float64(row[k]) - mean[k]
        part[k % 8] += centred * centred
    for half in (4, 2, 1):
        for lane in range(half):
            part[lane] += part[lane + half]
    length = math.sqrt(part[0])
    projected[:] = 0
    if length == 0.0:
        return 0.0
    unit = ONE / length
    for k in range(row.size):
        x = np.int32(math.floor((np.float64(row[k]) - mean[k]) * unit + 0.5))
        for j in range(projected.size):
            projected[j] += x * np.int32(projection[k, j])
    squares = np.int64(0)
    for j in range(projected.size):
        squares += np.int64(projected[j]) * np.int64(projected[j])
    return math.sqrt(np.float64(squares))


@jit
def _descend(gram, residual, code):  # type: ignore[no-untyped-def]
    """Flip bits of ``code`` (+-1) in place, the most useful first, until none lowers the loss."""
    n_bits = code.size
    for flips in range(FLIPS_PER_BIT * n_bits):
        best, at = np.int32(0), -1
        for j in range(n_bits):
            change = code[j] * residual[j] + np.int32(gram[j, j])
            if change < best:
                best, at = change, j
        if at < 0:
            return flips
        step = np.int32(2) * code[at]
        for j in range(n_bits):
            residual[j] += step * np.int32(gram[at, j])
        code[at] = -code[at]
    return FLIPS_PER_BIT * n_bits


@jit
def _refine_rows(X, codes, mean, projection, gram, scale):  # type: ignore[no-untyped-def]
    n_bits = projection.shape[1]
    projected = np.zeros(n_bits, np.int32)
    residual = np.zeros(n_bits, np.int32)
    code = np.zeros(n_bits, np.int32)
    for i in range(X.shape[0]):
        length = _project(X[i], mean, projection, projected)
        if length == 0.0:
            continue
        for j in range(n_bits):
            code[j] = 2 * ((codes[i, j // 8] >> (j % 8)) & 1) - 1
        unit = scale * ONE / length
        for j in range(n_bits):
            total = np.int32(0)
            for k in range(n_bits):
                total += np.int32(gram[j, k]) * code[k]
            residual[j] = np.int32(math.floor(projected[j] * unit + 0.5)) - total
        if not _descend(gram, residual, code):
            continue
        codes[i] = 0
        for j in range(n_bits):
            if code[j] > 0:
                codes[i, j // 8] |= np.uint8(1 << (j % 8))


@jit
def _sum_of_l1(X, mean, projection):  # type: ignore[no-untyped-def]
    projected = np.zeros(projection.shape[1], np.int32)
    total, n_rows = np.int64(0), np.int64(0)
    for i in range(X.shape[0]):
        length = _project(X[i], mean, projection, projected)
        if length == 0.0:
            continue
        l1 = np.int64(0)
        for j in range(projected.size):
            l1 += abs(np.int64(projected[j]))
        total += np.int64(np.float64(l1) / length * UNIT_OF_L1)
        n_rows += 1
    return total, n_rows


def refine_codes(
    X: NDArray[np.float32],
    codes: NDArray[np.uint8],
    mean: NDArray[np.float64],
    projection: NDArray[np.int16],
    gram: NDArray[np.int16],
    scale: float,
    threads: int,
    kernels: str,
) -> NDArray[np.uint8]:
    """Flip bits of packed codes while that lowers the loss; a new array."""
    refined = np.array(codes, order="C")
    _refine_rows(X, refined, mean, projection, gram, scale)
    return refined


def projected_l1(
    X: NDArray[np.float32],
    mean: NDArray[np.float64],
    projection: NDArray[np.int16],
    kernels: str,
) -> tuple[int, int]:
    """Sum over rows of ``|x P|_1 / |x P|_2`` in units of 2^-20, and the rows that count."""
    total, n_rows = _sum_of_l1(X, mean, projection)
    return int(total), int(n_rows)
