"""The rule that chooses how many directions to remove."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiq.encoders._auto import choose_n_remove


def test_a_flat_spectrum_keeps_everything():
    assert choose_n_remove(np.ones(300), 10_000) == 0


def test_directions_that_stand_out_are_removed():
    spectrum = np.r_[40.0, 12.0, 6.0, np.ones(97)]
    assert choose_n_remove(spectrum, 10_000) == 3


@pytest.mark.parametrize("d", [1, 2, 7, 8, 9, 50, 300])
def test_most_directions_stay(d):
    spectrum = 0.7 ** np.arange(d)
    assert choose_n_remove(spectrum, 10_000) <= d // 8


@pytest.mark.parametrize("spectrum", [np.zeros(5), np.zeros(0), np.array([0.0])])
def test_no_variance_means_nothing_to_remove(spectrum):
    assert choose_n_remove(spectrum, 100) == 0


@pytest.mark.parametrize("n_rows", [1, 2, 3, 8])
def test_few_rows_remove_little(n_rows):
    spectrum = np.r_[np.linspace(9, 1, n_rows), np.zeros(100 - n_rows)]
    assert choose_n_remove(spectrum, n_rows) <= n_rows // 8


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=64),
    st.floats(1e-3, 1e3),
    st.integers(1, 10_000),
)
def test_the_unit_of_the_variances_does_not_matter(values, scale, n_rows):
    spectrum = np.round(np.sort(values)[::-1], 3)
    scaled = spectrum * 2.0 ** np.round(np.log2(scale))
    assert choose_n_remove(spectrum, n_rows) == choose_n_remove(scaled, n_rows)
