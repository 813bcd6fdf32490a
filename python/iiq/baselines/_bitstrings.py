"""Rows of small whole numbers as bit strings: what a product code takes when it is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pack_numbers(numbers: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """Pack numbers (n, m), each below 2^bits, to uint8 (n, ceil(m bits / 8)).

    Number j of a row is its bits ``j * bits`` and on, least significant bit first; this is the
    order of faiss's product codes.

    Examples
    --------
    >>> import numpy as np
    >>> pack_numbers(np.array([[1, 15]]), 4)
    array([[241]], dtype=uint8)
    """
    spread = (numbers[:, :, None] >> np.arange(bits)) & 1  # (n, m, bits)
    flat = spread.reshape(len(numbers), numbers.shape[1] * bits).astype(np.uint8)
    return np.packbits(flat, axis=1, bitorder="little")


def unpack_numbers(packed: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.int64]:
    """Return the ``count`` numbers of each row that `pack_numbers` packed."""
    flat = np.unpackbits(packed, axis=1, count=count * bits, bitorder="little")
    numbers: NDArray[np.int64] = flat.reshape(len(packed), count, bits) @ (1 << np.arange(bits))
    return numbers


def gather(codebooks: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return ``codebooks[j, numbers[i, j]]`` for all i and j: float32 (n, m, width)."""
    return codebooks[np.arange(len(codebooks)), numbers]
