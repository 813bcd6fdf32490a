"""Rows in blocks: one way to read vectors from arrays, mapped files, readers and generators.

Whatever the caller's blocks are, rows are handed on in chunks that start at multiples of
``CHUNK_ROWS``: sums taken chunk by chunk do not depend on where the caller cut.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._validate import Matrix, Vectors, as_matrix, as_rows_numbers, non_finite

CHUNK_ROWS = 1024
WORK_ROWS = 8 * CHUNK_ROWS  # rows of one native call: a block of work between two looks at Ctrl-C

SUM_ROWS = 16 * CHUNK_ROWS  # rows whose sums are taken together, here or on another machine

BlockSource = Iterable[Any] | Callable[[], Iterable[Any]]


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
    """

    n_columns: int
    n_rows: int | None
    replayable: bool = True
    name: str = "X"
    remote: bool = False

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Yield float32 C-contiguous chunks of ``size`` rows, the last one shorter.

        NaN and infinity are not looked for: whoever sums a chunk sees them at once.
        """
        raise NotImplementedError

    def map_sums(self, function: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Yield ``function(chunks, first_row, *args)`` for every ``SUM_ROWS`` rows, in order.

        Sums that are taken so, and joined in this order, are the same wherever the function ran.
        It must read all chunks; ``first_row`` is the number of their first row.
        """
        chunks = self.chunks()
        for number, head in enumerate(chunks):
            part = chain([head], islice(chunks, SUM_ROWS // CHUNK_ROWS - 1))
            yield function(part, number * SUM_ROWS, *args)

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
    while isinstance(owner, np.ndarray):
        if isinstance(owner, np.memmap) and owner.mode == "c":
            return  # pages written to since are nowhere else
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


class BlockRows(Rows):
    """Rows of a list, a generator or a function that returns one of these, block by block."""

    name = "blocks"

    def __init__(self, blocks: BlockSource) -> None:
        self._source = blocks
        if callable(blocks):
            self.replayable = True
        elif isinstance(blocks, Iterable):
            self.replayable = iter(blocks) is not blocks
        else:
            raise TypeError(
                "blocks must be an iterable of 2-D arrays, or a function that returns one, "
                f"got {type(blocks).__name__}"
            )
        self.n_rows = None
        stream = self._open()
        try:
            head = next(stream)
        except StopIteration:
            raise ValueError(
                "blocks gave no rows at all: pass at least one block; a generator that was "
                "read before is empty, pass a function that makes a new one"
            ) from None
        self.n_columns = head.shape[1]
        # A stream that can be read once only must not lose its first block.
        self._pending = None if self.replayable else chain([head], stream)

    def _open(self) -> Iterator[Matrix]:
        blocks = self._source() if callable(self._source) else self._source
        for number, block in enumerate(blocks):
            if isinstance(block, tuple) and len(block) == 2:
                block = block[1]  # readers give (words, vectors)  # noqa: PLW2901
            yield as_matrix(block, f"block {number}")

    def _stream(self) -> Iterator[Matrix]:
        if self.replayable:
            return self._open()
        if self._pending is None:
            raise ValueError(
                "blocks can be read only once, but this needs to read them again: pass a list, "
                "a function that returns a new iterator, or a number as train_rows"
            )
        stream, self._pending = self._pending, None
        return stream

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Yield chunks cut anew from the caller's blocks."""
        held: list[Vectors] = []
        n_held = n_read = 0
        for number, block in enumerate(self._stream()):
            if block.shape[1] != self.n_columns:
                raise ValueError(
                    f"block {number} has {block.shape[1]} columns, but the first block has "
                    f"{self.n_columns}: every block must have the same width"
                )
            n_read += len(block)
            start = 0
            while start < len(block):
                piece = block[start : start + size - n_held]
                start += len(piece)
                n_held += len(piece)
                if n_held == size and not held:
                    yield to_float32(piece)
                    n_held = 0
                    continue
                held.append(np.array(piece, dtype=np.float32))
                if n_held == size:
                    yield np.concatenate(held)
                    held, n_held = [], 0
        if held:
            yield np.concatenate(held)
        self._check_length(n_read)

    def _check_length(self, n_read: int) -> None:
        if self.n_rows is not None and n_read != self.n_rows:
            raise ValueError(
                f"blocks gave {self.n_rows} rows at first and {n_read} when read again: "
                "did the file change meanwhile?"
            )
        self.n_rows = n_read

    def first(self, count: int) -> Rows:
        """Read the first ``count`` rows into memory."""
        kept = np.empty((0, self.n_columns), np.float32)
        n_kept = 0
        for chunk in self.chunks():
            part = chunk[: count - n_kept]
            if n_kept + len(part) > len(kept):
                room = np.empty((min(count, max(n_kept * 4, 1 << 17)), self.n_columns), np.float32)
                room[:n_kept] = kept[:n_kept]
                kept = room  # memory that is not written to takes none
            kept[n_kept : n_kept + len(part)] = part
            n_kept += len(part)
            if n_kept == count:
                break
        return ArrayRows(kept[:n_kept], self.name)

    def at(self, numbers: NDArray[np.int64]) -> Rows:
        """Read the rows with these numbers into memory."""
        order = np.argsort(numbers, kind="stable")
        ascending = numbers[order]
        kept: list[Vectors] = []
        start = done = 0
        for chunk in self.chunks():
            stop = int(np.searchsorted(ascending, start + len(chunk)))
            kept.append(chunk[ascending[done:stop] - start])
            start, done = start + len(chunk), stop
            if done == len(numbers):
                break
        if done < len(numbers):
            raise ValueError(
                f"train_rows asks for row {ascending[-1]}, but blocks gave only {start} rows"
            )
        gathered = np.concatenate(kept)
        rows = np.empty_like(gathered)
        rows[order] = gathered
        return ArrayRows(rows, self.name)


def as_rows(X: Any, name: str = "X") -> Rows:
    """Return the rows of an array, or of words and vectors (anything with ``.vectors``)."""
    vectors = X.vectors if hasattr(X, "vectors") else X
    far = far_away(vectors)
    return ArrayRows(as_matrix(vectors, name), name) if far is None else far.DaskRows(vectors, name)


def far_away(X: Any) -> Any:
    """Return the module that handles X where X is a Dask collection, else None."""
    if type(X).__module__.partition(".")[0] != "dask":
        return None
    from iiq import distributed

    return distributed


def select_rows(rows: Rows, train_rows: Any) -> Rows:
    """Return the rows that statistics are taken from.

    Parameters
    ----------
    rows : Rows
    train_rows : None, int or array-like of int
        All rows, the first so many, or the rows with these numbers.
    """
    if train_rows is None:
        return rows
    wanted = as_rows_numbers(train_rows, rows.n_rows)
    return rows.first(wanted) if isinstance(wanted, int) else rows.at(wanted)


def check_finite(name: str, chunk: Vectors, start: int) -> None:
    """Raise if a chunk of ``name``, whose first row is row ``start``, holds NaN or infinity."""
    bad = ~np.isfinite(chunk).all(axis=1)
    if bad.any():
        raise non_finite(name, start + int(np.argmax(bad)))
