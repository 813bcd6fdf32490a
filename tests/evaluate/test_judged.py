"""The adapter: look-up order, the mean vector, codes as +-1 vectors."""

from types import SimpleNamespace

import numpy as np
import pytest

from iiq.evaluate import Judged, judge
from iiq.evaluate.judged import CodeRows, FloatRows, Lookup
from iiq.vectors.word_vectors import WordVectors


def test_look_up_order():
    lookup = Lookup(["Apple", "apple", "IBM", "Paris", "PARIS", "straße"])
    assert lookup.row("Apple") == 0  # as it stands
    assert lookup.row("APPLE") == 1  # then lower-cased, against the vocabulary's own forms
    assert lookup.row("ibm") == 2  # then against its lower-cased forms
    assert lookup.row("paris") == 3  # the first of them
    assert lookup.row("Ibm") == 2
    assert lookup.row("STRASSE") == -1
    assert lookup.rows(["x", "apple"]).tolist() == [-1, 1]


def test_words_that_are_missing_become_the_mean():
    judged = judge(WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 3.0]]))
    np.testing.assert_array_equal(judged.take(np.array([1, -1])), [[0.0, 3.0], [0.5, 1.5]])


def test_the_mean_of_centred_vectors_is_zero_not_noise():
    table = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    table -= table.mean(axis=0)
    assert not judge(SimpleNamespace(words=["w"] * 500, vectors=table)).mean.any()


def test_codes_are_judged_as_signs():
    bits = np.random.default_rng(1).integers(0, 2, (10, 13))
    codes = np.packbits(bits, axis=1, bitorder="little").astype(np.uint8)
    judged = Judged([f"w{i}" for i in range(10)], CodeRows(codes, 13))
    np.testing.assert_array_equal(judged.take(np.arange(10)), 2.0 * bits - 1)
    assert (judged.dim, judged.n_bytes, judged.view) == (13, 20, "signs")
    np.testing.assert_allclose(judged.mean, (2.0 * bits - 1).mean(axis=0), atol=1e-6)


def test_half_precision_is_read_as_float32():
    judged = Judged(["a"], FloatRows(np.ones((1, 4), dtype=np.float16)))
    assert judged.take(np.array([0])).dtype == np.float32
    assert judged.n_bytes == 16


def test_refused():
    with pytest.raises(TypeError, match="cannot judge list"):
        judge([1, 2])
    with pytest.raises(ValueError, match="2 words but 3 vectors"):
        Judged(["a", "b"], FloatRows(np.ones((3, 2))))
    with pytest.raises(ValueError, match="empty"):
        Judged([], FloatRows(np.ones((0, 2))))
