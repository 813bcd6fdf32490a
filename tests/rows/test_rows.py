"""Rows in blocks: cut anew, read again, and refused with a reason."""

import mmap

import numpy as np
import pytest

from iiq.rows import ArrayRows, BlockRows, as_rows, select_rows

X = np.arange(60, dtype=np.float32).reshape(20, 3)


def all_rows(rows, size=1024):
    chunks = list(rows.chunks(size))
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(chunk.dtype == np.float32 and chunk.flags.c_contiguous for chunk in chunks)
    return np.concatenate(chunks)


@pytest.mark.parametrize("size", [1, 3, 7, 20, 64])
@pytest.mark.parametrize("cuts", [[], [1], [5, 5, 11], list(range(20))])
def test_any_cut_gives_the_same_rows(size, cuts):
    assert np.array_equal(all_rows(BlockRows(np.split(X, cuts)), size), X)


def test_sources_of_many_kinds(tmp_path):
    mapped = np.memmap(tmp_path / "x", np.float16, "w+", shape=(20, 3))
    mapped[:] = X
    words = [("abcdefghij", X[:10]), ("klmnopqrst", X[10:])]
    sources = [
        ArrayRows(X),
        ArrayRows(np.asfortranarray(X)),
        as_rows(mapped),
        as_rows(X.tolist()),
        BlockRows([X]),
        BlockRows(iter([X[:4], X[4:]])),
        BlockRows(lambda: (X[i : i + 6] for i in range(0, 20, 6))),
        BlockRows(words),
        BlockRows([X[:0], X.astype(np.int64), X[:0]]),
    ]
    for rows in sources:
        assert rows.n_columns == 3
        assert np.array_equal(all_rows(rows, 7), X)
        assert rows.n_rows == 20


def test_a_float32_array_is_not_copied():
    assert all(np.shares_memory(chunk, X) for chunk in ArrayRows(X).chunks(7))
    assert all(np.shares_memory(chunk, X) for chunk in ArrayRows(X).first(9).chunks(7))


@pytest.mark.parametrize("make", [lambda: ArrayRows(X), lambda: BlockRows(iter([X[:9], X[9:]]))])
def test_chosen_rows(make):
    assert np.array_equal(all_rows(select_rows(make(), 5)), X[:5])
    assert np.array_equal(all_rows(select_rows(make(), 500)), X)
    assert np.array_equal(all_rows(select_rows(make(), None)), X)
    numbers = [17, 2, 3, 0]
    assert np.array_equal(all_rows(select_rows(make(), numbers)), X[numbers])


def test_chosen_rows_of_a_stream_stop_reading_early():
    wide = np.repeat(X, 100, axis=0)

    def blocks():  # one block past the last row asked for may be read
        yield wide
        yield wide
        raise AssertionError("read too far")

    assert np.array_equal(all_rows(select_rows(BlockRows(blocks()), 1500)), wide[:1500])


@pytest.mark.parametrize(
    ("train_rows", "error", "text"),
    [
        (0, ValueError, "at least 1, got 0"),
        (-3, ValueError, "at least 1, got -3"),
        (2.5, TypeError, "number of rows"),
        ("all", TypeError, "number of rows"),
        ([], TypeError, "number of rows"),
        ([[1, 2]], TypeError, "number of rows"),
        ([0, 20], ValueError, "between 0 and 19"),
        ([0, -1], ValueError, "got -1"),
        ([4, 4], ValueError, "twice"),
    ],
)
def test_choices_of_rows_that_make_no_sense(train_rows, error, text):
    with pytest.raises(error, match=text):
        select_rows(ArrayRows(X), train_rows)


def test_a_stream_shorter_than_the_rows_asked_for():
    with pytest.raises(ValueError, match="asks for row 25, but blocks gave only 20"):
        select_rows(BlockRows(iter([X])), [3, 25])


def test_blocks_of_differing_width():
    with pytest.raises(ValueError, match="block 1 has 2 columns, but the first block has 3"):
        all_rows(BlockRows([X, X[:, :2]]))


def test_a_stream_cannot_be_read_twice():
    rows = BlockRows(iter([X]))
    all_rows(rows)
    with pytest.raises(ValueError, match="read only once"):
        all_rows(rows)


