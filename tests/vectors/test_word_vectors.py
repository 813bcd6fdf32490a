import numpy as np
import pytest

from iiq.vectors.word_vectors import WordVectors


def test_words_and_rows_belong_together():
    wv = WordVectors(("a", "b", "c"), np.arange(6).reshape(3, 2), counts=[3, 2, 1])
    assert len(wv) == 3
    assert wv.dim == 2
    assert list(wv) == list(wv.words) == list(wv.index_to_key) == ["a", "b", "c"]
    assert "b" in wv
    assert "d" not in wv
    assert wv.vectors.dtype == np.float32
    np.testing.assert_array_equal(wv["b"], [2, 3])
    np.testing.assert_array_equal(wv[["c", "a"]], [[4, 5], [0, 1]])
    assert wv[[]].shape == (0, 2)
    np.testing.assert_array_equal(wv.counts, [3, 2, 1])


def test_a_mapped_float16_file_stays_mapped(tmp_path):
    np.save(tmp_path / "v.npy", np.eye(3, dtype=np.float16))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    wv = WordVectors(["a", "b", "c"], mapped)
    assert np.shares_memory(wv.vectors, mapped)
    assert wv["a"].dtype == np.float32
    wv["a"][:] = 7  # a copy: the map is read-only


def test_float_values_are_not_aliased_by_a_lookup():
    wv = WordVectors(["a"], np.ones((1, 2), np.float32))
    wv["a"][:] = 5
    np.testing.assert_array_equal(wv["a"], [1, 1])


def test_the_first_of_two_equal_words_is_kept():
    with pytest.warns(UserWarning, match=r"2 of 5 words .* first 'a' in rows 0 and 2"):
        wv = WordVectors(list("abaca"), np.arange(10).reshape(5, 2), counts=range(5))
    assert list(wv) == ["a", "b", "c"]
    np.testing.assert_array_equal(wv.vectors, [[0, 1], [2, 3], [6, 7]])
    np.testing.assert_array_equal(wv.counts, [0, 1, 3])
    np.testing.assert_array_equal(wv["c"], [6, 7])


def test_a_missing_word_is_named():
    with pytest.raises(KeyError, match="Key 'nope' not present in vocabulary"):
        WordVectors(["a"], [[1.0]])["nope"]
    with pytest.raises(KeyError, match="Key 'nope'"):
        WordVectors(["a"], [[1.0]]).vector_of("nope")


@pytest.mark.parametrize(
    ("words", "vectors", "counts", "error", "text"),
    [
        (["a"], [[1.0], [2.0]], None, ValueError, "1 words but 2 vectors"),
        (["a"], [1.0], None, ValueError, "2-D"),
        (["a", "b"], [[1.0], [np.nan]], None, ValueError, r"row 1, 'b'"),
        (["a", "b"], [[np.inf], [-np.inf]], None, ValueError, r"row 0, 'a'"),
        ([b"a"], [[1.0]], None, TypeError, "words must be str"),
        (["a"], [["x"]], None, ValueError, "dtype"),
        (["a"], [[1.0]], [1, 2], ValueError, "counts of shape"),
    ],
)
def test_bad_input(words, vectors, counts, error, text):
    with pytest.raises(error, match=text):
        WordVectors(words, vectors, counts)
