"""The rotation of wide vectors by products: as good as 50 SVDs, orthonormal, the same bits."""

import numpy as np
import pytest

import iiq.encoders._rotation as rotations
from iiq._support.native import VARIABLE, kernels
from iiq.encoders import IIQ
from iiq.encoders._wide_rotation import WideSteps, orthonormal
from wordlike import loss, vectors

D = 336  # just wider than WIDE = 320, and a multiple of nothing but 16


@pytest.fixture
def by_svd(monkeypatch):
    """Fit by an SVD a step, whatever the width."""

    def fit(X, *arguments, **parameters):
        with monkeypatch.context() as context:
            context.setattr(rotations, "WIDE", 1 << 30)
            return IIQ(*arguments, **parameters).fit(X)

    return fit


@pytest.fixture(scope="module")
def wide():
    return vectors(1400, D)


@pytest.mark.parametrize(("n_bits", "n_remove"), [(D, 0), (D, 3), (324, 5), (D + 65, 1)])
def test_a_quarter_of_the_steps_is_as_good_as_fifty_svds(wide, by_svd, n_bits, n_remove):
    parameters = {"n_remove": n_remove, "refine": None, "random_state": 0}
    start = IIQ(n_bits, n_iter=0, **parameters).fit(wide)
    svd = by_svd(wide, n_bits, **parameters)
    products = IIQ(n_bits, **parameters).fit(wide)
    first, best, ours = loss(start, wide), loss(svd, wide), loss(products, wide)
    assert ours <= 1.001 * best
    assert first - ours >= 0.97 * (first - best)
    assert len(products.loss_curve_) <= 30
    assert len(svd.loss_curve_) == 50
    rotation = products.rotation_
    assert rotation.shape == (min(n_bits, D - n_remove), n_bits)
    assert np.abs(rotation @ rotation.T - np.eye(len(rotation))).max() < 1e-12


def test_the_loss_is_that_of_its_definition(wide):
    """The curve ends with the signs taken a little ahead: new signs lose less, but not much."""
    encoder = IIQ(n_remove=0, refine=None, random_state=0).fit(wide)
    exact = loss(encoder, wide)
    assert exact == pytest.approx(encoder.loss_curve_[-1], rel=0.01)


def test_narrow_vectors_and_very_long_codes_keep_the_svd(monkeypatch):
    monkeypatch.setattr(rotations, "WideSteps", None)
    X = vectors(400, 320)
    assert len(IIQ(n_iter=2, n_remove=0, refine=None).fit(X).loss_curve_) == 2
    long = IIQ(2 * 321 + 1, n_iter=1, n_remove=0, refine=None).fit(vectors(400, 321))
    assert len(long.loss_curve_) == 1
    with pytest.raises(TypeError):
        IIQ(n_iter=1, n_remove=0, refine=None).fit(vectors(400, 321))


def test_tol_of_the_caller_decides_alone(wide):
    some = IIQ(n_remove=0, refine=None, random_state=0, tol=1e-3).fit(wide).loss_curve_
    full = IIQ(n_remove=0, refine=None, random_state=0, tol=0, n_iter=35).fit(wide).loss_curve_
    assert len(some) < len(full)
    assert np.array_equal(some, full[: len(some)])
    assert len(IIQ(n_remove=0, refine=None, n_iter=4).fit(wide).loss_curve_) == 4


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_threads_blocks_and_kernel_sets_change_no_bit(wide, precision, monkeypatch):
    parameters = {"n_iter": 4, "n_remove": 2, "precision": precision, "refine": None}
    reference = IIQ(D, random_state=0, threads=1, **parameters).fit(wide)
    codes = reference.transform(wide)
    for kernel_set in kernels():
        monkeypatch.setenv(VARIABLE, kernel_set)
        other = IIQ(D, random_state=0, threads=2, **parameters).fit(wide)
        assert np.array_equal(other.transform(wide), codes), kernel_set
        assert np.array_equal(other.loss_curve_, reference.loss_curve_)
    monkeypatch.delenv(VARIABLE)
    cut = IIQ(D, random_state=0, **parameters).fit_blocks(lambda: iter(np.split(wide, [1, 999])))
    assert np.array_equal(cut.transform(wide), codes)


@pytest.mark.parametrize("rank", [0, 1, 20])
def test_rank_far_below_the_width(rank):
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((500, rank)) @ rng.standard_normal((rank, D))).astype(np.float32)
    encoder = IIQ(n_remove=0, refine=None, random_state=0).fit(X)
    assert np.abs(encoder.rotation_ @ encoder.rotation_.T - np.eye(D)).max() < 1e-12
    if rank:
        assert loss(encoder, X) < loss(IIQ(n_remove=0, refine=None, n_iter=0).fit(X), X)


@pytest.mark.parametrize("scale", [1e-15, 1e15])
def test_fewer_rows_than_dimensions_at_any_scale(by_svd, scale):
    X = (vectors(120, D) * scale).astype(np.float32)
    ours = IIQ(n_remove=0, refine=None, random_state=0).fit(X)
    svd = by_svd(X, n_remove=0, refine=None, random_state=0)
    assert loss(ours, X) <= 1.001 * loss(svd, X)


@pytest.mark.parametrize("largest", [1.0, 1.2, 3.0, 50.0])
def test_newton_and_schulz_arrive_at_the_polar_factor(largest):
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((60, 60)))[0] for _ in range(2))
    rows = (left * np.linspace(1.0, largest, 60)) @ right
    nearest, defect = orthonormal(rows.copy(), 1e-12)
    assert np.abs(nearest - left @ right).max() < 1e-10
    assert np.abs(defect).max() < 1e-11
    assert np.abs(orthonormal(rows.copy(), 0.3)[1]).max() < 0.5


def test_rows_out_of_reach_take_the_svd():
    rows = np.diag(np.r_[np.ones(9), 1e-30])
    nearest, _ = orthonormal(rows, 1e-12)
    assert np.allclose(nearest, np.eye(10))


def test_a_step_from_the_optimum_stays_there():
    """Where Z^T B R^T is symmetric already, nothing turns."""
    rng = np.random.default_rng(0)
    start = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    values = np.linspace(5.0, 1.0, 40)
    steps = WideSteps(start, values)
    trace = steps.advance(np.diag(values**2) @ start)
    assert trace == pytest.approx((values**2).sum())
    assert np.allclose(steps.final(), start)