def test_a_file_that_changes_between_two_passes():
    lengths = iter([20, 20, 12])  # the first look, the first pass, the second
    rows = BlockRows(lambda: [X[: next(lengths)]])
    all_rows(rows)
    with pytest.raises(ValueError, match="20 rows at first and 12 when read again"):
        all_rows(rows)


@pytest.mark.parametrize("blocks", [[], iter([]), lambda: []])
def test_no_blocks_at_all(blocks):
    with pytest.raises(ValueError, match="no rows at all"):
        BlockRows(blocks)


@pytest.mark.parametrize("blocks", [None, 3, object()])
def test_what_is_no_iterable(blocks):
    with pytest.raises(TypeError, match="iterable of 2-D arrays"):
        BlockRows(blocks)


def test_blocks_that_are_no_matrices():
    with pytest.raises(ValueError, match=r"block 0 must be a 2-D array"):
        BlockRows(X)  # iterating over a matrix gives its rows


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_a_mapped_file_is_let_go_of_and_keeps_its_numbers(tmp_path, mode):
    long = np.arange(30_000, dtype=np.float32).reshape(-1, 3)
    np.save(tmp_path / "x.npy", long)
    if mode == "a map by itself":  # as of a saved vocabulary
        with open(tmp_path / "x.npy", "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        mapped = np.frombuffer(memory, np.float32, X.size, offset=128).reshape(X.shape)
    else:
        mapped = np.load(tmp_path / "x.npy", mmap_mode=mode)
    if mode != "r":
        mapped[5] = -1  # of a private copy the page must not be dropped
        long[5] = -1
    for rows in (as_rows(mapped), as_rows(mapped[2:]), as_rows(mapped.T.T)):
        start = len(long) - rows.n_rows
        for _ in range(2):
            assert np.array_equal(all_rows(rows), long[start:])


PRIVATE = {
    "anonymous": {"fileno": -1, "flags": "MAP_PRIVATE | MAP_ANONYMOUS"},
    "anonymous, shared": {"fileno": -1, "flags": "MAP_SHARED | MAP_ANONYMOUS"},
    "copy on write": {"access": "ACCESS_COPY"},
    "private": {"flags": "MAP_PRIVATE"},
    "shared": {"flags": "MAP_SHARED"},
    "shared, by name": {"access": "ACCESS_WRITE"},
}


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="no madvise on this system")
@pytest.mark.parametrize("kind", PRIVATE)
@pytest.mark.parametrize("as_view", [False, True])
def test_reading_changes_no_memory(kind, as_view, tmp_path):
    # of a private map what was written is nowhere else: letting go of its pages would lose it
    path = tmp_path / "x"
    path.write_bytes(bytes(2 * X.nbytes + 2 * mmap.PAGESIZE))
    how = dict(PRIVATE[kind])
    with open(path, "r+b") as file:
        fileno = how.pop("fileno", file.fileno())
        for name, value in how.items():
            bits = [getattr(mmap, part) for part in value.split(" | ")]
            how[name] = int(np.bitwise_or.reduce(bits))
        memory = mmap.mmap(fileno, 2 * X.nbytes + mmap.PAGESIZE, **how)
    matrix = np.ndarray(X.shape, np.float32, buffer=memory)
    matrix[:] = X
    rows = as_rows(matrix[:, :2] if as_view else matrix)
    all_rows(rows)
    assert np.array_equal(matrix, X)


@pytest.mark.parametrize("mode", ["r", "r+", "c", "a map by itself"])
def test_pages_of_a_mapped_file_are_let_go_but_for_a_copy(mode, tmp_path, monkeypatch):
    from iiq.rows import array

    released = []

    class Map(mmap.mmap):
        def madvise(self, *advice):
            released.append(advice)
            return super().madvise(*advice)

    np.save(tmp_path / "x.npy", X)
    monkeypatch.setattr(mmap, "mmap", Map)
    if mode == "a map by itself":  # as of a saved vocabulary
        with open(tmp_path / "x.npy", "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        mapped = np.frombuffer(memory, np.float32, X.size, offset=128).reshape(X.shape)
    else:
        mapped = np.load(tmp_path / "x.npy", mmap_mode=mode)
    monkeypatch.setattr(array.mmap, "mmap", Map)
    if mode == "c":
        mapped[3] = 7
    wanted = np.array(mapped)
    assert np.array_equal(all_rows(as_rows(mapped)), wanted)
    assert np.array_equal(mapped, wanted)
    assert bool(released) == (mode != "c")
