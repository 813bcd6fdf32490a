"""Encoding and training kernels: every set gives the bits of the Numba twin, and those of NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq._numba as twin
from iiq._support.native import core, kernels

SETS = kernels()
DEPTHS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100]
WIDTHS = [1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100]


@pytest.fixture(params=SETS)
def native(request):
    return core(request.param)


def problem(n: int, d: int, n_bits: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)).astype(np.float32)
    return X, rng.standard_normal(d), rng.standard_normal((d, n_bits))


def encode(native, X, mean, projection, threads=1):
    codes = np.full((len(X), (projection.shape[1] + 7) // 8), 0xAA, np.uint8)
    bad = native.encode(X, mean, projection, codes, threads)
    return codes, bad


def ordered_sums(X, mean, projection):
    """Float64 sums over the inputs in order: what the sign of a bit is defined by."""
    sums = np.zeros((len(X), projection.shape[1]))
    for k in range(X.shape[1]):
        sums = sums + (X[:, k].astype(np.float64) - mean[k])[:, None] * projection[k]
    return sums


def packed(bits):
    return np.packbits(bits, axis=1, bitorder="little")


@pytest.mark.parametrize("d", DEPTHS)
@pytest.mark.parametrize("n_bits", WIDTHS)
def test_codes_are_signs_of_float64_sums(native, d, n_bits):
    X, mean, projection = problem(29, d, n_bits)
    codes, bad = encode(native, X, mean, projection)
    assert bad == -1
    assert np.array_equal(codes, packed(ordered_sums(X, mean, projection) >= 0))


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1e-20, 1.0, 1e20, 1e37])
def test_sums_that_almost_cancel_are_settled_exactly(native, scale):
    """Rows orthogonal to the columns up to rounding: float32 alone gets half of them wrong."""
    rng = np.random.default_rng(1)
    X, mean, projection = problem(200, 64, 40)
    X = (X * np.float32(scale)).astype(np.float32)
    mean = mean * scale
    for j in range(40):
        centred = X[j].astype(np.float64) - mean
        if (centred @ centred) > 0:
            projection[:, j] -= centred * (centred @ projection[:, j]) / (centred @ centred)
    X[100:140] = X[:40] * np.float32(1 + rng.random() / 2)
    codes, bad = encode(native, X, mean, projection)
    assert bad == -1
    assert np.array_equal(codes, packed(ordered_sums(X, mean, projection) >= 0))


@given(
    n=st.integers(1, 40), d=st.integers(1, 20), n_bits=st.integers(1, 70), seed=st.integers(0, 99)
)
@settings(max_examples=25, deadline=None)
def test_small_whole_numbers_tie_often_and_agree_everywhere(n, d, n_bits, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-2, 3, (n, d)).astype(np.float32)
    mean, projection = rng.integers(-1, 2, d) * 1.0, rng.integers(-1, 2, (d, n_bits)) * 1.0
    expected = packed((X - mean) @ projection >= 0)
    for name in SETS:
        assert np.array_equal(encode(core(name), X, mean, projection)[0], expected), name


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(native, threads):
    X, mean, projection = problem(6000, 11, 35)
    one = encode(native, X, mean, projection)[0]
    assert np.array_equal(encode(native, X, mean, projection, threads)[0], one)
    z, sums = quantize(native, X, mean, projection, 20.0, threads)
    z1, sums1 = quantize(native, X, mean, projection, 20.0, 1)
    assert np.array_equal(z, z1)
    assert np.array_equal(sums, sums1)
    rotation = np.random.default_rng(0).integers(-63, 64, (35, 50)).astype(np.int8)
    for a, b in zip(step(native, z, rotation, threads), step(native, z, rotation, 1), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("d", DEPTHS)
@pytest.mark.parametrize("n_bits", [1, 8, 33, 65])
def test_projections_are_the_same_to_the_last_bit(native, d, n_bits):
    X, mean, projection = problem(29, d, n_bits)
    y, expected = (np.empty((29, n_bits), np.float32) for _ in range(2))
    assert native.project(X, mean, projection, y, 1) == -1
    twin.project(X, mean, projection, expected, 1, "numba")
    assert np.array_equal(y, expected)
    assert np.allclose(y, (X - mean) @ projection, atol=1e-4)


def quantize(native, X, mean, projection, scale, threads=1):
    n_bits = projection.shape[1]
    z = np.empty((len(X), -(-n_bits // 16) * 16), np.uint8)
    sums = np.zeros(n_bits, np.int64)
    bad = native.quantize(X, mean, projection, scale, z, sums, threads)
    assert bad == -1
    return z, sums


@pytest.mark.parametrize("n_bits", [1, 15, 16, 17, 33, 100])
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e30])
def test_quantized_rows(native, n_bits, scale):
    X, mean, projection = problem(50, 13, n_bits)
    z, sums = quantize(native, X, mean, projection, scale)
    y = np.empty((50, n_bits), np.float32)
    twin.project(X, mean, projection, y, 1, "numba")
    with np.errstate(over="ignore"):
        expected = np.clip(np.rint(y * np.float32(scale)), -63, 63).astype(np.int64)
    assert np.array_equal(z[:, :n_bits].astype(np.int64) - 64, expected)
    assert (z[:, n_bits:] == 64).all()
    assert np.array_equal(sums, expected.sum(axis=0))


def step(native, z, rotation, threads=1, bits=None, sums=None):
    n_bits = rotation.shape[1]
    bits = np.zeros((len(z), -(-n_bits // 32)), np.uint32) if bits is None else bits
    sums = np.zeros((n_bits, z.shape[1]), np.int64) if sums is None else sums
    native.rotation_step(z, rotation, bits, sums, threads)
    return bits, sums


@pytest.mark.parametrize("c", [1, 5, 16, 47, 100, 339])
@pytest.mark.parametrize("n_bits", [1, 31, 32, 33, 70])
def test_a_step_sums_the_rows_whose_bit_is_set(native, c, n_bits):
    rng = np.random.default_rng(c)
    stride = -(-c // 16) * 16
    z = np.full((530, stride), 64, np.uint8)  # more than two blocks of 256 rows
    z[:, :c] = rng.integers(1, 128, (530, c))
    z[:6, :c], z[6:9, :c] = 127, 1  # the largest sums there are
    numbers = z.astype(np.int64) - 64
    bits = sums = None
    for _ in range(3):
        rotation = rng.integers(-63, 64, (c, n_bits)).astype(np.int8)
        rotation[:, 0] = 63
        bits, sums = step(native, z, rotation, 1, bits, sums)
        up = numbers[:, :c] @ rotation.astype(np.int64) >= 0
        got = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
        assert np.array_equal(got[:, :n_bits], up)
        assert not got[:, n_bits:].any()
        assert np.array_equal(sums, up.T.astype(np.int64) @ numbers)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 13, 28])
def test_the_first_row_that_is_not_finite_is_named(native, value, row):
    X, mean, projection = problem(29, 9, 5)
    X[row, 8] = value
    X[28, 0] = value
    assert encode(native, X, mean, projection)[1] == row
    y = np.empty((29, 5), np.float32)
    assert native.project(X, mean, projection, y, 1) == row
    z, sums = np.empty((29, 16), np.uint8), np.zeros(5, np.int64)
    assert native.quantize(X, mean, projection, 1.0, z, sums, 1) == row


def test_shapes_that_disagree_are_refused():
    native = core()
    if native.kernels == "numba":
        pytest.skip("the compiled core checks shapes at its border")
    X, mean, projection = problem(10, 9, 5)
    for codes in (np.empty((10, 2), np.uint8), np.empty((9, 1), np.uint8)):
        with pytest.raises(ValueError, match="shape"):
            native.encode(X, mean, projection, codes, 1)
    with pytest.raises(ValueError, match="width"):
        native.encode(X, mean[:8].copy(), projection, np.empty((10, 1), np.uint8), 1)


@pytest.mark.parametrize("depth", [1, 33, 257, 600])
@pytest.mark.parametrize("threads", [1, 3])
def test_products_are_float32_sums_in_order(native, depth, threads):
    """Also of a transposed view and of pieces: BLAS, which sums otherwise, has no say."""
    rng = np.random.default_rng(depth)
    a = rng.standard_normal((2100, depth), np.float32)
    b = rng.standard_normal((depth, 70), np.float32)
    expected = np.zeros((len(a), 70), np.float32)
    for k in range(depth):
        expected += a[:, k, None] * b[k]
    for layout in (b, np.asfortranarray(b), np.repeat(b, 2, axis=1)[:, ::2]):
        got = native.multiply(a, layout, threads)
        assert np.array_equal(got, expected)
