"""An opened file over a matrix that is there: an array, a memory map, a dataset of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.readers._opened import Batch, Opened, Options, library_reads
from iiq.vectors.readers.word_list import WordList
from iiq.vectors.word_vectors import WordVectors

_BLOCK_BYTES = 1 << 24


def array_file(
    path: Path,
    name: str,
    matrix: Any,
    read_words: Callable[[], WordList],
    options: Options,
) -> Opened:
    """Make an Opened of a matrix (n, dim), sliced in batches, and a function that gives its words.

    Raises
    ------
    ValueError
        If it is no matrix of real numbers, has no rows, or there are more or fewer words than rows.
    """
    if len(matrix.shape) != 2 or matrix.dtype.kind not in "fiu" or 0 in matrix.shape:
        raise ValueError(
            f"{path} holds an array of shape {tuple(matrix.shape)} and dtype {matrix.dtype}: "
            "vectors are a matrix of numbers (words, dim) with at least one row"
        )

    @cache
    def found() -> WordList:
        read = read_words()
        if len(read.words) != len(matrix):
            raise ValueError(
                f"{path} holds {len(matrix)} vectors, but there are {len(read.words)} words: pass "
                "words= with one word a row"
            )
        counts = None if read.counts is None else read.counts[: options.limit]
        return WordList(read.words[: options.limit], counts)

    def batches() -> Iterator[Batch]:
        rows = max(1, _BLOCK_BYTES // (matrix.dtype.itemsize * matrix.shape[1]))
        all_words = found().words
        for start in range(0, len(all_words), rows):
            some = all_words[start : start + rows]
            stop = start + len(some)
            with library_reads(path, f"{name} file"):
                rows_read = np.asarray(matrix[start:stop])
            yield Batch(some, rows_read, np.arange(start, stop))

    def whole() -> WordVectors:
        words, counts = found()
        return WordVectors(words, matrix[: len(words)], counts)

    mapped = isinstance(matrix, np.ndarray) and matrix.dtype in (np.float16, np.float32)
    n_rows, dim = (int(n) for n in matrix.shape)
    counts = None if mapped else lambda: found().counts
    return Opened(path, name, dim, n_rows, batches, whole if mapped else None, counts=counts)


def from_memory(path: Path, name: str, vectors: WordVectors, options: Options) -> Opened:
    """Make an Opened of words and vectors that a file gave whole."""
    some = vectors
    if options.limit is not None and options.limit < len(vectors):
        n = options.limit
        counts = None if vectors.counts is None else vectors.counts[:n]
        some = WordVectors(vectors.words[:n], vectors.vectors[:n], counts, vectors.subwords)

    def batches() -> Iterator[Batch]:
        rows = max(1, _BLOCK_BYTES // (4 * some.dim))
        for start in range(0, len(some), rows):
            stop = min(start + rows, len(some))
            rows_read = np.asarray(some.vectors[start:stop])
            yield Batch(list(some.words[start:stop]), rows_read, np.arange(start, stop))

    return Opened(path, name, some.dim, len(some), batches, lambda: some)
