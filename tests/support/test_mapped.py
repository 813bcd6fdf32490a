"""Arrays of a mapped file grow without being copied, and the file stays as it is."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq._support import container
from iiq._support.growing import appended
from iiq._support.mapped import room_behind
from iiq._support.native import core

N = 700_001  # rows of two bytes: they end within a page, behind which another array begins


def stored(path, **arrays):
    container.write(path, {**arrays, "what_follows": np.full(50_000, 255, np.uint8)}, {})
    return container.read(path).arrays


def anonymous_bytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


@pytest.fixture
def rows(tmp_path):
    return stored(tmp_path / "x", rows=np.arange(N).astype(np.uint16))["rows"]


def test_longer_arrays_of_a_file(rows, tmp_path, kernel_set):
    whole = np.arange(N).astype(np.uint16)
    file = (tmp_path / "x").read_bytes()
    one = appended(rows, np.full(3, 7))
    other = appended(rows, np.full(5000, 8))
    more = appended(one, np.full(90_000, 9))
    again = appended(more, np.full(N, 10))  # beyond the room: a copy
    for array, new in (
        (rows, []),
        (one, [7] * 3),
        (other, [8] * 5000),
        (more, [7] * 3 + [9] * 90_000),
        (again, [7] * 3 + [9] * 90_000 + [10] * N),
    ):
        np.testing.assert_array_equal(array, np.concatenate([whole, np.array(new, np.uint16)]))
    assert (tmp_path / "x").read_bytes() == file
    assert np.shares_memory(one, more)


def test_what_follows_in_the_file_is_not_in_the_room(rows):
    room = room_behind(rows, rows.nbytes + 20_000)
    np.testing.assert_array_equal(room[: rows.nbytes], rows.view(np.uint8))
    assert not room[rows.nbytes :].any()


def test_nothing_is_copied(rows):
    assert rows.sum() > 0  # the file's own pages are read
    before = anonymous_bytes()
    longer = appended(rows, np.zeros(3))
    assert longer.sum() == rows.sum()
    assert anonymous_bytes() - before < rows.nbytes / 4


def test_what_is_copied(rows, tmp_path):
    few = stored(tmp_path / "few", rows=np.arange(1000))["rows"]
    for array in (few, rows[::2], np.array(rows)):
        assert room_behind(array, 2 * rows.nbytes) is None
    with pytest.raises(ValueError, match="must fit the room"):
        core("scalar").mapped_room(0, 0, 10, 9)
    file = rows.base.base.obj
    os.close(file.descriptor)
    file.descriptor = os.open(os.devnull, os.O_RDONLY)  # which the system does not map
    assert room_behind(rows, 2 * rows.nbytes) is None
    np.testing.assert_array_equal(appended(rows, [5]), [*rows, 5])


def test_files_are_closed(tmp_path):
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    rows = stored(tmp_path / "y", rows=np.arange(N))["rows"]
    longer = appended(rows, [1])
    (tmp_path / "y").unlink()
    del rows
    assert len(os.listdir("/proc/self/fd")) == before
    assert longer[-1] == 1
    assert longer[N - 1] == N - 1


def test_a_mapped_index_grows_as_one_in_memory(tmp_path, kernel_set):
    generator = np.random.default_rng(0)
    codes = iiq.pack(generator.random((40_010, 300)) < 0.5)
    index = iiq.HammingIndex(codes[:40_001], 300)
    blocks = stored(tmp_path / "codes", blocks=index.blocks)["blocks"]
    mapped = iiq.HammingIndex.from_blocks(blocks, 40_001, 300)
    assert mapped.blocks.nbytes > 1 << 20
    longer, anew = mapped.appended(codes[40_001:]), iiq.HammingIndex(codes, 300)
    np.testing.assert_array_equal(longer.stored_blocks(), anew.blocks)
    np.testing.assert_array_equal(mapped.stored_blocks(), index.blocks)
    assert longer.count_stray_bits() == mapped.count_stray_bits() == 0
    for got, wanted in zip(longer.search(codes[-2:], 5), anew.search(codes[-2:], 5), strict=True):
        np.testing.assert_array_equal(got, wanted)
