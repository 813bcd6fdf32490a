"""Training the rotation: the loss, determinism, precision, stopping, memory and bad input."""

import hashlib
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import iiq
from iiq._backend import VARIABLE, backend, kernels
from iiq.blocks import ArrayRows
from iiq.encoders import IIQ, ITQ, LSH, SignBinarizer
from iiq.encoders._rotation import Int8Problem, TrainOptions, quantum_per_unit
from iiq.linalg import random_rotation


def vectors(n: int = 1500, d: int = 24, seed: int = 0, dtype: type = np.float32) -> np.ndarray:
    """Rows like word vectors: a few strong directions, a mean, heavy tails."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((d, d)))[0]
    spread = np.r_[6.0, 4.0, 3.0, np.linspace(1.6, 0.5, d - 3)]
    return ((rng.standard_t(8, (n, d)) * spread) @ basis + rng.standard_normal(d)).astype(dtype)


def loss(encoder: IIQ, X: np.ndarray) -> float:
    """Eq. 2 from its definition: ||B - Z R||^2."""
    projected = (X.astype(np.float64) - encoder.mean_) @ encoder.projection_
    signs = np.where(projected >= 0, 1.0, -1.0)
    return float(((signs - projected) ** 2).sum())


# -- Algorithm 1 --------------------------------------------------------------------------------


def alternate(Z, R, n_iter, composed):
    """Lines 9 - 15 of Algorithm 1 in NumPy; line 14 taken literally unless ``composed``."""
    losses = []
    for _ in range(n_iter):
        U = Z @ R
        B = np.where(U >= 0, 1.0, -1.0)
        left, _, right = np.linalg.svd(B.T @ U)
        update = right.T @ left.T  # S^ S^T of SVD(B^T U) = S Omega S^^T
        R = R @ update if composed else update
        losses.append(((B - Z @ R) ** 2).sum())
    return R, np.array(losses)


def test_line_14_taken_literally_does_not_lower_the_loss_composed_it_does():
    X = vectors(3000)
    encoder = IIQ(n_remove=3, n_iter=30, random_state=0, precision="float32").fit(X)
    Z = (X - X.mean(axis=0)) @ np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][3:].T
    start = np.linalg.qr(np.random.default_rng(0).standard_normal((21, 21)))[0]
    _, literal = alternate(Z, start, 30, composed=False)
    _, composed = alternate(Z, start, 30, composed=True)
    assert (np.diff(literal) > 0).any()
    assert (np.diff(composed) < 0).all()
    assert (np.diff(encoder.loss_curve_) < 0).all()
    assert literal[-1] > composed[-1]
    # ours has the columns of Z that n_bits = d keeps, and three bits more than directions
    short = IIQ(21, n_remove=3, n_iter=30, random_state=0, precision="float32").fit(X)
    assert short.loss_curve_[-1] == pytest.approx(composed[-1], rel=0.01)


@pytest.mark.parametrize("n_bits", [8, 24, 40])
def test_ours_is_algorithm_1_with_its_rotation_composed(n_bits):
    """The same start gives the same rotation as the loop in NumPy on the same Z."""
    X = vectors(800)
    encoder = IIQ(n_bits, n_remove=2, n_iter=7, random_state=5, precision="float32").fit(X)
    c = min(n_bits, 22)
    start = IIQ(n_bits, n_remove=2, n_iter=0, random_state=5).fit(X)
    basis = start.projection_ @ start.rotation_.T
    Z = (X.astype(np.float64) - start.mean_) @ basis
    R = start.rotation_
    for _ in range(7):
        B = np.where(Z @ R >= 0, 1.0, -1.0)
        left, omega, right = np.linalg.svd(Z.T @ B, full_matrices=False)
        R = left @ right
    assert R.shape == (c, n_bits)
    assert np.allclose(R, encoder.rotation_, atol=1e-6)
    expected = len(X) * n_bits + (Z**2).sum() - 2 * omega.sum()
    assert encoder.loss_curve_[-1] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("precision", ["int8", "float32"])
@pytest.mark.parametrize("n_bits", [9, 24, 60])
def test_the_loss_falls_at_every_step(precision, n_bits):
    X = vectors(4000)
    encoder = IIQ(n_bits, n_iter=25, precision=precision, refine=None, random_state=0).fit(X)
    assert encoder.loss_curve_.shape == (25,)
    assert (np.diff(encoder.loss_curve_) < 0).all()
    # the curve ends with the signs of the last but one rotation: new signs can only be better
    exact = loss(encoder, X)
    if n_bits < 24 - encoder.n_remove_:
        assert exact <= encoder.loss_curve_[-1] * 1.001
        assert exact == pytest.approx(encoder.loss_curve_[-1], rel=0.01)


def test_both_solvers_give_the_same_codes():
    X = vectors(2000)
    for n_bits in (10, 24, 50):
        gram = IIQ(n_bits, random_state=0).fit(X)
        svd = IIQ(n_bits, random_state=0, solver="svd").fit(X)
        assert np.array_equal(gram.transform(X), svd.transform(X))
        assert gram.n_remove_ == svd.n_remove_


def test_int8_loses_less_than_a_thousandth():
    X = _bundled_sample()
    for n_bits in (50, 100):
        int8 = IIQ(n_bits, random_state=0, refine=None).fit(X)
        float32 = IIQ(n_bits, random_state=0, precision="float32", refine=None).fit(X)
        # Both end in a local minimum: int8 may find a better one, never one worse by more.
        assert loss(int8, X) <= loss(float32, X) * 1.001


def test_what_rounding_the_rotation_leaves_over_is_not_lost():
    X = vectors(300)
    problem = Int8Problem(
        ArrayRows(X),
        X.mean(axis=0, dtype=np.float64),
        np.eye(24),
        np.ones(24),
        24,
        TrainOptions(1, "int8", None, None, 1, False),
    )
    rotation = random_rotation(24, 24, np.random.default_rng(0))
    rotation[:, 3] = 0.0
    calls = 50
    total = sum(problem._rounded(rotation).astype(np.int64) for _ in range(calls))
    largest = np.maximum(np.abs(rotation).max(axis=0), 1e-300)
    mean = total / calls * largest / 63
    assert np.abs(mean - rotation).max() <= 1.01 * largest.max() / 63 / calls


def test_a_signal_is_seen_between_short_calls(monkeypatch):
    seen = []
    native = backend()
    original = native.module.rotation_step
    monkeypatch.setattr(
        native.module, "rotation_step", lambda z, *rest: (seen.append(len(z)), original(z, *rest))
    )
    IIQ(4, n_iter=1, train_rows=None).fit(vectors(70_000, 5))
    assert sum(seen) == 70_000
    assert max(seen) <= 1 << 15


def _bundled_sample() -> np.ndarray:
    from importlib.resources import files

    path = files("iiq") / "data" / "glove6b_20k_100d.vectors.f16.npy"
    return np.load(str(path), mmap_mode="r")[:6000]


# -- determinism --------------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from test_fit import digest_of
print(digest_of(threads={threads}))
"""


