"""Codes chosen for a decoder, and the sums it is learned from (the twin of ``csrc/train/refine``).

The descent minimises ``|| z - M^T b ||^2`` over codes b of +-1, flipping the bit that lowers it
most, the first one on a tie. All that decides a bit is integer, or float64 in one fixed order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit

_ONE = 1 << 14  # the length of a unit row
_FLIPS_PER_BIT = 4


@jit
def _dot(x, y):  # type: ignore[no-untyped-def]
    """Sum products in eight partial sums, the order of the core."""
    part = np.zeros(8)
    for k in range(x.size):
        part[k % 8] += x[k] * y[k]
    for half in (4, 2, 1):
        for lane in range(half):
            part[lane] += part[lane + half]
    return part[0]


@jit
def _unit_rows(X, mean, removed, units):  # type: ignore[no-untyped-def]
    along = np.zeros(removed.shape[0])
    for i in range(X.shape[0]):
        centred = X[i].astype(np.float64) - mean
        for r in range(along.size):
            along[r] = _dot(centred, removed[r])
        for r in range(along.size):
            for k in range(centred.size):
                centred[k] -= along[r] * removed[r, k]
        length = math.sqrt(_dot(centred, centred))
        unit = _ONE / length if length > 0.0 else 0.0
        for k in range(centred.size):
            units[i, k] = np.int16(math.floor(centred[k] * unit + 0.5))


@jit
def _descend(gram, residual, code):  # type: ignore[no-untyped-def]
    """Flip bits of ``code`` (+-1) in place, the most useful first, until none lowers the loss."""
    n_bits = code.size
    for _ in range(_FLIPS_PER_BIT * n_bits):
        best, at = np.int32(0), -1
        for j in range(n_bits):
            change = code[j] * residual[j] + np.int32(gram[j, j])
            if change < best:
                best, at = change, j
        if at < 0:
            return
        step = np.int32(2) * code[at]
        for j in range(n_bits):
            residual[j] += step * np.int32(gram[at, j])
        code[at] = -code[at]


@jit
def _signs(packed, code):  # type: ignore[no-untyped-def]
    for j in range(code.size):
        code[j] = 2 * ((packed[j // 8] >> (j % 8)) & 1) - 1


@jit
def _refine_rows(units, codes, decoder, shift, gram):  # type: ignore[no-untyped-def]
    n_bits = gram.shape[0]
    residual = np.zeros(n_bits, np.int32)
    code = np.zeros(n_bits, np.int32)
    half = np.int32(1) << (shift - 1) if shift else np.int32(0)
    for i in range(units.shape[0]):
        if not units[i].any():
            continue
        _signs(codes[i], code)
        for j in range(n_bits):
            wanted = np.int32(0)
            for k in range(units.shape[1]):
                wanted += np.int32(units[i, k]) * np.int32(decoder[j, k])
            total = np.int32(0)
            for k in range(n_bits):
                total += np.int32(gram[j, k]) * code[k]
            residual[j] = ((wanted + half) >> shift) - total
        _descend(gram, residual, code)
        codes[i] = 0
        for j in range(n_bits):
            if code[j] > 0:
                codes[i, j // 8] |= np.uint8(1 << (j % 8))


@jit
def _code_sums(units, codes, agreement, cross):  # type: ignore[no-untyped-def]
    n_bits = agreement.shape[0]
    code = np.zeros(n_bits, np.int32)
    for i in range(units.shape[0]):
        _signs(codes[i], code)
        for j in range(n_bits):
            for k in range(n_bits):
                agreement[j, k] += code[j] * code[k]
            for k in range(units.shape[1]):
                cross[j, k] += code[j] * np.int32(units[i, k])


def unit_rows(
    X: NDArray[np.float32],
    mean: NDArray[np.float64],
    removed: NDArray[np.float64],
    threads: int,
) -> NDArray[np.int16]:
    """Return rows less mean and removed directions (D, dim), scaled to length 2^14."""
    units = np.empty(X.shape, np.int16)
    _unit_rows(X, mean, removed, units)
    return units


def refine_codes(
    units: NDArray[np.int16],
    codes: NDArray[np.uint8],
    decoder: NDArray[np.int16],
    shift: int,
    gram: NDArray[np.int16],
    threads: int,
    kernels: str,
) -> NDArray[np.uint8]:
    """Flip bits of packed codes while that lowers the loss; a new array."""
    refined = np.array(codes, order="C")
    _refine_rows(units, refined, decoder, np.int32(shift), gram)
    return refined


def code_sums(
    units: NDArray[np.int16],
    codes: NDArray[np.uint8],
    n_bits: int,
    threads: int,
    kernels: str,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return ``B^T B`` and ``B^T units``, B the codes as +-1."""
    agreement = np.zeros((n_bits, n_bits), np.int32)
    cross = np.zeros((n_bits, units.shape[1]), np.int32)
    _code_sums(units, codes, agreement, cross)
    return agreement, cross
