"""What is written is read back the same, or refused by name before anything is written."""

import itertools
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq
from iiq.vectors.readers import read_vectors
from iiq.vectors.writers import WRITERS, write_vectors

NAMES = {
    "word2vec": "v.txt",
    "glove": "v.txt",
    "word2vec-binary": "v.bin",
    "npy": "v.npy",
    "gensim": "v.kv",
    "static-embedding": "v",
}
DTYPES = ["f2", "f4", ">f4", "f8", "i1", "i4"]

# Lists of words that some format or other takes for something else.
AWKWARD = {
    "plain": ["the", "king", "été", "世界", "\U0001f600"],
    "BOM first": ["\ufeffthe", "king"],
    "BOM later": ["the", "\ufeffking"],
    "CR": ["the", "a\rb"],
    "CR at the end": ["the\r", "king\r"],
    "LF": ["the", "a\nb"],
    "LF first": ["\nthe", "king"],
    "CRLF": ["a\r\nb", "king"],
    "space": ["new york", ". . ."],
    "space first": [" the", "king"],
    "space last": ["the ", "king"],
    "tab": ["a\tb", "king"],
    "two spaces": ["a  b", "king"],
    "no-break space": ["\u00a0", "a\u00a0b"],
    "other line ends": ["x\u0085y", "x\u2028y", "x\x0by", "x\x0cy", "x\x1cy"],
    "NUL": ["a\0b", "king"],
    "NUL alone": ["\0", "\0\0"],
    "empty": ["", "king"],
    "empty last": ["king", ""],
    "whole numbers": ["1", "2", "30"],
    "numbers": ["0.5", "-1.5", "1e5"],
    "end in numbers": [f"article {i}" for i in range(20)],
    "end in decimals": [f"v 0.{i}" for i in range(20)],
    "some end in numbers": ["the", "king", "article 5"],
    "counts": ["the 90", "of 80", "a 70"],
    "row numbers": ["the 0", "of 1", "a 2"],
    "vectors": ["the 0.5 0.25", "of 0.5 0.125"],
    "header": ["2 3", "king"],
    "nan and inf": ["nan", "inf", "null"],
    "magic": ["BZh9", "king"],
    "magic of bz2": ["BZh91AY&SY", "king"],
    "Parquet": ["PAR1", "king"],
    "PDF": ["%PDF-1", "king"],
    "HTML": ["<html", "{", "["],
    "long": ["x" * 70_000, "king"],
    "very long": ["x" * 3_000_000, "king"],
    "half a pair": ["\ud800", "king"],
    "quotes": ['"', "'", "\\", "#"],
    "sparse": ["1:2 3:4", "5:6 7:8"],
    "unknown": ["[UNK]", "king"],
    "UTF-16": ["a\0b\0c\0d\0e\0f\0", "g\0h\0"],
}


def matrix(n, dtype="f4", dim=3):
    values = np.random.default_rng(n).standard_normal((n, dim)) * 50
    return values.astype(dtype)


def check_round_trip(folder, words, vectors, format):
    """Write and read; or see the refusal, and that nothing was written. Returns if it was read."""
    path = folder / NAMES[format]
    refusal = ""
    try:
        write_vectors((words, vectors), path, format=format)
    except ValueError as error:
        refusal = str(error)
    if refusal:
        assert list(folder.iterdir()) == []
        assert "the word " in refusal or "words such as " in refusal
        assert any(repr(word)[1:20] in refusal for word in words)
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        again = read_vectors(path, allow_pickle=True)
    n = len(words)
    if format == "static-embedding" and "[UNK]" not in words:
        assert again.words[n:] == ["[UNK]"]
    else:
        assert len(again) == n
    assert list(again.words)[:n] == words
    np.testing.assert_array_equal(again.vectors[:n], vectors.astype(np.float32))
    return True


@pytest.mark.parametrize("format", sorted(WRITERS))
@pytest.mark.parametrize("kind", AWKWARD)
def test_every_format_and_awkward_word(tmp_path, format, kind):
    if format == "gensim":
        pytest.importorskip("gensim")
    words = AWKWARD[kind]
    for i, (dtype, dim) in enumerate(itertools.product(DTYPES, (3, 1))):
        folder = tmp_path / str(i)
        folder.mkdir()
        was_read = check_round_trip(folder, words, matrix(len(words), dtype, dim), format)
        if kind == "plain" and dim > 1:
            assert was_read
        if format == "gensim" and kind != "half a pair":
            assert was_read


@pytest.mark.parametrize("kind", AWKWARD)
def test_a_compressed_vocabulary_holds_every_word(tmp_path, kind):
    words = AWKWARD[kind]
    path = tmp_path / "v.iiq"
    n = len(words)
    index = iiq.HammingIndex(np.arange(2 * n, dtype=np.uint8).reshape(n, 2), 16)
    if kind == "half a pair":
        with pytest.raises(ValueError, match="cannot be written as UTF-8"):
            iiq.BinaryKeyedVectors(words, index)
        return
    iiq.BinaryKeyedVectors(words, index).save(path)
    assert list(iiq.load(path).index_to_key) == words