def digest_of(threads: int) -> str:
    X = vectors(2500, 40)
    digest = hashlib.sha256()
    for n_bits in (16, 40, 64):
        for precision in ("int8", "float32"):
            encoder = IIQ(n_bits, random_state=0, n_iter=20, precision=precision, threads=threads)
            digest.update(encoder.fit_transform(X).tobytes())
    return digest.hexdigest()


def test_threads_and_kernel_sets_change_no_bit(monkeypatch):
    reference = digest_of(threads=1)
    assert digest_of(threads=3) == reference
    for kernel_set in kernels():
        monkeypatch.setenv(VARIABLE, kernel_set)
        assert digest_of(threads=2) == reference, kernel_set


def test_threads_of_blas_change_no_bit():
    digests = set()
    for blas_threads in (1, 2):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(tests=os.path.dirname(__file__), threads=1)],
            env=os.environ | dict.fromkeys(names, str(blas_threads)),
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout.strip())
    assert digests == {digest_of(threads=1)}


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_blocks_change_no_bit(precision):
    X = vectors(2600)
    parameters = {"random_state": 0, "precision": precision, "train_rows": None, "n_iter": 10}
    whole = IIQ(30, **parameters).fit(X)
    for cuts in ([1300], [1, 2, 3, 1024, 1025], list(range(100, 2600, 100))):
        parts = IIQ(30, **parameters).fit_blocks(lambda cuts=cuts: iter(np.split(X, cuts)))
        assert np.array_equal(parts.transform(X), whole.transform(X))
        assert np.array_equal(parts.loss_curve_, whole.loss_curve_)


def test_layout_and_type_of_the_input_change_no_bit():
    X = vectors(1200, dtype=np.float16)
    reference = IIQ(random_state=0).fit_transform(X)
    wide = X.astype(np.float32)
    read_only = wide.copy()
    read_only.flags.writeable = False
    for other in (wide, np.asfortranarray(wide), wide.astype(np.float64), read_only, wide[::1]):
        assert np.array_equal(IIQ(random_state=0).fit_transform(other), reference)
    strided = np.repeat(wide, 2, axis=0)[::2]
    assert np.array_equal(IIQ(random_state=0).fit_transform(strided), reference)


def test_seeds():
    X = vectors(500)
    codes = [IIQ(random_state=seed).fit_transform(X) for seed in (0, 0, 1)]
    assert np.array_equal(codes[0], codes[1])
    assert not np.array_equal(codes[0], codes[2])
    generator = [IIQ(random_state=np.random.default_rng(7)).fit_transform(X) for _ in range(2)]
    assert np.array_equal(*generator)


