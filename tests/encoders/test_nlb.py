"""The binary autoencoder: its steps against NumPy, its limits, its decoder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq._numba.nlb import _tanh, nlb_steps
from iiq.encoders import NLB


def vectors(n: int = 500, d: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = rng.standard_normal((d, d)) * np.linspace(2, 0.3, d)
    return (rng.standard_normal((n, d)) @ shape).astype(np.float32)


def steps_in_numpy(x, order, batch, w, c, rate, momentum, weight):
    """The same steps in float64, equation by equation."""
    w, c = w.astype(float), c.astype(float)
    vw, vc, error = np.zeros_like(w), np.zeros_like(c), 0.0
    for start in range(0, len(order), batch):
        rows = x[order[start : start + batch]].astype(float)
        b = (rows @ w.T >= 0).astype(float)
        y = np.tanh(b @ w + c)
        error += np.square(y - rows).mean(axis=1).sum()
        outer = 2 / x.shape[1] * (y - rows) * (1 - y * y)
        excess = w.T @ w - np.eye(x.shape[1])
        vw = momentum * vw - rate * (b.T @ outer + 2 * weight * w @ excess)
        vc = momentum * vc - rate * outer.sum(axis=0)
        w, c = w + vw, c + vc
    return error, w, c


@settings(deadline=None, max_examples=30, derandomize=True)
@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(1, 20),
    st.integers(1, 12),
    st.integers(0, 99),
)
def test_steps_are_those_of_the_equations(n, d, n_bits, batch, seed):
    rng = np.random.default_rng(seed)
    x = np.clip(rng.standard_normal((n, d)) / 3, -1, 1).astype(np.float32)
    w = (rng.standard_normal((n_bits, d)) / np.sqrt(n_bits)).astype(np.float32)
    c = rng.standard_normal(d).astype(np.float32) / 10
    order = rng.permutation(n)[
        : 2 * batch
    ]  # two steps: later ones may meet a sign that rounding turns
    error, w2, c2 = steps_in_numpy(x, order, batch, w, c, 1e-2, 0.9, 0.5)
    got = nlb_steps(x, order, batch, w, c, np.zeros_like(w), np.zeros_like(c), 1e-2, 0.9, 0.5)
    assert got == pytest.approx(error, rel=1e-3, abs=1e-4)
    assert np.allclose(w, w2, atol=1e-4)
    assert np.allclose(c, c2, atol=1e-4)


def test_a_score_of_zero_is_a_one_in_training_too():
    w, c = np.full((3, 2), 0.25, np.float32), np.zeros(2, np.float32)
    x, order = np.zeros((1, 2), np.float32), np.zeros(1, np.int64)
    error = nlb_steps(x, order, 1, w, c, np.zeros_like(w), np.zeros_like(c), 0.1, 0.9, 0.0)
    assert error == pytest.approx(np.tanh(0.75) ** 2, rel=1e-4)


def test_tanh_is_close_and_stays_within_one():
    x = np.linspace(-30, 30, 10_001).astype(np.float32)
    y = np.array([_tanh(v) for v in x])
    assert np.abs(y - np.tanh(x)).max() < 2e-4
    assert np.abs(y).max() <= 1


@pytest.mark.parametrize("n_bits", [1, 7, 8, 12, 13, 64, 100])
def test_any_number_of_bits(n_bits):
    X = vectors(200)
    codes = NLB(n_bits, n_epochs=2, random_state=0).fit_transform(X)
    assert codes.shape == (200, (n_bits + 7) // 8)
    assert not np.unpackbits(codes, axis=1, bitorder="little")[:, n_bits:].any()


def test_the_regulariser_makes_the_bits_uncorrelated():
    X = vectors()
    encoder = NLB(32, lambda_reg=4.0, n_epochs=30, random_state=0).fit(X)
    free = NLB(32, lambda_reg=0.0, n_epochs=30, random_state=0).fit(X)

    def excess(nlb: NLB) -> float:
        w = nlb.projection_.T / nlb.input_scale_
        return float(np.abs(w.T @ w - np.eye(12)).max())

    assert excess(encoder) < 0.2
    assert excess(encoder) < 0.2 * excess(free)


def test_training_lowers_the_error_of_the_reconstruction():
    X = vectors(2000)
    encoder = NLB(64, random_state=0).fit(X)
    assert len(encoder.loss_curve_) == 10
    assert encoder.loss_curve_[-1] < 0.7 * encoder.loss_curve_[0]
    codes = encoder.transform(X)
    start = NLB(64, n_epochs=0, random_state=0).fit(X)
    untrained = start.reconstruct(start.transform(X))
    assert np.square(encoder.reconstruct(codes) - X).mean() < np.square(untrained - X).mean()
    linear = encoder.inverse_transform(codes)
    assert np.square(linear - X).mean() < np.square(encoder.reconstruct(codes) - X).mean()


def test_inputs_are_scaled_and_clipped():
    X = vectors()
    encoder = NLB(random_state=0).fit(X)
    assert X.std() * encoder.input_scale_ == pytest.approx(0.33, rel=1e-4)
    far = X[:5] * 1000
    limit = np.float32(1 / encoder.input_scale_)
    assert np.array_equal(encoder.transform(far), encoder.transform(np.clip(far, -limit, limit)))


def test_the_scale_of_the_vectors_does_not_matter():
    X = vectors()
    codes = NLB(20, random_state=0).fit_transform(X)
    assert np.array_equal(NLB(20, random_state=0).fit_transform(X * 1024), codes)


def test_infinite_inputs_are_not_clipped_away():
    X = vectors()
    encoder = NLB(n_epochs=1, random_state=0).fit(X)
    X[7, 3] = np.inf
    with pytest.raises(ValueError, match=r"NaN, infinity .* row 7"):
        encoder.transform(X)
    with pytest.raises(ValueError, match=r"NaN, infinity .* row 7"):
        NLB(n_epochs=1).fit(X)


def test_train_rows_are_all_that_is_learned_from():
    X = vectors()
    some = NLB(16, train_rows=200, random_state=0).fit(X)
    assert np.array_equal(some.projection_, NLB(16, random_state=0).fit(X[:200]).projection_)


def test_vectors_that_are_all_alike():
    codes = NLB(16, random_state=0).fit_transform(np.ones((3, 4)))
    assert (codes == codes[0]).all()


def test_diverging_training_stops_with_an_error():
    with pytest.raises(FloatingPointError, match=r"epoch \d+: lower learning_rate \(now 10\)"):
        NLB(64, learning_rate=10, lambda_reg=4.0, random_state=0).fit(vectors())


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_bits": 0}, "n_bits must be at least 1"),
        ({"n_epochs": -1}, "n_epochs must be at least 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1"),
        ({"learning_rate": float("nan")}, "learning_rate must be at least 0"),
        ({"lambda_reg": -1}, "lambda_reg must be at least 0"),
        ({"input_sd": 0}, "input_sd must be above 0"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, text):
    with pytest.raises(ValueError, match=text):
        NLB(**parameters).fit(vectors())
