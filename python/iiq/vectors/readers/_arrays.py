"""A Source over a matrix that is there already: an array, a memory map, a dataset of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.readers._source import Block, Options, Source, library_reads
from iiq.vectors.word_vectors import WordVectors

_BLOCK_BYTES = 1 << 24


def array_source(
    path: Path,
    name: str,
    matrix: Any,
    read_words: Callable[[], Sequence[str]],
    options: Options,
    *,
    counts: Any = None,
    subwords: Any = None,
) -> Source:
    """Make a Source of a matrix (n, dim), sliced in blocks, and a function that gives its words.

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

    def words() -> list[str]:
        found = list(read_words())
        if len(found) != len(matrix):
            raise ValueError(
                f"{path} holds {len(matrix)} vectors, but there are {len(found)} words: pass "
                "words= with one word a row"
            )
        return found[: options.limit]

    def blocks() -> Iterator[Block]:
        rows = max(1, _BLOCK_BYTES // (matrix.dtype.itemsize * matrix.shape[1]))
        all_words = words()
        for start in range(0, len(all_words), rows):
            some = all_words[start : start + rows]
            stop = start + len(some)
            with library_reads(path, f"{name} file"):
                rows_read = np.asarray(matrix[start:stop])
            yield Block(some, rows_read, np.arange(start, stop))

    def whole() -> WordVectors:
        found = words()
        n_rows = len(found)
        some_counts = None if counts is None else counts[:n_rows]
        return WordVectors(found, matrix[:n_rows], some_counts, subwords)

    mapped = isinstance(matrix, np.ndarray) and matrix.dtype in (np.float16, np.float32)
    n_rows, dim = matrix.shape
    return Source(path, name, int(dim), int(n_rows), blocks, whole if mapped else None)
