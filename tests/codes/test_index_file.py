"""An index in a file of its own, and an index that grows in place."""

import pickle
import struct

import numpy as np
import pytest

import iiq
from iiq import HammingIndex
from iiq.codes.scales import CodeScales

RNG = np.random.default_rng(5)
WIDTHS = (1, 7, 8, 16, 17, 75, 300)


def some_codes(n, n_bits):
    return iiq.pack(RNG.integers(0, 2, (n, n_bits)))


def same_answers(one, other, n_bits):
    queries = some_codes(3, n_bits)
    for found, wanted in zip(one.search(queries, 5), other.search(queries, 5), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_what_is_saved_is_loaded(tmp_path, n_bits):
    index = HammingIndex(some_codes(37, n_bits), n_bits)
    index.save(tmp_path / "i")
    again = HammingIndex.load(tmp_path / "i", threads=1)
    assert (len(again), again.n_bits, again.threads) == (37, n_bits, 1)
    assert not again.blocks.flags.owndata
    np.testing.assert_array_equal(again.to_codes(), index.to_codes())
    same_answers(again, index, n_bits)


def test_scales_come_back_exactly(tmp_path):
    scales = RNG.random(40).astype(np.float32)
    index = HammingIndex(some_codes(40, 20), 20, scales=scales)
    index.save(tmp_path / "i")
    queries = RNG.standard_normal((2, 20)).astype(np.float32)
    found = HammingIndex.load(tmp_path / "i").search_asymmetric(queries, 7)
    for one, other in zip(found, index.search_asymmetric(queries, 7), strict=True):
        np.testing.assert_array_equal(one, other)


def test_bounds_of_scales_stay_bounds(tmp_path):
    steps = RNG.integers(0, 2**16, 40).astype(np.uint16)
    scales = CodeScales.from_steps(steps, 0.25, 20000.0, 40)
    HammingIndex(some_codes(40, 20), 20, scales=scales).save(tmp_path / "i")
    again = HammingIndex.load(tmp_path / "i").scales
    assert (again.exact, again.unit, again.most) == (None, 0.25, 20000.0)
    np.testing.assert_array_equal(again.steps[:40], steps)


@pytest.mark.parametrize("n_bits", WIDTHS)
def test_adding_is_indexing_all_at_once(tmp_path, n_bits):
    codes = some_codes(75, n_bits)
    index = HammingIndex(codes[:31], n_bits)
    index.save(tmp_path / "i")
    loaded = HammingIndex.load(tmp_path / "i")
    for growing in (index, loaded):
        assert growing.add(codes[31:33]).add(codes[33:]) is growing
        same_answers(growing, HammingIndex(codes, n_bits), n_bits)
        assert growing.count_stray_bits() == 0
    assert len(HammingIndex.load(tmp_path / "i")) == 31
    loaded.save(tmp_path / "i")
    np.testing.assert_array_equal(HammingIndex.load(tmp_path / "i").to_codes(), codes)


def test_adding_keeps_scales_or_none():
    index = HammingIndex(some_codes(3, 9), 9, scales=[1, 2, 3])
    assert len(index.add(some_codes(1, 9), scales=[0.5])) == 4
    assert index.scales.exact.tolist() == [1, 2, 3, 0.5]
    with pytest.raises(ValueError, match="scales of the new codes"):
        index.add(some_codes(1, 9))
    with pytest.raises(ValueError, match="bytes a code, but n_bits=9 needs 2"):
        index.add(np.zeros((1, 3), np.uint8), scales=[1])
    assert len(index) == 4  # all or nothing
    assert len(pickle.loads(pickle.dumps(index))) == 4


def test_shards_may_be_saved_indexes(tmp_path):
    codes = some_codes(20, 16)
    HammingIndex(codes[:9], 16).save(tmp_path / "a")
    sharded = iiq.ShardedIndex([tmp_path / "a", HammingIndex(codes[9:], 16)])
    same_answers(sharded, HammingIndex(codes, 16), 16)


def test_the_wrong_kind_of_file_names_the_right_verb(tmp_path):
    vocabulary = iiq.compress(([*map(str, range(9))], RNG.standard_normal((9, 8))), n_remove=0)
    vocabulary.save(tmp_path / "v")
    vocabulary.index.save(tmp_path / "i")
    with pytest.raises(ValueError, match=r"use iiq\.load\(path\)\.index"):
        HammingIndex.load(tmp_path / "v")
    with pytest.raises(ValueError, match=r"HammingIndex\.load opens it$"):
        iiq.load(tmp_path / "i")
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(ValueError, match=r"x\.npy"):
        HammingIndex.load(tmp_path / "x.npy")
    with pytest.raises(FileNotFoundError):
        HammingIndex.load(tmp_path / "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"n_bits":"20"', b'"n_bits":"99"', "99 bits"),
        (b'"n_codes":"33"', b'"n_codes":"70"', "70 codes"),
        (b'"n_codes":"33"', b'"n_codes":"-3"', "whole number"),
        (b'"format_version":"1"', b'"format_version":"9"', "format version 9"),
        (b'"codes"', b'"bodes"', "missing: codes"),
    ],
)
def test_damage_is_told(tmp_path, old, new, message):
    path = tmp_path / "i"
    HammingIndex(some_codes(33, 20), 20).save(path)
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    with pytest.raises(ValueError, match=message):
        HammingIndex.load(path)


def test_a_cut_file_is_told(tmp_path):
    path = tmp_path / "i"
    HammingIndex(some_codes(33, 20), 20).save(path)
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    for cut in (0, 7, 8 + length // 2, len(raw) - 1):
        path.write_bytes(raw[:cut])
        with pytest.raises(ValueError, match="i: "):
            HammingIndex.load(path)
