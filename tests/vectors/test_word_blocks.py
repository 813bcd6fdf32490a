"""Which rows are learned from: the same ones of vectors in memory and of a file read in blocks."""

import numpy as np
import pytest

import iiq
from iiq._support.training_rows import evenly_spaced_rows
from iiq.vectors import word_blocks as sources
from iiq.vectors.word_blocks import training_sample

N, DIM = 5000, 3
MATRIX = np.arange(N * DIM, dtype=np.float32).reshape(N, DIM) / 8


def words(alphabetical):
    return [f"{i if alphabetical else i * 2749 % N:05d}" for i in range(N)]


@pytest.fixture(params=["memory", "file"])
def make(request, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_ROWS", 700)

    def source(alphabetical):
        names = words(alphabetical)
        if request.param == "memory":
            return sources.memory_blocks(iiq.WordVectors(names, MATRIX))
        path = tmp_path / "vectors.txt"
        lines = [
            f"{name} " + " ".join(map(str, row)) for name, row in zip(names, MATRIX, strict=True)
        ]
        path.write_text("\n".join(lines) + "\n")
        return sources.file_blocks(path)

    return source


def test_the_first_rows_of_a_file_in_order_of_frequency(make):
    assert np.array_equal(training_sample(make(False), 1500).vectors, MATRIX[:1500])
    assert np.array_equal(training_sample(make(False), 10**6).vectors, MATRIX)


def test_evenly_spaced_rows_of_an_alphabetical_one(make):
    wanted = MATRIX[evenly_spaced_rows(N, 1500)]
    assert np.array_equal(training_sample(make(True), 1500).vectors, wanted)
    assert wanted[0, 0] == 0
    assert wanted[-1, -1] == MATRIX[-1, -1]


def test_the_rows_that_are_named(make):
    rows = [3, 699, 700, 4999]
    assert np.array_equal(training_sample(make(False), rows).vectors, MATRIX[rows])
    with pytest.raises(ValueError, match="row 5000, but there are only 5000 rows"):
        training_sample(make(False), [3, 5000])
    with pytest.raises(ValueError, match="at least one row number, none below 0"):
        training_sample(make(False), [-1])


def test_all_rows_are_no_sample(make):
    assert training_sample(make(False), None) is None


@pytest.mark.parametrize(("alphabetical", "rows"), [(False, 1500), (True, 1500), (False, [3, 700])])
def test_the_words_of_a_sample_are_those_of_its_rows(make, alphabetical, rows):
    sample = training_sample(make(alphabetical), rows)
    of_row = {row.tobytes(): word for row, word in zip(MATRIX, words(alphabetical), strict=True)}
    assert list(sample.words) == [of_row[row.tobytes()] for row in sample.vectors]


def test_room_grows_with_the_rows_that_come():
    # a thousand million rows asked for, five thousand there
    def blocks():
        for start in range(0, N, 700):
            yield words(False)[start : start + 700], MATRIX[start : start + 700]

    source = sources.WordBlocks(blocks, DIM)
    assert np.array_equal(training_sample(source, 10**13).vectors, MATRIX)
    assert np.array_equal(training_sample(source, 4999).vectors, MATRIX[:4999])
