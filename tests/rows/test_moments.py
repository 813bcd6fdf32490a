"""Moments, directions, Procrustes and isotropy against NumPy and against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq.encoders._rotation import procrustes, random_rotation
from iiq.rows import ArrayRows, BlockRows
from iiq.rows.directions import principal_directions, principal_directions_svd, signed
from iiq.rows.isotropy import isotropy
from iiq.rows.moments import block_moments, moments, ordered_map


def rows_of(X):
    return ArrayRows(np.asarray(X))


@pytest.mark.parametrize("n", [1, 2, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_moments(n, offset):
    X = (np.random.default_rng(n).standard_normal((n, 7)) + offset).astype(np.float32)
    stats = moments(rows_of(X))
    wide = X.astype(np.float64)
    centred = wide - wide.mean(axis=0)
    assert stats.n_rows == n
    assert np.allclose(stats.mean, wide.mean(axis=0), rtol=1e-14)
    assert np.allclose(stats.gram, centred.T @ centred, rtol=1e-9, atol=1e-9 * n)
    assert np.array_equal(stats.sample, X[:1024])


@given(cuts=st.lists(st.integers(0, 2600), max_size=8))
@settings(max_examples=20, deadline=None)
def test_moments_do_not_depend_on_the_blocks(cuts):
    X = np.random.default_rng(0).standard_normal((2600, 3)).astype(np.float32)
    whole = moments(rows_of(X))
    parts = moments(BlockRows(np.split(X, sorted(cuts))))
    assert np.array_equal(whole.gram, parts.gram)
    assert np.array_equal(whole.mean, parts.mean)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_moments_do_not_depend_on_the_threads(threads):
    X = np.random.default_rng(0).standard_normal((9000, 5)).astype(np.float32)
    one, many = (moments(rows_of(X), threads=t) for t in (1, threads))
    assert np.array_equal(one.gram, many.gram)
    assert np.array_equal(one.mean, many.mean)


def test_ordered_map_keeps_order_bounds_what_waits_and_passes_errors_on():
    taken = []

    def items():
        for i in range(50):
            taken.append(i)
            yield i

    for expected, got in enumerate(ordered_map(lambda i: i * i, items(), 3)):
        assert got == expected**2
        assert len(taken) <= expected + 5
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(lambda i: 1 // i, range(3), 2))


def test_directions_of_both_solvers():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 8)) @ rng.standard_normal((8, 8))
    stats = moments(rows_of(X))
    values, directions = principal_directions(stats.gram)
    values2, directions2 = principal_directions_svd(rows_of(X), stats.mean)
    assert np.allclose(values, values2)
    assert np.allclose(directions, directions2, atol=1e-7)
    assert (np.diff(values) < 0).all()
    largest = np.abs(directions).argmax(axis=0)
    assert (directions[largest, range(8)] > 0).all()


def test_fewer_rows_than_dimensions_still_give_all_directions():
    X = np.random.default_rng(0).standard_normal((4, 9))
    stats = moments(rows_of(X))
    for values, directions in (
        principal_directions(stats.gram),
        principal_directions_svd(rows_of(X), stats.mean),
    ):
        assert directions.shape == (9, 9)
        assert np.allclose(directions.T @ directions, np.eye(9))
        assert np.allclose(values[3:], 0, atol=1e-6)


def test_the_sign_rule_takes_the_first_of_a_tie():
    assert np.array_equal(signed(np.array([[-1.0, 0.0], [1.0, -2.0]])), [[1, 0], [-1, 2]])
    assert np.array_equal(signed(np.zeros((2, 2))), np.zeros((2, 2)))


@pytest.mark.parametrize(("c", "o"), [(1, 1), (5, 5), (5, 9), (1, 7)])
def test_rotations(c, o):
    rng = np.random.default_rng(0)
    start = random_rotation(c, o, rng)
    assert np.allclose(start @ start.T, np.eye(c))
    cross = rng.standard_normal((c, o))
    best, trace = procrustes(cross)
    assert np.allclose(best @ best.T, np.eye(c))
    assert trace == pytest.approx((best * cross).sum())
    for _ in range(20):
        assert (random_rotation(c, o, rng) * cross).sum() <= trace + 1e-12


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1e200])
def test_procrustes_at_any_scale(scale):
    cross = np.random.default_rng(0).standard_normal((4, 6)) * scale
    rotation, trace = procrustes(cross)
    assert np.isfinite(trace)
    assert np.allclose(rotation @ rotation.T, np.eye(4))


def test_random_rotations_are_uniform():
    """An entry of a uniform 3 x 3 rotation is uniform in -1 .. 1: its square has mean 1/3."""
    rng = np.random.default_rng(0)
    entries = np.array([random_rotation(3, 3, rng)[0, 0] for _ in range(2000)])
    assert abs(entries.mean()) < 0.05
    assert (entries**2).mean() == pytest.approx(1 / 3, abs=0.03)


def naive_isotropy(X):
    _, s, vt = np.linalg.svd(X, full_matrices=False)
    z = np.exp(np.concatenate([X @ vt.T, -X @ vt.T], axis=1)).sum(axis=0)
    total = np.linalg.norm(X.sum(axis=0))
    estimate = (len(X) - total + s[-1] ** 2 / 2) / (len(X) + total + s[0] ** 2 / 2)
    return z.min() / z.max(), estimate


def test_isotropy_is_eq_3_and_eq_5():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 6)) * [2, 1, 1, 0.5, 0.5, 0.1] + 0.3
    assert isotropy(X) == pytest.approx(naive_isotropy(X), rel=1e-5)


def test_isotropy_of_any_scale_is_finite_and_at_most_one():
    X = np.random.default_rng(0).standard_normal((200, 5))
    for scale in (0.0, 1e-20, 1.0, 1e4, 1e20):
        ratio, estimate = isotropy(X * scale)
        assert 0 <= ratio <= 1
        assert np.isfinite(estimate)
    assert isotropy(X * 0.0) == (1.0, 1.0)


def test_centring_and_removing_directions_raise_isotropy():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 10)) * np.r_[3.0, 2.0, np.ones(8)] + 1.0
    centred = X - X.mean(axis=0)
    _, _, vt = np.linalg.svd(centred, full_matrices=False)
    cleaned = centred @ vt[2:].T
    raw, middle, clean = (isotropy(Y).partition_ratio for Y in (X, centred, cleaned))
    assert raw < middle < clean


@pytest.mark.parametrize("row", [0, 4, 7, 8])
def test_a_row_that_is_not_finite_is_named_in_whichever_chunk_it_lies(row):
    X = np.ones((9, 2), np.float32)
    X[row, 1] = np.inf
    chunks = (X[start : start + 4] for start in (0, 4, 8))
    with pytest.raises(ValueError, match=f"vectors.* row {100 + row}\\)"):
        block_moments(chunks, 100, "vectors", True, 1)
