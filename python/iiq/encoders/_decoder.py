"""Decoders from codes to vectors: of given codes, learned with the codes, and of old files.

Over the training rows, x' a row centred and without the removed directions, b its code as +-1:

    decoder = (B^T B + e n I)^-1 B^T X'        (n_bits x d),    e = 1e-4

The ridge e keeps bits that say the same from cancelling one another. A decoder learned with the
codes takes turns with them: codes chosen for it by bit flips, then least squares anew
(a binary autoencoder with free codes: Carreira-Perpinan and Raziperchikolaei, CVPR 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.interruptible import interruptible
from iiq._support.native import core
from iiq._support.validate import Codes, Vectors
from iiq.codes.decoding import decoded_blocks, on_grid, signs_of
from iiq.encoders._bit_flips import UNIT, BitFlips, Units, unit_rows
from iiq.rows import CHUNK_ROWS, ArrayRows, Rows

Float64 = NDArray[np.float64]

DECODER_ROWS = 20_000  # at most: the frequent words of most files, and more change little
RIDGE = 1e-4
ROUNDS = 4  # of flips and least squares: more change little
_MOST_STRETCH = 2.0  # of a direction: see _stretched


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
    for block in rows.work_blocks():
        codes = encode(block)
        for start in range(0, len(block), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            signs = signs_of(codes[part], n_bits)
            cross += signs.T @ cleaned(block[part], mean, removed)
            narrow = signs.astype(np.float32)
            agreement += narrow.T @ narrow  # whole numbers below 2^24: exact
        n_rows += len(block)
    return on_grid(interruptible(solved, agreement, cross, n_rows))


def learned_with_codes(
    rows: Rows,
    encode: Callable[[Vectors], Codes],
    mean: Float64,
    removed: Float64,
    n_bits: int,
    k: float,
    threads: int,
    step: Callable[[], Any] = lambda: None,
) -> tuple[Float64, BitFlips | None]:
    """Return a decoder (n_bits, d) on its grid, and what chooses codes for it.

    Parameters
    ----------
    rows : Rows
        Not empty, finite; their directions are held in memory, 2 bytes a number.
    encode : callable
        From rows float32 to the codes to start from, packed.
    mean : ndarray float64 (d,)
    removed : ndarray float64 (d, D)
    n_bits : int
    k : float
        See `BitFlips`.
    threads : int
    step : callable
        Called after each of `ROUNDS`.

    Notes
    -----
    M is learned on unit rows, and codes are chosen for M (None: no row has a direction). The
    decoder is s M S: S gives codes that are as long as the directions kept, or longer, the spread
    of the rows (`_stretched`), and s is the size that brings them nearest to the rows. All sums
    over rows are of integers, and M is rounded to integers before it decides a bit.
    """
    if rows.remote:  # they are read twice
        rows = ArrayRows(np.concatenate(list(rows.work_blocks())), rows.name)
    units, codes, directed = _start(rows, encode, mean, removed, threads)
    if not directed.any():
        return np.zeros((n_bits, rows.n_columns)), None
    matrix, agreement = interruptible(_of_units, units, codes, n_bits, threads)
    for _ in range(ROUNDS):
        flips = interruptible(BitFlips.rounded, matrix / k)
        del matrix, agreement  # of wide vectors each takes as much as thousands of rows
        codes = flips(units, codes, threads)
        matrix, agreement = interruptible(_of_units, units, codes, n_bits, threads)
        step()
    matrix -= (matrix @ removed) @ removed.T
    flips = interruptible(BitFlips.rounded, matrix / k)
    if n_bits >= rows.n_columns - removed.shape[1]:  # shorter codes know too little of weak ones
        gram = _gram(units)
        del units
        matrix = interruptible(_stretched, matrix, agreement, gram)
    size = _size(rows, directed, codes, matrix, mean, removed)
    return on_grid(size * matrix), flips if flips.matrix.any() else None


def _start(
    rows: Rows,
    encode: Callable[[Vectors], Codes],
    mean: Float64,
    removed: Float64,
    threads: int,
) -> tuple[Units, Codes, NDArray[np.bool_]]:
    """Return the directions of rows and their codes, both of rows that have one, and which do."""
    assert rows.n_rows is not None
    units = np.empty((rows.n_rows, rows.n_columns), np.int16)
    codes: list[Codes] = []
    directed: list[NDArray[np.bool_]] = []
    count = 0
    for block in rows.work_blocks():
        part = unit_rows(block, mean, removed, threads)
        present = np.any(part, axis=1)
        every = bool(present.all())
        codes.append(encode(block if every else block[present]))
        directed.append(np.asarray(present))
        part = part if every else part[present]
        units[count : count + len(part)] = part
        count += len(part)
    return units[:count], np.concatenate(codes), np.concatenate(directed)


def _size(
    rows: Rows,
    directed: NDArray[np.bool_],
    codes: Codes,
    matrix: Float64,
    mean: Float64,
    removed: Float64,
) -> float:
    """Return by how much to multiply a decoder that its codes come nearest to the rows."""
    product = squares = 0.0
    first = done = 0
    for block in rows.chunks():
        wanted = block[directed[first : first + len(block)]]
        first += len(block)
        for part, decoded in decoded_blocks(codes[done : done + len(wanted)], matrix):
            product += float(np.vdot(cleaned(wanted[part], mean, removed), decoded))
            squares += float(np.vdot(decoded, decoded))
        done += len(wanted)
    return product / squares if squares > 0 else 0.0


def _gram(units: Units) -> Float64:
    """Return ``units^T units``: whole numbers below 2^53, exact in any order."""
    gram = np.zeros((units.shape[1], units.shape[1]))
    for start in range(0, len(units), CHUNK_ROWS):
        wide = units[start : start + CHUNK_ROWS].astype(np.float64)
        gram += wide.T @ wide
    return gram


def _stretched(matrix: Float64, agreement: NDArray[np.int32], gram: Float64) -> Float64:
    """Return M S: S (d, d) makes decoded codes spread along each direction as the rows do.

    Least squares makes small what it is unsure of, the weak directions above all, and cosines of
    decoded codes then hear the strong ones only. Along the principal directions of the rows S
    stretches by the spread of the rows over that of the decoded codes, at most `_MOST_STRETCH`.
    """
    from scipy.linalg import eigh

    variances, directions = eigh(gram.T, overwrite_a=True)  # symmetric, as LAPACK has it
    along = matrix @ directions
    product = agreement.astype(np.float64) @ along
    product *= along
    decoded = product.sum(axis=0) * float(UNIT) ** 2
    present = (variances > 1e-6 * variances.max()) & (decoded > 0)
    stretch = np.ones(len(variances))
    stretch[present] = np.sqrt(variances[present] / decoded[present])
    stretch[present] *= np.sqrt(decoded[present].sum() / variances[present].sum())
    del along, product
    whole = (directions * stretch.clip(0.0, _MOST_STRETCH)) @ directions.T
    stretched: Float64 = matrix @ whole
    return stretched


def _of_units(
    units: Units, codes: Codes, n_bits: int, threads: int
) -> tuple[Float64, NDArray[np.int32]]:
    """Return the least-squares decoder of codes to unit rows, and B^T B."""
    agreement, cross = core().code_sums(units, codes, n_bits, threads)
    return solved(agreement, cross / UNIT, len(units)), agreement


def solved(agreement: NDArray[Any], cross: Float64, n_rows: int) -> Float64:
    """Return ``(agreement + e n I)^-1 cross``, finite for every input; ``cross`` is lost."""
    from scipy.linalg import solve

    size = float(np.abs(cross).max(initial=0.0)) or 1.0
    cross /= size
    damped = agreement.astype(np.float64)
    damped.flat[:: len(damped) + 1] += RIDGE * n_rows
    solution: Float64 = solve(damped, cross, assume_a="pos", overwrite_b=True) * size
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
