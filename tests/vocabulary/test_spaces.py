"""A compressed vocabulary speaks the space of its vectors: decoded by hand, compared in NumPy."""

import numpy as np
import pytest

import iiq


@pytest.fixture(scope="module")
def compressed():
    X = np.random.default_rng(3).standard_normal((400, 24)).astype(np.float32) @ np.diag(
        np.linspace(4, 0.5, 24).astype(np.float32)
    )
    words = [f"v{i}" for i in range(400)]
    return X + 1, iiq.compress((words, X + 1), n_bits=48, n_remove=2, random_state=0)


def decoded_by_hand(kv):
    return (2.0 * iiq.unpack(kv.codes, kv.n_bits) - 1) @ kv.encoder.decoder_


def test_words_speak_the_space_of_their_vectors(compressed):
    X, kv = compressed
    vectors = decoded_by_hand(kv)
    assert kv.vector_size == X.shape[1] == 24
    np.testing.assert_array_equal(kv.vectors, vectors.astype(np.float32))
    np.testing.assert_array_equal(kv["v7"], vectors[7].astype(np.float32))
    np.testing.assert_array_equal(kv.signs, 2.0 * iiq.unpack(kv.codes, 48) - 1)
    assert kv.signs.shape == (400, 48)
    np.testing.assert_allclose(kv.restore("v7"), vectors[7] + kv.encoder.mean_, rtol=1e-6)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for word in (3, 120):
        expected = unit @ unit[word]
        found = kv.most_similar(word, topn=12)
        order = [i for i in np.argsort(-expected, kind="stable") if i != word][:12]
        assert [kv.get_index(w) for w, _ in found] == order
        np.testing.assert_allclose([s for _, s in found], expected[order], rtol=1e-9)
        np.testing.assert_allclose(kv.most_similar(word, topn=None), expected, atol=1e-6)
        assert found == kv.most_similar_batch([word], 12)[0]


def test_a_vector_from_outside_loses_the_removed_directions_and_is_not_centred(compressed):
    X, kv = compressed
    removed = kv.encoder.removed_
    assert removed.shape == (24, 2)
    vectors = decoded_by_hand(kv)
    query = X[5].astype(float) - (X[5] @ removed) @ removed.T
    expected = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    np.testing.assert_allclose(kv.most_similar(X[5], topn=None), expected, atol=1e-6)
    # what is removed makes no difference
    moved = X[5] + 100 * removed[:, 0]
    assert [w for w, _ in kv.most_similar(moved)] == [w for w, _ in kv.most_similar(X[5])]
    assert kv.similar_by_vector(X[5], topn=3) == kv.most_similar_batch(X[5:6], 3)[0]
    # a decoded vector is where it belongs
    assert kv.most_similar(kv["v9"], topn=1)[0] == ("v9", pytest.approx(1.0))


def test_source_vectors_find_their_own_words(compressed):
    X, kv = compressed
    rows, _ = kv.most_similar_batch(X - X.mean(axis=0), 1, output="arrays")
    assert (rows[:, 0] == np.arange(400)).mean() > 0.95


def test_vectors_are_encoded_with_the_mean_or_without(compressed):
    X, kv = compressed
    np.testing.assert_array_equal(kv.encode(X), kv.codes)
    assert kv.encode(X[0]).shape == (6,)
    assert kv.project(X[0]).shape == (48,)
    np.testing.assert_allclose(
        kv.project(X[:3] - kv.encoder.mean_, space="decoded"), kv.project(X[:3]), atol=1e-4
    )
    grown = iiq.compress(([f"v{i}" for i in range(400)], X), n_bits=48, n_remove=2, random_state=0)
    grown.add_vectors(["new"], X[5:6])
    np.testing.assert_array_equal(grown.get_code("new"), grown.get_code("v5"))
    grown.add_vectors(["twin", "other"], grown[["v8", "v11"]], space="decoded")
    np.testing.assert_array_equal(grown.get_code("twin"), grown.get_code("v8"))
    np.testing.assert_array_equal(grown["other"], grown["v11"])
    assert grown.most_similar("twin", topn=1)[0][0] == "v8"


def test_a_vector_of_as_many_numbers_as_bits_is_refused(compressed):
    _, kv = compressed
    for ask in (
        lambda: kv.most_similar(np.ones(48)),
        lambda: kv.most_similar_batch(np.ones((2, 48))),
        lambda: kv.add_vector("new", np.ones(48)),
        lambda: kv.encode(np.ones(48)),
        lambda: kv.distances(np.ones(48)),
    ):
        with pytest.raises(ValueError, match=r"24.*48.*\.signs"):
            ask()


def test_the_quality_card_says_what_decoding_leaves(compressed):
    X, kv = compressed
    removed = kv.encoder.removed_
    wanted = X.astype(float) - kv.encoder.mean_
    wanted -= (wanted @ removed) @ removed.T
    left = wanted - decoded_by_hand(kv)
    error = (left**2).sum() / (wanted**2).sum()
    assert kv.quality["reconstruction_error"] == pytest.approx(error, rel=1e-6)
    assert 0 < error < 0.5