PIECES = [
    *'ab \t.1-+e:é世\u00a0\u0085\ufeff\r\n\0#<{["',
    "0.5",
    " 1",
    " 0.25 0.5",
    "BZh9",
    "PAR1",
    "nan",
    "3 2",
]
tokens = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


@given(
    st.lists(tokens, min_size=1, max_size=5, unique=True),
    st.sampled_from(sorted(set(WRITERS) - {"gensim"})),
    st.sampled_from(DTYPES),
    st.integers(1, 3),
)
@settings(max_examples=600, deadline=None)
def test_any_words_in_any_format(tmp_path_factory, words, format, dtype, dim):
    folder = tmp_path_factory.mktemp("trip")
    check_round_trip(folder, words, matrix(len(words), dtype, dim), format)


@given(
    st.lists(tokens, min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, 2**31), min_size=12, max_size=12),
    st.sampled_from(["glove", "word2vec", "word2vec-binary"]),
)
@settings(max_examples=300, deadline=None)
def test_any_numbers_in_the_formats_that_are_guessed(tmp_path_factory, words, bits, format):
    # Floats whose bytes are letters and digits, whole numbers, very long ones.
    values = np.array(bits[: 3 * len(words)], np.uint32).view(np.float32).reshape(-1, 3)
    values = np.where(np.isfinite(values), values, 1)
    letters = np.frombuffer(b" 1 2 0.5\n12 " * len(words), "<f4").reshape(-1, 3)
    for vectors in (values, letters):
        check_round_trip(tmp_path_factory.mktemp("trip"), words, vectors, format)


def test_names_without_an_ending_find_their_words(tmp_path):
    for name in ("v", "v.d", "v.vectors.f4"):
        write_vectors((["a", "b"], np.eye(2)), tmp_path / name, format="npy")
        assert read_vectors(tmp_path / name).words == ["a", "b"]


def test_only_text_and_binary_are_packed(tmp_path):
    for name in ("v.npy.gz", "v.kv.xz"):
        with pytest.raises(ValueError, match="only text and word2vec binary are packed"):
            write_vectors((["a", "b"], np.eye(2)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_words_that_become_the_same(tmp_path):
    with pytest.raises(ValueError, match=r"'a_b' stands in rows 0 and 1.*spaces= may"):
        write_vectors((["a b", "a_b"], np.eye(2)), tmp_path / "v.bin", spaces="_")


def test_numbers_that_a_file_cannot_hold(tmp_path):
    models = pytest.importorskip("gensim.models")
    kv = models.KeyedVectors(2)
    kv.add_vectors(["a", "b"], np.array([[1, 2], [np.nan, 3]], np.float32))
    for name in ("v.txt", "v.bin", "v.npy", "v.kv", "v"):
        with pytest.raises(ValueError, match="the vector of 'b' holds NaN"):
            write_vectors(kv, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_ngrams_that_are_left_out(tmp_path):
    models = pytest.importorskip("gensim.models")
    ft = models.FastText([["the", "king"]] * 5, vector_size=4, min_count=1, epochs=1, bucket=9)
    with pytest.warns(UserWarning, match="the n-grams are left out"):
        write_vectors(ft.wv, tmp_path / "v.txt")


# What the page of formats says that each refuses: words for each phrase of its table.
PHRASES = {
    "empty": [["", "king"]],
    "with LF or CR": [["a\nb", "king"], ["a\rb", "king"]],
    "with a space or tab at an end": [[" a", "king"], ["a\t", "king"]],
    "over 65 535 bytes": [["x" * 65_536, "king"]],
    "most of which end in numbers": [[f"article {i}" for i in range(9)]],
    "U+FEFF first": [["\ufeffthe", "king"]],
    "and all numbers": [["0.5", "1.5", "2.5"]],
    "with a space": [["new york", "king"]],
    "LF first": [["\nthe", "king"]],
    "all of which end in falling numbers": [["the 90", "of 80", "a 70"]],
}


def rows_of_the_page():
    page = Path(__file__).parents[2].joinpath("docs", "formats.md").read_text("utf-8")
    table = page.partition("| `format` | holds |")[2].partition("\n\n")[0]
    for line in table.split("\n")[2:]:
        format, _, _, refuses = (cell.strip() for cell in line.strip("|").split("|"))
        yield format.strip("`"), refuses


def test_the_table_of_the_page_is_true(tmp_path):
    rows = dict(rows_of_the_page())
    assert sorted(rows) == sorted(WRITERS)
    for format, cell in rows.items():
        if format == "gensim":
            pytest.importorskip("gensim")
        refuses = cell.replace("as `word2vec`", rows["word2vec"])
        said = [name for name in PHRASES if name in re.sub(r" \(.*?\)", "", refuses)]
        if "with a space or tab" in refuses:
            said.remove("with a space")
        for name, examples in PHRASES.items():
            for words in examples:
                folder = tmp_path / f"{format} {name} {len(list(tmp_path.iterdir()))}"
                folder.mkdir()
                was_read = check_round_trip(folder, words, matrix(len(words)), format)
                if name in said:
                    assert not was_read, (format, words)
                elif refuses == "none":
                    assert was_read, (format, words)
