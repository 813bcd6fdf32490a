"""The rule that chooses how many directions to remove."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiq import IIQ
from iiq.encoders._n_remove import choose_n_remove, mean_alignment


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


def test_more_goes_where_the_strongest_direction_is_that_of_the_mean():
    spectrum = np.r_[np.linspace(40, 9, 12), np.ones(88)]
    assert choose_n_remove(spectrum, 10_000, 0.9) == 6
    assert choose_n_remove(spectrum, 10_000) == 4
    assert choose_n_remove(spectrum, 10_000, 0.1) == 3


def test_the_alignment_of_the_mean():
    strongest = np.r_[1.0, np.zeros(9)]
    assert mean_alignment(np.zeros(10), strongest, 10.0) is None
    assert mean_alignment(1e-3 * strongest, strongest, 10.0) is None
    assert mean_alignment(-2 * strongest, strongest, 10.0) == pytest.approx(1)
    assert mean_alignment(np.ones(10), strongest, 10.0) == pytest.approx(0.1**0.5)


@pytest.mark.parametrize(("along", "removed"), [(0, 6), (9, 3)])
def test_the_encoder_looks_at_its_mean(along, removed):
    scales = np.r_[np.linspace(6, 4, 10), np.ones(90)]
    X = np.random.default_rng(0).standard_normal((3000, 100)) * scales
    X[:, along] += 5
    assert IIQ(n_iter=0, random_state=0).fit(X).n_remove_ == removed
    centred = X - X.mean(axis=0)
    assert IIQ(n_iter=0, random_state=0).fit(centred).n_remove_ == 4
