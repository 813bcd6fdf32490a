"""Float queries against codes with scales: exact scores, and candidates where scales are bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq import HammingIndex
from iiq.codes.bits import pack, unpack
from iiq.codes.scales import CodeScales

WIDTHS = [1, 7, 8, 15, 16, 17, 63, 64, 65, 75, 128, 255, 256, 300, 512, 4096]


def make(n, m, n_bits, seed=0):
    rng = np.random.default_rng(seed)
    codes = pack(rng.integers(0, 2, (n, n_bits), dtype=np.uint8))
    return codes, rng.standard_normal((m, n_bits)).astype(np.float32)


def near(n, seed=0):
    """Scales as decoded codes have them: within a factor of two or so."""
    return np.exp(np.random.default_rng(seed).normal(0, 0.15, n)).astype(np.float32)


def far(n, seed=0):
    """Scales of any size, a millionfold apart."""
    return (10 ** np.random.default_rng(seed).uniform(-3, 3, n)).astype(np.float32)


def sums_of(codes, query, n_bits):
    signs = unpack(codes, n_bits) * 2.0 - 1.0
    return np.cumsum(signs * query.astype(np.float64), axis=1)[:, -1]


def scores_of(codes, scales, query, n_bits):
    sums = sums_of(codes, query, n_bits)
    exact = scales.astype(np.float64)
    return np.divide(sums, exact, out=np.zeros_like(sums), where=exact > 0)


def check(codes, scales, queries, k, n_bits, mask=None, **options):
    index = HammingIndex(codes, n_bits, scales=scales)
    scores, ids = index.search_asymmetric(queries, k, mask=mask, **options)
    assert scores.dtype == np.float32
    assert ids.dtype == np.int64
    for query, got, found in zip(queries, scores, ids, strict=True):
        want = scores_of(codes, scales, query, n_bits)
        order = np.argsort(-want, kind="stable")
        if mask is not None:
            order = order[mask[order]]
        np.testing.assert_array_equal(found[: len(order)], order[:k])
        np.testing.assert_array_equal(got[: len(order)], want[order[:k]].astype(np.float32))
        assert (found[len(order) :] == -1).all()
        assert (got[len(order) :] == -np.inf).all()


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_every_width(kernel_set, n_bits):
    codes, queries = make(300, 40, n_bits)
    check(codes, near(300), queries, 10, n_bits)
    check(codes, near(300), queries[:5], 10, n_bits)
    check(codes, far(300), queries[:17], 12, n_bits)
    check(codes, near(300), queries[:1], 300, n_bits)


@pytest.mark.parametrize("n_bits", [65_536, 70_001])
def test_very_wide_codes(kernel_set, n_bits):
    codes, queries = make(40, 2, n_bits)
    check(codes, near(40), queries, 5, n_bits)


@pytest.mark.parametrize("k", [1, 10, 200])
def test_many_codes(kernel_set, k):
    codes, queries = make(20_000, 33, 75)
    check(codes, near(20_000), queries[:33:8], k, 75)
    check(codes, near(20_000), queries, k, 75, threads=2)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_masks(kernel_set, threads):
    codes, queries = make(3000, 40, 100)
    mask = np.random.default_rng(1).random(3000) < 0.2
    check(codes, near(3000), queries, 15, 100, mask=mask, threads=threads)
    check(codes, near(3000), queries[:1], 15, 100, mask=mask, threads=threads)
    few = np.zeros(3000, bool)
    few[[3, 70, 2999]] = True
    check(codes, near(3000), queries[:3], 5, 100, mask=few, threads=threads)
    check(codes, near(3000), queries[:3], 5, 100, mask=~mask & mask, threads=threads)


def test_excluded_codes_are_left_out(kernel_set):
    codes, queries = make(500, 3, 64)
    scales = near(500)
    index = HammingIndex(codes, 64, scales=scales)
    _, ids = index.search_asymmetric(queries, 4)
    others = np.ones(500, bool)
    others[ids[0]] = False
    again = index.search_asymmetric(queries[:1], 4, exclude=ids[0])
    want = index.search_asymmetric(queries[:1], 4, mask=others)
    for got, expected in zip(again, want, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_codes_that_are_all_equal(kernel_set):
    """More of them than are put on a shortlist: ties by scale, then by lower id."""
    codes = np.repeat(make(1, 1, 75)[0], 9000, axis=0)
    _, queries = make(1, 3, 75, seed=1)
    check(codes, np.ones(9000, np.float32), queries, 5, 75)
    check(codes, near(9000), queries, 5, 75)
    check(codes, np.tile(np.float32([2, 1, 3]), 3000), queries, 70, 75)


def test_codes_on_the_other_side(kernel_set):
    """Every score is negative: the longest scale is the best."""
    codes, queries = make(1, 20, 65)
    other = pack(queries < 0)
    codes = np.concatenate([np.repeat(other[:1], 200, axis=0), make(5, 1, 65, seed=3)[0]])
    check(codes, near(205), queries[:1], 10, 65)
    check(np.concatenate([other, other]), near(40), queries, 7, 65)
    check(np.concatenate([other, pack(queries >= 0)]), near(40), queries, 30, 65)


def test_scales_of_zero_score_zero(kernel_set):
    codes, queries = make(400, 18, 33)
    scales = near(400)
    scales[::3] = 0
    check(codes, scales, queries, 200, 33)
    check(codes, scales, queries, 350, 33)
    check(codes, np.zeros(400, np.float32), queries, 10, 33)


def test_queries_of_zeros_and_of_extreme_sizes(kernel_set):
    codes, queries = make(200, 20, 75)
    queries[0] = 0
    queries[1] *= np.float32(1e-42)
    queries[2] *= np.float32(1e37)
    queries[3, 5] = 1e6
    check(codes, near(200), queries, 10, 75)
    check(codes, near(200) * np.float32(1e-30), queries[4:], 10, 75)
    check(codes, near(200) * np.float32(1e30), queries[:4], 10, 75)


def test_one_scale_far_above_the_others(kernel_set):
    codes, queries = make(5000, 20, 75)
    scales = near(5000)
    scales[17] = 1e9
    scales[18] = 1e-9
    check(codes, scales, queries, 10, 75)


def test_whole_numbers_tie_by_lower_id(kernel_set):
    codes, queries = make(400, 35, 20)
    scales = np.tile(np.float32([1, 2]), 200)
    check(codes, scales, np.round(queries * 2), 60, 20)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 120), st.integers(1, 40), st.integers(0, 2**20))
def test_property_order_of_exact_quotients(n_bits, n, m, seed):
    codes, queries = make(n, m, n_bits, seed)
    scales = (near, far)[seed % 2](n, seed)
    check(codes, scales, np.round(queries) if seed % 3 else queries, min(n, 1 + seed % 9), n_bits)


def bounds_of(scales, sums):
    """What sums score at least and at most, plainly: all four ends of sum over scale."""
    low, high = scales.bounds(np.arange(len(sums)))
    least, most = np.empty(len(sums)), np.empty(len(sums))
    for i, (total, a, b) in enumerate(zip(sums.tolist(), low.tolist(), high.tolist(), strict=True)):
        if a > 0:
            ends = [total / a, total / b]
        elif b > 0:
            ends = [0.0, total * np.inf if total else 0.0]
        else:
            ends = [0.0]
        least[i], most[i] = min(ends), max(ends)
    return least, most


def check_candidates(codes, scales, queries, k, n_bits, mask=None, **options):
    index = HammingIndex(codes, n_bits, scales=scales)
    found = index.candidates(queries, k, mask=mask, **options)
    assert found.offsets.shape == (len(queries) + 1,)
    allowed = np.arange(len(codes)) if mask is None else np.flatnonzero(mask)
    for q, query in enumerate(queries):
        part = slice(found.offsets[q], found.offsets[q + 1])
        sums = sums_of(codes, query, n_bits)
        least, most = (bound[allowed] for bound in bounds_of(scales, sums))
        order = np.argsort(-least, kind="stable")[:k]
        kth = least[order[-1]] if len(allowed) >= k else -np.inf
        keep = (most > kth) | ((most == kth) & (least < kth))
        keep[order] = True
        np.testing.assert_array_equal(found.ids[part], allowed[keep])
        np.testing.assert_array_equal(found.sums[part], sums[found.ids[part]])
    return found


def steps_of(lengths):
    """The same scales as a file holds them."""
    scales = CodeScales(lengths)
    return CodeScales.from_steps(scales.steps, scales.unit, scales.most, len(lengths))


@pytest.mark.parametrize("n_bits", [1, 17, 75, 256, 300, 70_001])
def test_candidates_of_bounds(kernel_set, n_bits):
    n = 300 if n_bits < 1000 else 40
    codes, queries = make(n, 20 if n_bits < 1000 else 2, n_bits)
    check_candidates(codes, steps_of(near(n)), queries, 10, n_bits)
    check_candidates(codes, steps_of(far(n)), queries[:3], 10, n_bits)
    coarse = CodeScales.from_steps((near(n) * 8).astype(np.uint16), 0.125, 9.0, n)
    check_candidates(codes, coarse, queries, 4, n_bits)


def test_candidates_of_many_codes(kernel_set):
    codes, queries = make(20_000, 20, 75)
    scales = steps_of(near(20_000))
    found = check_candidates(codes, scales, queries, 10, 75, threads=2)
    assert len(found.ids) < 11 * len(queries)
    mask = np.random.default_rng(2).random(20_000) < 0.01
    check_candidates(codes, scales, queries, 10, 75, mask=mask)
    check_candidates(codes, scales, queries[:1], 10, 75, mask=mask, threads=2)


def test_candidates_among_equal_codes_and_zeros(kernel_set):
    codes = np.repeat(make(1, 1, 75)[0], 5000, axis=0)
    _, queries = make(1, 2, 75, seed=1)
    queries[1] = 0
    check_candidates(codes, steps_of(np.ones(5000)), queries, 5, 75)
    scales = near(5000)
    scales[::7] = 0
    check_candidates(codes, steps_of(scales), queries, 5, 75)
    check_candidates(codes, CodeScales(scales), queries, 5, 75)
    check_candidates(codes, steps_of(np.zeros(5000)), queries, 5, 75)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 80), st.integers(1, 90), st.integers(0, 2**20))
def test_property_the_best_are_among_the_candidates(n_bits, n, seed):
    codes, queries = make(n, 3, n_bits, seed)
    lengths = (near, far)[seed % 2](n, seed)
    scales = CodeScales.from_steps((lengths * 16).astype(np.uint16), 1 / 16, lengths.max(), n)
    k = min(n, 1 + seed % 9)
    found = HammingIndex(codes, n_bits, scales=scales).candidates(queries, k)
    for q, query in enumerate(queries):
        best = np.argsort(-scores_of(codes, lengths, query, n_bits), kind="stable")[:k]
        assert np.isin(best, found.ids[found.offsets[q] : found.offsets[q + 1]]).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 2.0**100, width=32), min_size=1, max_size=70))
def test_property_scales_lie_within_their_bounds(lengths):
    exact = np.array(lengths, np.float32)
    scales = CodeScales(exact)
    low, high = steps_of(exact).bounds(np.arange(len(exact)))
    assert (low <= exact).all()
    assert (exact <= high).all()
    assert (scales.steps[len(exact) :] == 0).all()
    assert len(scales.steps) % 32 == 0


def test_no_queries_give_no_rows(kernel_set):
    codes, _ = make(40, 1, 75)
    index = HammingIndex(codes, 75, scales=near(40))
    scores, ids = index.search_asymmetric(np.empty((0, 75), np.float32), 3)
    assert scores.shape == ids.shape == (0, 3)
    found = index.candidates(np.empty((0, 75), np.float32), 3)
    assert found.offsets.tolist() == [0]
    assert len(found.ids) == len(found.sums) == 0


def test_an_index_over_blocks_takes_scales(kernel_set):
    codes, queries = make(70, 2, 33)
    scales = near(70)
    index = HammingIndex(codes, 33, scales=scales)
    same = HammingIndex.from_blocks(index.blocks, 70, 33, scales=index.scales)
    for got, want in zip(
        same.search_asymmetric(queries, 5), index.search_asymmetric(queries, 5), strict=True
    ):
        np.testing.assert_array_equal(got, want)


def test_scores_need_exact_scales():
    codes, queries = make(40, 1, 75)
    index = HammingIndex(codes, 75, scales=steps_of(near(40)))
    with pytest.raises(ValueError, match=r"holds bounds of them only: use candidates"):
        index.search_asymmetric(queries, 3)


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        (np.ones(39), r"shape \(40,\), one for each code, got \(39,\)"),
        (np.ones((40, 1)), r"shape \(40,\)"),
        (np.full(40, "x"), "must be numbers"),
        (np.r_[np.ones(39), -1.0], r"scales\[39\] is -1.0"),
        (np.r_[np.nan, np.ones(39)], r"scales\[0\] is nan"),
        (np.r_[np.ones(39), 1e300], r"scales\[39\] is 1e\+300"),
        (CodeScales(np.ones(41)), "of 41 codes, but there are 40"),
    ],
)
def test_bad_scales_are_refused(scales, message):
    codes, _ = make(40, 1, 75)
    with pytest.raises((TypeError, ValueError), match=message):
        HammingIndex(codes, 75, scales=scales)


@pytest.mark.parametrize(
    ("steps", "unit", "message"),
    [
        (np.ones(40, np.uint8), 1.0, "dtype uint16, got uint8"),
        (np.ones(41, np.uint16), 1.0, r"shape \(64,\) or \(40,\) for 40 codes, got \(41,\)"),
        (np.ones(40, np.uint16), 0.0, "unit must be positive"),
        (np.ones(40, np.uint16), np.nan, "unit must be positive"),
    ],
)
def test_bad_steps_are_refused(steps, unit, message):
    with pytest.raises((TypeError, ValueError), match=message):
        CodeScales.from_steps(steps, unit, 1.0, 40)
