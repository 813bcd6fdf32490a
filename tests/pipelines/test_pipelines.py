"""Codes in scikit-learn's and torch's pipelines; the examples of the new modules."""

import doctest
import importlib
import pickle

import numpy as np
import pytest

import iiq
from iiq.pipelines import (
    HammingNeighborsTransformer,
    MeanBinaryEmbedding,
    embedding_bag,
)

WORDS = ["the", "cat", "sat", "Mat", "on"]
BITS = np.random.default_rng(0).random((5, 11)) < 0.5
SIGNS = 2.0 * BITS - 1.0


@pytest.fixture
def vocabulary():
    return iiq.BinaryKeyedVectors(WORDS, iiq.HammingIndex(iiq.pack(BITS), 11))


@pytest.mark.parametrize(
    "name", ["pipelines.scikit_learn", "pipelines.torch", "vocabulary.shards", "export.table"]
)
def test_the_examples_run(name):
    pytest.importorskip("sklearn")
    pytest.importorskip("torch")
    result = doctest.testmod(importlib.import_module(f"iiq.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


# -- neighbours ----


@pytest.mark.parametrize("mode", ["distance", "connectivity"])
def test_the_graph_is_scikit_learn_s(mode):
    neighbors = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(0)
    bits, queries = rng.random((80, 19)) < 0.5, rng.random((20, 19)) < 0.5
    ours = HammingNeighborsTransformer(19, n_neighbors=7, mode=mode).fit(iiq.pack(bits))
    theirs = neighbors.KNeighborsTransformer(n_neighbors=7, mode=mode, metric="hamming").fit(bits)
    found, wanted = ours.transform(iiq.pack(queries)), theirs.transform(queries)
    assert found.shape == wanted.shape == (20, 80)
    assert found.nnz == wanted.nnz
    scale = 19 if mode == "distance" else 1  # theirs is the share of bits
    np.testing.assert_allclose(
        np.sort(found.data.reshape(20, -1)), np.sort(wanted.data.reshape(20, -1)) * scale, atol=1e-9
    )


def test_neighbours_in_a_clustering():
    cluster = pytest.importorskip("sklearn.cluster")
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(0)
    centres = rng.random((2, 64)) < 0.5
    bits = np.repeat(centres, 30, axis=0) ^ (rng.random((60, 64)) < 0.05)
    pipeline = make_pipeline(
        HammingNeighborsTransformer(n_neighbors=29),
        cluster.DBSCAN(eps=20, min_samples=5, metric="precomputed"),
    )
    labels = pipeline.fit_predict(iiq.pack(bits))
    assert len(set(labels[:30])) == 1
    assert set(labels[:30]) != set(labels[30:])


def test_bad_neighbours():
    codes = iiq.pack(BITS)
    with pytest.raises(ValueError, match="not fitted"):
        HammingNeighborsTransformer().transform(codes)
    with pytest.raises(ValueError, match="between 1 and 5, got 9"):
        HammingNeighborsTransformer(n_neighbors=9).fit(codes)
    with pytest.raises(ValueError, match="mode must be"):
        HammingNeighborsTransformer(mode="x").fit(codes)
    with pytest.raises(ValueError, match="packed codes"):
        HammingNeighborsTransformer().fit(codes[0])
    with pytest.raises(ValueError, match="Invalid parameter 'k'"):
        HammingNeighborsTransformer().set_params(k=3)


# -- means of texts ----


def test_means(vocabulary):
    texts = ["The cat", ["Mat", "mat", "on"], "", "nothing known here", "cat cat the"]
    means = MeanBinaryEmbedding(vocabulary).transform(texts)
    wanted = [
        SIGNS[[0, 1]].mean(axis=0),
        SIGNS[[3, 4]].mean(axis=0),
        np.zeros(11),
        np.zeros(11),
        SIGNS[[1, 1, 0]].mean(axis=0),
    ]
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, wanted, atol=1e-6)
    strict = MeanBinaryEmbedding(
        vocabulary, lowercase=False, tokenizer=lambda text: text.split("-")
    )
    np.testing.assert_allclose(strict.transform(["The-on"]), SIGNS[[4]], atol=1e-6)
    assert MeanBinaryEmbedding(vocabulary).transform([]).shape == (0, 11)


def test_many_texts_take_several_blocks(vocabulary):
    rng = np.random.default_rng(0)
    texts = [[WORDS[i] for i in rng.integers(0, 5, rng.integers(0, 4))] for _ in range(2500)]
    means = MeanBinaryEmbedding(vocabulary).transform(texts)
    for row in (0, 1023, 1024, 2499):
        ids = [WORDS.index(word) for word in texts[row]]
        wanted = SIGNS[ids].mean(axis=0) if ids else np.zeros(11)
        np.testing.assert_allclose(means[row], wanted, atol=1e-6)


def test_scikit_learn_clones_and_searches_it(vocabulary):
    sklearn = pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    step = MeanBinaryEmbedding(vocabulary)
    assert sklearn.clone(step).vocabulary is vocabulary
    texts = ["the cat", "sat", "Mat on", "cat", "on sat", "the Mat"]
    search = GridSearchCV(
        make_pipeline(step, LogisticRegression()),
        {"meanbinaryembedding__lowercase": [True, False]},
        cv=2,
    )
    search.fit(texts, [1, 0, 0, 1, 0, 1])
    assert search.predict(texts).shape == (6,)
    assert list(step.get_feature_names_out()[:2]) == ["dim0", "dim1"]
    with pytest.raises(TypeError, match="one text"):
        step.transform("the cat")


# -- torch ----


@pytest.mark.parametrize("mode", ["mean", "sum"])
def test_bags_are_those_of_torch(vocabulary, mode):
    torch = pytest.importorskip("torch")
    table = torch.nn.EmbeddingBag.from_pretrained(
        torch.tensor(SIGNS, dtype=torch.float32), mode=mode
    )
    bag = embedding_bag(vocabulary, mode=mode)
    matrix = torch.tensor([[0, 1, 2], [4, 4, 3]])
    torch.testing.assert_close(bag(matrix), table(matrix))
    line, offsets = torch.tensor([0, 1, 2, 4, 4]), torch.tensor([0, 2, 2])
    torch.testing.assert_close(bag(line, offsets), table(line, offsets))
    if mode == "sum":
        weights = torch.tensor([0.5, 1.0, -2.0, 3.0, 0.25])
        torch.testing.assert_close(
            bag(line, offsets, weights), table(line, offsets, per_sample_weights=weights)
        )
    torch.testing.assert_close(bag(torch.tensor([[0, -1]])), bag(torch.tensor([[0]])))


def test_a_bag_is_small_and_is_saved_with_its_model(vocabulary, tmp_path):
    torch = pytest.importorskip("torch")
    bag = embedding_bag(vocabulary)
    assert sum(b.numel() for b in bag.state_dict().values()) == 5 * 2 + 11 * 11
    assert not list(bag.parameters())
    assert "5 codes, 11 bits" in repr(bag)
    model = torch.nn.Sequential(bag, torch.nn.Linear(11, 2))
    torch.save(model.state_dict(), tmp_path / "m.pt")
    model.load_state_dict(torch.load(tmp_path / "m.pt"))
    model(torch.tensor([[1, 2]])).sum().backward()
    again = pickle.loads(pickle.dumps(bag))
    torch.testing.assert_close(again(torch.tensor([[1, 2]])), bag(torch.tensor([[1, 2]])))
    torch.save(model, tmp_path / "whole.pt")
    torch.load(tmp_path / "whole.pt", weights_only=False)
    with pytest.raises(ValueError, match="mode must be"):
        embedding_bag(vocabulary, mode="max")
    with pytest.raises(ValueError, match="offsets that start at 0"):
        bag(torch.tensor([1, 2]))