# -- stopping, progress, memory -----------------------------------------------------------------


def test_tol_stops_early():
    X = vectors(2000)
    full = IIQ(n_iter=60, random_state=0).fit(X).loss_curve_
    short = IIQ(n_iter=60, random_state=0, tol=1e-3).fit(X).loss_curve_
    assert len(short) < 60
    assert np.array_equal(short, full[: len(short)])
    gain = 1 - full[1:] / full[:-1]
    assert (gain[: len(short) - 2] > 1e-3).all()
    assert gain[len(short) - 2] <= 1e-3


def test_no_iterations_leave_a_random_rotation():
    encoder = IIQ(n_iter=0, random_state=0).fit(vectors(300))
    assert encoder.loss_curve_.shape == (0,)
    assert np.allclose(encoder.rotation_ @ encoder.rotation_.T, np.eye(len(encoder.rotation_)))


def test_progress_goes_to_standard_error_with_the_loss(capsys):
    IIQ(n_iter=3, random_state=0, verbose=True).fit(vectors(300))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "3/3" in shown.err
    assert "loss=" in shown.err
    IIQ(n_iter=3, random_state=0).fit(vectors(300))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("memory_limit", [0, 1000, 20_000])
def test_rows_in_a_temporary_file_give_the_same_bits(memory_limit):
    X = vectors(1500)
    reference = IIQ(random_state=0, n_iter=5).fit(X)
    spilled = IIQ(random_state=0, n_iter=5, memory_limit=memory_limit).fit(X)
    assert np.array_equal(spilled.loss_curve_, reference.loss_curve_)
    assert np.array_equal(spilled.transform(X), reference.transform(X))


def test_the_temporary_file_is_closed_when_training_fails(monkeypatch):
    closed = []
    original = Int8Problem.close
    monkeypatch.setattr(Int8Problem, "close", lambda self: (closed.append(True), original(self))[1])
    monkeypatch.setattr(Int8Problem, "cross", lambda self, rotation: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        IIQ(memory_limit=0).fit(vectors(300))
    assert closed


def test_out_of_disk_is_said_and_nothing_is_left(monkeypatch, tmp_path):
    import tempfile

    class Full:
        def __init__(self, **_):
            self.closed = False
            files.append(self)

        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            self.closed = True

    files: list[Full] = []
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(OSError, match="No space left"):
        IIQ(memory_limit=0).fit(vectors(300))
    assert files[0].closed


def test_codes_can_go_into_a_mapped_file(tmp_path):
    X = vectors(900)
    encoder = IIQ(random_state=0).fit(X)
    mapped = np.lib.format.open_memmap(tmp_path / "codes.npy", "w+", np.uint8, (900, 3))
    assert encoder.transform(X, out=mapped) is mapped
    assert np.array_equal(np.load(tmp_path / "codes.npy"), encoder.transform(X))
    for wrong in (np.empty((900, 4), np.uint8), np.empty((900, 3), np.int8)):
        with pytest.raises(ValueError, match=r"out must be uint8 of shape \(900, 3\)"):
            encoder.transform(X, out=wrong)


# -- the choice of rows -------------------------------------------------------------------------


def test_train_rows_are_the_rows_that_are_learned_from():
    X = vectors(2000)
    some = IIQ(random_state=0, train_rows=700).fit(X)
    assert np.array_equal(some.projection_, IIQ(random_state=0).fit(X[:700]).projection_)
    numbers = np.arange(0, 2000, 3)
    spaced = IIQ(random_state=0, train_rows=numbers).fit(X)
    assert np.array_equal(spaced.projection_, IIQ(random_state=0).fit(X[numbers]).projection_)
    everything = IIQ(random_state=0, train_rows=None).fit(X)
    assert np.array_equal(everything.projection_, IIQ(random_state=0).fit(X).projection_)


def test_a_stream_suffices_for_a_number_of_rows_and_not_for_all():
    X = vectors(1000)
    stream = IIQ(random_state=0, train_rows=600).fit_blocks(iter(np.split(X, 4)))
    assert np.array_equal(
        stream.projection_, IIQ(random_state=0, train_rows=600).fit(X).projection_
    )
    with pytest.raises(ValueError, match="read only once"):
        IIQ(train_rows=None).fit_blocks(iter(np.split(X, 4)))
    for one_pass in (LSH(9, random_state=0), SignBinarizer(center=True)):
        codes = one_pass.fit_blocks(iter(np.split(X, 4))).transform(X)
        assert np.array_equal(codes, one_pass.fit(X).transform(X))


# -- input that is hard or wrong ----------------------------------------------------------------

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


def test_the_scale_of_quantised_rows():
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
