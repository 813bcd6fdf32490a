"""Rank statistics: ranks, Pearson, Spearman.

A correlation that is not defined (fewer than two pairs, or one side constant) is NaN, never zero:
the caller says why.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def average_ranks(values: ArrayLike) -> Floats:
    """Rank values from 1, equal values sharing the mean of their ranks.

    Parameters
    ----------
    values : array-like (n,)
        Real numbers, no NaN.

    Returns
    -------
    ndarray (n,) float64

    Examples
    --------
    >>> average_ranks([10, 20, 20, 5]).tolist()
    [2.0, 3.5, 3.5, 1.0]
    """
    _, group, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[group.reshape(-1)]


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Return Pearson's correlation of two equally long rows of numbers.

    Returns
    -------
    float
        In [-1, 1]; NaN with fewer than two pairs or where one side is constant.
    """
    a, b = _two_rows(x, y)
    if len(a) < 2 or (a == a[0]).all() or (b == b[0]).all():
        return float("nan")
    a = a - a.mean()
    b = b - b.mean()
    if not a.any() or not b.any():
        return float("nan")
    a /= np.abs(a).max()
    b /= np.abs(b).max()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Return Spearman's rank correlation, ties at their mean rank.

    Returns
    -------
    float
        In [-1, 1]; NaN with fewer than two pairs or where one side is constant.

    Examples
    --------
    >>> spearman([1, 2, 3], [2, 4, 9])
    1.0
    """
    a, b = _two_rows(x, y)
    return pearson(average_ranks(a), average_ranks(b))


def _two_rows(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    a = np.asarray(x, dtype=np.float64).reshape(-1)
    b = np.asarray(y, dtype=np.float64).reshape(-1)
    if len(a) != len(b):
        raise ValueError(
            f"the two sides have {len(a)} and {len(b)} values: they must be equally long"
        )
    if np.isnan(a).any() or np.isnan(b).any():
        raise ValueError(
            "a correlation of NaN is not defined: drop the pairs without a score first"
        )
    return a, b
