"""Codes chosen for a decoder by bit flips, and the decoder learned with them: every kernel set."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq._numba as twin
from iiq import IIQ
from iiq._support.native import core
from iiq.codes.decoding import decode, on_grid
from iiq.encoders import from_state
from iiq.encoders._bit_flips import AIMS, UNIT, BitFlips, multiple, unit_rows

WIDTHS = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 300]


def bits_of(codes, n_bits):
    return np.unpackbits(codes, axis=1, bitorder="little", count=n_bits) * 2.0 - 1.0


def problem(seed, n=40, dim=12, n_bits=33, n_removed=2):
    """Return rows, their mean, removed directions, a matrix to choose codes for, first codes."""
    rng = np.random.default_rng(seed)
    n_removed = min(n_removed, dim - 1)
    removed = np.linalg.qr(rng.standard_normal((dim, dim)))[0][:, :n_removed]
    matrix = rng.standard_normal((n_bits, dim)) / np.sqrt(n_bits * dim)
    matrix -= (matrix @ removed) @ removed.T
    mean = rng.standard_normal(dim)
    X = rng.standard_normal((n, dim)).astype(np.float32)
    codes = np.packbits((X - mean) @ matrix.T >= 0, axis=1, bitorder="little")
    return X, mean, removed, matrix, codes


def directions(X, mean, removed):
    z = X - mean
    z -= (z @ removed) @ removed.T
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def losses(z, matrix, codes):
    return np.square(z - bits_of(codes, len(matrix)) @ matrix).sum(axis=1)


# -- the kernels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_every_kernel_set_gives_the_bits_of_the_numba_twin(kernel_set, n_bits):
    X, mean, removed, matrix, codes = problem(n_bits, dim=9 + n_bits % 3, n_bits=n_bits)
    native = core()
    units = unit_rows(X, mean, removed, threads=2)
    transposed = np.ascontiguousarray(removed.T)
    assert np.array_equal(units, twin.unit_rows(X, mean, transposed, 1))
    flips = BitFlips.rounded(matrix)
    arguments = (units, codes, flips.matrix, flips.shift, flips._gram, 1)
    expected = twin.refine_codes(*arguments, "numba")
    assert np.array_equal(flips(units, codes, threads=2), expected)
    found = native.code_sums(units, expected, n_bits, 2)
    for sums, wanted in zip(
        found, twin.code_sums(units, expected, n_bits, 1, "numba"), strict=True
    ):
        assert sums.dtype == np.int32
        assert np.array_equal(sums, wanted)


def test_sums_are_those_of_the_definition(kernel_set):
    X, mean, removed, _, codes = problem(1, n=700)
    units = unit_rows(X, mean, removed, 1)
    native = core()
    B = bits_of(codes, 33)
    agreement, cross = native.code_sums(units, codes, 33, 3)
    assert np.array_equal(agreement, B.T @ B)
    assert np.array_equal(cross, B.T @ units)


def test_unit_rows_have_length_one_and_no_removed_direction(kernel_set):
    X, mean, removed, _, _ = problem(2)
    z = unit_rows(X, mean, removed, 1) / UNIT
    np.testing.assert_allclose(z, directions(X, mean, removed), atol=2.0**-14)
    X[3] = mean = mean.astype(np.float32).astype(np.float64)
    assert not unit_rows(X, mean, removed, 1)[3].any()


def test_no_single_flip_would_help(kernel_set):
    X, mean, removed, matrix, codes = problem(5, n_bits=40)
    refined = BitFlips.rounded(matrix)(unit_rows(X, mean, removed, 1), codes, 1)
    assert not np.array_equal(refined, codes)
    z = directions(X, mean, removed)
    loss = losses(z, matrix, refined)
    for j in range(40):
        flipped = refined.copy()
        flipped[:, j // 8] ^= np.uint8(1 << j % 8)
        assert (losses(z, matrix, flipped) >= loss - 1e-4).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    dim=st.integers(1, 20),
    n_bits=st.integers(1, 70),
    power=st.integers(-30, 8),
)
def test_the_loss_never_rises(seed, dim, n_bits, power):
    X, mean, removed, matrix, codes = problem(seed, n=8, dim=dim, n_bits=n_bits)
    matrix = np.ldexp(matrix, power)
    after = BitFlips.rounded(matrix)(unit_rows(X, mean, removed, 1), codes, 1)
    z = directions(X, mean, removed)
    before = losses(z, matrix, codes)
    assert (losses(z, matrix, after) <= before + 1e-3 * (1 + before)).all()


def test_a_short_code_comes_near_the_best_of_all_codes():
    X, mean, removed, matrix, codes = problem(8, n=200, dim=4, n_bits=10, n_removed=0)
    z = directions(X, mean, removed)
    every = np.packbits(
        np.array(list(itertools.product([0, 1], repeat=10))), axis=1, bitorder="little"
    )
    best = np.array([losses(one[None], matrix, every).min() for one in z])
    plain = losses(z, matrix, codes) - best
    refined = BitFlips.rounded(matrix)(unit_rows(X, mean, removed, 1), codes, 1)
    assert (losses(z, matrix, refined) - best).mean() < 0.3 * plain.mean()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_a_row_alone_has_the_code_it_has_in_a_batch(seed, data):
    X, mean, removed, matrix, codes = problem(seed, n=150)
    flips = BitFlips.rounded(matrix)
    whole = flips(unit_rows(X, mean, removed, 3), codes, data.draw(st.integers(1, 4)))
    i = data.draw(st.integers(0, 149))
    alone = flips(unit_rows(X[i : i + 1], mean, removed, 1), codes[i : i + 1], 1)
    assert np.array_equal(alone[0], whole[i])


def test_codes_do_not_depend_on_the_length_of_the_vector(kernel_set):
    X, mean, removed, _, _ = problem(4)
    units = unit_rows(X, np.zeros_like(mean), removed, 1)
    for factor in (1024, 2**-60, 2.0**100):
        scaled = unit_rows(X * np.float32(factor), np.zeros_like(mean), removed, 1)
        assert np.array_equal(scaled, units)


def test_a_zero_row_keeps_its_code(kernel_set):
    X, mean, removed, matrix, codes = problem(6)
    X[3] = mean = mean.astype(np.float32).astype(np.float64)
    codes[3] = 0
    codes[3, 1] = 0x5A
    refined = BitFlips.rounded(matrix)(unit_rows(X, mean, removed, 1), codes, 1)
    assert np.array_equal(refined[3], codes[3])
    assert not np.array_equal(refined, codes)


def test_padding_bits_stay_zero(kernel_set):
    X, mean, removed, matrix, codes = problem(7, n_bits=37)
    refined = BitFlips.rounded(matrix)(unit_rows(X, mean, removed, 1), codes, 1)
    assert not (refined[:, -1] & 0b11100000).any()


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1e-4, 1.0, 1e9, 1e200])
def test_rows_of_a_matrix_of_any_size_fit_sixteen_bits(size):
    matrix = np.random.default_rng(0).standard_normal((70, 9)) * size
    matrix[5] = 0.0
    flips = BitFlips.rounded(matrix)
    lengths = np.linalg.norm(flips.matrix.astype(float), axis=1)
    assert lengths.max() <= UNIT + 3
    if size >= 1e-4:
        assert lengths.max() > UNIT / 2 - 3
    assert 0 <= flips.shift < 32


def test_the_core_refuses_shapes_that_do_not_fit():
    X, mean, removed, matrix, codes = problem(1)
    native = core()
    if native.kernels == "numba":
        pytest.fail("the compiled core is not here")
    units = unit_rows(X, mean, removed, 1)
    flips = BitFlips.rounded(matrix)
    good = (units, codes, flips.matrix, flips.shift, flips._gram, 1)
    assert native.refine_codes(*good).shape == codes.shape
    for at, bad in [
        (0, units[:, 1:].copy()),
        (1, codes[1:]),
        (2, flips.matrix[1:]),
        (3, 32),
        (3, -1),
        (4, flips._gram[1:]),
    ]:
        with pytest.raises(ValueError, match=r"fit|shift"):
            native.refine_codes(*good[:at], bad, *good[at + 1 :])
    with pytest.raises(ValueError, match="fit"):
        native.code_sums(units, codes, 12, 1)
    many = np.zeros((65537, 1), np.int16)
    with pytest.raises(ValueError, match="65536"):
        native.code_sums(many, np.zeros((65537, 1), np.uint8), 1, 1)
    with pytest.raises(ValueError, match="fit"):
        native.unit_rows(X, mean[1:], np.ascontiguousarray(removed.T), 1)


def test_k_is_largest_where_a_code_is_as_long_as_the_directions():
    for n_bits in (10, 94, 500):
        ks = [multiple(aim, n_bits, 94) for aim in ("decoded", "balanced", "hamming")]
        assert ks == sorted(ks)
        assert ks[0] == 1.0
    assert multiple("hamming", 94, 94) == 2.0
    assert multiple("balanced", 47, 94) == multiple("balanced", 188, 94) == pytest.approx(1.15)


# -- encoders --------------------------------------------------------------------------------------


def vectors(n=600, d=12, seed=3):
    rng = np.random.default_rng(seed)
    shape = np.linalg.qr(rng.standard_normal((d, d)))[0] * np.linspace(2, 0.5, d)
    return (rng.standard_normal((n, d)) @ shape + rng.standard_normal(d)).astype(np.float32)


@pytest.mark.parametrize("n_bits", [8, 12, 40])
def test_every_kernel_set_learns_the_same_decoder_and_codes(kernel_set, n_bits, monkeypatch):
    X = vectors()
    found = IIQ(n_bits, n_iter=3, random_state=0, threads=3).fit(X)
    codes = found.transform(X)
    monkeypatch.setenv("IIQ_KERNELS", "numba")
    wanted = IIQ(n_bits, n_iter=3, random_state=0, threads=1).fit(X)
    assert np.array_equal(found.decoder_, wanted.decoder_)
    assert np.array_equal(codes, wanted.transform(X))


@pytest.mark.parametrize("refine", AIMS)
@pytest.mark.parametrize("n_bits", [8, 12, 40])
def test_refined_codes_are_not_the_signs_and_survive_a_file(kernel_set, refine, n_bits):
    X = vectors()
    plain = IIQ(n_bits, n_iter=3, random_state=0, refine=None).fit(X)
    refined = IIQ(n_bits, n_iter=3, random_state=0, refine=refine).fit(X)
    assert np.array_equal(plain.projection_, refined.projection_)
    codes = refined.transform(X)
    assert not np.array_equal(codes, plain.transform(X))
    assert np.array_equal(codes[7:8], refined.transform(X[7:8]))
    again = from_state("iiq", *refined.to_state())
    assert np.array_equal(again.transform(X), codes)
    assert np.array_equal(again.inverse_transform(codes), refined.inverse_transform(codes))


def test_a_second_fit_forgets_the_first():
    X = vectors()
    encoder = IIQ(20, n_iter=3, random_state=0).fit(X)
    encoder.set_params(refine=None).fit(X)
    plain = IIQ(20, n_iter=3, random_state=0, refine=None).fit(X)
    assert np.array_equal(encoder.transform(X), plain.transform(X))
    assert encoder.flip_matrix_ is None


def cosines(encoder, X):
    z = directions(X, encoder.mean_, encoder.removed_)
    decoded = decode(encoder.transform(X), encoder.decoder_)
    return (z * decoded).sum(axis=1) / np.linalg.norm(decoded, axis=1)


@pytest.mark.parametrize("n_bits", [24, 60])
def test_refined_codes_decode_nearer_to_their_vectors(n_bits):
    X, fresh = vectors(3000, 24), vectors(3000, 24, seed=3)[1500:]
    near = {
        refine: cosines(IIQ(n_bits, n_remove=2, random_state=0, refine=refine).fit(X[:1500]), fresh)
        for refine in (None, "hamming", "balanced", "decoded")
    }
    means = {refine: values.mean() for refine, values in near.items()}
    assert means[None] < means["hamming"] < means["balanced"] < means["decoded"]


def test_the_size_of_the_decoder_is_the_least_squares_one():
    X = vectors(2000)
    encoder = IIQ(12, n_remove=2, random_state=0).fit(X)
    decoded = decode(encoder.transform(X), encoder.decoder_)
    rows = X - encoder.mean_
    rows -= (rows @ encoder.removed_) @ encoder.removed_.T
    assert (rows * decoded).sum() / np.square(decoded).sum() == pytest.approx(1.0, abs=0.02)
    assert np.abs(encoder.decoder_ @ encoder.removed_).max() < 1e-5


@pytest.mark.parametrize("n_bits", [12, 30])
def test_a_file_of_the_fixed_frame_still_encodes_by_its_frame(n_bits):
    X = vectors()
    params, arrays = (
        IIQ(n_bits, n_remove=1, n_iter=3, random_state=0, refine=None).fit(X).to_state()
    )
    del arrays["decoder_"], arrays["removed_"]
    params["learned"] = {"n_remove_": 1, "scale_": 1.0, "refine_scale_": 4.0, "decode_scale_": 0.3}
    old = from_state("iiq", params, arrays)
    assert np.array_equal(old.decoder_, on_grid(0.3 * old.projection_.T))
    z = directions(X, old.mean_, old.removed_)
    codes = old.transform(X)
    signs = np.packbits(z @ old.projection_ >= 0, axis=1, bitorder="little")
    frame = old.projection_.T / 4.0
    assert (losses(z, frame, codes) <= losses(z, frame, signs) + 1e-4).all()
    if n_bits > 12:
        assert losses(z, frame, codes).mean() < losses(z, frame, signs).mean()


def test_decoded_codes_spread_as_the_rows_do():
    X = vectors(3000, 24)
    encoder = IIQ(48, n_remove=0, random_state=0).fit(X)
    z = directions(X, encoder.mean_, encoder.removed_)
    codes = encoder.transform(X)
    values, axes = np.linalg.eigh(z.T @ z)
    plain = np.linalg.lstsq(bits_of(codes, 48), z, rcond=None)[0]  # without the stretch

    def spread(decoder):
        found = np.square(decode(codes, decoder) @ axes).sum(axis=0)
        return (found / found.sum()) / (values / values.sum())

    assert np.ptp(spread(encoder.decoder_)) < 0.15
    assert np.ptp(spread(plain)) > 0.3


def test_a_damaged_matrix_of_flips_is_refused():
    params, arrays = IIQ(12, n_iter=3, random_state=0).fit(vectors()).to_state()
    large = arrays["flip_matrix_"].astype(np.int32) + 20_000
    for bad in ({"flip_matrix_": arrays["flip_matrix_"][1:]}, {"flip_matrix_": large}):
        with pytest.raises(ValueError, match="damaged"):
            from_state("iiq", params, {**arrays, **bad})
    learned = {**params["learned"], "flip_shift_": 32}
    with pytest.raises(ValueError, match="damaged"):
        from_state("iiq", {**params, "learned": learned}, arrays)
