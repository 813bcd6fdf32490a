"""Vectors that are kept beside codes: what they are rounded to, and answers rescored by them."""

import numpy as np
import pytest

import iiq
from iiq.vocabulary.gensim_indexer import GensimIndexer
from iiq.vocabulary.kept_vectors import KINDS, KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors


@pytest.mark.parametrize("kind", ["float16", "int8", "int4"])
def test_rescoring_with_kept_vectors(kind):
    generator = np.random.default_rng(3)
    X = generator.standard_normal((300, 16)).astype(np.float32)
    words = [f"w{i}" for i in range(300)]
    encoder = iiq.SignBinarizer().fit(X)
    index = iiq.HammingIndex(encoder.transform(X), 16)
    kept = KeptVectors.from_vectors(X, kind)
    if kind == "int8":
        assert (np.abs(kept.values).max(axis=1) == 127).all()
    kv = BinaryKeyedVectors(words, index, encoder, kept_vectors=kept)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    exact = unit @ unit[4]
    exact[4] = -2
    everything = {"topn": 5, "scoring": "rescore", "oversample": 100}
    found = kv.most_similar("w4", **everything)
    true = kv.vectors[:] / np.linalg.norm(kv.vectors[:], axis=1, keepdims=True)
    order = np.argsort(-np.where(np.arange(300) == 4, -2, true @ true[4]))[:5]
    assert [w for w, _ in found] == [words[i] for i in order]
    assert kind == "int4" or order.tolist() == np.argsort(-exact)[:5].tolist()
    near = 0.1 if kind == "int4" else 0.02
    np.testing.assert_allclose([s for _, s in found], np.sort(exact)[::-1][:5], atol=near)
    assert kv.most_similar_batch(["w4"], **everything)[0] == found
    source = kv.most_similar_batch(X[4:5], 1, space="source", scoring="rescore")[0]
    assert source[0][0] == "w4"
    assert GensimIndexer(kv).most_similar(X[4], 1)[0][0] == "w4"
    assert kv.most_similar("w4", topn=5, oversample=100) == found  # what is kept is used
    np.testing.assert_allclose(kv["w4"], X[4], atol=0.4 if kind == "int4" else 0.03)
    np.testing.assert_allclose(kv.similarity("w4", "w9"), unit[4] @ unit[9], atol=near)
    np.testing.assert_allclose(kv.most_similar("w4", topn=None)[9], unit[4] @ unit[9], atol=near)
    assert kv.most_similar(X[4], topn=1)[0][0] == "w4"
    with pytest.raises(ValueError, match="space='source'"):
        kv.add_vectors(["new"], np.ones((1, 16)), space="decoded")
    assert len(kv) == 300
    kv.add_vectors(["new", "w9"], np.stack([3 * X[4], 2 * X[5]]), replace=True, space="source")
    assert kv.most_similar("w4", **everything)[0][0] == "new"
    assert kv.most_similar("w5", **everything)[0][0] == "w9"
    assert len(kv.kept_vectors) == len(kv) == 301


def sixteen_levels(row):
    """What docs/file-format.md says of a row of four bits, written out."""
    best = (-1.0, row)
    for share in (1, 0.9, 0.8, 0.7, 0.6, 0.5):
        step = np.abs(row).max() * share / 8
        levels = np.clip(np.floor(row / step), -8, 7) + 0.5
        along = float(levels @ row) / np.linalg.norm(levels)
        if along > best[0] + 1e-12:
            best = (along, levels * (levels @ row) / (levels @ levels))
    return best[1]


@pytest.mark.parametrize("dim", [1, 2, 7, 16, 33])
def test_four_bits_a_number(dim):
    X = np.random.default_rng(dim).standard_normal((50, dim)).astype(np.float32)
    X[3] = 0
    X[4] *= 1e-20
    X[5] *= 1e20
    kept = KeptVectors.from_vectors(X, "int4")
    assert (kept.kind, kept.dim, kept.values.shape) == ("int4", dim, (50, (dim + 1) // 2))
    assert kept.nbytes == 50 * ((dim + 1) // 2 + 4)
    found = kept.rows_at(np.arange(50))
    assert (found[3] == 0).all()
    for i in (0, 1, 2, 4, 5, 49):
        np.testing.assert_allclose(found[i], sixteen_levels(X[i].astype(float)), rtol=1e-6)
    halves = [KeptVectors.from_vectors(part, "int4") for part in (X[:20], X[20:])]
    np.testing.assert_array_equal(KeptVectors.concatenate(halves).rows_at(np.arange(50)), found)
    np.testing.assert_array_equal(kept.take([7, 2]).rows_at([1]), found[[2]])


@pytest.mark.parametrize("scoring", ["restored", "rescore"])
def test_an_indexer_refuses_a_scoring_that_these_vectors_lack(scoring):
    X = np.random.default_rng(3).standard_normal((30, 16)).astype(np.float32)
    kv = iiq.compress(([f"w{i}" for i in range(30)], X), n_bits=16, random_state=0)
    with pytest.raises(ValueError, match="scoring"):
        GensimIndexer(kv, scoring=scoring)


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_as_among_many(kind):
    vectors = np.random.default_rng(0).standard_normal((9, 7)).astype(np.float32)
    kept = KeptVectors.from_vectors(vectors, kind)
    for row in range(9):
        one = kept.row_at(row)
        assert one.dtype == np.float64
        np.testing.assert_array_equal(one, kept.rows_at([row])[0])
    damaged = np.full(9, np.inf, np.float32)
    broken = (
        KeptVectors(np.full((9, 7), np.nan, np.float16))
        if kind == "float16"
        else KeptVectors(kept.values, damaged, kept.dim)
    )
    with pytest.raises(ValueError, match="damaged: kept vectors that are no numbers"):
        broken.row_at(3)


@pytest.mark.parametrize("kind", ["float16", "int8", "int4"])
def test_rows_of_zeros_are_kept_as_zeros(kind):
    X = np.ones((4, 6), np.float32)
    X[[1, 3]] = 0
    kept = KeptVectors.from_vectors(X, kind)
    np.testing.assert_array_equal(kept.rows_at([1, 3]), np.zeros((2, 6)))
    assert kept.scales is None or np.isfinite(kept.scales).all()
    np.testing.assert_allclose(kept.rows_at([0]), X[:1], atol=0.01)


def test_words_with_the_same_kept_vector_come_by_row_whatever_their_codes():
    X = np.random.default_rng(5).standard_normal((30, 16)).astype(np.float32)
    X[7] = X[21]
    encoder = iiq.SignBinarizer().fit(X)
    codes = encoder.transform(X)
    codes[7] ^= 0x3C  # so that row 21 is nearer by its code
    kept = KeptVectors.from_vectors(X, "float16")
    words = [f"w{i}" for i in range(30)]
    kv = BinaryKeyedVectors(words, iiq.HammingIndex(codes, 16), encoder, kept_vectors=kept)
    found = kv.most_similar_batch(X[21:22], 2, space="source", scoring="rescore", oversample=15)[0]
    assert [word for word, _ in found] == ["w7", "w21"]
