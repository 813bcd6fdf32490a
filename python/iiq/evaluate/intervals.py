"""Bootstrap draws and the intervals read from them.

The resamples depend only on the seed, the data set's name and the number of items, never on the
vectors: two methods judged on the same items are resampled alike, so that the draws of their
difference are the difference of their draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_int

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resampling:
    """How many bootstrap resamples, and the seed of them (0 resamples: no interval)."""

    n_resamples: int
    seed: int

    def __post_init__(self) -> None:
        as_int(self.n_resamples, "n_resamples", 0)
        as_int(self.seed, "random_state", 0)

    def counts(self, n: int, name: str) -> Iterator[Floats]:
        """Yield, for each resample, how often each of ``n`` items was drawn; float64 (n,)."""
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        for _ in range(self.n_resamples):
            yield np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)


def spearman_draws(x: ArrayLike, y: ArrayLike, resampling: Resampling, name: str) -> Floats:
    """Return Spearman's correlation of each bootstrap resample of the pairs.

    Ranks are taken anew in every resample, ties at their mean rank, from the counts: no sorting.
    A resample in which one side is constant gives NaN.
    """
    _, group_x = np.unique(np.asarray(x), return_inverse=True)
    _, group_y = np.unique(np.asarray(y), return_inverse=True)
    n = len(group_x)
    draws = np.full(resampling.n_resamples, np.nan)
    for i, counts in enumerate(resampling.counts(n, name)):
        a = _centred_ranks(group_x, counts)
        b = _centred_ranks(group_y, counts)
        spread = np.sqrt((counts @ (a * a)) * (counts @ (b * b)))
        if spread > 0:
            draws[i] = (counts @ (a * b)) / spread
    return draws


def _centred_ranks(group: NDArray[np.intp], counts: Floats) -> Floats:
    sizes = np.bincount(group, weights=counts)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2.0
    centred: Floats = ranks[group] - (len(group) + 1) / 2.0
    return centred


def mean_draws(values: ArrayLike, resampling: Resampling, name: str) -> Floats:
    """Return the mean of each bootstrap resample of ``values`` (0/1 for a rate)."""
    array = np.asarray(values, dtype=np.float64)
    n = len(array)
    draws = [counts @ array / n for counts in resampling.counts(n, name)]
    return np.array(draws, dtype=np.float64)


def interval(draws: Floats | None, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of the draws; NaN where there are none."""
    if draws is None or len(draws) == 0 or np.isnan(draws).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
