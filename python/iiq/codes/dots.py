"""Dot products of one float vector with all codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiq.codes.index import HammingIndex

_BLOCKS = 1024  # of 32 codes, scored at a time


def all_dots(index: HammingIndex, vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dot products of a vector (n_bits,) with all +-1 codes, by row.

    A table for each byte of a code holds the sums of its 256 values; all sums are of float64 in a
    fixed order, exact for whole numbers.
    """
    n_words = (index.n_bits + 15) // 16
    padded = np.zeros(16 * n_words)
    padded[: index.n_bits] = vector
    tables = []
    for numbers in padded.reshape(-1, 8):
        table = np.zeros(1)
        for number in numbers:  # bit j doubles the table
            table = np.concatenate([table - number, table + number])
        tables.append(table)
    blocks = index.blocks.reshape(-1, n_words, 32, 2)
    dots = np.zeros((len(blocks), 32))
    for start in range(0, len(blocks), _BLOCKS):
        part = blocks[start : start + _BLOCKS]
        for byte, table in enumerate(tables):
            dots[start : start + _BLOCKS] += table[part[:, byte // 2, :, byte % 2]]
    return dots.reshape(-1)[: len(index)]
