"""Float queries against codes: the order of float64 sums, on every kernel set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq.codes.bits import pack, unpack
from iiq.codes.index import HammingIndex

WIDTHS = [1, 7, 16, 17, 63, 64, 65, 75, 127, 128, 129, 150, 255, 256, 257, 300, 511, 513, 1024]


def make(n, m, n_bits, *, whole=False, seed=0):
    rng = np.random.default_rng(seed)
    codes = pack(rng.integers(0, 2, (n, n_bits), dtype=np.uint8))
    queries = rng.standard_normal((m, n_bits)).astype(np.float32)
    return codes, (np.round(queries * 2) if whole else queries)


def reference(codes, queries, k, n_bits, mask=None):
    """Scores and ids from sums in order (cumsum adds one after the other) and a stable argsort."""
    signs = unpack(codes, n_bits) * 2.0 - 1.0
    scores, ids = [], []
    for query in queries.astype(np.float64):
        sums = np.cumsum(signs * query, axis=1)[:, -1]
        if mask is not None:
            sums[~mask] = -np.inf
        best = np.argsort(-sums, kind="stable")[:k]
        norm = np.sqrt((query**2).sum()) * np.sqrt(n_bits)
        scores.append(sums[best] / norm if norm else 0 * sums[best])
        ids.append(best)
    return np.array(scores, np.float32), np.array(ids)


def check(codes, queries, k, n_bits, **options):
    scores, ids = HammingIndex(codes, n_bits).search_asymmetric(queries, k, **options)
    options.pop("threads", None)
    want_scores, want_ids = reference(codes, queries, k, n_bits, **options)
    assert scores.dtype == np.float32
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, want_ids)
    np.testing.assert_allclose(scores, want_scores, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_every_width(kernel_set, n_bits):
    codes, queries = make(300, 20, n_bits)  # so many that a set's way for batches is taken
    check(codes, queries, 10, n_bits)
    check(codes, queries[:9], 10, n_bits)
    check(codes, queries[:1], 300, n_bits)


def test_whole_numbers_tie_by_lower_id(kernel_set):
    codes, queries = make(400, 35, 20, whole=True)
    check(codes, queries, 60, 20)
    check(codes, np.zeros((1, 20), np.float32), 30, 20)
    queries[::2] = 0
    check(codes, queries, 30, 20)


def test_one_large_number_does_not_hide_the_rest(kernel_set):
    codes, queries = make(500, 18, 150)
    queries[:, 3] = 1e6
    check(codes, queries, 20, 150)
    check(codes, queries[:5], 20, 150)


def test_sums_closer_than_float32_tells(kernel_set):
    """Codes with the same number of bits set, for queries that are nearly all ones."""
    rng = np.random.default_rng(5)
    bits = np.argsort(rng.random((3000, 100)), axis=1) < 50
    queries = 1 + rng.integers(0, 40, (20, 100)).astype(np.float32) * np.float32(2**-23)
    check(pack(bits.astype(np.uint8)), queries, 12, 100)
    check(pack(bits.astype(np.uint8)), queries[:2], 12, 100)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_mask(kernel_set, threads):
    codes, queries = make(3000, 40, 75)
    mask = np.random.default_rng(1).random(3000) < 0.2
    check(codes, queries, 15, 75, threads=threads)
    check(codes, queries[:1], 15, 75, threads=threads, mask=mask)


def test_a_mask_that_leaves_too_few(kernel_set):
    codes, queries = make(100, 2, 75)
    mask = np.zeros(100, bool)
    mask[[3, 70]] = True
    scores, ids = HammingIndex(codes, 75).search_asymmetric(queries, 4, mask=mask)
    assert (np.sort(ids[:, :2]) == [3, 70]).all()
    assert (ids[:, 2:] == -1).all()
    assert (scores[:, 2:] == -2).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 120), st.integers(1, 40), st.integers(0, 2**20))
def test_property_order_of_exact_sums(n_bits, n, m, seed):
    codes, queries = make(n, m, n_bits, whole=bool(seed % 2), seed=seed)
    check(codes, queries, min(n, 1 + seed % 7), n_bits)


def test_signs_as_query_give_the_hamming_order(kernel_set):
    codes, _ = make(300, 1, 65)
    index = HammingIndex(codes, 65)
    signs = unpack(codes[:4], 65) * 2.0 - 1.0
    scores, ids = index.search_asymmetric(signs, 20)
    cosines, same = index.search(codes[:4], 20, metric="cosine")
    np.testing.assert_array_equal(ids, same)
    np.testing.assert_allclose(scores, cosines, rtol=1e-6)


def test_wide_codes(kernel_set):
    codes, queries = make(33, 1, 70_001)
    check(codes, queries, 5, 70_001)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (np.zeros((1, 74)), "74 columns, expected 75"),
        (np.zeros(75), "2-D array"),
        (np.full((1, 75), np.nan), "NaN"),
        (np.full((1, 75), 1e300), "too large for float32"),
        (np.full((1, 75), "x"), "numbers"),
    ],
)
def test_bad_queries_are_refused(queries, message):
    codes, _ = make(40, 1, 75)
    with pytest.raises((TypeError, ValueError), match=message):
        HammingIndex(codes, 75).search_asymmetric(queries, 3)
