"""Plain scalar formats: half precision, and one byte a number with a scale a column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Matrix, Vectors
from iiq.baselines.base import Baseline, blocks_of

_LEVELS = 255


class Float16(Baseline):
    """Each number in IEEE half precision: 16 d bits a vector.

    Attributes
    ----------
    values_ : ndarray float16 (n, d)

    Notes
    -----
    Rounded to nearest; relative error at most 2^-11 for magnitudes of 6.1e-5 and more.

    Examples
    --------
    >>> import numpy as np
    >>> Float16().fit(np.ones((3, 4))).bits_per_vector
    64.0
    """

    method = "float16"

    values_: NDArray[np.float16]

    def _compress(self, matrix: Matrix) -> None:
        values = np.empty(matrix.shape, np.float16)
        for start, block in blocks_of(matrix):
            with np.errstate(over="ignore"):
                values[start : start + len(block)] = block
            if np.isinf(values[start : start + len(block)]).any():
                raise ValueError(
                    f"X holds numbers up to {np.abs(block).max():.4g}, but float16 ends at 65504: "
                    "divide X by a constant first"
                )
        self.values_ = values

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        return self.values_[rows].astype(np.float32)

    @property
    def stored_bytes(self) -> int:
        """Bytes of the half-precision numbers."""
        self._check_fitted()
        return self.values_.nbytes


class Int8(Baseline):
    """Each number as one of 256 even steps between the least and the largest of its column.

    ``code = rint((x - low) / step)``, ``step = (high - low) / 255``; decoded to
    ``low + step * code``.

    Attributes
    ----------
    codes_ : ndarray uint8 (n, d)
    low_, step_ : ndarray float32 (d,)

    Notes
    -----
    8 d bits a vector and 64 d bits of scales in all. The error is at most half a step and a
    rounding.

    Examples
    --------
    >>> import numpy as np
    >>> Int8().fit(np.array([[0.0], [127.5], [255.0]])).decode()
    array([[  0.],
           [128.],
           [255.]], dtype=float32)
    """

    method = "int8"

    codes_: NDArray[np.uint8]
    low_: NDArray[np.float32]
    step_: NDArray[np.float32]

    def _compress(self, matrix: Matrix) -> None:
        low = np.full(matrix.shape[1], np.inf)
        high = -low
        for _, block in blocks_of(matrix):
            low = np.minimum(low, block.min(axis=0))
            high = np.maximum(high, block.max(axis=0))
        step = (high - low) / _LEVELS
        self.low_ = low.astype(np.float32)
        self.step_ = step.astype(np.float32)
        divisor = np.where(step > 0, step, 1.0)
        self.codes_ = np.empty(matrix.shape, np.uint8)
        for start, block in blocks_of(matrix):
            self.codes_[start : start + len(block)] = np.rint((block - low) / divisor)

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        return self.low_ + self.step_ * self.codes_[rows].astype(np.float32)

    @property
    def stored_bytes(self) -> int:
        """Bytes of the codes and of the scales."""
        self._check_fitted()
        return self.codes_.nbytes + self.low_.nbytes + self.step_.nbytes
