"""Decoders from codes to vectors: least squares, and what files without a decoder meant.

Over the training rows, x' a row centred and without the removed directions, b its code as +-1:

    decoder = (B^T B + e n I)^-1 B^T X'        (n_bits x d),    e = 1e-4

The ridge e keeps bits that say the same from cancelling one another.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Codes, Vectors
from iiq.codes.decoding import on_grid, signs_of
from iiq.rows import WORK_ROWS, Rows

Float64 = NDArray[np.float64]

DECODER_ROWS = 50_000  # at most: more change nothing that can be measured
RIDGE = 1e-4


def cleaned(block: Vectors, mean: Float64, removed: Float64) -> Float64:
    """Return rows centred and without the directions ``removed`` (d, D)."""
    rows: Float64 = block - mean
    if removed.shape[1]:
        rows -= (rows @ removed) @ removed.T
    return rows


def least_squares(
    rows: Rows,
    encode: Callable[[Vectors], Codes],
    mean: Float64,
    removed: Float64,
    n_bits: int,
) -> Float64:
    """Return the ridge least-squares decoder (n_bits, d), on its grid, of training rows.

    Parameters
    ----------
    rows : Rows
        Not empty, finite.
    encode : callable
        From rows float32 to packed codes.
    mean : ndarray float64 (d,)
    removed : ndarray float64 (d, D)
    n_bits : int

    Notes
    -----
    Sums are taken in blocks that start at fixed rows: the same for any block size and threads.
    """
    agreement = np.zeros((n_bits, n_bits))
    cross = np.zeros((n_bits, rows.n_columns))
    n_rows = 0
    for block in rows.chunks(WORK_ROWS):
        signs = signs_of(encode(block), n_bits)
        narrow = signs.astype(np.float32)
        agreement += narrow.T @ narrow  # whole numbers below 2^24: exact
        cross += signs.T @ cleaned(block, mean, removed)
        n_rows += len(block)
    return on_grid(solved(agreement, cross, n_rows))


def solved(agreement: Float64, cross: Float64, n_rows: int) -> Float64:
    """Return ``(agreement + e n I)^-1 cross``, finite for every input."""
    from scipy.linalg import solve

    size = float(np.abs(cross).max(initial=0.0)) or 1.0
    damped = agreement + RIDGE * n_rows * np.eye(len(agreement))
    solution: Float64 = solve(damped, cross / size, assume_a="pos") * size
    return solution


def evenly_spread(projection: Float64, scale: float) -> Float64:
    """Return the decoder of files that kept none.

    It is least squares for vectors spread evenly about the mean: E[x b^T] is in proportion to the
    unit columns p_j of the projection, and E[b b^T] = (2 / pi) arcsin(p_i . p_j).
    """
    lengths = np.linalg.norm(projection, axis=0)
    unit = projection / np.where(lengths > 0, lengths, 1.0)
    agreement = np.arcsin(np.clip(unit.T @ unit, -1.0, 1.0)) * (2.0 / np.pi)
    size = scale / (float(lengths.mean()) or 1.0)
    return on_grid(size * np.linalg.pinv(agreement, hermitian=True) @ unit.T)
