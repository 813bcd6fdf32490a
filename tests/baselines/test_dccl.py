"""DCCL: the identity of codes and decoding, the stopping rule, divergence, the configurations."""

import numpy as np
import pytest

from iiq.baselines import DCCL
from iiq.baselines._dccl_training import is_flat
from iiq.baselines.dccl import CONFIGURATIONS

torch = pytest.importorskip("torch")


def vectors(n: int = 400, d: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) @ rng.standard_normal((d, d))).astype(np.float32)


def small(**parameters: object) -> DCCL:
    defaults = {"n_codebooks": 4, "codebook_size": 8, "n_epochs": 3, "random_state": 0}
    return DCCL(**{**defaults, "threads": 1, **parameters})


def test_a_decoded_vector_is_the_sum_of_its_codewords():
    model = small().fit(vectors())
    codes = model.codes()
    assert codes.shape == (400, 4)
    assert codes.min() >= 0
    assert codes.max() < 8
    expected = sum(model.codebooks_[m][codes[:, m]] for m in range(4))
    assert np.allclose(model.decode(), expected, atol=1e-6)


def test_sizes_count_codes_and_codebooks():
    model = small(n_codebooks=5, codebook_size=6).fit(vectors())  # 5 x 3 bits: 2 bytes
    assert model.stored_bytes == 400 * 2 + 5 * 6 * 12 * 4
    assert model.packed_.shape == (400, 2)


def test_training_lowers_the_loss_and_keeps_the_best():
    X = vectors()
    model = small(n_epochs=40, tol=None, learning_rate=3e-3).fit(X)
    assert len(model.loss_curve_) == model.n_iter_ == 40
    assert model.loss_curve_.min() < 0.8 * model.loss_curve_[0]
    loss = np.square(model.decode() - X).sum() / np.square(X).sum()
    assert loss == pytest.approx(model.loss_curve_.min(), rel=1e-3)


def test_the_scale_of_the_vectors_does_not_matter():
    X = vectors()
    one, thousand = small().fit(X), small().fit(X * 1024)  # a power of two: exact
    assert np.array_equal(one.codes(), thousand.codes())
    assert np.array_equal(one.decode() * 1024, thousand.decode())


def test_rows_beyond_the_training_rows_are_encoded():
    X = vectors()
    model = small(train_rows=100).fit(X)
    alone = small().fit(X[:100])
    assert np.array_equal(model.codebooks_, alone.codebooks_)
    assert np.array_equal(model.codes()[:100], alone.codes())
    assert len(model.codes()) == 400


def test_torch_keeps_its_state():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    small(threads=threads + 1, n_epochs=1).fit(vectors())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_the_seed_decides():
    X = vectors()
    assert not np.array_equal(small().fit(X).codes(), small(random_state=1).fit(X).codes())


def test_diverging_training_stops_with_an_error():
    with pytest.raises(FloatingPointError, match=r"loss of DCCL became .* lower learning_rate"):
        small(learning_rate=1e30, n_epochs=20).fit(vectors())


@pytest.mark.parametrize(
    ("losses", "flat"),
    [
        ([1.0], False),
        ([1.0, 0.9, 0.8, 0.7], False),
        ([1.0, 0.5, 0.5, 0.5], True),
        ([1.0, 0.5, 0.6, 0.55], True),
        ([1.0, 0.5, 0.6, 0.4], False),
    ],
)
def test_flat_means_no_gain_within_patience(losses, flat):
    assert is_flat(losses, 1e-3, 2) is flat
    assert is_flat(losses, None, 2) is False


def test_training_stops_when_flat():
    model = small(n_epochs=100, tol=0.5, patience=1).fit(vectors())
    assert 2 <= model.n_iter_ < 100


def test_the_paper_s_configurations_run_all_epochs_on_all_rows():
    for name, settings in CONFIGURATIONS.items():
        model = DCCL.configured(name)
        assert (model.n_epochs, model.tol, model.train_rows) == (200, None, None)
        assert model.n_codebooks == 32
        assert model.codebook_size == settings["codebook_size"]
    assert DCCL.configured("glove", n_epochs=1).n_epochs == 1
    with pytest.raises(ValueError, match="unknown configuration 'bert'"):
        DCCL.configured("bert")


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_codebooks": 0}, "n_codebooks must be at least 1"),
        ({"codebook_size": 1}, "codebook_size must be between 2"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"temperature": -1}, "temperature must be above 0"),
        ({"tol": 2}, "tol must be None or in"),
        ({"train_rows": 0}, "train_rows must be at least 1"),
        ({"n_epochs": 0}, "n_epochs must be at least 1"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, text):
    with pytest.raises(ValueError, match=text):
        small(**parameters).fit(vectors())
