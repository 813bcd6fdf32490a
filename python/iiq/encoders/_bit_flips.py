"""Codes chosen for a decoder: the signs of a projection, improved by bit flips.

A decoder M (n_bits, d) turns a code b, as +-1, into the vector ``M^T b``. Starting from the signs,
bits are flipped, the most useful first, while that lowers

    || k z - M^T b ||^2,      z the unit row: centred, without the removed directions.

``k = 1`` is the size at which codes decode best. A larger ``k`` asks more of the code than it can
give, which keeps bits near the signs and codes comparable to one another by Hamming distance
(docs/quality.md has the measurements). A code depends on its vector and the encoder alone: the
arithmetic is integer (``csrc/train/refine.h``).
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import Codes, Vectors

Float64 = NDArray[np.float64]
Units = NDArray[np.int16]

# How far k is above 1 where a code has as many bits as directions were kept; less where it is
# longer or shorter (docs/quality.md has the scan).
_EXCESS = {"balanced": 0.3, "hamming": 1.0, "decoded": 0.0}
AIMS = tuple(_EXCESS)
UNIT = 1 << 14  # of unit rows and matrices as int16
_SHIFT = 28  # less the power of two that a matrix is multiplied by
_ROWS_PER_CALL = 1 << 15  # at most
_PRODUCT_SECONDS = 5e-11  # what a product of 16-bit numbers takes, on the slow side


def multiple(aim: str, n_bits: int, n_kept: int) -> float:
    """Return k for what codes are chosen for."""
    return 1.0 + _EXCESS[aim] * min(n_bits, n_kept) / max(n_bits, n_kept)


def unit_rows(X: Vectors, mean: Float64, removed: Float64, threads: int) -> Units:
    """Return the directions z of rows as int16 of length 2^14; zeros where nothing is left."""
    units: Units = core().unit_rows(
        np.ascontiguousarray(X, dtype=np.float32),
        mean,
        np.ascontiguousarray(removed.T),
        threads,
    )
    return units


class BitFlips:
    """Flips bits of codes for one decoder.

    Parameters
    ----------
    matrix : ndarray int16 (n_bits, d)
        ``M / k`` times ``2 ** (28 - shift)``, no number above 2^14: see `rounded`.
    shift : int, 0 - 31
    """

    def __init__(self, matrix: Units, shift: int) -> None:
        numbers = matrix.astype(np.float64)
        gram = numbers @ numbers.T  # whole numbers below 2^53: exact in any order
        gram /= UNIT
        np.rint(gram, out=gram)
        self.matrix = matrix
        self.shift = shift
        self._gram = np.ascontiguousarray(gram.clip(-UNIT, UNIT, out=gram), dtype=np.int16)

    @classmethod
    def rounded(cls, matrix: Float64) -> Self:
        """Make one from ``M / k`` in float64.

        It is rounded to whole numbers times one power of two, such that the longest row takes 13 to
        14 bits: no sum overflows 32 bits for up to 65 536 bits.
        """
        largest = float(np.abs(matrix).max(initial=0.0)) or 1.0
        longest = largest * float(np.sqrt(np.square(matrix / largest).sum(axis=1).max(initial=0.0)))
        power = min(14 - int(np.frexp(longest)[1]), _SHIFT)
        numbers = np.ldexp(matrix, power)
        np.rint(numbers, out=numbers).clip(-UNIT, UNIT, out=numbers)
        return cls(np.ascontiguousarray(numbers, dtype=np.int16), min(_SHIFT - power, 31))

    def __call__(self, units: Units, codes: Codes, threads: int) -> Codes:
        """Return better codes (n, bytes) for unit rows, given codes to start from.

        Notes
        -----
        O(n_bits * (d + n_bits)) time a row. Rows of zeros keep their codes.
        """
        refined = np.empty_like(codes)
        seconds = (self.matrix.size + self._gram.size) * _PRODUCT_SECONDS
        for rows in slices(len(units), seconds, _ROWS_PER_CALL):
            refined[rows] = core().refine_codes(
                units[rows],
                np.ascontiguousarray(codes[rows]),
                self.matrix,
                self.shift,
                self._gram,
                threads,
            )
        return refined
