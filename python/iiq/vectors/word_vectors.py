"""WordVectors: words and their float vectors, row by row. The library's input, before any code."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_matrix, ragged
from iiq._support.word_numbers import WordNumbers
from iiq._support.words import as_words
from iiq.vectors.word_forms import word_numbers

_CHECK_BYTES = 1 << 24  # vectors are checked in blocks of this size: a mapped file stays mapped


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors: row i of ``vectors`` belongs to ``words[i]``.

    Parameters
    ----------
    words : sequence of str, length n, or mapping of word to row number
        In the file's order, which for nearly every published set is descending frequency; those of
        a mapping in the order of its numbers. Of a word that occurs twice the first row is kept,
        with a warning.
    vectors : array-like (n, dim)
        float16 and float32 arrays are kept as they are, memory-mapped ones too; other numbers are
        converted to float32.
    counts : array-like of int (n,), optional
        How often each word occurred where the vectors were trained.
    subwords : object, optional
        Something with ``vector(word) -> float32 (dim,)`` for words that are not in ``words``
        (fastText's n-grams). Kept, and asked by ``vector_of``.

    Raises
    ------
    TypeError
        If a word is not a str, or the words have no order (a set).
    ValueError
        If lengths differ, a mapping has other numbers than the rows, ``vectors`` is not a matrix of
        real numbers, or holds NaN or infinity.

    Examples
    --------
    >>> wv = WordVectors(["cat", "dog"], [[1.0, 0.0], [0.5, 0.5]])
    >>> len(wv), wv.dim, "cat" in wv
    (2, 2, True)
    >>> wv["dog"]
    array([0.5, 0.5], dtype=float32)
    """

    words: Sequence[str]
    vectors: NDArray[Any]
    counts: NDArray[np.int64] | None = None
    subwords: Any = None
    key_to_index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = self.words if isinstance(self.words, list) else as_words(self.words)
        vectors = _as_vectors(self.vectors, words)
        counts = None if self.counts is None else np.asarray(self.counts, dtype=np.int64)
        _check_lengths(words, vectors, counts)
        index = _first_rows(words)
        if len(index) < len(words):
            words, vectors, counts, index = _keep_first(words, vectors, counts, index)
        _check_finite(words, vectors)
        values = {"words": words, "vectors": vectors, "counts": counts, "key_to_index": index}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def dim(self) -> int:
        """The numbers in one vector."""
        return int(self.vectors.shape[1])

    @property
    def word_numbers(self) -> WordNumbers:
        """What the words tell of their vectors as numbers (see `iiq.IIQ`, ``n_remove="auto"``)."""
        return word_numbers(self.words)

    @property
    def index_to_key(self) -> Sequence[str]:
        """The words, under gensim's name."""
        return self.words

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.key_to_index

    def __getitem__(self, key: str | Sequence[str]) -> NDArray[np.float32]:
        """Return the vector of a word, float32 (dim,), or those of a list of words, (m, dim)."""
        if isinstance(key, str):
            return np.array(self.vectors[self._row(key)], dtype=np.float32)
        rows = [self._row(word) for word in as_words(key, "keys")]
        return np.array(self.vectors[rows], dtype=np.float32).reshape(len(rows), self.dim)

    def _row(self, word: str) -> int:
        try:
            return self.key_to_index[word]
        except KeyError:
            raise KeyError(f"Key '{word}' not present in vocabulary") from None

    def vector_of(self, word: str) -> NDArray[np.float32]:
        """Return the vector of ``word``, made from its n-grams where the word itself is missing.

        Raises
        ------
        KeyError
            If the word is missing and these vectors have no n-grams.
        """
        if word in self or self.subwords is None:
            return self[word]
        vector: NDArray[np.float32] = self.subwords.vector(word)
        return vector

    def __repr__(self) -> str:
        return f"WordVectors({len(self)} words, dim {self.dim}, {self.vectors.dtype})"


def _as_vectors(values: ArrayLike, words: list[str]) -> NDArray[Any]:
    if isinstance(values, list | tuple) and len(values) == len(words):
        error = ragged(values, "vectors", words)
        if error is not None:
            raise error
    matrix = as_matrix(values, "vectors")
    if matrix.dtype in (np.float16, np.float32):
        return matrix
    with np.errstate(over="ignore", invalid="ignore"):  # too large for float32: found below
        return matrix.astype(np.float32)


def _check_lengths(words: list[str], vectors: NDArray[Any], counts: NDArray[Any] | None) -> None:
    if len(words) != len(vectors):
        raise ValueError(
            f"{len(words)} words but {len(vectors)} vectors: row i of vectors must belong to "
            "words[i], so pass as many words as rows"
        )
    if counts is not None and counts.shape != (len(words),):
        raise ValueError(f"{len(words)} words but counts of shape {counts.shape}")


def _first_rows(words: list[str]) -> dict[str, int]:
    try:
        index = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    except TypeError:  # a list or an array among them is no key
        wrong = next(word for word in words if not isinstance(word, str))
        raise TypeError(f"words must be str, got {wrong!r:.60}: pass one str a row") from None
    if not all(issubclass(kind, str) for kind in set(map(type, index))):
        wrong = next(word for word in index if not isinstance(word, str))
        raise TypeError(f"words must be str, got {wrong!r}: decode bytes, or use str(word)")
    return index


def _keep_first(
    words: list[str], vectors: NDArray[Any], counts: NDArray[Any] | None, index: dict[str, int]
) -> tuple[list[str], NDArray[Any], NDArray[Any] | None, dict[str, int]]:
    second = next(row for row, word in enumerate(words) if index[word] != row)
    warnings.warn(
        f"{len(words) - len(index)} of {len(words)} words occur again, the first "
        f"{words[second]!r} in rows {index[words[second]]} and {second}: the first row of each "
        "is kept",
        UserWarning,
        stacklevel=4,
    )
    rows = np.fromiter(index.values(), dtype=np.int64, count=len(index))
    rows.sort()
    kept = [words[row] for row in rows]
    return (
        kept,
        vectors[rows],
        None if counts is None else counts[rows],
        dict(zip(kept, range(len(kept)), strict=True)),
    )


def _check_finite(words: list[str], vectors: NDArray[Any]) -> None:
    rows = max(1, _CHECK_BYTES // (4 * vectors.shape[1]))
    for start in range(0, len(vectors), rows):
        block = np.asarray(vectors[start : start + rows])
        with np.errstate(invalid="ignore"):
            total = block.sum(dtype=np.float64)
        if not np.isfinite(total):
            bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
            if len(bad):
                row = start + int(bad[0])
                raise ValueError(
                    "vectors contains NaN, infinity or a value too large for float32 "
                    f"(first in row {row}, {words[row]!r}): remove or replace such rows"
                )
