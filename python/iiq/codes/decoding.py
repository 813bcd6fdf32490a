"""Codes as vectors: what a decoder makes of them, and how long that is.

A decoder (n_bits, d) turns a code b, as +-1, into ``decoder^T b``. Its numbers stand on a grid
(`on_grid`) so coarse that float64 holds every sum of them exactly: a decoded code is the same for
any order of summation, block size, BLAS and CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.native import core
from iiq._support.validate import Codes, as_codes
from iiq.codes.bits import bits_of

if TYPE_CHECKING:
    from iiq.codes.index import HammingIndex

Float64 = NDArray[np.float64]

_GRID_BITS = 20  # of the largest number: with 2^16 bits a sum takes 36 of float64's 53
_BLOCK_BYTES = 1 << 23  # of the floats of a block of codes, signs and decoded


def on_grid(decoder: Float64) -> Float64:
    """Round to whole multiples of a power of two, the largest number to about 20 bits."""
    shift = _shift(decoder)
    rounded: Float64 = np.ldexp(np.rint(np.ldexp(decoder, shift)), -shift)
    return rounded


def _shift(decoder: Float64) -> int:
    """Return the power of two by which the numbers of the grid are whole."""
    largest = float(np.abs(decoder).max(initial=0.0))
    return _GRID_BITS - int(np.frexp(largest)[1])


def signs_of(codes: Codes, n_bits: int) -> Float64:
    """Return checked codes as rows of +-1."""
    return 2.0 * bits_of(codes, n_bits).astype(np.float64) - 1.0


def decoded_blocks(codes: ArrayLike, decoder: Float64) -> Iterator[tuple[slice, Float64]]:
    """Yield which codes, and what they decode to, a few thousand at a time.

    Parameters
    ----------
    codes : array-like uint8 (n, ceil(n_bits / 8))
    decoder : ndarray float64 (n_bits, d)
        On its grid, as ``encoder.decoder_`` is.

    Yields
    ------
    rows : slice
    decoded : ndarray float64 (rows, d)
        ``decoder^T b``, exact.
    """
    n_bits = len(decoder)
    packed = as_codes(codes, n_bits)
    step = max(64, _BLOCK_BYTES // (8 * sum(decoder.shape)))
    for start in range(0, len(packed), step):
        rows = slice(start, min(start + step, len(packed)))
        yield rows, signs_of(packed[rows], n_bits) @ decoder


def decode(codes: ArrayLike, decoder: Float64) -> Float64:
    """Return what codes decode to, float64 (n, d), exact: see `decoded_blocks`.

    Examples
    --------
    >>> decode(np.array([[0b01], [0b11]], np.uint8), np.array([[1.0, 0.5], [0.25, 2.0]]))
    array([[ 0.75, -1.5 ],
           [ 1.25,  2.5 ]])
    """
    packed = as_codes(codes, len(decoder))
    decoded = np.empty((len(packed), decoder.shape[1]))
    for rows, part in decoded_blocks(packed, decoder):
        decoded[rows] = part
    return decoded


def decoded_lengths(codes: ArrayLike, decoder: Float64) -> Float64:
    """Return the length of what each code decodes to, float64 (n,).

    Notes
    -----
    Squares are added in the order of the columns: the same lengths for any number of codes, BLAS
    and CPU. O(n n_bits d) time.
    """
    packed = as_codes(codes, len(decoder))
    lengths = np.empty(len(packed))
    for rows, part in decoded_blocks(packed, decoder):
        squares = np.add.accumulate(part * part, axis=1)[:, -1]
        lengths[rows] = np.sqrt(squares)
    return lengths


class RowDecoder:
    """Decodes rows of an index, one or many, where they lie.

    A code is the sum of a base and the rows of its set bits, in whole multiples of the grid: exact
    like `decode`. A decoder that is on no grid (another program's) is rounded to one.

    Parameters
    ----------
    decoder : ndarray float64 (n_bits, d)
    """

    def __init__(self, decoder: Float64) -> None:
        shift = _shift(decoder)
        whole = np.rint(np.ldexp(decoder, shift))
        self._rows = np.ascontiguousarray(2.0 * whole, dtype=np.float32)  # exact: 21 bits
        self._base = -whole.sum(axis=0)
        self._unit = 2.0**-shift

    def of(self, index: HammingIndex) -> Any:
        """Return the decoded codes of an index: ``rows_at``, ``row_at`` and ``cosine`` of rows."""
        return core().DecodedCodes(
            index.blocks, index.n_codes, index.n_bits, self._rows, self._base, self._unit
        )
