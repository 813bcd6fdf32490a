"""HammingIndex against a stable argsort, on every kernel set and at the edges of every register."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiq._support.native import kernels
from iiq.codes.bits import hamming, pack, unpack
from iiq.codes.index import HammingIndex
from wordlike import random_codes

WIDTHS = [1, 7, 8, 15, 16, 17, 63, 64, 65, 75, 127, 128, 129, 150, 255, 256, 257, 300]
WIDTHS += [511, 512, 513, 1024]
SIZES = [1, 2, 31, 32, 33, 63, 64, 65, 500]


def reference(codes, queries, k, *, mask=None, max_distance=None, furthest=False):
    """Distances and ids by a stable argsort of all distances; nothing shared with the library."""
    xor = queries[:, None, :] ^ codes[None, :, :]
    all_distances = np.unpackbits(xor, axis=2).sum(axis=2).astype(np.int64)
    key = -all_distances if furthest else all_distances.copy()
    far = 1 << 40
    if mask is not None:
        key[:, ~mask] = far
    if max_distance is not None:
        key[all_distances > max_distance] = far
    ids = np.argsort(key, axis=1, kind="stable")[:, :k]
    distances = np.take_along_axis(all_distances, ids, 1)
    missing = np.take_along_axis(key, ids, 1) == far
    return distances, ids, missing


def check(index, codes, queries, k, **options):
    distances, ids = index.search(queries, k, **options)
    options.pop("threads", None)
    want_distances, want_ids, missing = reference(codes, queries, k, **options)
    assert distances.dtype == np.int32
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, np.where(missing, -1, want_ids))
    np.testing.assert_array_equal(distances[~missing], want_distances[~missing])
    beyond = -1 if options.get("furthest") else index.n_bits + 1
    assert (distances[missing] == beyond).all()


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_every_width(kernel_set, n_bits):
    codes, queries = random_codes(200, n_bits), random_codes(9, n_bits, seed=1)
    queries[0] = codes[3]
    index = HammingIndex(codes, n_bits)
    for k in (1, 10, 200):
        check(index, codes, queries, k)
    check(index, codes, queries[:1], 10)


@pytest.mark.parametrize("n", SIZES)
def test_every_size_around_a_block(kernel_set, n):
    codes, queries = random_codes(n, 75), random_codes(5, 75, seed=1)
    for k in {1, min(10, n), n}:
        check(HammingIndex(codes, 75), codes, queries, k)


@pytest.mark.parametrize("n_queries", [1, 2, 3, 4, 5, 31, 64, 65, 150])
def test_every_number_of_queries(kernel_set, n_queries):
    codes, queries = random_codes(700, 150), random_codes(n_queries, 150, seed=1)
    check(HammingIndex(codes, 150), codes, queries, 10)


@pytest.mark.parametrize("n", [127, 128, 129, 511, 512, 513, 1023, 1024, 1025])
def test_many_queries_around_every_group_of_codes(kernel_set, n):
    """Scans for batches take 128 or 512 codes at a time, and 512 in a run."""
    codes, queries = random_codes(n, 75), random_codes(70, 75, seed=1)
    for k in (1, 10, n):
        check(HammingIndex(codes, 75), codes, queries, k)


# The widths at which such a scan needs another part or slab of its tables.
MORE_WIDTHS = [2, 3, 76, 152, 153, 154, 155, 160, 304, 305, 306, 457, 600, 2049]


@pytest.mark.parametrize("n_bits", WIDTHS + MORE_WIDTHS)
def test_many_queries_of_every_width(kernel_set, n_bits):
    """Batches have scans of their own; all codes asked for, limits stay above what a byte holds."""
    codes, queries = random_codes(333, n_bits), random_codes(130, n_bits, seed=1)
    queries[0], queries[1] = codes[7], codes[7] ^ pack(np.ones((1, n_bits), np.uint8))[0]
    mask = np.random.default_rng(2).random(333) < 0.3
    index = HammingIndex(codes, n_bits)
    for k in (1, 10, 333):
        check(index, codes, queries, k)
    check(index, codes, queries, 10, mask=mask)
    check(index, codes, queries, 10, furthest=True)
    check(index, codes, queries, 10, max_distance=n_bits // 2)


def test_near_pairs_of_more_codes_than_one_scan_takes(kernel_set):
    codes = random_codes(2300, 24)
    pairs, distances = HammingIndex(codes, 24).neighbors_within(2, threads=1)
    bits = np.unpackbits(codes, axis=1).astype(np.int32)
    apart = bits.sum(1)[:, None] + bits.sum(1)[None] - 2 * bits @ bits.T
    want = np.argwhere(np.triu(apart <= 2, 1))
    np.testing.assert_array_equal(pairs, want)
    np.testing.assert_array_equal(distances, apart[tuple(want.T)])


def test_ties_go_to_the_lower_id(kernel_set):
    codes = np.repeat(random_codes(3, 64), 100, axis=0)
    index = HammingIndex(codes, 64)
    for k in (1, 50, 99, 100, 101, 300):
        check(index, codes, codes[::100], k)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(kernel_set, threads):
    codes, queries = random_codes(2000, 75), random_codes(70, 75, seed=1)
    index = HammingIndex(codes, 75)
    check(index, codes, queries, 20, threads=threads)
    check(index, codes, queries[:1], 20, threads=threads)


def test_mask_max_distance_and_furthest(kernel_set):
    codes, queries = random_codes(300, 65), random_codes(6, 65, seed=1)
    index = HammingIndex(codes, 65)
    mask = np.random.default_rng(2).random(300) < 0.3
    check(index, codes, queries, 20, mask=mask)
    check(index, codes, queries, 200, mask=mask)
    check(index, codes, queries, 20, mask=np.zeros(300, bool))
    for max_distance in (0, 20, 30, 65, 1000):
        check(index, codes, queries, 50, max_distance=max_distance)
    check(index, codes, queries, 20, furthest=True)
    check(index, codes, queries, 200, furthest=True, mask=mask)


@pytest.mark.parametrize("ids", [[], [0], [299, 7, 7, 32, 31], range(300)], ids=len)
def test_excluded_ids_are_a_mask(kernel_set, ids):
    """Excluded alone, and together with a mask: what both let through."""
    codes, queries = random_codes(300, 65), random_codes(6, 65, seed=1)
    index = HammingIndex(codes, 65)
    some = np.random.default_rng(2).random(300) < 0.5
    left = ~np.isin(np.arange(300), ids)
    for mask, both in ((None, left), (some, some & left)):
        got = index.search(queries, 20, mask=mask, exclude=np.asarray(ids, np.int64))
        np.testing.assert_equal(got, index.search(queries, 20, mask=both))
        projected = np.random.default_rng(3).standard_normal((4, 65), dtype=np.float32)
        got = index.search_asymmetric(projected, 20, mask=mask, exclude=np.asarray(ids, np.int64))
        np.testing.assert_equal(got, index.search_asymmetric(projected, 20, mask=both))


@pytest.mark.parametrize("n_queries", [3, 30])
def test_large_k_over_many_codes(kernel_set, n_queries):
    """Large k starts from a guess: one that holds, and (k = 3000) one that the order spoils."""
    n_bits, n = 75, 140_000
    codes, queries = random_codes(n, n_bits), random_codes(n_queries, n_bits, seed=1)
    misleading = codes.copy()
    misleading[np.arange(n) // 32 % 1024 < 16] = queries[1]  # the blocks that the guess looks at
    for rows, k in ((codes, 40), (misleading, 40), (misleading, 3000)):
        distances, ids = HammingIndex(rows, n_bits).search(queries, k)
        for q in range(n_queries):
            every = hamming(rows, queries[q : q + 1])
            want = np.argsort(every, kind="stable")[:k]
            np.testing.assert_array_equal(ids[q], want)
            np.testing.assert_array_equal(distances[q], every[want])


def test_wide_codes(kernel_set):
    codes, queries = random_codes(40, 70_001), random_codes(2, 70_001, seed=1)
    index = HammingIndex(codes, 70_001)
    check(index, codes, queries, 40)
    check(index, codes, queries, 5, furthest=True)
    np.testing.assert_array_equal(index.distances(queries[0]), hamming(codes, queries[:1]))


@settings(max_examples=40, deadline=None)
@given(
    n_bits=st.integers(1, 200),
    n=st.integers(1, 150),
    m=st.integers(1, 12),
    seed=st.integers(0, 2**20),
    sparse=st.booleans(),
    data=st.data(),
)
def test_property_search_is_a_stable_argsort(n_bits, n, m, seed, sparse, data):
    rng = np.random.default_rng(seed)
    codes = pack(rng.random((n, n_bits)) < (0.02 if sparse else 0.5))
    queries = pack(rng.random((m, n_bits)) < (0.02 if sparse else 0.5))
    k = data.draw(st.integers(1, n))
    check(HammingIndex(codes, n_bits), codes, queries, k)


def test_distances_and_rows(kernel_set):
    codes = random_codes(333, 129)
    index = HammingIndex(codes, 129)
    np.testing.assert_array_equal(index.to_codes(), codes)
    np.testing.assert_array_equal(index.to_codes(30, 70), codes[30:70])
    np.testing.assert_array_equal(index.codes_at([5, 5, 332]), codes[[5, 5, 332]])
    assert index.codes_at([]).shape == (0, 17)
    want = reference(codes, codes[7:8], 333)
    np.testing.assert_array_equal(index.distances(codes[7]), hamming(codes, codes[7:8]))
    np.testing.assert_array_equal(np.sort(index.distances(codes[7])), want[0][0])
    assert index.count_stray_bits() == 0


def test_metrics():
    codes = random_codes(50, 75)
    index = HammingIndex(codes, 75)
    distances, ids = index.search(codes[:3], 7)
    dots, same = index.search(codes[:3], 7, metric="dot")
    np.testing.assert_array_equal(same, ids)
    signs = unpack(codes, 75).astype(np.int64) * 2 - 1
    np.testing.assert_array_equal(dots[1], signs[ids[1]] @ signs[1])
    cosines, _ = index.search(codes[:3], 7, metric="cosine")
    assert cosines.dtype == np.float32
    np.testing.assert_array_equal(cosines, np.float32(1 - 2 * distances / 75))


def test_layout_is_the_documented_one():
    codes = random_codes(70, 75)
    blocks = HammingIndex(codes, 75).blocks
    words = np.zeros((96, 10), np.uint8)
    words[:70] = codes
    want = words.view("<u2").reshape(3, 32, 5).transpose(0, 2, 1)
    np.testing.assert_array_equal(blocks, np.ascontiguousarray(want).reshape(-1).view(np.uint8))
    if kernels()[0] != "numba":
        assert blocks.ctypes.data % 64 == 0


def test_blocks_from_a_read_only_map(kernel_set, tmp_path):
    codes = random_codes(100, 75)
    path = tmp_path / "blocks"
    HammingIndex(codes, 75).blocks.tofile(path)
    index = HammingIndex.from_blocks(np.memmap(path, np.uint8, "r"), 100, 75)
    check(index, codes, codes[:4], 10)
    np.testing.assert_array_equal(index.to_codes(), codes)


def test_an_index_of_blocks_reads_them_and_leaves_them_as_they_were():
    blocks = HammingIndex(random_codes(100, 75), 75).blocks.copy()
    index = HammingIndex.from_blocks(blocks, 100, 75)
    assert np.shares_memory(index.blocks, blocks)
    with pytest.raises(ValueError, match="read-only"):
        index.blocks[0] = 1
    assert blocks.flags.writeable
    with pytest.raises(ValueError, match="blocks must be contiguous"):
        HammingIndex.from_blocks(np.repeat(blocks, 2)[::2], 100, 75)


def test_stray_bits_are_counted(kernel_set):
    blocks = HammingIndex(random_codes(33, 75), 75).blocks.copy()
    blocks[4 * 64 + 1] |= 0x80  # bit 79 of code 0
    blocks[-1] |= 3  # two bits of the last word of the code after the last
    assert HammingIndex.from_blocks(blocks, 33, 75).count_stray_bits() == 3


def test_changing_the_array_changes_nothing():
    codes = random_codes(40, 64)
    index = HammingIndex(codes, 64)
    before = index.search(codes[:3].copy(), 5)
    queries = codes[:3].copy()
    codes[:] = 0
    after = index.search(queries, 5)
    np.testing.assert_array_equal(before[1], after[1])
    with pytest.raises(ValueError, match="read-only"):
        index.blocks[0] = 1


def test_awkward_arrays():
    codes = random_codes(64, 75)
    wide = np.zeros((128, 20), np.uint8)
    wide[::2, ::2] = codes
    index = HammingIndex(wide[::2, ::2], 75)
    frozen = codes[:4].copy()
    frozen.flags.writeable = False
    check(index, codes, frozen, 5)
    check(index, codes, np.asfortranarray(codes[:4]), 5)
    assert index.search(np.empty((0, 10), np.uint8), 3)[1].shape == (0, 3)


def test_all_pairs_within(kernel_set):
    codes = np.concatenate([random_codes(150, 20), random_codes(150, 20)[::-1]])
    index = HammingIndex(codes, 20)
    want = hamming(np.repeat(codes, 300, axis=0), np.tile(codes, (300, 1))).reshape(300, 300)
    for max_hamming in (0, 4, 40):
        pairs, distances = index.neighbors_within(max_hamming, threads=2)
        i, j = np.nonzero(np.triu(want <= max_hamming, 1))
        np.testing.assert_array_equal(pairs, np.column_stack([i, j]))
        np.testing.assert_array_equal(distances, want[i, j])


def test_neighbour_graph(kernel_set):
    codes = np.concatenate(
        [random_codes(100, 33), np.repeat(random_codes(1, 33, seed=3), 9, axis=0)]
    )
    distances, ids = HammingIndex(codes, 33).knn_graph(5)
    for i in range(len(codes)):
        others = np.delete(np.arange(len(codes)), i)
        want_distances, want_ids, _ = reference(codes[others], codes[i : i + 1], 5)
        np.testing.assert_array_equal(ids[i], others[want_ids[0]])
        np.testing.assert_array_equal(distances[i], want_distances[0])


def test_progress_is_shown_when_asked_for(capfd):
    index = HammingIndex(random_codes(50, 33), 33)
    index.knn_graph(2)
    index.neighbors_within(1)
    assert capfd.readouterr().err == ""
    index.knn_graph(2, verbose=True)
    assert "50/50" in capfd.readouterr().err


def test_graphs_of_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="at least 2 codes, got 1"):
        HammingIndex(random_codes(1, 8), 8).knn_graph(1)
    with pytest.raises(ValueError, match="k must be between 1 and 4, got 5"):
        HammingIndex(random_codes(5, 8), 8).knn_graph(5)
    with pytest.raises(ValueError, match="max_hamming must be at least 0"):
        HammingIndex(random_codes(5, 8), 8).neighbors_within(-1)


def test_many_threads_share_an_index():
    codes, queries = random_codes(3000, 150), random_codes(40, 150, seed=1)
    index = HammingIndex(codes, 150)
    want = index.search(queries, 10, threads=1)

    def work(seed):
        rows = np.random.default_rng(seed).permutation(40)
        distances, ids = index.search(queries[rows], 10, threads=1 + seed % 3)
        return rows, distances, ids

    with ThreadPoolExecutor(8) as pool:
        for rows, distances, ids in pool.map(work, range(24)):
            np.testing.assert_array_equal(distances, want[0][rows])
            np.testing.assert_array_equal(ids, want[1][rows])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_index_works_after_a_fork():
    codes = random_codes(200_000, 128)
    index = HammingIndex(codes, 128, threads=2)
    want = index.search(codes[:2], 5)[1]  # two threads have run before the fork
    child = os.fork()
    if child == 0:
        same = np.array_equal(index.search(codes[:2], 5)[1], want)
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


BAD_SEARCHES = [
    ({"k": 0}, "k must be between 1 and 40, got 0"),
    ({"k": 41}, "k must be between 1 and 40, got 41"),
    ({"k": 2.5}, "k must be a whole number"),
    ({"queries": np.zeros((1, 9), np.uint8)}, "9 bytes a code, but n_bits=75 needs 10"),
    ({"queries": np.zeros(10, np.uint8)}, "must be a 2-D array"),
    ({"queries": np.zeros((1, 10))}, "dtype uint8, got float64"),
    ({"queries": np.full((1, 10), 255, np.uint8)}, "padding bits"),
    ({"max_distance": -1}, "max_distance must be at least 0, got -1"),
    ({"max_distance": 3, "furthest": True}, "leave it out"),
    ({"mask": np.ones(39, bool)}, r"mask must have shape \(40,\)"),
    ({"mask": np.arange(40)}, "mask must be boolean"),
    ({"exclude": [40]}, "exclude: id 40 is out of range for 40 codes"),
    ({"exclude": [-1]}, "exclude: id -1 is out of range"),
    ({"exclude": np.ones(40, bool)}, "exclude must be a 1-D array of whole numbers"),
    ({"metric": "euclid"}, "metric must be one of hamming, dot, cosine"),
    ({"threads": 0}, "threads must be at least 1"),
]


@pytest.mark.parametrize(("change", "message"), BAD_SEARCHES)
def test_bad_searches_are_refused(change, message):
    codes = random_codes(40, 75)
    arguments = {"queries": codes[:2], "k": 3} | change
    with pytest.raises((TypeError, ValueError, IndexError), match=message):
        HammingIndex(codes, 75).search(arguments.pop("queries"), arguments.pop("k"), **arguments)


def test_bad_indexes_are_refused():
    codes = random_codes(40, 75)
    with pytest.raises(ValueError, match="at least 1 code"):
        HammingIndex(codes[:0], 75)
    with pytest.raises(ValueError, match="n_bits=64 needs 8"):
        HammingIndex(codes, 64)
    with pytest.raises(ValueError, match="n_bits must be between 1"):
        HammingIndex(codes, 0)
    with pytest.raises(ValueError, match="of another file"):
        HammingIndex.from_blocks(np.zeros(640, np.uint8), 65, 75)
    with pytest.raises(TypeError, match="dtype uint8, got float64"):
        HammingIndex.from_blocks(np.zeros(640), 64, 75)
    with pytest.raises(IndexError, match="id 40 is out of range for 40 codes"):
        HammingIndex(codes, 75).codes_at([40])


def test_a_kernel_set_that_is_not_here_is_refused(monkeypatch):
    index = HammingIndex(random_codes(4, 8), 8)
    monkeypatch.setenv("IIQ_KERNELS", "sse9")
    with pytest.raises(ValueError, match=r"'sse9' .* is not available here; available: .*scalar"):
        index.search(random_codes(1, 8), 1)
