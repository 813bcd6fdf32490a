"""Pruning and the scalar formats against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iiq.baselines import Float16, Int8, MagnitudePruner
from iiq.baselines._bitstrings import pack_numbers, unpack_numbers

matrices = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-100, 100, width=32),
)


@settings(deadline=None, max_examples=60)
@given(matrices, st.floats(0, 0.99))
def test_pruning_keeps_the_largest_of_all_numbers_together(X, sparsity):
    model = MagnitudePruner(sparsity).fit(X)
    decoded = model.decode()
    order = np.argsort(-np.abs(X).ravel(), kind="stable")  # ties: the earlier stays
    expected = np.zeros(X.size, np.float32)
    n_kept = X.size - min(round(sparsity * X.size), X.size - 1)
    expected[order[:n_kept]] = X.ravel()[order[:n_kept]]
    assert np.array_equal(decoded, expected.reshape(X.shape))


def test_ties_are_cut_the_same_in_every_block():
    X = np.ones((20_000, 3), np.float32)  # more than a block of rows, every number a tie
    decoded = MagnitudePruner(0.5).fit(X).decode()
    assert decoded.sum() == 30_000
    assert decoded[:10_000].all()


def test_pruned_size_counts_columns_and_row_starts():
    X = np.random.default_rng(0).standard_normal((1000, 100))
    model = MagnitudePruner().fit(X)
    assert model.stored_bytes == 5000 * 8 + 1001 * 4
    assert model.threshold_ == np.sort(np.abs(X.astype(np.float32)).ravel())[-5000]


@pytest.mark.parametrize("sparsity", [1, 1.5, -0.1, float("nan")])
def test_a_sparsity_out_of_range_is_refused(sparsity):
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        MagnitudePruner(sparsity).fit(np.ones((2, 2)))


def test_a_sparsity_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="sparsity must be a number, got 'much'"):
        MagnitudePruner("much").fit(np.ones((2, 2)))


@settings(deadline=None, max_examples=60)
@given(matrices)
def test_int8_errs_by_half_a_step(X):
    model = Int8().fit(X)
    step = (X.max(0).astype(float) - X.min(0)) / 255
    assert (np.abs(model.decode() - X) <= step * 0.5 + 1e-5 * (1 + np.abs(X))).all()
    assert model.stored_bytes == X.size + 8 * X.shape[1]


@settings(deadline=None, max_examples=60)
@given(matrices)
def test_float16_is_numpy_s(X):
    model = Float16().fit(X)
    assert np.array_equal(model.decode(), X.astype(np.float16).astype(np.float32))
    assert model.bits_per_vector == 16 * X.shape[1]


def test_float16_refuses_numbers_beyond_its_range():
    with pytest.raises(ValueError, match="float16 ends at 65504"):
        Float16().fit([[1e5]])


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_bit_strings_come_back(bits, count, n, seed):
    numbers = np.random.default_rng(seed).integers(0, 1 << bits, (n, count))
    packed = pack_numbers(numbers, bits)
    assert packed.shape == (n, -(-count * bits // 8))
    assert np.array_equal(unpack_numbers(packed, bits, count), numbers)
