"""Numbers as bytes for training: rows of Z, the rotation, and what their integer sums stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_LARGEST = 63  # of a quantized number, and of the rotation: four products of 127 * 63 fit 16 bits
_CLIP = 4.0  # standard deviations of the strongest direction ...
_CLIP_MEDIAN = 16.0  # ... but no more than this of the median one, for an outlier's sake
_ROW_ALIGN = 16


def bytes_of_row(n_kept: int) -> int:
    """Return the bytes of a quantized row, with those that align it."""
    return -(-n_kept // _ROW_ALIGN) * _ROW_ALIGN


class RoundedRotation:
    """Rounds rotations to bytes; what is rounded off one is added to the next.

    The scale of a column changes no sign. Rounding alone would hide changes of less than half a
    unit, and the alternation would stop early; with what was left over, several rotations together
    are as exact as wanted.
    """

    def __init__(self) -> None:
        self._left_over: NDArray[Any] | None = None

    def __call__(self, rotation: NDArray[Any]) -> NDArray[np.int8]:
        """Return the rotation in 8 bits, each column to a scale of its own."""
        largest = np.abs(rotation).max(axis=0)
        largest[largest == 0] = 1.0
        wanted = rotation * (_LARGEST / largest)
        if self._left_over is not None:
            wanted += self._left_over
        rounded = np.rint(wanted, out=self._left_over)
        rounded.clip(-_LARGEST, _LARGEST, out=rounded)
        quantized: NDArray[np.int8] = rounded.astype(np.int8)
        wanted -= rounded
        self._left_over = wanted
        return quantized


def cross_of_sums(sums: NDArray[np.int64], column_sums: NDArray[np.int64], scale: float) -> Float64:
    """Return ``Z^T B`` from the sums of rows whose bit is 1, (n_bits, stride), and of all rows."""
    c = len(column_sums)
    if not scale:
        return np.zeros((c, len(sums)))
    cross = sums[:, :c].T.astype(np.float64, order="C")
    cross *= 2.0  # whole numbers below 2^53, until the division
    cross -= column_sums[:, np.newaxis]
    cross /= scale
    return cross


def quantum_per_unit(singular_values: Float64, n_rows: int) -> float:
    """Return by how much to multiply Z so that whole numbers up to 63 hold it: float32, or 0."""
    spread = singular_values / np.sqrt(n_rows)
    present = spread[spread > 1e-6 * spread.max(initial=0.0)]
    if present.size == 0:
        return 0.0
    clip = min(_CLIP * spread.max(), _CLIP_MEDIAN * float(np.median(present)))
    with np.errstate(over="ignore"):
        scale = float(np.float32(_LARGEST / clip)) if clip > 0 else 0.0
    return scale if np.isfinite(scale) else 0.0
