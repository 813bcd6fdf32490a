"""Rows of an array or a mapped file."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Matrix, Vectors
from iiq.rows.base import CHUNK_ROWS, WORK_ROWS, Rows, to_float32


class ArrayRows(Rows):
    """Rows of an array or a mapped file; ``numbers`` picks some of them."""

    def __init__(
        self, matrix: Matrix, name: str = "X", numbers: NDArray[np.int64] | None = None
    ) -> None:
        self.matrix = matrix
        self.name = name
        self.numbers = numbers
        self.n_columns = matrix.shape[1]
        self.n_rows = len(matrix) if numbers is None else len(numbers)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Yield chunks; those of a float32 array are views."""
        assert self.n_rows is not None
        for start in range(0, self.n_rows, size):
            stop = min(start + size, self.n_rows)
            pick = slice(start, stop) if self.numbers is None else self.numbers[start:stop]
            yield to_float32(self.matrix[pick])
            if stop % WORK_ROWS == 0 or stop == self.n_rows:
                _release(self.matrix)

    def first(self, count: int) -> Rows:
        """Return the first ``count`` rows as a view."""
        if self.numbers is not None:
            return ArrayRows(self.matrix, self.name, self.numbers[:count])
        return ArrayRows(self.matrix[:count], self.name)

    def at(self, numbers: NDArray[np.int64]) -> Rows:
        """Return the rows with these numbers; they are gathered chunk by chunk."""
        return ArrayRows(self.matrix, self.name, numbers)


def _release(matrix: Matrix) -> None:
    """Let go of the pages of a mapped file that were read: they stay in the system's cache."""
    owner: Any = matrix
    shared = False
    while isinstance(owner, np.ndarray):
        shared = shared or (isinstance(owner, np.memmap) and owner.mode in ("r", "r+", "w+"))
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    if not isinstance(owner, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    # Of a private map, what was written to it is nowhere else: a map that can be written to is
    # spared unless NumPy made it, and made it shared.
    if shared or memoryview(owner).readonly:
        owner.madvise(mmap.MADV_DONTNEED)
