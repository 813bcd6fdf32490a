"""What every decoder promises: vectors of the source's space, exact, the same everywhere."""

import copy

import numpy as np
import pytest

from iiq import IIQ, LSH, NLB, HammingIndex, SignBinarizer
from iiq._support.native import core
from iiq.codes.decoding import (
    RowDecoder,
    decode,
    decoded_blocks,
    decoded_lengths,
    on_grid,
    signs_of,
)
from iiq.encoders import ENCODERS, from_state
from iiq.vocabulary.cosines import cosine, cosines


def vectors(n=1500, d=20, seed=0):
    rng = np.random.default_rng(seed)
    shape = rng.standard_normal((d, d)) * np.linspace(3, 0.5, d)
    return (rng.standard_normal((n, d)) @ shape + rng.standard_normal(d)).astype(np.float32)


def made(name, **parameters):
    if name != "sign":
        parameters.setdefault("random_state", 0)
    return ENCODERS[name](**parameters)


@pytest.fixture(params=sorted(ENCODERS))
def name(request):
    return str(request.param)


def cleaned(encoder, X):
    rows = X.astype(np.float64) - encoder.mean_
    return rows - (rows @ encoder.removed_) @ encoder.removed_.T


# -- the parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(9, 4), (64, 300), (301, 33)])
def test_decoded_codes_do_not_depend_on_the_order_of_summation(shape):
    rng = np.random.default_rng(1)
    decoder = on_grid(rng.standard_normal(shape) * 1e-3)
    codes = np.packbits(rng.random((50, shape[0])) < 0.5, axis=1, bitorder="little")
    order = rng.permutation(shape[0])
    shuffled = signs_of(codes, shape[0])[:, order] @ decoder[order]
    assert np.array_equal(decode(codes, decoder), shuffled)
    assert np.array_equal(decode(codes[7:8], decoder)[0], shuffled[7])


@pytest.mark.parametrize("n_bits", [1, 7, 16, 17, 100, 300])
def test_rows_of_an_index_decode_to_the_same_numbers(n_bits, kernel_set):
    rng = np.random.default_rng(n_bits)
    decoder = on_grid(rng.standard_normal((n_bits, 11)))
    codes = np.packbits(rng.random((70, n_bits)) < 0.5, axis=1, bitorder="little")
    decoded = RowDecoder(decoder).of(HammingIndex(codes, n_bits))
    rows = np.array([0, 69, 33, 33, 31, 32], np.int64)
    assert np.array_equal(decoded.rows_at(rows), decode(codes[rows], decoder))
    assert np.array_equal(decoded.row_at(69), decode(codes[69:], decoder)[0])
    assert decoded.rows_at(rows[:0]).shape == (0, 11)
    assert decoded.cosines(0, rows[:0]).shape == (0,)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 15, 17, 100, 127, 128, 129, 137, 255, 300, 1030])
def test_cosines_of_rows_are_to_the_bit_those_of_numpy(width, kernel_set):
    rng = np.random.default_rng(width)
    decoder = on_grid(rng.standard_normal((40, width)))
    codes = np.packbits(rng.random((60, 40)) < 0.5, axis=1, bitorder="little")
    decoded = RowDecoder(decoder).of(HammingIndex(codes, 40))
    vectors = decode(codes, decoder)
    wanted = cosines(vectors, vectors[7])
    assert np.array_equal(decoded.cosines(7, np.arange(60)), wanted)
    assert [decoded.cosine(7, row) for row in range(60)] == wanted.tolist()
    assert [cosine(vectors[7], row) for row in vectors] == wanted.tolist()


def test_the_cosine_with_zeros_is_zero(kernel_set):
    decoder = on_grid(np.array([[1.0, 2.0], [1.0, 2.0]]))
    index = HammingIndex(np.array([[0b01], [0b11]], np.uint8), 2)  # + and - are zeros
    decoded = RowDecoder(decoder).of(index)
    assert (decoded.cosine(0, 1), decoded.cosine(0, 0)) == (0.0, 0.0)
    assert decoded.cosines(1, np.array([0, 1])).tolist() == [0.0, 1.0]
    assert RowDecoder(np.zeros((2, 2))).of(index).cosine(0, 1) == 0.0


@pytest.mark.parametrize("size", [1e-290, 1e-20, 1.0, 3e17, 1e290])
@pytest.mark.parametrize("n_bits", [3, 8, 129])
def test_rows_of_any_size_and_of_decoders_on_no_grid(size, n_bits, kernel_set):
    rng = np.random.default_rng(n_bits)
    decoder = size * rng.standard_normal((n_bits, 5))
    decoder[rng.integers(n_bits), 0] = size * 2.0**8  # one large number among small ones
    codes = np.packbits(rng.random((40, n_bits)) < 0.8, axis=1, bitorder="little")
    decoded = RowDecoder(decoder).of(HammingIndex(codes, n_bits))
    assert np.array_equal(decoded.rows_at(np.arange(40)), decode(codes, on_grid(decoder)))


