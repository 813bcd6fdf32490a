"""The vectors of all words as an array that is decoded where it is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Vectors = NDArray[np.float32]

_ROWS = 4096  # decoded at a time


class RowsByNumber(Protocol):
    """What makes rows of vectors of their numbers."""

    @property
    def width(self) -> int:
        """Numbers in a row."""

    def rows_at(self, rows: Array) -> NDArray[np.float64]:
        """Return the vectors of rows, float64 (m, width)."""


class DecodedVectors(np.lib.mixins.NDArrayOperatorsMixin):
    """The vectors of all words, float32 (n, width), decoded where they are touched.

    Indexing, iteration, arithmetic and NumPy's functions work as on the array; what needs all rows
    decodes all of them.

    Parameters
    ----------
    n_rows : int
    space : RowsByNumber
        Makes the rows.
    norm : bool
        Scale rows to length 1 (a row of zeros stays).
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, n_rows: int, space: RowsByNumber, *, norm: bool = False) -> None:
        self._n_rows = n_rows
        self._space = space
        self._norm = norm

    @property
    def shape(self) -> tuple[int, int]:
        """(n, width)."""
        return self._n_rows, self._space.width

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return self._n_rows * self._space.width

    @property
    def nbytes(self) -> int:
        """Bytes that they take once decoded."""
        return 4 * self.size

    def __len__(self) -> int:
        return self._n_rows

    def take_rows(self, rows: Array) -> Vectors:
        """Return the rows with these numbers, float32 (len(rows), width)."""
        vectors = self._space.rows_at(rows)
        if self._norm:
            vectors = unit_rows(vectors)
        decoded: Vectors = vectors.astype(np.float32)
        return decoded

    def __iter__(self) -> Iterator[Vectors]:
        for start in range(0, self._n_rows, _ROWS):
            yield from self.take_rows(np.arange(start, min(start + _ROWS, self._n_rows)))

    def __getitem__(self, key: Any) -> Any:
        first, *others = key if isinstance(key, tuple) else (key,)
        rest = tuple(others)
        if isinstance(first, slice):
            return self.take_rows(np.arange(self._n_rows)[first])[(slice(None), *rest)]
        chosen = None if _needs_all(first) else np.arange(self._n_rows)[first]
        if chosen is None or any(_needs_all(part) for part in rest):
            return np.asarray(self)[key]
        if np.ndim(chosen) == 0:
            return self.take_rows(np.array([chosen]))[0][rest]
        # Only these rows are decoded, each once; the rest is NumPy's own indexing of them.
        rows, places = np.unique(chosen, return_inverse=True)
        return self.take_rows(rows)[(places.reshape(np.shape(chosen)), *rest)]

    def __getattr__(self, name: str) -> Any:
        """Return what the decoded array has: ``vectors.mean(axis=0)``, ``vectors.T``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("decoded vectors are always a copy: use copy=None or copy=True")
        decoded = np.empty(self.shape, np.float32)
        for start in range(0, self._n_rows, _ROWS):
            rows = np.arange(start, min(start + _ROWS, self._n_rows))
            decoded[rows[0] : rows[-1] + 1] = self.take_rows(rows)
        return decoded.astype(dtype or np.float32, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, DecodedVectors) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return func(*_plain(args), **{name: _plain(value) for name, value in kwargs.items()})

    def __repr__(self) -> str:
        return f"<decoded vectors {self.shape}, float32>"


def unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows scaled to length 1; rows of zeros stay zeros.

    Squares are added in one order for each row, whatever stands beside it.
    """
    lengths = lengths_of(vectors)
    units: NDArray[np.float64] = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
    return units


def lengths_of(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the length of each row, its squares added in an order that only its width decides."""
    lengths: NDArray[np.float64] = np.sqrt(np.add.reduce(np.square(vectors), axis=1))
    return lengths


def _needs_all(part: Any) -> bool:
    """Whether an index counts axes rather than rows: ``None``, ``...``, a mask of two axes."""
    if part is None or part is Ellipsis:
        return True
    array = np.asarray(part) if not isinstance(part, slice) else np.empty(0)
    return bool(array.dtype == np.bool_ and array.ndim != 1)


def _plain(value: Any) -> Any:
    """Return arguments of a NumPy function with every view decoded."""
    if isinstance(value, DecodedVectors):
        return np.asarray(value)
    if isinstance(value, tuple | list):
        return type(value)(_plain(one) for one in value)
    return value
