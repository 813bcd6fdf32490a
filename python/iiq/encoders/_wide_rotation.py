"""Steps of the rotation of wide vectors, by products alone: no SVD, and a quarter of the steps.

The rows of R and of Z^T B go with principal directions, and along those Z^T B R^T is nearly
diagonal, in proportion to the squared singular values. The turn that makes it symmetric, which is
what the SVD of Z^T B finds, is therefore nearly its skew part, divided number by number. Signs are
taken a little ahead, where the last two rotations point to (Nesterov 1983). Newton-Schulz steps
keep R orthonormal; one of them costs no product, as it joins the turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_AHEAD = 0.9  # of the last move, beyond the rotation
_DAMPING = 0.85  # of a turn: what is not diagonal would make steps ahead swing
_FLOOR = 1e-6  # of the largest variance: directions without any are not to decide the turn
_LOOSE = 0.3  # squared singular values of a rotation are as near 1 between steps ...
_TIGHT = 1e-12  # ... and in the end
_MOST_STEPS = 40


class WideSteps:
    """Rotations of rows whose columns are principal directions, one step after the other.

    A rotation with more columns than rows is completed by rows for directions without variance.

    Attributes
    ----------
    at : ndarray float64 (c, n_bits)
        Where the next signs are to be taken: nearly orthonormal rows.
    """

    def __init__(self, start: Float64, singular_values: Float64) -> None:
        self._n_kept, n_bits = start.shape
        self._rotation = start
        if self._n_kept < n_bits:
            completed, _ = np.linalg.qr(start.T, mode="complete")
            self._rotation = np.concatenate([start, completed.T[self._n_kept :]])
        self._ahead, self._defect = orthonormal(self._rotation, _LOOSE)
        self._variances = np.zeros(n_bits)
        self._variances[: self._n_kept] = singular_values**2
        floor = _FLOOR * float(self._variances.max(initial=0.0))
        self._weights = np.maximum(self._variances, floor)

    @property
    def at(self) -> Float64:
        """Return the rows of directions kept."""
        return self._ahead[: self._n_kept]

    def advance(self, cross: Float64) -> float:
        """Take the step that ``cross``, Z^T B of the signs at `at`, asks for.

        Returns
        -------
        float
            ``trace(R^T cross)``, less what R, not quite orthonormal, adds to ||Z R||^2 / 2.
        """
        rotation = self._turned(cross)
        move = rotation - self._rotation
        self._rotation = rotation
        self._ahead, self._defect = orthonormal(rotation + _AHEAD * move, _LOOSE)
        excess = float(self._variances @ ((rotation**2).sum(axis=1) - 1.0))
        return float(np.vdot(rotation[: self._n_kept], cross)) - excess / 2.0

    def _turned(self, cross: Float64) -> Float64:
        """Return the rotation ahead, turned towards the one of largest ``trace(R^T cross)``."""
        agreement = np.zeros_like(self._defect)
        agreement[: self._n_kept] = cross @ self._ahead.T
        scale = float(np.trace(agreement)) / (float(self._weights.sum()) or 1.0)
        if not scale > 0.0:  # rows of zeros
            return self._ahead
        weights = scale * self._weights
        turn = agreement - agreement.T
        turn /= weights[:, np.newaxis] + weights
        turn *= _DAMPING
        turn += 0.5 * self._defect
        turned: Float64 = self._ahead + turn @ self._ahead
        return turned

    def final(self) -> Float64:
        """Return the rotation, its rows orthonormal."""
        return np.ascontiguousarray(orthonormal(self._rotation, _TIGHT)[0][: self._n_kept])


def orthonormal(rows: Float64, most: float) -> tuple[Float64, Float64]:
    """Make rows orthonormal, so far that ``||I - rows rows^T||`` is about ``most``.

    Parameters
    ----------
    rows : ndarray float64 (c, o), c <= o
        No singular value far below 1; they may be above.
    most : float

    Returns
    -------
    rows : ndarray float64 (c, o)
        Newton-Schulz steps towards the nearest such rows; by an SVD where those do not arrive.
    defect : ndarray float64 (c, c)
        ``I - rows rows^T``.
    """
    for _ in range(_MOST_STEPS):
        defect = _defect(rows)
        size = _norm(defect)
        if size <= most:
            return rows, defect
        if not np.isfinite(size):
            break
        shrink = 2.0 / (2.0 + size) if size > 1.0 else 1.0  # singular values within reach
        defect *= shrink
        defect.flat[:: len(defect) + 1] += 1.0 - shrink
        rows = np.sqrt(shrink) * (rows + 0.5 * (defect @ rows))
    from scipy.linalg import svd

    left, _, right = svd(rows, full_matrices=False)
    nearest: Float64 = left @ right
    return nearest, _defect(nearest)


def _defect(rows: Float64) -> Float64:
    defect = -(rows @ rows.T)
    defect.flat[:: len(defect) + 1] += 1.0
    return defect


def _norm(symmetric: Float64) -> float:
    """Return nearly the largest size of an eigenvalue, by a few powers."""
    vector = np.random.default_rng(0).standard_normal(len(symmetric))
    size = float(np.linalg.norm(vector))
    for _ in range(8):
        vector = symmetric @ (vector / size)
        size = float(np.linalg.norm(vector))
        if not (size > 0.0 and np.isfinite(size)):
            break
    return size