def test_the_largest_sums_are_exact(kernel_set):
    """Every number about as large as the grid allows, every bit set."""
    unit = 2.0**-19
    decoder = 2 - unit * (1 + np.arange(4000)[:, None] % [1, 2, 7])
    assert np.array_equal(decoder, on_grid(decoder))
    codes = np.full((1, 500), 255, np.uint8)
    decoded = RowDecoder(decoder).of(HammingIndex(codes, 4000))
    assert np.array_equal(decoded.row_at(0), decoder.sum(axis=0))


def test_rows_past_the_index_are_not_read():
    index = HammingIndex(np.zeros((3, 1), np.uint8), 8)
    zeros = np.zeros((8, 2), np.float32), np.zeros(2)
    decoded = core("scalar").DecodedCodes(index.blocks, 3, 8, *zeros, 1.0)
    for ask in (
        lambda: decoded.rows_at(np.array([0, 3])),
        lambda: decoded.row_at(-1),
        lambda: decoded.cosine(0, 3),
        lambda: decoded.cosines(3, np.array([0])),
        lambda: decoded.cosines(0, np.array([-1])),
    ):
        with pytest.raises(ValueError, match="below n_codes"):
            ask()
    for n_codes, rows, base in (
        (40, *zeros),
        (3, zeros[0][:7], zeros[1]),
        (3, zeros[0], np.ones(3)),
    ):
        with pytest.raises(ValueError, match=r"blocks|rows|base"):
            core("scalar").DecodedCodes(index.blocks, n_codes, 8, rows, base, 1.0)


@pytest.mark.parametrize("size", [1e-300, 1e-20, 1.0, 3e17, 1e300])
def test_the_grid_keeps_six_digits_of_every_scale(size):
    decoder = np.random.default_rng(0).standard_normal((8, 5)) * size
    rounded = on_grid(decoder)
    assert np.abs(rounded - decoder).max() < 1e-6 * np.abs(decoder).max()
    assert np.array_equal(on_grid(rounded), rounded)
    assert np.array_equal(on_grid(np.zeros((2, 3))), np.zeros((2, 3)))


def test_lengths_are_those_of_the_decoded_codes_for_any_block():
    rng = np.random.default_rng(2)
    decoder = on_grid(rng.standard_normal((37, 11)))
    codes = np.packbits(rng.random((5000, 37)) < 0.5, axis=1, bitorder="little")
    lengths = decoded_lengths(codes, decoder)
    assert lengths.dtype == np.float64
    np.testing.assert_allclose(lengths, np.linalg.norm(decode(codes, decoder), axis=1), rtol=1e-14)
    assert np.array_equal(decoded_lengths(codes[4000:4100], decoder), lengths[4000:4100])
    assert sum(len(part) for _, part in decoded_blocks(codes, decoder)) == 5000


# -- of an encoder ---------------------------------------------------------------------------------


def test_the_decoder_is_the_least_squares_one_without_the_removed_directions(name):
    X = vectors()
    encoder = made(name, **({"refine": None} if name == "iiq" else {})).fit(X)
    B = signs_of(encoder.transform(X), encoder.n_bits_)
    damped = B.T @ B + 1e-4 * len(X) * np.eye(encoder.n_bits_)
    wanted = np.linalg.solve(damped, B.T @ cleaned(encoder, X))
    assert encoder.decoder_.shape == (encoder.n_bits_, 20)
    np.testing.assert_allclose(encoder.decoder_, wanted, atol=1e-5 * np.abs(wanted).max())
    assert np.abs(encoder.decoder_ @ encoder.removed_).max(initial=0) < 1e-4


def test_inverse_transform_is_the_mean_and_the_decoded_code(name):
    X = vectors()
    encoder = made(name).fit(X)
    codes = encoder.transform(X)
    wanted = encoder.mean_ + signs_of(codes, encoder.n_bits_) @ encoder.decoder_
    found = encoder.inverse_transform(codes)
    assert found.dtype == np.float32
    assert np.array_equal(found, wanted.astype(np.float32))


def test_queries_score_vectors_against_decoded_codes(name, kernel_set):
    X = vectors(300)
    encoder = made(name).fit(X)
    asked = encoder.query(X)
    assert (asked.dtype, asked.shape) == (np.float32, (300, encoder.n_bits_))
    wanted = cleaned(encoder, X) @ encoder.decoder_.T
    np.testing.assert_allclose(asked, wanted, atol=2e-5 * np.abs(wanted).max())
    assert np.array_equal(encoder.query(X[5:6])[0], asked[5])


@pytest.mark.parametrize("n_bits", [5, 20, 50])
@pytest.mark.parametrize("n_remove", [0, 3])
def test_the_removed_directions_are_kept(n_bits, n_remove):
    encoder = IIQ(n_bits, n_remove=n_remove, n_iter=3, random_state=0).fit(vectors())
    removed = encoder.removed_
    assert removed.shape == (20, n_remove)
    np.testing.assert_allclose(removed.T @ removed, np.eye(n_remove), atol=1e-12)
    assert np.abs(encoder.projection_.T @ removed).max(initial=0) < 1e-12


def test_other_encoders_remove_nothing():
    for encoder in (LSH(8, random_state=0), SignBinarizer(), NLB(8, random_state=0)):
        assert encoder.fit(vectors(200)).removed_.shape == (20, 0)


