"""Rank statistics against SciPy, and the cases SciPy only warns about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from iiq.evaluate.rank_statistics import average_ranks, pearson, spearman

numbers = st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6)
pairs = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=60)


@given(st.lists(numbers, max_size=60))
def test_ranks_are_scipys(values):
    np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values))


@given(pairs)
def test_correlations_are_scipys(rows):
    x, y = np.array(rows).T
    if np.ptp(x) < 1e-3 or np.ptp(y) < 1e-3:
        return
    for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        assert ours(x, y) == pytest.approx(theirs(x, y).statistic, abs=1e-9)


def test_undefined_is_nan():
    for function in (pearson, spearman):
        assert np.isnan(function([], []))
        assert np.isnan(function([1.0], [2.0]))
        assert np.isnan(function([1, 1, 1], [1, 2, 3]))
        assert np.isnan(function([1, 2, 3], [0.1, 0.1, 0.1]))


def test_refused():
    with pytest.raises(ValueError, match="3 and 2 values"):
        spearman([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="NaN"):
        pearson([1, 2, float("nan")], [1, 2, 3])
