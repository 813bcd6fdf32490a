"""Steps of the rotation of wide vectors, by products alone: no SVD, and a quarter of the steps.

The rows of R and of Z^T B go with principal directions, and along those Z^T B R^T is nearly
diagonal, in proportion to the squared singular values. The turn that makes it symmetric, which is
what the SVD of Z^T B finds, is therefore nearly its skew part, divided number by number. Signs are
taken a little ahead, where the last two rotations point to (Nesterov 1983). Newton-Schulz steps
keep R orthonormal; one of them costs no product, as it joins the turn. Products are float32, each
sum in the order of the core: no BLAS, kernel set or thread changes a bit of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Product = Callable[[Any, Any], Any]

_AHEAD = 0.9  # of the last move, beyond the rotation
_DAMPING = 0.85  # of a turn: what is not diagonal would make steps ahead swing
_FLOOR = 1e-6  # of the largest variance: directions without any are not to decide the turn
_LOOSE = 0.6  # squared singular values of a rotation are as near 1 between steps ...
_NEARLY = 1e-3  # ... as float32 brings them ...
_TIGHT = 1e-12  # ... and in the end
_MOST_STEPS = 40
_BLOCK_ROWS = 64  # of a matrix changed in place: what is between needs no memory


class WideSteps:
    """Rotations of rows whose columns are principal directions, one step after the other.

    A rotation with more columns than rows is completed by rows for directions without variance.

    Attributes
    ----------
    at : ndarray float32 (c, n_bits)
        Where the next signs are to be taken: nearly orthonormal rows.
    """

    _ahead: Float32
    _defect: Float32  # of _ahead, then the turn from it

    def __init__(self, start: Float64, singular_values: Float64, threads: int = 1) -> None:
        self._n_kept, n_bits = start.shape
        self._threads = threads
        if self._n_kept < n_bits:
            completed, _ = np.linalg.qr(start.T, mode="complete")
            start = np.concatenate([start, completed.T[self._n_kept :]])
        self._rotation = start.astype(np.float32)
        self._ahead, self._defect = orthonormal(self._rotation.copy(), _LOOSE, self._product)
        self._variances = np.zeros(n_bits)
        self._variances[: self._n_kept] = singular_values**2
        floor = _FLOOR * float(self._variances.max(initial=0.0))
        self._weights = np.maximum(self._variances, floor)

    @property
    def at(self) -> Float32:
        """Return the rows of directions kept."""
        return self._ahead[: self._n_kept]

    def advance(self, cross: Float64) -> float:
        """Take the step that ``cross``, Z^T B of the signs at `at`, asks for.

        Returns
        -------
        float
            ``trace(R^T cross)``, less what R, not quite orthonormal, adds to ||Z R||^2 / 2.
        """
        size = float(np.abs(cross).max(initial=0.0)) or 1.0
        agreement = np.zeros_like(self._defect)
        agreement[: self._n_kept] = self._product((cross / size).astype(np.float32), self._ahead.T)
        trace = float(np.trace(agreement, dtype=np.float64))
        rotation = self._ahead
        if trace > 0.0:  # else rows of zeros
            trace += self._turn(agreement, trace)
            rotation = self._product(self._defect, self._ahead)
            rotation += self._ahead
        del agreement
        ahead = self._rotation  # becomes rotation + _AHEAD (rotation - the one before)
        ahead *= -_AHEAD
        ahead += (1.0 + _AHEAD) * rotation
        self._rotation = rotation
        self._ahead, self._defect = orthonormal(ahead, _LOOSE, self._product)
        lengths = np.einsum("ij,ij->i", rotation, rotation, dtype=np.float64)
        excess = float(self._variances @ (lengths - 1.0))
        return trace * size - excess / 2.0

    def _turn(self, agreement: Float32, trace: float) -> float:
        """Make the defect the turn T by which R = Y + T Y, Y the rotation ahead.

        Returns
        -------
        float
            The sum of T times ``agreement`` = cross Y^T, by which T raises ``trace(R^T cross)``.
        """
        weights = (trace / float(self._weights.sum())) * self._weights
        raised = 0.0
        for start in range(0, len(weights), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            part = agreement[rows] - agreement[:, rows].T
            part /= (weights[rows, np.newaxis] + weights).astype(np.float32)
            part *= _DAMPING
            turn = self._defect[rows]
            turn *= 0.5
            turn += part
            raised += float((turn * agreement[rows]).sum(dtype=np.float64))
        return raised

    def final(self) -> Float64:
        """Return the rotation, its rows orthonormal."""
        self._ahead = self._defect = self._rotation[:0]  # frees them
        nearly, _ = orthonormal(self._rotation, _NEARLY, self._product)
        rows, _ = orthonormal(nearly.astype(np.float64), _TIGHT)
        return np.ascontiguousarray(rows[: self._n_kept])

    def _product(self, a: Float32, b: Float32) -> Float32:
        return core().multiply(a, b, self._threads)


def orthonormal(rows: Any, most: float, product: Product = np.matmul) -> tuple[Any, Any]:
    """Make rows orthonormal, so far that ``||I - rows rows^T||`` is about ``most``.

    Parameters
    ----------
    rows : ndarray (c, o), c <= o
        No singular value far below 1; they may be above. Changed in place.
    most : float
    product : function
        Of two matrices of the type of ``rows``.

    Returns
    -------
    rows : ndarray (c, o)
        Newton-Schulz steps towards the nearest such rows; by an SVD where those do not arrive.
    defect : ndarray (c, c)
        ``I - rows rows^T``.
    """
    for _ in range(_MOST_STEPS):
        defect = _defect(rows, product)
        size = _norm(defect, product)
        if size <= most:
            return rows, defect
        if not np.isfinite(size):
            break
        shrink = 2.0 / (2.0 + size) if size > 1.0 else 1.0  # singular values within reach
        defect *= shrink
        defect.flat[:: len(defect) + 1] += 1.0 - shrink
        correction = product(defect, rows)
        correction *= 0.5
        rows += correction
        rows *= np.sqrt(shrink)
    from scipy.linalg import svd

    left, _, right = svd(rows, full_matrices=False)
    nearest = left @ right
    return nearest, _defect(nearest, product)


def _defect(rows: Any, product: Product) -> Any:
    defect = product(rows, rows.T)
    np.negative(defect, out=defect)
    defect.flat[:: len(defect) + 1] += 1.0
    return defect


def _norm(symmetric: Any, product: Product) -> float:
    """Return nearly the largest size of an eigenvalue, by a few powers."""
    vector = np.random.default_rng(0).standard_normal((len(symmetric), 1))
    size = _length(vector)
    for _ in range(8):
        vector = product(symmetric, (vector / size).astype(symmetric.dtype))
        size = _length(vector)
        if not (size > 0.0 and np.isfinite(size)):
            break
    return size


def _length(vector: Any) -> float:
    return float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
