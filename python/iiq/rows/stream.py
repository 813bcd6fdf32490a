"""Rows that come block by block: a list, a generator or a function that returns one of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Matrix, Vectors, as_matrix
from iiq.rows.array import ArrayRows
from iiq.rows.base import CHUNK_ROWS, Rows, to_float32

BlockSource = Iterable[Any] | Callable[[], Iterable[Any]]


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
        self.word_numbers = getattr(blocks, "word_numbers", None)
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
        self._remembered = _Head(self.n_columns, 0)

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

    def remember(self, count: int) -> None:
        """Keep the first ``count`` rows of a stream as they pass."""
        if not self.replayable:
            self._remembered = _Head(self.n_columns, count)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Yield chunks cut anew from the caller's blocks."""
        for chunk in self._cut(size):
            self._remembered.take(chunk)
            yield chunk

    def _cut(self, size: int) -> Iterator[Vectors]:
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
        """Read the first ``count`` rows into memory, or return those remembered."""
        read = not self.replayable and self._pending is None
        if read and self._remembered.holds(count, self.n_rows):
            return ArrayRows(self._remembered.rows()[:count], self.name)
        head = _Head(self.n_columns, count)
        for chunk in self._cut(CHUNK_ROWS):
            head.take(chunk)
            if head.full:
                break
        return ArrayRows(head.rows(), self.name)

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


class _Head:
    """The first rows of a stream, in memory."""

    def __init__(self, n_columns: int, limit: int) -> None:
        self._kept = np.empty((0, n_columns), np.float32)
        self._n_kept = 0
        self._limit = limit

    @property
    def full(self) -> bool:
        return self._n_kept == self._limit

    def holds(self, count: int, n_rows: int | None) -> bool:
        """Return whether it has the first ``count`` rows of ``n_rows``."""
        return self._n_kept >= count or self._n_kept == n_rows

    def take(self, chunk: Vectors) -> None:
        """Keep what is still wanted of the next rows."""
        part = chunk[: self._limit - self._n_kept]
        stop = self._n_kept + len(part)
        if stop > len(self._kept):
            room = min(self._limit, max(self._n_kept * 4, 1 << 17))
            larger = np.empty((room, chunk.shape[1]), np.float32)
            larger[: self._n_kept] = self.rows()
            self._kept = larger  # memory that is not written to takes none
        self._kept[self._n_kept : stop] = part
        self._n_kept = stop

    def rows(self) -> NDArray[np.float32]:
        """Return what is kept."""
        return self._kept[: self._n_kept]
