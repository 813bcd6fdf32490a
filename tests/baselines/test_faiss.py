"""Product and residual quantization and RaBitQ: faiss is the oracle."""

import numpy as np
import pytest

from iiq.baselines import ProductQuantizer, RaBitQ, ResidualQuantizer

faiss = pytest.importorskip("faiss")


def vectors(n: int = 600, d: int = 20) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((n, d)) @ rng.standard_normal((d, d))).astype(np.float32)


def loss(model, X: np.ndarray) -> float:
    return float(np.square(model.decode() - X).sum() / np.square(X).sum())


@pytest.mark.parametrize("sub_bits", [4, 6, 8])
def test_pq_is_that_of_faiss(sub_bits):
    X = vectors()
    model = ProductQuantizer(5 * sub_bits, sub_bits=sub_bits, random_state=0, threads=1).fit(X)
    peer = faiss.ProductQuantizer(20, 5, sub_bits)
    faiss.copy_array_to_vector(model.codebooks_.ravel(), peer.centroids)
    assert np.array_equal(model.codes_, peer.compute_codes(X))
    assert np.array_equal(model.decode(), peer.decode(model.codes_))


@pytest.mark.parametrize(("n_bits", "groups", "sub_bits"), [(None, 2, 8), (25, 5, 5), (12, 2, 6)])
def test_numbers_take_the_most_bits_that_divide_the_length(n_bits, groups, sub_bits):
    model = ProductQuantizer(n_bits, random_state=0, threads=1).fit(vectors())
    assert model.codebooks_.shape[:2] == (groups, 2**sub_bits)


def test_groups_need_not_divide_the_columns():
    X = vectors()
    model = ProductQuantizer(56, random_state=0, threads=1).fit(X)  # 7 groups for 20 columns
    assert model.codebooks_.shape == (7, 256, 3)
    nearest = ProductQuantizer(40, random_state=0, threads=1).fit(X)
    assert loss(model, X) < loss(nearest, X)


def test_a_learned_rotation_lowers_the_loss_of_correlated_columns():
    rng = np.random.default_rng(1)
    mixing = np.linalg.qr(rng.standard_normal((16, 16)))[0] * np.linspace(4, 0.2, 16)[:, None]
    X = (rng.standard_normal((400, 16)) @ mixing).astype(np.float32)
    plain = ProductQuantizer(16, sub_bits=4, random_state=0, threads=1).fit(X)
    rotated = ProductQuantizer(16, sub_bits=4, rotate=True, random_state=0, threads=1).fit(X)
    assert loss(rotated, X) < loss(plain, X)
    assert rotated.stored_bytes == plain.stored_bytes + rotated.rotation_.nbytes
    gram = rotated.rotation_ @ rotated.rotation_.T
    assert np.allclose(gram, np.eye(16), atol=1e-4)


def test_rotation_with_unequal_groups():
    X = vectors(200, 19)
    model = ProductQuantizer(24, sub_bits=4, rotate=True, random_state=0, threads=1).fit(X)
    assert model.rotation_.shape == (19, 24)
    assert loss(model, X) < 0.9


def test_train_rows_learns_from_the_first_and_encodes_all():
    X = vectors()
    model = ProductQuantizer(24, sub_bits=4, train_rows=300, random_state=0, threads=1).fit(X)
    alone = ProductQuantizer(24, sub_bits=4, random_state=0, threads=1).fit(X[:300])
    assert np.array_equal(model.codebooks_, alone.codebooks_)
    assert model.decode().shape == X.shape


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_bits": 100, "sub_bits": 8}, "choose n_bits=96"),
        ({"n_bits": 168}, "makes 21 groups of columns, but the vectors have 20"),
        ({"n_bits": 23}, "n_bits=23 at sub_bits=1 makes 23 groups"),
        ({"sub_bits": 13}, "sub_bits must be between 1 and 12"),
        ({"n_bits": 0}, "n_bits must be at least 1"),
    ],
)
def test_pq_refuses_lengths_it_cannot_make(parameters, text):
    with pytest.raises(ValueError, match=text):
        ProductQuantizer(**{"n_bits": 40, **parameters}).fit(vectors())


def test_faiss_keeps_its_number_of_threads():
    before = faiss.omp_get_max_threads()
    ProductQuantizer(24, sub_bits=4, threads=before + 1).fit(vectors())
    assert faiss.omp_get_max_threads() == before


def test_rabitq_counts_its_factors():
    model = RaBitQ(128, random_state=0, threads=1).fit(vectors())
    assert model.codes_.shape == (600, 16)
    assert model.rotation_.shape == (20, 64)
    assert np.allclose(model.rotation_ @ model.rotation_.T, np.eye(20), atol=1e-5)
    with pytest.raises(ValueError, match="n_bits must be at least 65, got 64"):
        RaBitQ(64).fit(vectors())


def test_rabitq_keeps_signs_and_gains_by_bits():
    X = vectors()
    short, long = (RaBitQ(n, random_state=0, threads=1).fit(X) for n in (84, 264))
    signs = np.unpackbits(long.codes_, axis=1, count=200, bitorder="little").astype(bool)
    assert np.array_equal(signs, (X - long.mean_) @ long.rotation_ > 0)
    assert loss(long, X) < loss(short, X)


def test_rabitq_puts_the_mean_back():
    X = vectors() + 1000
    model = RaBitQ(264, random_state=0, threads=1).fit(X)
    assert np.allclose(model.decode().mean(axis=0), X.mean(axis=0), atol=3)


def test_rabitq_estimates_inner_products_without_bias():
    X = vectors(1000)
    decoded = [RaBitQ(84, random_state=seed, threads=1).fit(X).decode() for seed in range(20)]
    centred = X - X.mean(axis=0)
    queries = centred[:50]
    exact = queries @ centred.T
    mean = np.mean([queries @ (d - X.mean(axis=0)).T for d in decoded], axis=0)
    slope = (mean * exact).sum() / np.square(exact).sum()
    assert slope == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("n_bits", [8, 24])
def test_residual_quantization_is_that_of_faiss(n_bits):
    X = vectors()
    model = ResidualQuantizer(n_bits, random_state=3, threads=1).fit(X)
    peer = faiss.ResidualQuantizer(20, n_bits // 8, 8)
    peer.cp.min_points_per_centroid = 1
    peer.max_beam_size = 4
    peer.train(X[:256])  # any codebooks, so that there is room for ours
    faiss.copy_array_to_vector(model.codebooks_.ravel(), peer.codebooks)
    assert np.allclose(model.decode(), peer.decode(model.codes_), atol=1e-4)
    assert model.bits_per_vector >= n_bits


def test_residual_quantization_loses_less_with_each_codebook():
    X = vectors()
    losses = [loss(ResidualQuantizer(b, random_state=0, threads=1).fit(X), X) for b in (8, 16, 24)]
    assert losses == sorted(losses, reverse=True)
    assert losses[1] < loss(ProductQuantizer(16, random_state=0, threads=1).fit(X), X)


def test_residual_quantization_refuses_odd_lengths():
    with pytest.raises(ValueError, match="n_bits=16"):
        ResidualQuantizer(20).fit(vectors())
