"""Which rows to learn from, where words tell their order: the one rule.

The first rows are the most frequent words of nearly every file. Where the words stand in
alphabetical order the first are a bad sample: as many evenly spaced rows take their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_SORTED_SHARE = 0.9  # of neighbouring words that ascend, for a list to count as alphabetical


def training_rows(
    words: Sequence[str], count: int, n_rows: Callable[[], int]
) -> int | NDArray[np.int64]:
    """Return how many of the first rows to learn from, or the numbers of evenly spaced ones.

    Parameters
    ----------
    words : sequence of str
        The first ``count`` words at least, all of them where there are fewer: these are judged.
    count : int
        Rows to learn from.
    n_rows : function
        Counts all rows; asked only where the words are in alphabetical order.

    Examples
    --------
    >>> training_rows(["the", "of", "and"], 2, lambda: 3)
    2
    >>> training_rows([f"w{i:03d}" for i in range(500)], 200, lambda: 500)[:4].tolist()
    [0, 2, 5, 7]
    """
    if len(words) < count or not is_alphabetical(words[:count]):
        return count
    n = n_rows()
    return count if n <= count else evenly_spaced_rows(n, count)


def is_alphabetical(words: Sequence[str]) -> bool:
    """Return whether a list of words stands in alphabetical order, more or less."""
    if len(words) < 100:
        return False
    runs = 64
    starts = np.linspace(0, max(0, len(words) - 257), runs).astype(int)
    pairs = ascending = 0
    for start in sorted(set(starts.tolist())):
        for left, right in pairwise(words[start : start + 257]):
            pairs += 1
            ascending += left <= right or left.casefold() <= right.casefold()
    return ascending > _SORTED_SHARE * pairs


def evenly_spaced_rows(n_rows: int, count: int) -> NDArray[np.int64]:
    """Return ``count`` row numbers spread over ``n_rows`` (all of them where there are fewer)."""
    return np.unique(np.linspace(0, n_rows - 1, min(count, n_rows)).astype(np.int64))
