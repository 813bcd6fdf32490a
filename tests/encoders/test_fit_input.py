"""Fitting on input that is hard, and input that is wrong."""

import warnings

import numpy as np
import pytest

import iiq
from iiq.encoders import IIQ, ITQ
from iiq.encoders._quantized import quantum_per_unit
from wordlike import loss, vectors

HARD = {
    "fewer rows than dimensions": vectors(9),
    "two rows": vectors(2),
    "constant columns": vectors() * (np.arange(24) % 3 > 0),
    "all rows alike": np.ones((50, 24), np.float32),
    "all zero": np.zeros((50, 24), np.float32),
    "duplicated rows": np.repeat(vectors(20), 40, axis=0),
    "duplicated columns": np.tile(vectors(d=12), (1, 2)),
    "tiny": vectors() * np.float32(1e-20),
    "at the edge of float32": vectors() * np.float32(1e-38),
    "huge": vectors() * np.float32(1e20),
    "a far mean": vectors() + np.float32(1e6),
    "one outlier": np.vstack([vectors(), np.full((1, 24), 1e9)]),
    "one outlier first": np.vstack([np.full((1, 24), 1e15), vectors()]),
    "whole numbers": np.random.default_rng(0).integers(-2, 3, (400, 24)),
    "booleans": np.random.default_rng(0).integers(0, 2, (400, 24)).astype(bool),
    "one column": vectors()[:, :1],
}


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_hard_input_gives_finite_results(case, precision):
    X = HARD[case]
    d = X.shape[1]
    for n_bits in (1, d, 2 * d + 3):
        encoder = IIQ(n_bits, n_iter=8, precision=precision, random_state=0)
        codes = encoder.fit_transform(X)
        for value in (encoder.mean_, encoder.projection_, encoder.rotation_, encoder.loss_curve_):
            assert np.isfinite(value).all()
        eye = np.eye(len(encoder.rotation_))
        assert np.allclose(encoder.rotation_ @ encoder.rotation_.T, eye)
        assert np.isfinite(encoder.inverse_transform(codes)).all()
        assert np.array_equal(codes, IIQ(**encoder.get_params()).fit_transform(X))


@pytest.mark.parametrize("scale", [2.0**-60, 2.0**-3, 2.0**60])
def test_scale_changes_no_code(scale):
    X = vectors().astype(np.float64)
    reference = IIQ(random_state=0, n_iter=20).fit_transform(X)
    assert np.array_equal(reference, IIQ(random_state=0, n_iter=20).fit_transform(X * scale))


def test_an_outlier_does_not_take_the_scale_of_all():
    X = np.vstack([vectors(), np.full((1, 24), 1e6)])
    for encoder in (IIQ(random_state=0), ITQ(random_state=0)):
        near = loss(encoder.fit(X), X[:-1])
        reference = loss(ITQ(random_state=0, precision="float32").fit(X), X[:-1])
        assert near < 1.05 * reference


def test_the_scale_of_quantized_rows():
    assert quantum_per_unit(np.array([2.0, 1.0]), 4) == pytest.approx(63 / 4.0)
    assert quantum_per_unit(np.array([1e5, 1.0, 1.0]), 1) == pytest.approx(63 / 16.0)
    for nothing in ([], [0.0, 0.0], [1e-300]):
        assert quantum_per_unit(np.array(nothing), 9) == 0.0


BAD = {
    "no rows": (np.empty((0, 5)), ValueError, r"0 sample"),
    "one row": (np.ones((1, 5)), ValueError, r"minimum of 2 is required"),
    "no columns": (np.empty((5, 0)), ValueError, r"0 feature"),
    "1-D": (np.ones(5), ValueError, r"2-D array"),
    "3-D": (np.ones((2, 2, 2)), ValueError, r"2-D array"),
    "NaN": (np.r_[np.ones((5, 3)), [[1, np.nan, 1]]], ValueError, r"first in row 5"),
    "infinity": (np.r_[[[1, np.inf, 1]], np.ones((5, 3))], ValueError, r"first in row 0"),
    "too large": (np.full((5, 3), 1e300), ValueError, r"too large for float32"),
    "complex": (np.ones((5, 3), complex), ValueError, r"Complex"),
    "text": (np.array([["a", "b"], ["c", "d"]]), ValueError, r"must hold numbers"),
    "ragged": ([[1, 2], [3]], ValueError, r"rectangular"),
    "nothing": (None, ValueError, r"2-D array"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("make", [IIQ, ITQ, lambda **k: IIQ(precision="float32")])
def test_bad_input_is_refused(case, make):
    X, error, text = BAD[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((error, TypeError), match=text):
            make(random_state=0).fit(X)


@pytest.mark.parametrize(
    ("parameters", "error", "text"),
    [
        ({"n_bits": 0}, ValueError, "n_bits must be at least 1, got 0"),
        ({"n_bits": 2.5}, TypeError, "n_bits must be a whole number"),
        ({"n_bits": True}, TypeError, "n_bits must be a whole number"),
        ({"n_remove": 24}, ValueError, "below the dimension 24, got 24"),
        ({"n_remove": -1}, ValueError, "n_remove must be at least 0"),
        ({"n_remove": "some"}, ValueError, "n_remove must be 'auto' or a whole number"),
        ({"n_iter": -1}, ValueError, "n_iter must be at least 0"),
        ({"precision": "int4"}, ValueError, "precision must be 'int8' or 'float32', got 'int4'"),
        ({"solver": "qr"}, ValueError, "solver must be 'gram' or 'svd', got 'qr'"),
        ({"refine": "yes"}, ValueError, "refine must be"),
        ({"tol": -1.0}, ValueError, "tol must be None or in"),
        ({"tol": "small"}, TypeError, "tol must be"),
        ({"memory_limit": -1}, ValueError, "memory_limit must be at least 0"),
        ({"threads": 0}, ValueError, "threads must be at least 1"),
        ({"random_state": "x"}, TypeError, "random_state must be"),
        ({"train_rows": 0}, ValueError, "train_rows must be at least 1"),
        ({"train_rows": [0, 5000]}, ValueError, "train_rows must be between 0 and 1499"),
    ],
)
def test_parameters_out_of_range_are_refused_by_fit_and_not_before(parameters, error, text):
    encoder = IIQ(**parameters)
    with pytest.raises(error, match=text):
        encoder.fit(vectors())


def test_nan_while_encoding_names_the_row():
    encoder = IIQ(random_state=0).fit(vectors())
    X = vectors(20_000, seed=1)
    X[17_123, 5] = np.nan
    for call in (encoder.transform, encoder.project):
        with pytest.raises(ValueError, match="first in row 17123"):
            call(X)


def test_fit_after_fit_forgets_the_first():
    encoder = IIQ(random_state=0).fit(vectors(300, 10))
    X = vectors(400, 24)
    assert np.array_equal(encoder.fit(X).transform(X), IIQ(random_state=0).fit(X).transform(X))


def test_public_names():
    for name in ("IIQ", "ITQ", "LSH", "SignBinarizer", "ENCODERS", "isotropy"):
        assert getattr(iiq, name) is not None
