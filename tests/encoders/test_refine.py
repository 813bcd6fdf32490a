"""Bit flips of codes that are longer than the vectors, with every kernel set."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq._numba as twin
from iiq import IIQ
from iiq._support.native import backend
from iiq.encoders._bit_flips import Refiner, multiple

WIDTHS = [2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 300]


def frame(rng, dim, n_kept, n_bits):
    """Return a mean and a projection V R whose rows make a tight frame of n_kept dimensions."""
    V = np.linalg.qr(rng.standard_normal((dim, dim)))[0][:, :n_kept]
    R = np.linalg.qr(rng.standard_normal((n_bits, n_bits)))[0][:n_kept]
    return rng.standard_normal(dim), V @ R


def sign_codes(X, mean, projection):
    return np.packbits((X - mean) @ projection >= 0, axis=1, bitorder="little")


def bits_of(codes, n_bits):
    return np.unpackbits(codes, axis=1, bitorder="little", count=n_bits) * 2.0 - 1.0


def problem(seed, n=40, dim=12, n_bits=33, n_kept=None):
    rng = np.random.default_rng(seed)
    mean, projection = frame(rng, dim, n_kept or min(dim, n_bits), n_bits)
    X = rng.standard_normal((n, dim)).astype(np.float32)
    return X, mean, projection, sign_codes(X, mean, projection)


def losses(X, mean, projection, codes, scale):
    """|| a z / |z| - R b ||^2 of each row, up to a constant: in the space of the bits."""
    P = (X - mean) @ projection
    target = scale * P / np.linalg.norm(P, axis=1, keepdims=True)
    b = bits_of(codes, projection.shape[1])
    gram = projection.T @ projection
    return np.einsum("ij,jk,ik->i", b, gram, b) - 2 * np.einsum("ij,ij->i", target, b)


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_every_kernel_set_gives_the_bits_of_the_numba_twin(kernel_set, n_bits):
    X, mean, projection, codes = problem(n_bits, dim=9, n_bits=n_bits)
    refiner = Refiner(mean, projection)
    scale = refiner.fit_scale([X], "hamming")
    arguments = (X, codes, mean, refiner._projection, refiner._gram, scale, 1)
    expected = twin.refine_codes(*arguments, kernels="numba")
    assert np.array_equal(refiner(X, codes, threads=2), expected)
    total, n_rows = twin.projected_l1(X, mean, refiner._projection, kernels="numba")
    assert n_rows == len(X)
    assert scale == multiple("hamming", min(9, n_bits), n_bits) * (total / (n_rows * 2**20))


def test_no_single_flip_would_help(kernel_set):
    X, mean, projection, codes = problem(5, dim=10, n_bits=40)
    refiner = Refiner(mean, projection)
    refiner.fit_scale([X], "hamming")
    refined = refiner(X, codes, threads=1)
    loss = losses(X, mean, projection, refined, refiner.scale)
    for j in range(40):
        flipped = refined.copy()
        flipped[:, j // 8] ^= np.uint8(1 << j % 8)
        assert (losses(X, mean, projection, flipped, refiner.scale) >= loss - 2e-3).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), dim=st.integers(1, 20), n_bits=st.integers(2, 70))
def test_the_loss_never_rises(seed, dim, n_bits):
    X, mean, projection, codes = problem(seed, n=8, dim=dim, n_bits=n_bits)
    refiner = Refiner(mean, projection)
    for mode in ("hamming", "decoded"):
        scale = refiner.fit_scale([X], mode)
        before = losses(X, mean, projection, codes, scale)
        after = losses(X, mean, projection, refiner(X, codes, threads=1), scale)
        assert (after <= before + 2e-3 * n_bits).all()


def test_a_short_code_comes_near_the_best_of_all_codes():
    X, mean, projection, codes = problem(8, n=200, dim=4, n_bits=10)
    refiner = Refiner(mean, projection)
    scale = refiner.fit_scale([X], "decoded")
    every = np.packbits(
        np.array(list(itertools.product([0, 1], repeat=10))), axis=1, bitorder="little"
    )
    best = np.array(
        [losses(np.repeat(x[None], 1024, 0), mean, projection, every, scale).min() for x in X]
    )
    plain = losses(X, mean, projection, codes, scale) - best
    flipped = losses(X, mean, projection, refiner(X, codes, threads=1), scale) - best
    assert flipped.mean() < 0.3 * plain.mean()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_a_row_alone_has_the_code_it_has_in_a_batch(seed, data):
    X, mean, projection, codes = problem(seed, n=150)
    refiner = Refiner(mean, projection, scale=9.0)
    whole = refiner(X, codes, threads=data.draw(st.integers(1, 4)))
    i = data.draw(st.integers(0, 149))
    assert np.array_equal(refiner(X[i : i + 1], codes[i : i + 1], threads=1)[0], whole[i])


def test_the_scale_does_not_depend_on_the_order_or_the_size_of_blocks(kernel_set):
    X, mean, projection, _ = problem(2, n=500)
    refiner = Refiner(mean, projection)
    whole = refiner.fit_scale([X], "hamming")
    assert refiner.fit_scale([X[300:], X[:7], X[7:300]], "hamming") == whole
    assert refiner.fit_scale([X], "decoded") < whole


def test_codes_do_not_depend_on_the_length_of_the_vector(kernel_set):
    X, mean, projection, codes = problem(4)
    refiner = Refiner(np.zeros_like(mean), projection, scale=8.0)
    assert np.array_equal(refiner(X, codes, 1), refiner(X * np.float32(1024), codes, 1))
    assert np.array_equal(refiner(X, codes, 1), refiner(X * np.float32(2**-60), codes, 1))


def test_a_zero_row_keeps_its_code(kernel_set):
    X, mean, projection, codes = problem(6)
    mean = mean.astype(np.float32).astype(np.float64)
    X[3] = mean
    codes[3] = 0
    codes[3, 1] = 0x5A
    refined = Refiner(mean, projection, scale=9.0)(X, codes, 1)
    assert np.array_equal(refined[3], codes[3])
    assert not np.array_equal(refined, codes)


def test_padding_bits_stay_zero(kernel_set):
    X, mean, projection, codes = problem(7, n_bits=37)
    refined = Refiner(mean, projection, scale=9.0)(X, codes, 1)
    assert not (refined[:, -1] & 0b11100000).any()


def test_the_core_refuses_shapes_that_do_not_fit():
    X, mean, projection, codes = problem(1)
    refiner = Refiner(mean, projection, scale=9.0)
    native = backend()
    if native.kernels == "numba":
        pytest.skip("the compiled core is not here")
    good = (X, codes, mean, refiner._projection, refiner._gram, 9.0, 1, "auto")
    assert native.module.refine_codes(*good).shape == codes.shape
    for at, bad in [(0, X[:, 1:].copy()), (1, codes[1:]), (2, mean[1:]), (4, refiner._gram[1:])]:
        arguments = [*good[:at], bad, *good[at + 1 :]]
        with pytest.raises(ValueError, match="fit"):
            native.module.refine_codes(*arguments)
    with pytest.raises(ValueError, match="scale"):
        native.module.refine_codes(*good[:5], 1e9, 1, "auto")


@pytest.mark.parametrize("refine", ["balanced", "hamming", "decoded"])
def test_an_encoder_refines_long_codes_only(kernel_set, refine):
    X = np.random.default_rng(3).standard_normal((300, 12)).astype(np.float32)
    for n_bits in (8, 12):
        plain = IIQ(n_bits, n_iter=3, random_state=0, refine=None).fit(X)
        same = IIQ(n_bits, n_iter=3, random_state=0, refine=refine).fit(X)
        assert np.array_equal(plain.transform(X), same.transform(X))
    plain = IIQ(40, n_iter=3, random_state=0, refine=None).fit(X)
    refined = IIQ(40, n_iter=3, random_state=0, refine=refine).fit(X)
    codes = refined.transform(X)
    assert not np.array_equal(codes, plain.transform(X))
    assert np.array_equal(codes[7:8], refined.transform(X[7:8]))
    params, arrays = refined.to_state()
    again = IIQ.from_state(params, arrays)
    assert np.array_equal(again.transform(X), codes)
    assert np.array_equal(again.inverse_transform(codes), refined.inverse_transform(codes))


def test_refined_codes_decode_better():
    X = np.random.default_rng(3).standard_normal((400, 12)).astype(np.float32)
    errors = {}
    for refine in (None, "hamming", "decoded"):
        encoder = IIQ(40, n_remove=0, n_iter=5, random_state=0, refine=refine).fit(X)
        errors[refine] = np.square(X - encoder.inverse_transform(encoder.transform(X))).mean()
    assert errors["decoded"] < errors["hamming"] < 0.8 * errors[None]
