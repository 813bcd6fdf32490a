"""What every baseline shares: parameters, checks, and sizes counted in stored bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.parameters import Parameters
from iiq._support.validate import Matrix, Vectors, as_float32, as_int, as_matrix

BLOCK_ROWS = 8192


class Baseline(Parameters):
    """A compression of a fixed set of vectors that is no Hamming code.

    A baseline compresses the rows it is fitted on, and gives them back by `decode`. There is no
    index for it: compare it by the vectors it decodes to. A subclass stores its parameters in the
    constructor, unchecked, and implements `_compress`, `_decoded` and `stored_bytes`.

    Attributes
    ----------
    n_features_in_ : int
        Numbers in a vector, d.
    n_rows_ : int
        Vectors held, n.
    """

    method: ClassVar[str]
    _min_rows: ClassVar[int] = 1

    n_features_in_: int
    n_rows_: int

    def _compress(self, matrix: Matrix) -> None:
        """Learn from the rows of a checked matrix, and keep all of them compressed."""
        raise NotImplementedError

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        """Return these rows as float32."""
        raise NotImplementedError

    @property
    def stored_bytes(self) -> int:
        """Bytes of all that decoding needs: codes, and codebooks or scales."""
        raise NotImplementedError

    @property
    def bits_per_vector(self) -> float:
        """Stored bits divided by the number of vectors; codebooks are counted."""
        self._check_fitted()
        return 8.0 * self.stored_bytes / self.n_rows_

    @property
    def compression_ratio(self) -> float:
        """Bits of the float32 vectors over the bits stored, codebooks counted."""
        return 32.0 * self.n_features_in_ / self.bits_per_vector

    def fit(self, X: ArrayLike | Any, y: object = None) -> Self:
        """Compress vectors.

        Parameters
        ----------
        X : array-like (n, d) or WordVectors
            Real numbers; converted to float32 block by block.
        y : ignored
            There for scikit-learn's pipelines.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter is out of range, or X is not a matrix of finite real numbers with
            enough rows.
        """
        matrix = as_matrix(X.vectors if hasattr(X, "vectors") else X)
        if len(matrix) < self._min_rows:
            raise ValueError(
                f"Found array with {len(matrix)} sample(s) (shape={matrix.shape}) while a minimum "
                f"of {self._min_rows} is required by {type(self).__name__}: pass more rows"
            )
        self._compress(matrix)
        self.n_rows_, self.n_features_in_ = matrix.shape
        return self

    def decode(self, rows: ArrayLike | None = None) -> Vectors:
        """Return the vectors as they come back from the compressed form.

        Parameters
        ----------
        rows : array-like of int, optional
            Which rows; default: all, in order.

        Returns
        -------
        ndarray float32 (n or len(rows), d)

        Raises
        ------
        ValueError
            If it is not fitted, or a row is out of range.
        """
        self._check_fitted()
        numbers = np.arange(self.n_rows_) if rows is None else np.asarray(rows)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise TypeError(
                f"rows must be a list of row numbers, got {numbers.dtype} of shape {numbers.shape}"
            )
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.n_rows_:
            raise ValueError(
                f"rows must be between 0 and {self.n_rows_ - 1}, got "
                f"{numbers.min()} ... {numbers.max()}"
            )
        vectors = np.empty((len(numbers), self.n_features_in_), np.float32)
        for start in range(0, len(numbers), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            vectors[part] = self._decoded(numbers[part].astype(np.int64))
        return vectors

    def _check_fitted(self) -> None:
        if not hasattr(self, "n_rows_"):
            raise ValueError(f"This {type(self).__name__} is not fitted yet: call fit(X) first")


def blocks_of(matrix: Matrix) -> Iterator[tuple[int, Vectors]]:
    """Yield the number of the first row and a finite float32 block, over all rows."""
    for start in range(0, len(matrix), BLOCK_ROWS):
        yield start, as_float32(matrix[start : start + BLOCK_ROWS], first_row=start)


def first_rows(matrix: Matrix, train_rows: int | None) -> Vectors:
    """Return the first ``train_rows`` rows (None: all) as finite float32."""
    count = len(matrix) if train_rows is None else as_int(train_rows, "train_rows", 1)
    return as_float32(matrix[:count])
