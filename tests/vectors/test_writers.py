"""Writing for other tools, read back by those tools and by our readers."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq
from iiq._numba.text import format_rows as python_writer
from iiq._numba.text import parse_vectors
from iiq._support.native import core
from iiq.cli import main
from iiq.cli.convert import convert
from iiq.vectors.readers import FORMATS, read_vectors
from iiq.vectors.writers import WRITERS, write_vectors

WORDS = ["the", "king", "été", "new_york", "\u00a0", "世界", "x\u0085y", "</s>"]
VECTORS = np.random.default_rng(0).standard_normal((8, 12)).astype(np.float32)
ENDINGS = {
    "word2vec": ".txt",
    "glove": ".txt",
    "word2vec-binary": ".bin",
    "npy": ".npy",
    "gensim": ".kv",
    "static-embedding": "",
}


@pytest.fixture
def wv():
    return iiq.WordVectors(WORDS, VECTORS, counts=range(8, 0, -1))


def read_back(path, format):
    if format == "gensim":
        pytest.importorskip("gensim")
    return read_vectors(path, allow_pickle=True)


def rows_of(wv):
    return np.asarray(wv.vectors, dtype=np.float32)


@pytest.mark.parametrize("format", sorted(WRITERS))
def test_what_is_written_reads_back(tmp_path, wv, format):
    if format == "gensim":
        pytest.importorskip("gensim")
    path = tmp_path / f"v{ENDINGS[format]}"
    write_vectors(wv, path, format=format)
    again = read_back(path, format)
    n = len(again) - (format == "static-embedding")  # it has [UNK] besides
    assert list(again.words)[:n] == WORDS
    np.testing.assert_array_equal(rows_of(again)[:n], VECTORS)
    if format == "gensim":
        np.testing.assert_array_equal(again.counts, wv.counts)
    left = {file.name for file in tmp_path.iterdir()}
    assert left == {path.name} | ({"v.words.txt"} if format == "npy" else set())


@pytest.mark.parametrize("ending", [".vec", ".txt.gz", ".vec.xz", ".bin.bz2", ".bin", ".npy"])
def test_the_name_tells_the_format(tmp_path, wv, ending):
    path = tmp_path / f"v{ending}"
    write_vectors(wv, path)
    np.testing.assert_array_equal(rows_of(read_vectors(path)), VECTORS)
    if ending == ".txt.gz":
        assert gzip.decompress(path.read_bytes()).startswith(b"8 12\nthe ")


@pytest.mark.parametrize("is_binary", [False, True])
def test_gensim_reads_it(tmp_path, wv, is_binary):
    models = pytest.importorskip("gensim.models")
    path = tmp_path / "v"
    write_vectors(wv, path, format="word2vec-binary" if is_binary else "word2vec")
    kv = models.KeyedVectors.load_word2vec_format(str(path), binary=is_binary)
    assert kv.index_to_key == WORDS
    np.testing.assert_array_equal(kv.vectors, VECTORS)


def test_sentence_transformers_reads_it(tmp_path, wv):
    module = pytest.importorskip("model2vec", exc_type=ImportError)
    write_vectors(wv, tmp_path / "model")
    model = module.StaticModel.from_pretrained(tmp_path / "model")
    np.testing.assert_allclose(model.encode("king"), wv["king"], rtol=1e-6)
    np.testing.assert_allclose(model.encode("the 世界"), wv[["the", "世界"]].mean(0), rtol=1e-5)
    with pytest.raises(FileExistsError, match="is there already"):
        write_vectors(wv, tmp_path / "model")


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(floats, min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_numbers_are_short_and_read_back_the_same(values):
    row = np.array([values], dtype=np.float32)
    line = python_writer(b"w", row)
    for writer in {python_writer, core().format_rows}:
        assert writer(b"w", row) == line
    _, again, *_ = parse_vectors(line, len(values), 1)
    assert again.tobytes() == row.tobytes()
    for number, value in zip(line.split()[1:], row[0], strict=True):
        assert len(number) <= len(repr(float(value)))


def test_the_core_checks_its_words():
    for writer in {python_writer, core().format_rows}:
        for words in (b"a", b"a\nb\nc"):
            with pytest.raises(ValueError, match="as many words as rows"):
                writer(words, np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    ("format", "word"),
    [
        ("word2vec", "a\nb"),
        ("glove", " a"),
        ("glove", "a\r"),
        ("word2vec-binary", "new york"),
        ("word2vec-binary", "\na"),
        ("npy", "a\nb"),
    ],
)
def test_words_that_a_format_cannot_hold(tmp_path, format, word):
    path = tmp_path / "v.npy"
    path.write_text("old")
    with pytest.raises(ValueError, match=r"the word .* can't stand in a"):
        write_vectors((["ok", word], np.ones((2, 3))), path, format=format)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["v.npy"]


def test_spaces_in_words(tmp_path):
    words = ["new york", ". . ."]
    write_vectors((words, np.ones((2, 3))), tmp_path / "v.bin", spaces="_")
    assert read_vectors(tmp_path / "v.bin").words == ["new_york", "._._."]
    write_vectors((words, np.ones((2, 3))), tmp_path / "v.txt")
    assert read_vectors(tmp_path / "v.txt").words == words


def test_an_interrupted_write_leaves_the_old_file(tmp_path, wv):
    path = tmp_path / "v.txt"
    write_vectors(wv, path)
    before = path.read_bytes()
    passes = []

    def blocks():
        passes.append(1)
        yield WORDS[:4], VECTORS[:4]
        if len(passes) > 1:  # the first pass counts
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_vectors(iiq.vectors.word_blocks.WordBlocks(blocks, 12), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_bad_names(tmp_path, wv):
    with pytest.raises(ValueError, match=r"can't tell the format from '\.csv': end the name in"):
        write_vectors(wv, tmp_path / "v.csv")
    with pytest.raises(
        ValueError, match=r"format must be 'auto' or one of word2vec, .*; got 'csv'"
    ):
        write_vectors(wv, tmp_path / "v.txt", format="csv")


def test_convert_a_vocabulary_to_its_decoded_vectors(tmp_path, wv):
    cv = iiq.compress(wv, n_bits=20, random_state=0)
    cv.save(tmp_path / "v.iiq")
    convert(tmp_path / "v.iiq", tmp_path / "decoded.npy")
    again = read_vectors(tmp_path / "decoded.npy")
    assert list(again.words) == WORDS
    np.testing.assert_array_equal(again.vectors, np.asarray(cv.vectors))


def test_convert_on_the_command_line(tmp_path, wv, capsys):
    write_vectors(wv, tmp_path / "v.txt.gz")
    assert main(["convert", str(tmp_path / "v.txt.gz"), str(tmp_path / "v.bin"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["output_bytes"] == (tmp_path / "v.bin").stat().st_size
    assert main(["convert", str(tmp_path / "v.bin"), str(tmp_path / "out"), "--limit", "3"]) == 0
    assert read_vectors(tmp_path / "out").words == [*WORDS[:3], "[UNK]"]
    assert main(["convert", str(tmp_path / "nothing.txt"), str(tmp_path / "x.bin")]) == 2
    assert "nothing.txt" in capsys.readouterr().err


def test_every_written_format_is_known_to_the_readers():
    assert set(WRITERS) <= set(FORMATS)
