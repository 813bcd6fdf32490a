"""Training the rotation on rows that lie on other machines: integer sums travel, rows stay.

The bytes of Z are made once where the rows are and kept there. In each iteration every machine is
sent the rotation and answers with its sums, whole numbers that are added up on the way: no order of
summation changes them, so the rotation is the one a single machine finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core
from iiq._support.validate import Vectors, non_finite
from iiq.encoders._quantized import RoundedRotation, bytes_of_row, cross_of_sums, quantum_per_unit

Float64 = NDArray[np.float64]
Quantized = tuple[NDArray[np.uint8], NDArray[np.int64]]


class RemoteInt8Problem:
    """The quantized rows and their sums, kept by workers.

    Parameters
    ----------
    rows : Rows
        Remote rows: those of :class:`iiq.rows.dask.DaskRows`.
    mean, basis, singular_values, n_bits
        As in ``train_rotation``.
    """

    def __init__(
        self, rows: Any, mean: Float64, basis: Float64, singular_values: Float64, n_bits: int
    ) -> None:
        self._scale = quantum_per_unit(singular_values, rows.n_rows)
        self._n_bits = n_bits
        self._rounded = RoundedRotation()
        self._kept = rows.keep(_quantize_block, rows.name, mean, basis, self._scale)
        self._column_sums: NDArray[np.int64] = self._kept.sum(_column_sums)

    def cross(self, rotation: NDArray[Any]) -> Float64:
        """Return ``Z^T B``, B the signs of ``Z rotation`` as +-1."""
        sums = self._kept.sum(_block_sums, self._rounded(rotation), self._n_bits)
        return cross_of_sums(sums, self._column_sums, self._scale)

    def close(self) -> None:
        """Let the workers free what they keep."""
        self._kept.close()


def _quantize_block(
    chunks: Iterable[Vectors],
    first_row: int,
    name: str,
    mean: Float64,
    basis: Float64,
    scale: float,
) -> Quantized:
    """Return the bytes of Z and the sums of their columns."""
    column_sums = np.zeros(basis.shape[1], np.int64)
    parts = []
    for chunk in chunks:
        z = np.empty((len(chunk), bytes_of_row(basis.shape[1])), np.uint8)
        bad = core().quantize(chunk, mean, basis, scale, z, column_sums, 1)
        if bad >= 0:
            raise non_finite(name, first_row + bad)
        parts.append(z)
        first_row += len(chunk)
    return np.concatenate(parts), column_sums


def _column_sums(kept: Quantized) -> NDArray[np.int64]:
    return kept[1]


def _block_sums(kept: Quantized, rotation: NDArray[np.int8], n_bits: int) -> NDArray[np.int64]:
    """Return, for each bit, the sum of the rows where it is 1."""
    z, _ = kept
    bits = np.zeros((len(z), (n_bits + 31) // 32), np.uint32)
    sums = np.zeros((n_bits, z.shape[1]), np.int64)
    core().rotation_step(np.ascontiguousarray(z), rotation, bits, sums, 1)
    return sums
