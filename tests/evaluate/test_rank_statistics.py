"""Spearman's correlation: SciPy's, and NaN where it is not defined."""

import numpy as np
import pytest
from scipy import stats

from iiq.evaluate.rank_statistics import spearman


def test_ties_share_their_mean_rank():
    x, y = np.random.default_rng(0).integers(0, 5, (2, 60))
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_undefined_is_nan_without_a_warning():
    for x, y in ([], []), ([1.0], [2.0]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [0.1, 0.1, 0.1]):
        assert np.isnan(spearman(x, y))


def test_refused():
    with pytest.raises(ValueError, match="3 and 2 values"):
        spearman([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="NaN"):
        spearman([1, 2, float("nan")], [1, 2, 3])
