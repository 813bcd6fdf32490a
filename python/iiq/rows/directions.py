"""Principal directions of rows, by SciPy LAPACK, each with a sign of its own."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from iiq._support.interruptible import interruptible
from iiq.rows.base import Rows

Float64 = NDArray[np.float64]


def signed(directions: Float64) -> Float64:
    """Sign each column, in place: its entry of largest magnitude (the first on a tie) positive."""
    largest = np.argmax(np.abs(directions), axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    directions *= np.where(signs == 0, 1.0, signs)
    return directions


def principal_directions(gram: Float64) -> tuple[Float64, Float64]:
    """Return singular values (d,), descending, and directions (d, d) from a centred Gram matrix.

    Parameters
    ----------
    gram : ndarray float64 (d, d)

    Returns
    -------
    singular_values : ndarray float64 (d,)
        Of the centred rows: square roots of the eigenvalues.
    directions : ndarray float64 (d, d)
        Column k is the direction of the k-th singular value, signed by `signed`.
    """
    from scipy.linalg import eigh

    scale = max(float(gram.max(initial=0.0)), -float(gram.min(initial=0.0))) or 1.0
    solve = partial(eigh, overwrite_a=True)
    eigenvalues, vectors = interruptible(solve, (gram / scale).T)  # symmetric, as LAPACK has it
    values = np.sqrt(np.maximum(eigenvalues[::-1], 0.0) * scale)
    return values, signed(np.ascontiguousarray(vectors[:, ::-1]))


def principal_directions_svd(rows: Rows, mean: Float64) -> tuple[Float64, Float64]:
    """Return the same from the SVD of the centred rows, as Algorithm 1 has it (line 3).

    Notes
    -----
    Holds the rows in float64: a reference for matrices of moderate size.
    """
    from scipy.linalg import svd

    centred = np.concatenate([chunk.astype(np.float64) - mean for chunk in rows.chunks()])
    n, d = centred.shape
    _, values, rows_of_v = interruptible(svd, centred, n < d)
    padded = np.zeros(d)
    padded[: len(values)] = values
    return padded, signed(np.ascontiguousarray(rows_of_v.T))