def test_the_state_holds_decoder_and_removed_directions(name):
    X = vectors(300)
    encoder = made(name).fit(X)
    again = from_state(name, *encoder.to_state())
    assert np.array_equal(again.decoder_, encoder.decoder_)
    assert np.array_equal(again.removed_, encoder.removed_)
    assert np.array_equal(again.query(X), encoder.query(X))


def test_a_state_whose_parts_disagree_is_refused(name):
    params, arrays = made(name).fit(vectors(300)).to_state()
    for bad in ({"decoder_": arrays["decoder_"][:, 1:]}, {"removed_": np.zeros((19, 1))}):
        with pytest.raises(ValueError, match="do not belong together"):
            from_state(name, params, {**arrays, **bad})


@pytest.mark.parametrize("rows", ["array", "list", "generator", "two columns of blocks"])
def test_streams_give_the_decoder_of_arrays(name, rows):
    X = vectors(3000)
    blocks = {"array": [X], "two columns of blocks": [("words", X[:7]), ("words", X[7:])]}
    source = blocks.get(rows, np.split(X, [5, 1100, 2900]))
    parameters = {} if name in ("lsh", "sign", "nlb") else {"train_rows": 2000}
    wanted = made(name, **parameters).fit(X)
    found = made(name, **parameters).fit_blocks(iter(source) if rows == "generator" else source)
    assert np.array_equal(found.decoder_, wanted.decoder_)


def test_the_decoder_learns_from_the_first_rows_only(monkeypatch):
    monkeypatch.setattr("iiq.encoders.base.DECODER_ROWS", 1000)
    X = vectors(3000)
    whole = LSH(12, center=False, random_state=0).fit(X)
    part = LSH(12, center=False, random_state=0).fit(X[:1000])
    once = LSH(12, center=False, random_state=0).fit_blocks(iter(np.split(X, [700, 2100])))
    assert np.array_equal(whole.decoder_, part.decoder_)
    assert np.array_equal(once.decoder_, part.decoder_)


# -- files that kept no decoder --------------------------------------------------------------------


def old_state(encoder, **figures):
    params, arrays = copy.deepcopy(encoder.to_state())
    del arrays["decoder_"]
    arrays.pop("removed_", None)
    params["learned"].update(figures)
    return params, arrays


def test_a_state_without_a_decoder_gets_the_one_it_had(name):
    given = {"n_bits": 12, **({"refine": None} if name in ("iiq", "itq") else {})}
    encoder = made(name, **({} if name == "sign" else given)).fit(vectors())
    again = from_state(name, *old_state(encoder, scale_=0.7))
    unit = encoder.projection_ / np.linalg.norm(encoder.projection_, axis=0)
    agreement = np.arcsin(np.clip(unit.T @ unit, -1, 1)) * 2 / np.pi
    size = 0.7 / np.linalg.norm(encoder.projection_, axis=0).mean()
    wanted = size * np.linalg.pinv(agreement) @ unit.T
    np.testing.assert_allclose(again.decoder_, wanted, atol=1e-5 * np.abs(wanted).max())


def test_an_old_state_shows_its_removed_directions_where_all_others_were_kept():
    X = vectors()
    encoder = IIQ(20, n_remove=2, n_iter=3, refine=None, random_state=0).fit(X)
    again = from_state("iiq", *old_state(encoder, scale_=1.0))
    both = again.removed_ @ again.removed_.T
    np.testing.assert_allclose(both, encoder.removed_ @ encoder.removed_.T, atol=1e-9)
    short = IIQ(8, n_remove=2, n_iter=3, refine=None, random_state=0).fit(X)
    assert from_state("iiq", *old_state(short, scale_=1.0)).removed_.shape == (20, 0)


# -- bad input -------------------------------------------------------------------------------------


def degenerate():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 6)).astype(np.float32)
    constant = X.copy()
    constant[:, 2:5] = 3.0
    return {
        "fewer rows than bits": X[:3],
        "all rows equal": np.ones((10, 6), np.float32),
        "all zero": np.zeros((10, 6), np.float32),
        "constant columns": constant,
        "rank one": np.outer(X[:, 0], X[0]).astype(np.float32),
        "huge": X * np.float32(1e18),
        "tiny": X * np.float32(1e-30),
        "one huge row": np.vstack([X, 1e15 * X[:1]]).astype(np.float32),
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", degenerate())
@pytest.mark.parametrize("refine", [None, "balanced", "hamming", "decoded"])
@pytest.mark.parametrize("n_bits", [3, 6, 20])
def test_degenerate_vectors_give_finite_decoders(case, n_bits, refine):
    X = degenerate()[case]
    for encoder in (IIQ(n_bits, random_state=0, refine=refine), LSH(n_bits, random_state=0)):
        codes = encoder.fit(X).transform(X)
        for values in (encoder.decoder_, encoder.query(X), encoder.inverse_transform(codes)):
            assert np.isfinite(values).all()
        assert np.isfinite(decoded_lengths(codes, encoder.decoder_)).all()
