"""Words and their vectors in blocks that can be read again; the rows to learn from, gathered.

Vectors in memory and files larger than memory look the same from here on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.training_rows import training_rows
from iiq._support.validate import as_int
from iiq._support.word_numbers import WordNumbers
from iiq.vectors.objects import words_and_vectors
from iiq.vectors.word_forms import MOST_WORDS, word_numbers
from iiq.vectors.word_vectors import WordVectors

BLOCK_ROWS = 4096


class WordBlocks(NamedTuple):
    """Words and their vectors, in blocks that can be gone through more than once.

    ``matrix`` holds all vectors where they are in memory or mapped.
    """

    blocks: Callable[[], Iterator[tuple[Sequence[str], NDArray[Any]]]]
    dim: int
    counts: NDArray[np.int64] | None = None
    subwords: Any = None
    matrix: NDArray[Any] | None = None


class TrainingSample(NamedTuple):
    """The rows to learn from, and their words."""

    words: Sequence[str]
    vectors: NDArray[Any]

    @property
    def word_numbers(self) -> WordNumbers:
        """What the words tell as numbers."""
        return word_numbers(self.words)


class AllRows:
    """All rows of a source as a function that returns their blocks; the first words go along."""

    def __init__(self, source: WordBlocks) -> None:
        self._source = source

    def __call__(self) -> Iterator[NDArray[Any]]:
        """Yield the blocks."""
        return (block for _, block in self._source.blocks())

    @property
    def word_numbers(self) -> WordNumbers:
        """What the words tell as numbers."""
        words: list[str] = []
        for block_words, _ in self._source.blocks():
            words += block_words
            if len(words) >= MOST_WORDS:
                break
        return word_numbers(words)


def as_word_blocks(vectors: Any, **reading: Any) -> WordBlocks:
    """Return the blocks of a file, or of any object that holds words and vectors.

    Parameters
    ----------
    vectors : path or object
        What :func:`iiq.compress` takes.
    **reading
        For a path: as in :func:`iiq.read_vectors`.

    Raises
    ------
    TypeError
        If ``reading`` is given for what is no path, or the object holds no words and vectors.
    """
    if isinstance(vectors, str | os.PathLike):
        return file_blocks(vectors, **reading)
    _refuse_reading(vectors, reading)
    return memory_blocks(words_and_vectors(vectors))


def as_word_vectors(vectors: Any, **reading: Any) -> WordVectors:
    """Return words and vectors whole, of a file or an object; see `as_word_blocks`."""
    if isinstance(vectors, str | os.PathLike):
        from iiq.vectors.readers import read_vectors

        return read_vectors(vectors, **reading)
    _refuse_reading(vectors, reading)
    return words_and_vectors(vectors)


def _refuse_reading(vectors: Any, reading: dict[str, Any]) -> None:
    given = sorted(name for name in reading if name not in ("threads", "verbose"))
    if given:
        raise TypeError(
            f"{', '.join(given)} say how to read a file, but the vectors are a "
            f"{type(vectors).__name__}: leave {'it' if len(given) == 1 else 'them'} out"
        )


def memory_blocks(vectors: WordVectors) -> WordBlocks:
    """Return the blocks of vectors that are in memory, or mapped."""
    if len(vectors) == 0:
        raise ValueError("0 words: nothing to compress, pass at least two")

    def blocks() -> Iterator[tuple[Sequence[str], NDArray[Any]]]:
        for start in range(0, len(vectors), BLOCK_ROWS):
            stop = start + BLOCK_ROWS
            yield vectors.words[start:stop], vectors.vectors[start:stop]

    return WordBlocks(blocks, vectors.dim, vectors.counts, vectors.subwords, vectors.vectors)


def file_blocks(path: str | os.PathLike[str], **reading: Any) -> WordBlocks:
    """Return the blocks of a file, read anew at each pass; ``reading`` as in ``read_vectors``."""
    from iiq.vectors.readers import as_file, iter_vectors, read_vectors, streams

    file = as_file(Path(path))
    if not streams(file, **reading) or reading.get("words") is not None:
        return memory_blocks(read_vectors(file, **reading))

    def blocks() -> Iterator[tuple[Sequence[str], NDArray[Any]]]:
        return iter_vectors(file, block_rows=BLOCK_ROWS, **reading)

    _, first = next(blocks())
    return WordBlocks(blocks, first.shape[1])


def _head(source: WordBlocks, count: int) -> tuple[list[str], NDArray[Any]]:
    """Return the first ``count`` words and rows, fewer where there are fewer."""
    words: list[str] = []
    rows = np.empty((0, source.dim), dtype=np.float32)
    for block_words, block in source.blocks():
        start = len(words)
        words += block_words[: count - start]
        if source.matrix is None:
            if len(words) > len(rows):  # grows as rows come: `count` may be far more than there are
                room = max(len(words), min(count, len(rows) * 9 // 8))
                rows.resize((room, source.dim), refcheck=False)
            rows[start : len(words)] = block[: len(words) - start]
        if len(words) >= count:
            break
    return words, rows[: len(words)] if source.matrix is None else source.matrix[:count]


def _rows_at(source: WordBlocks, numbers: NDArray[np.int64]) -> TrainingSample:
    """Gather rows by number in one pass; ``numbers`` ascend."""
    words: list[str] = []
    rows = np.empty((len(numbers), source.dim), dtype=np.float32)
    start = 0
    for block_words, block in source.blocks():
        inside = numbers[np.searchsorted(numbers, start) :] - start
        inside = inside[inside < len(block)]
        rows[len(words) : len(words) + len(inside)] = block[inside]
        words += [block_words[row] for row in inside]
        start += len(block)
        if start > numbers[-1]:
            break
    if start <= numbers[-1]:
        raise ValueError(f"train_rows names row {numbers[-1]}, but there are only {start} rows")
    return TrainingSample(words, rows)


def training_sample(source: WordBlocks, train_rows: Any) -> TrainingSample | None:
    """Return the rows to learn from with their words, or None for all of them.

    Parameters
    ----------
    source : WordBlocks
    train_rows : int, None or array-like of int
        A number takes what `iiq._support.training_rows` says: the first so many rows, or as many
        evenly spaced ones where the words stand in alphabetical order.
    """
    if train_rows is None:
        return None
    if np.ndim(train_rows):
        numbers = np.unique(np.asarray(train_rows, dtype=np.int64))
        if not len(numbers) or numbers[0] < 0:
            raise ValueError("train_rows must hold at least one row number, none below 0")
        return _rows_at(source, numbers)
    count = as_int(train_rows, "train_rows", 1)
    words, sample = _head(source, count)
    rows = training_rows(words, count, lambda: sum(len(block) for _, block in source.blocks()))
    if isinstance(rows, int):
        return TrainingSample(words, sample)
    del sample  # the rows that take its place are as large
    return _rows_at(source, rows)
