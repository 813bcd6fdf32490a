"""How evenly vectors spread over directions (eq. 3 to 5 of the paper)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.blas import one_blas_thread
from iiq.rows import as_rows
from iiq.rows.base import Rows
from iiq.rows.directions import principal_directions
from iiq.rows.moments import moments

Float64 = NDArray[np.float64]


class Isotropy(NamedTuple):
    """How evenly vectors spread over directions; 1 is perfectly even."""

    partition_ratio: float
    estimate: float


def isotropy(X: ArrayLike | Any) -> Isotropy:
    """Measure the isotropy of vectors.

    Parameters
    ----------
    X : array-like (n, d) or WordVectors
        The vectors as they are: nothing is centred here.

    Returns
    -------
    Isotropy
        ``partition_ratio``: min Z(e) / max Z(e), Z(e) = sum of exp(e . x) (eq. 3 and 4), over the
        2 d directions e = +-v_j, v_j the eigenvectors of X^T X: the approximation of Mu, Bhat and
        Viswanath (2018); the full sphere is not searched. ``estimate``: eq. 5, from the sum of the
        vectors and the smallest and largest singular value of X.

    Raises
    ------
    ValueError
        If X is not a matrix of finite real numbers with at least one row.

    Notes
    -----
    Float64 throughout; sums of exponentials by logsumexp, so that no scale overflows. Two passes,
    O(n d^2) time, O(d^2) memory.

    References
    ----------
    "Embedding Compression with Isotropic Iterative Quantization", AAAI 2020, eq. 3 - 5.

    Examples
    --------
    >>> import numpy as np
    >>> isotropy(np.vstack([np.eye(4), -np.eye(4)])).partition_ratio
    1.0
    """
    with one_blas_thread():
        return _isotropy(as_rows(X))


def _isotropy(rows: Rows) -> Isotropy:
    stats = moments(rows)
    second = stats.gram + stats.n_rows * np.outer(stats.mean, stats.mean)
    singular_values, directions = principal_directions(second)
    log_z = _log_partition(rows, directions)
    ratio = float(np.exp(log_z.min() - log_z.max()))
    total = stats.n_rows * float(np.linalg.norm(stats.mean))
    smallest, largest = (float(singular_values[k]) ** 2 / 2 for k in (-1, 0))
    estimate = (stats.n_rows - total + smallest) / (stats.n_rows + total + largest)
    return Isotropy(ratio, estimate)


def _log_partition(rows: Rows, directions: Float64) -> Float64:
    """Return log Z(e) for the 2 d directions ``+-directions``."""
    d = directions.shape[1]
    top = np.full(2 * d, -np.inf)
    mass = np.zeros(2 * d)
    for chunk in rows.chunks():
        along = chunk.astype(np.float64) @ directions
        scores = np.concatenate([along, -along], axis=1)
        new_top = np.maximum(top, scores.max(axis=0))
        mass = mass * np.exp(top - new_top) + np.exp(scores - new_top).sum(axis=0)
        top = new_top
    return top + np.log(mass)
