"""Training the rotation: the loss, determinism, precision, stopping, memory, choice of rows."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from iiq._support.blas import one_blas_thread
from iiq._support.native import VARIABLE, core, kernels
from iiq.encoders import IIQ, LSH, SignBinarizer
from iiq.encoders._problems import Int8Problem, TrainOptions
from iiq.encoders._rotation import random_rotation
from iiq.rows import ArrayRows
from wordlike import loss, vectors

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
    with one_blas_thread():
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
    native = core()
    original = native.rotation_step
    monkeypatch.setattr(
        native, "rotation_step", lambda z, *rest: (seen.append(len(z)), original(z, *rest))
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
sys.path[:0] = [{tests!r}, {tests!r} + "/.."]
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
