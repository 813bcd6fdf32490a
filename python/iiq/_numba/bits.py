"""Packed codes: distances row by row, in and out of the blocked layout.

The blocked layout (docs/bit-layout.md): 32 codes make a block; word w of a code is its bits
16 w .. 16 w + 15; a block holds, for each w, that word of its 32 codes side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint16, uint64
from numpy.typing import NDArray

from iiq._numba._jit import jit

BLOCK = 32


@jit(inline="always")
def popcount64(x: Any) -> Any:
    """Bits set in a uint64, the usual way (the compiler knows it and takes the instruction)."""
    x = x - ((x >> uint64(1)) & uint64(0x5555555555555555))
    x = (x & uint64(0x3333333333333333)) + ((x >> uint64(2)) & uint64(0x3333333333333333))
    x = (x + (x >> uint64(4))) & uint64(0x0F0F0F0F0F0F0F0F)
    return (x * uint64(0x0101010101010101)) >> uint64(56)


@jit(inline="always")
def popcount16(x: Any) -> Any:
    """Bits set in a uint16."""
    x = uint16(x - ((x >> uint16(1)) & uint16(0x5555)))
    x = uint16((x & uint16(0x3333)) + ((x >> uint16(2)) & uint16(0x3333)))
    x = uint16((x + (x >> uint16(4))) & uint16(0x0F0F))
    return uint16((x + (x >> uint16(8))) & uint16(0x1F))


@jit
def _hamming_rows(a: Any, b: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        distance = uint64(0)
        for j in range(a.shape[1]):
            distance += popcount64(uint64(a[i, j] ^ b[i, j]))
        out[i] = distance


def hamming_rows(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the distance of row i of ``a`` and row i of ``b``."""
    out = np.empty(len(a), np.int32)
    _hamming_rows(a, b, out)
    return out


def words_of(n_bits: int) -> int:
    return (n_bits + 15) // 16


def rows_to_words(codes: NDArray[np.uint8], n_bits: int) -> NDArray[np.uint16]:
    """Return the words of row-major codes: uint16 (n, ceil(n_bits / 16))."""
    padded = np.zeros((len(codes), 2 * words_of(n_bits)), np.uint8)
    padded[:, : codes.shape[1]] = codes
    return padded.view("<u2")


def make_blocks(codes: NDArray[np.uint8], n_bits: int, threads: int) -> NDArray[np.uint8]:
    """Return row-major codes in the blocked layout."""
    n_blocks = -(-len(codes) // BLOCK)
    blocks = np.zeros((n_blocks, words_of(n_bits), BLOCK), "<u2")
    step = 4096
    for first in range(0, n_blocks, step):
        words = rows_to_words(codes[first * BLOCK : (first + step) * BLOCK], n_bits)
        full, rest = divmod(len(words), BLOCK)
        cut = words[: full * BLOCK].reshape(full, BLOCK, words_of(n_bits))
        blocks[first : first + full] = cut.transpose(0, 2, 1)
        if rest:
            blocks[first + full, :, :rest] = words[full * BLOCK :].T
    return blocks.reshape(-1).view(np.uint8)


def gather_codes(
    blocks: NDArray[np.uint8], n_codes: int, n_bits: int, ids: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return the codes of ``ids`` as rows."""
    words = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)
    rows = np.ascontiguousarray(words[ids // BLOCK, :, ids % BLOCK])
    return np.ascontiguousarray(rows.view(np.uint8)[:, : (n_bits + 7) // 8])


class DecodedCodes:
    """Codes as vectors: ``base`` plus the rows of the bits that are set, in units."""

    def __init__(
        self,
        blocks: NDArray[np.uint8],
        n_codes: int,
        n_bits: int,
        rows: NDArray[np.float32],
        base: NDArray[np.float64],
        unit: float,
    ) -> None:
        self._codes = blocks, n_codes, n_bits
        self._rows, self._base, self._unit = rows.astype(np.float64), base, unit

    def rows_at(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the vectors of ``ids``."""
        codes = gather_codes(*self._codes, ids)
        bits = np.unpackbits(codes, axis=1, count=self._codes[2], bitorder="little")
        sums = bits.astype(np.float64) @ self._rows + self._base
        vectors: NDArray[np.float64] = sums * self._unit
        return vectors

    def row_at(self, id: int) -> NDArray[np.float64]:
        """Return the vector of one id."""
        vector: NDArray[np.float64] = self.rows_at(np.array([id]))[0]
        return vector

    def cosines(self, one: int, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the cosines of one vector with those of ids."""
        a, b = self.row_at(one), self.rows_at(ids)
        sums, squares = np.add.reduce(b * a, axis=1), np.add.reduce(b * b, axis=1)
        both = np.sqrt(np.add.reduce(a * a) * squares)
        cosines: NDArray[np.float64] = np.divide(
            sums, both, out=np.zeros_like(sums), where=both > 0
        )
        return cosines

    def cosine(self, one: int, two: int) -> float:
        """Return the cosine of two vectors."""
        return float(self.cosines(one, np.array([two]))[0])


def stray_bits(blocks: NDArray[np.uint8], n_codes: int, n_bits: int) -> int:
    """Return how many bits are set past ``n_bits`` or past the last code."""
    words = blocks.view("<u2").reshape(-1, words_of(n_bits), BLOCK)
    spare = np.uint16(0xFFFF & ~((1 << ((n_bits - 1) % 16 + 1)) - 1))
    wrong = int(np.unpackbits((words[:, -1] & spare).view(np.uint8)).sum(dtype=np.int64))
    used = n_codes % BLOCK
    if used:
        last = words[-1, :, used:].copy()
        last[-1] &= ~spare
        wrong += int(np.unpackbits(last.view(np.uint8)).sum(dtype=np.int64))
    return wrong
