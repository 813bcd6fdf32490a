"""Bit flips for codes that are longer than the vectors.

For ``n_bits > d`` the rotation R (c, n_bits) is a tight frame and the signs of ``z R`` are not the
best code: bits are flipped, the most useful first, while that lowers

    || a z / |z| - R b ||^2,      a = k * mean over the training rows of |z R|_1 / |z|.

``k = 1`` is the scale at which codes decode best, so float queries against codes gain most
(``"decoded"``). A larger ``k`` asks more of the code than it can give, which keeps its bits near
the signs and codes comparable to one another (``"hamming"``); the shorter the code, the larger
(``docs/quality.md`` has the measurements). A code depends on its vector and the encoder alone: the
arithmetic is integer (``csrc/train/refine.h``).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import backend
from iiq.rows import Rows

# k of each mode is 1 + this * c / n_bits
_EXCESS = {"balanced": 1.75, "hamming": 1.75, "decoded": 0.0, "asymmetric": 0.0}
MODES = tuple(_EXCESS)
_UNIT = 1 << 14  # of the int16 projection and Gram matrix
_UNIT_OF_L1 = 1 << 20
_ROWS_PER_CALL = 1 << 16  # a native call this long leaves a signal waiting for under a second


def multiple(mode: str, n_kept: int, n_bits: int) -> float:
    """Return k for a frame of ``n_bits`` columns in ``n_kept`` dimensions."""
    return 1.0 + _EXCESS[mode] * n_kept / n_bits


def _mean(total: int, n_rows: int) -> float:
    return float(total / (max(n_rows, 1) * _UNIT_OF_L1))


def _block_l1(
    chunks: Iterable[NDArray[np.float32]], first_row: int, refiner: Refiner
) -> tuple[int, int]:
    return refiner.sum_l1(chunks)


class Refiner:
    """Flips bits of an encoder's codes.

    Parameters
    ----------
    mean : ndarray float64 (d,)
        What is subtracted from a vector.
    projection : ndarray float64 (d, n_bits)
        The encoder's projection: columns of length at most one, rows that make a tight frame.
    scale : float
        ``a`` above, from `fit_scale`.
    """

    def __init__(
        self, mean: NDArray[np.float64], projection: NDArray[np.float64], scale: float = 0.0
    ) -> None:
        self._mean = np.ascontiguousarray(mean, dtype=np.float64)
        units = np.rint(projection * _UNIT)
        gram = (units.T @ units) / _UNIT  # whole numbers below 2^53: exact in any order
        self._projection = np.ascontiguousarray(units.clip(-_UNIT, _UNIT), dtype=np.int16)
        self._gram = np.ascontiguousarray(np.rint(gram).clip(-_UNIT, 2 * _UNIT - 1), dtype=np.int16)
        self._n_kept = round(float(np.trace(self._gram, dtype=np.int64)) / _UNIT)  # c: R R^T = I_c
        self.scale = scale

    def fit_scale(self, blocks: Iterable[NDArray[np.float32]], mode: str) -> float:
        """Set and return ``a`` from training rows, the same for any order and size of blocks.

        Parameters
        ----------
        blocks : iterable of ndarray float32 (rows, d)
            The training rows.
        mode : {"balanced", "hamming", "decoded"}
            What the codes will be compared with: one another, or float queries.
        """
        self.scale = multiple(mode, self._n_kept, self._gram.shape[0]) * _mean(*self.sum_l1(blocks))
        return self.scale

    def fit_scale_of_rows(self, rows: Rows, mode: str) -> float:
        """Do the same where the rows are, which may be other machines."""
        parts = list(rows.map_sums(_block_l1, self))
        self.scale = multiple(mode, self._n_kept, self._gram.shape[0]) * _mean(
            sum(total for total, _ in parts), sum(n_rows for _, n_rows in parts)
        )
        return self.scale

    def sum_l1(self, blocks: Iterable[NDArray[np.float32]]) -> tuple[int, int]:
        """Return the sum of ``|z R|_1 / |z|`` in whole units, and of how many rows."""
        native = backend()
        total, n_rows = 0, 0
        for block in blocks:
            for first in range(0, len(block), _ROWS_PER_CALL):
                part = native.module.projected_l1(
                    np.ascontiguousarray(block[first : first + _ROWS_PER_CALL]),
                    self._mean,
                    self._projection,
                    kernels=native.kernels,
                )
                total, n_rows = total + part[0], n_rows + part[1]
        return total, n_rows

    def __call__(
        self, X: NDArray[np.float32], codes: NDArray[np.uint8], threads: int
    ) -> NDArray[np.uint8]:
        """Return better codes (n, bytes) for the rows of ``X``, given the codes of their signs.

        Notes
        -----
        O(n_bits * (d + n_bits)) time a row. Rows that are zero after centring and cleaning keep
        their codes.
        """
        native = backend()
        refined = np.empty_like(codes)
        for first in range(0, len(X), _ROWS_PER_CALL):
            rows = slice(first, first + _ROWS_PER_CALL)
            refined[rows] = native.module.refine_codes(
                np.ascontiguousarray(X[rows], dtype=np.float32),
                np.ascontiguousarray(codes[rows]),
                self._mean,
                self._projection,
                self._gram,
                self.scale,
                threads,
                kernels=native.kernels,
            )
        return refined
