"""Fitting and encoding in Numba: the twins of csrc/train, without its short cuts.

The codes are the signs of float64 sums here too, and the integers of the training loop the same,
so that every answer equals that of the compiled core, bit by bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit

_ZERO = 64  # the byte that stands for a quantized 0
_LARGEST = 63


def encode(
    x: NDArray[np.float32],
    mean: NDArray[np.float64],
    projection: NDArray[np.float64],
    codes: NDArray[np.uint8],
    threads: int,
    kernels: str,
) -> int:
    """Write the packed signs of ``(x - mean) projection`` into ``codes``.

    Returns
    -------
    int
        The first row that holds NaN or infinity, -1 if there is none.
    """
    return int(_encode(x, mean, projection, codes))


def project(
    x: NDArray[np.float32],
    mean: NDArray[np.float64],
    projection: NDArray[np.float64],
    y: NDArray[np.float32],
    threads: int,
    kernels: str,
) -> int:
    """Write ``(x - mean) projection`` into ``y``, rounding to float32 at each step, in order."""
    return int(_project(x, mean, projection.astype(np.float32), y))


def multiply(
    a: NDArray[np.float32], b: NDArray[np.float32], threads: int, kernels: str
) -> NDArray[np.float32]:
    """Return ``a b``, rounding to float32 at each step, in order."""
    y = np.empty((len(a), b.shape[1]), np.float32)
    _project(a, np.zeros(len(b)), np.ascontiguousarray(b), y)
    return y


def quantize(
    x: NDArray[np.float32],
    mean: NDArray[np.float64],
    projection: NDArray[np.float64],
    scale: float,
    z: NDArray[np.uint8],
    column_sums: NDArray[np.int64],
    threads: int,
    kernels: str,
) -> int:
    """Write scaled projections as bytes (64 for 0) into ``z``, add them up in ``column_sums``."""
    y = np.empty((x.shape[0], projection.shape[1]), dtype=np.float32)
    bad = int(_project(x, mean, projection.astype(np.float32), y))
    _quantize(y, np.float32(scale), z, column_sums)
    return bad


def rotation_step(
    z: NDArray[np.uint8],
    rotation: NDArray[np.int8],
    bits: NDArray[np.uint32],
    sums: NDArray[np.int64],
    threads: int,
    kernels: str,
) -> None:
    """Renew the signs of ``z rotation``, and for each bit the sum of the rows that have it set."""
    _rotation_step(z, rotation.astype(np.int32), bits, sums)


@jit
def _encode(x: Any, mean: Any, projection: Any, codes: Any) -> int:
    n_inputs, n_bits = projection.shape
    sums = np.empty(n_bits)
    bad = -1
    for row in range(x.shape[0]):
        sums[:] = 0.0
        finite = True
        for k in range(n_inputs):
            value = np.float64(x[row, k]) - mean[k]
            finite &= np.isfinite(value)
            for j in range(n_bits):
                sums[j] += value * projection[k, j]
        if not finite and bad < 0:
            bad = row
        codes[row, :] = 0
        for j in range(n_bits):
            if sums[j] >= 0.0:
                codes[row, j >> 3] |= np.uint8(1 << (j & 7))
    return bad


@jit
def _project(x: Any, mean: Any, projection: Any, y: Any) -> int:
    bad = -1
    for row in range(x.shape[0]):
        y[row, :] = np.float32(0)
        finite = True
        for k in range(x.shape[1]):
            value = np.float32(np.float64(x[row, k]) - mean[k])
            finite &= np.isfinite(value)
            for j in range(y.shape[1]):
                y[row, j] += value * projection[k, j]
        if not finite and bad < 0:
            bad = row
    return bad


@jit
def _quantize(y: Any, scale: Any, z: Any, column_sums: Any) -> None:
    z[:, :] = _ZERO
    limit = np.float32(_LARGEST)
    for row in range(y.shape[0]):
        for j in range(y.shape[1]):
            value = y[row, j] * scale
            limited = -limit if np.isnan(value) else min(limit, max(-limit, value))
            rounded = int(np.rint(limited))
            z[row, j] = rounded + _ZERO
            column_sums[j] += rounded


@jit
def _rotation_step(z: Any, rotation: Any, bits: Any, sums: Any) -> None:
    n_inputs, n_bits = rotation.shape
    y = np.empty(n_bits, dtype=np.int32)
    for row in range(z.shape[0]):
        y[:] = 0
        for k in range(n_inputs):
            value = np.int32(z[row, k]) - np.int32(_ZERO)
            for j in range(n_bits):
                y[j] += value * rotation[k, j]
        for j in range(n_bits):
            before = (bits[row, j >> 5] >> np.uint32(j & 31)) & np.uint32(1)
            now = np.uint32(y[j] >= 0)
            if before == now:
                continue
            bits[row, j >> 5] ^= np.uint32(1) << np.uint32(j & 31)
            sign = 1 if now else -1
            for k in range(z.shape[1]):
                sums[j, k] += sign * (np.int64(z[row, k]) - _ZERO)
