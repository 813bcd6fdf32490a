"""Lists of words beside a matrix, as other programs write them."""

import json

import numpy as np
import pytest

from iiq.vectors.readers import read_vectors
from tests.vectors.test_read_habits import ROWS, refused


def beside(tmp_path, content, n=4, name="vocab.txt"):
    np.save(tmp_path / "glove.npy", np.eye(n, 3, dtype="f4"))
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(content)
    return tmp_path / "glove.npy"


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_words_with_their_counts(tmp_path, separator, end):
    rows = [("the", 5611464), (",", 4992705), ("of", 2750306), ("and", 2510744)]
    content = "".join(f"{word}{separator}{count}{end}" for word, count in rows)
    wv = read_vectors(beside(tmp_path, content))
    assert wv.words == ["the", ",", "of", "and"]
    np.testing.assert_array_equal(wv.counts, [count for _, count in rows])
    np.savez(tmp_path / "glove.npz", np.eye(4, 3))
    np.testing.assert_array_equal(read_vectors(tmp_path / "glove.npz", limit=2).counts,
                                  [5611464, 4992705])  # fmt: skip


def test_words_with_their_row_numbers(tmp_path):
    wv = read_vectors(beside(tmp_path, "d\t3\nb\t1\na\t0\nc\t2\n"))
    assert wv.words == ["a", "b", "c", "d"]
    assert wv.counts is None
    (tmp_path / "vocab.txt").unlink()
    content = json.dumps({"d": 3, "b": 1, "a": 0, "c": 2})
    (tmp_path / "vocab.json").write_text(content)
    assert read_vectors(tmp_path / "glove.npy", words=tmp_path / "vocab.json").words[0] == "a"


def test_words_that_end_in_numbers_by_chance(tmp_path):
    wv = read_vectors(beside(tmp_path, "article 7\narticle 5\narticle 3\narticle 1\n"))
    assert wv.words[0] == "article 7"
    with pytest.warns(UserWarning, match="every line ends in a whole number, as 'the 5' does"):
        wv = read_vectors(beside(tmp_path, "the 5\nof 9\na 2\nand 8\n"))
    assert wv.words[0] == "the 5"


def test_vectors_are_no_list_of_words(tmp_path):
    path = beside(tmp_path, "\n".join(ROWS[:4]), name="glove.txt")
    refused(path, "glove.txt holds vectors, not words")


@pytest.mark.parametrize(
    "content",
    [
        "a\r\nb\r\nc\r\nd",
        "a\rb\rc\rd\r",
        "\ufeffa\nb\nc\nd\n",
        "a\nb\r\nc\nd\n",
        "a\nb\nc\nd\n\n \n",
    ],
)
def test_lists_of_other_systems(tmp_path, content):
    assert read_vectors(beside(tmp_path, content)).words == ["a", "b", "c", "d"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "gbk", "shift_jis", "utf-16"])
def test_lists_in_regional_encodings(tmp_path, encoding):
    word = "世" if encoding in ("gbk", "shift_jis") else "é"
    path = beside(tmp_path, f"{word}\nb\nc\nd\n".encode(encoding))
    assert read_vectors(path, encoding=encoding).words == [word, "b", "c", "d"]
    words = np.array([word.encode(encoding), b"b", b"c", b"d"]) if encoding != "utf-16" else None
    if words is None:
        return
    np.savez(tmp_path / "v.npz", words, np.eye(4, 3))
    assert read_vectors(tmp_path / "v.npz", encoding=encoding).words[0] == word
    refused(tmp_path / "v.npz", r"row 0: the word .* is not utf-8")
    assert "\ufffd" in read_vectors(tmp_path / "v.npz", errors="replace").words[0]
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["words"], file["v"] = words, np.eye(4, 3)
    assert read_vectors(tmp_path / "v.h5", encoding=encoding).words[0] == word
    refused(tmp_path / "v.h5", r"row 0: the word .* is not utf-8")


def test_lists_in_utf_16_are_named(tmp_path):
    path = beside(tmp_path, "a\nb\nc\nd\n".encode("utf-16"))
    refused(path, "vocab.txt is text in UTF-16: pass encoding='utf-16'")


def test_a_sparse_matrix_of_scipy(tmp_path):
    from scipy import sparse

    sparse.save_npz(tmp_path / "s.npz", sparse.csr_matrix(np.eye(3)))
    refused(tmp_path / "s.npz", "is a sparse matrix of SciPy: pass", words=["a", "b", "c"])
