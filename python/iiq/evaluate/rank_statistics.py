"""Spearman's rank correlation, SciPy's.

A correlation that is not defined (fewer than two pairs, or one side constant) is NaN, never zero:
the caller says why.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Return Spearman's rank correlation, ties at their mean rank.

    Returns
    -------
    float
        In [-1, 1]; NaN with fewer than two pairs or where one side is constant.

    Examples
    --------
    >>> round(spearman([1, 2, 3], [2, 4, 9]), 12)
    1.0
    """
    from scipy import stats

    a, b = _two_rows(x, y)
    return float(stats.spearmanr(a, b).statistic) if _vary(a, b) else float("nan")


def _vary(a: Floats, b: Floats) -> bool:
    return len(a) > 1 and bool((a != a[0]).any() and (b != b[0]).any())


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
