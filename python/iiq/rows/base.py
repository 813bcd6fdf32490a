"""Rows in blocks: what arrays, mapped files, streams and far-away rows have in common.

Whatever the caller's blocks are, rows are handed on in chunks that start at multiples of
``CHUNK_ROWS``: sums taken chunk by chunk do not depend on where the caller cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.blas import one_blas_thread
from iiq._support.validate import Matrix, Vectors, non_finite
from iiq._support.word_numbers import WordNumbers

CHUNK_ROWS = 1024
WORK_ROWS = 8 * CHUNK_ROWS  # rows of one native call: a block of work between two looks at Ctrl-C
_WORK_NUMBERS = 1 << 23  # of such a block, at most: wide rows make smaller ones

SUM_ROWS = 16 * CHUNK_ROWS  # rows whose sums are taken together, here or on another machine
IN_FLIGHT = 64  # blocks on other machines whose results are awaited together


class Rows:
    """Rows of vectors that can be read in chunks.

    Attributes
    ----------
    n_columns : int
    n_rows : int or None
        None until the rows have been read once.
    replayable : bool
        Whether the rows can be read more than once.
    name : str
        What errors call them.
    remote : bool
        Whether the rows lie on other machines, so that work should go to them: see `map_sums`.
    word_numbers : WordNumbers or None
        What the words of the rows tell as numbers, where there are words.
    """

    n_columns: int
    n_rows: int | None
    replayable: bool = True
    name: str = "X"
    remote: bool = False
    word_numbers: WordNumbers | None = None

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Yield float32 C-contiguous chunks of ``size`` rows, the last one shorter.

        NaN and infinity are not looked for: whoever sums a chunk sees them at once.
        """
        raise NotImplementedError

    def work_blocks(self) -> Iterator[Vectors]:
        """Yield chunks of `WORK_ROWS` rows, fewer of wide rows: one native call each."""
        size = WORK_ROWS
        while size > CHUNK_ROWS and size * self.n_columns > _WORK_NUMBERS:
            size //= 2
        return self.chunks(size)

    def map_sums(self, function: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Yield ``function(chunks, first_row, *args)`` for every ``SUM_ROWS`` rows, in order.

        Sums that are taken so, and joined in this order, are the same wherever the function ran.
        It must read all chunks; ``first_row`` is the number of their first row.
        """
        chunks = self.chunks()
        for number, head in enumerate(chunks):
            part = chain([head], islice(chunks, SUM_ROWS // CHUNK_ROWS - 1))
            yield function(part, number * SUM_ROWS, *args)

    def remember(self, count: int) -> None:
        """Let `first` give up to ``count`` rows later, also where rows can be read only once."""

    def first(self, count: int) -> Rows:
        """Return the first ``count`` rows, or all if there are fewer."""
        raise NotImplementedError

    def at(self, numbers: NDArray[np.int64]) -> Rows:
        """Return the rows with these numbers, in this order."""
        raise NotImplementedError


def to_float32(block: Matrix) -> Vectors:
    """Convert a block to C-contiguous float32; numbers too large become infinite, found later."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(block, dtype=np.float32)


def check_finite(name: str, chunk: Vectors, start: int) -> None:
    """Raise if a chunk of ``name``, whose first row is row ``start``, holds NaN or infinity."""
    bad = ~np.isfinite(chunk).all(axis=1)
    if bad.any():
        raise non_finite(name, start + int(np.argmax(bad)))


def on_block(
    block: Matrix, function: Callable[..., Any], first_row: int, shared: tuple[Any, ...]
) -> Any:
    """Run a function of `Rows.map_sums` on one block, BLAS held to one thread."""
    chunks = (
        to_float32(block[start : start + CHUNK_ROWS]) for start in range(0, len(block), CHUNK_ROWS)
    )
    with one_blas_thread():
        return function(chunks, first_row, *shared)
