"""Cosines of vectors, summed in float64 in an order that only their width decides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Ids = NDArray[np.int64]


def cosines(rows: Float64, query: Float64) -> Float64:
    """Return the cosine of a query (w,) with each row (m, w); 0 where either is all zeros.

    Of whole numbers the sums are exact, so that equal cosines are equal numbers.
    """
    return over_lengths(np.add.reduce(rows * query, axis=1), squares_of(rows), query)


def cosine(one: Float64, two: Float64) -> float:
    """Return the cosine of two vectors (w,); 0 where either is all zeros."""
    dot, a, b = (np.add.reduce(x * y) for x, y in ((one, two), (one, one), (two, two)))
    return float(dot / math.sqrt(a * b)) if a > 0 and b > 0 else 0.0


def cosines_of_pairs(one: Float64, two: Float64) -> Float64:
    """Return the cosines of rows with rows (m, w); 0 where either is all zeros."""
    sums = np.add.reduce(one * two, axis=1)
    both = np.sqrt(squares_of(one) * squares_of(two))
    found: Float64 = np.divide(sums, both, out=np.zeros_like(sums), where=both > 0)
    return found


def over_lengths(sums: Float64, squares: Float64, query: Float64) -> Float64:
    """Return products with a query as cosines; ``squares`` are of the rows' lengths."""
    both = np.sqrt(squares * squares_of(query[None])[0])
    found: Float64 = np.divide(sums, both, out=np.zeros_like(sums), where=both > 0)
    return found


def squares_of(rows: Float64) -> Float64:
    """Return the squared length of each row, added in an order that only its width decides."""
    squares: Float64 = np.add.reduce(np.square(rows), axis=1)
    return squares


def best(rows: Array, scores: Float64, k: int) -> tuple[Ids, Float64]:
    """Return the k rows of the largest scores, descending, equal ones by row; ``rows`` ascend."""
    k = min(k, len(scores))
    if k < 1:
        return np.empty(0, np.int64), np.empty(0)
    kth = np.partition(scores, len(scores) - k)[len(scores) - k]
    high = np.flatnonzero(scores >= kth)
    order = high[np.argsort(-scores[high], kind="stable")][:k]
    return rows[order], scores[order]


class OneByOne:
    """One row and two by way of many, where nothing is quicker."""

    def rows_at(self, rows: Array) -> Float64:
        """Return the vectors of rows."""
        raise NotImplementedError

    def row_at(self, row: int) -> Float64:
        """Return the vector of a row."""
        vector: Float64 = self.rows_at(np.array([row]))[0]
        return vector

    def cosine(self, one: int, two: int) -> float:
        """Return the cosine of two rows."""
        return cosine(self.row_at(one), self.row_at(two))

    def cosines(self, one: int, rows: Array) -> Float64:
        """Return the cosines of a row with others."""
        return cosines(self.rows_at(rows), self.row_at(one))
