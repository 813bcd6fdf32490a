"""Decoders from codes to vectors: of given codes, learned with the codes, and of old files.

Over the training rows, x' a row centred and without the removed directions, b its code as +-1:

    decoder = (B^T B + e n I)^-1 B^T X'        (n_bits x d),    e = 1e-4

The ridge e keeps bits that say the same from cancelling one another. A decoder learned with the
codes takes turns with them: codes chosen for it by bit flips, then least squares anew
(a binary autoencoder with free codes: Carreira-Perpinan and Raziperchikolaei, CVPR 2015).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core
from iiq._support.validate import Codes, Vectors
from iiq.codes.decoding import decoded_blocks, on_grid, signs_of
from iiq.encoders._bit_flips import UNIT, BitFlips, Units, unit_rows
from iiq.rows import WORK_ROWS, Rows

Float64 = NDArray[np.float64]

DECODER_ROWS = 20_000  # at most: the frequent words of most files, and more change little
RIDGE = 1e-4
_ROUNDS = 4  # of flips and least squares: more change little
_MOST_STRETCH = 2.0  # of a direction: see _spread


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


def learned_with_codes(
    rows: Rows,
    encode: Callable[[Vectors], Codes],
    mean: Float64,
    removed: Float64,
    n_bits: int,
    k: float,
    threads: int,
) -> tuple[Float64, BitFlips | None]:
    """Return a decoder (n_bits, d) on its grid, and what chooses codes for it.

    Parameters
    ----------
    rows : Rows
        Not empty, finite; they are held in memory.
    encode : callable
        From rows float32 to the codes to start from, packed.
    mean : ndarray float64 (d,)
    removed : ndarray float64 (d, D)
    n_bits : int
    k : float
        See `BitFlips`.
    threads : int

    Notes
    -----
    M is learned on unit rows, and codes are chosen for M (None: no row has a direction). The
    decoder is s M S: S gives codes that are as long as the directions kept, or longer, the spread
    of the rows (`_spread`), and s is the size that brings them nearest to the rows. All sums over
    rows are of integers, and M is rounded to integers before it decides a bit.
    """
    X = np.concatenate(list(rows.chunks(WORK_ROWS)))
    units = unit_rows(X, mean, removed, threads)
    directed = units.any(axis=1)
    if not directed.any():
        return np.zeros((n_bits, X.shape[1])), None
    X, units = X[directed], units[directed]
    codes = encode(X)
    matrix, agreement = _of_units(units, codes, n_bits, threads)
    for _ in range(_ROUNDS):
        codes = BitFlips.rounded(matrix / k)(units, codes, threads)
        matrix, agreement = _of_units(units, codes, n_bits, threads)
    matrix -= (matrix @ removed) @ removed.T
    flips = BitFlips.rounded(matrix / k)
    if n_bits >= units.shape[1] - removed.shape[1]:  # shorter codes know too little of weak ones
        matrix = matrix @ _spread(matrix, agreement, units)
    product = squares = 0.0
    for block, decoded in decoded_blocks(codes, matrix):
        product += float((cleaned(X[block], mean, removed) * decoded).sum())
        squares += float(np.square(decoded).sum())
    size = product / squares if squares > 0 else 0.0
    return on_grid(size * matrix), flips if flips.matrix.any() else None


def _spread(matrix: Float64, agreement: Float64, units: Units) -> Float64:
    """Return S (d, d), by which decoded codes spread along each direction as the rows do.

    Least squares makes small what it is unsure of, the weak directions above all, and cosines of
    decoded codes then hear the strong ones only. Along the principal directions of the rows S
    stretches by the spread of the rows over that of the decoded codes, at most `_MOST_STRETCH`.
    """
    from scipy.linalg import eigh

    wide = units.astype(np.float64)
    variances, directions = eigh(wide.T @ wide)  # whole numbers below 2^53: exact in any order
    along = matrix @ directions
    decoded = (along * (agreement @ along)).sum(axis=0) * float(UNIT) ** 2
    present = (variances > 1e-6 * variances.max()) & (decoded > 0)
    stretch = np.ones(len(variances))
    stretch[present] = np.sqrt(variances[present] / decoded[present])
    stretch[present] *= np.sqrt(decoded[present].sum() / variances[present].sum())
    whole: Float64 = (directions * stretch.clip(0.0, _MOST_STRETCH)) @ directions.T
    return whole


def _of_units(units: Units, codes: Codes, n_bits: int, threads: int) -> tuple[Float64, Float64]:
    """Return the least-squares decoder of codes to unit rows, and B^T B."""
    sums, cross = core().code_sums(units, codes, n_bits, threads)
    agreement: Float64 = sums.astype(np.float64)
    return solved(agreement, cross / UNIT, len(units)), agreement


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
