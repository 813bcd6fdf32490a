"""Words and vectors of objects: counts and n-grams come along, each word keeps its vector."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

import iiq
from iiq._support.words import as_words
from iiq.vectors.objects import words_and_vectors

MATRIX = np.arange(20, dtype=np.float32).reshape(5, 4) / 8
WORDS = ["a", "b", "c", "d", "e"]
ROW_OF = {"e": 4, "d": 3, "c": 2, "b": 1, "a": 0}


@pytest.fixture(scope="module")
def fasttext():
    models = pytest.importorskip("gensim.models")
    text = [["the", "king", "of", "spain"], ["a", "queen", "of", "france"]] * 5
    return models.FastText(
        text, vector_size=16, min_count=1, epochs=1, bucket=64, workers=1, seed=1
    )


@pytest.mark.parametrize("part", ["model", "wv"])
def test_fasttext_in_memory_is_what_its_file_is(tmp_path, fasttext, part):
    from gensim.models.fasttext import save_facebook_model

    given = fasttext if part == "model" else fasttext.wv
    wv = words_and_vectors(given)
    assert wv.words == fasttext.wv.index_to_key
    np.testing.assert_array_equal(wv.vectors, fasttext.wv.vectors)
    np.testing.assert_array_equal(wv.counts, fasttext.wv.expandos["count"])
    np.testing.assert_allclose(wv.vector_of("kingdoms"), fasttext.wv["kingdoms"], atol=1e-6)
    save_facebook_model(fasttext, str(tmp_path / "model.bin"))
    from_file = iiq.read_vectors(tmp_path / "model.bin")
    np.testing.assert_array_equal(from_file.subwords.vectors, wv.subwords.vectors)
    np.testing.assert_array_equal(from_file.counts, wv.counts)
    kv = iiq.compress(given, n_remove=0, random_state=0)
    assert kv.get_code("kingdoms").shape == (2,)
    assert kv.get_vecattr("king", "count") == 5


def test_attributes_that_are_left_out_are_named():
    models = pytest.importorskip("gensim.models")
    kv = models.KeyedVectors(4)
    kv.add_vectors(WORDS, MATRIX)
    kv.set_vecattr("a", "language", 7)
    with pytest.warns(UserWarning, match="the attributes language of the words are left out"):
        iiq.compress(kv, n_remove=0)


def test_spacy_objects_share_rows():
    strings = {11: "king", 380: "PERSON", 13: "queen"}
    vectors = SimpleNamespace(key2row={11: 0, 380: 1, 13: 0}, data=MATRIX)
    nlp = SimpleNamespace(vocab=SimpleNamespace(strings=strings, vectors=vectors))
    for given in (nlp, nlp.vocab):
        wv = words_and_vectors(given)
        assert wv.words == ["king", "PERSON", "queen"]
        np.testing.assert_array_equal(wv.vectors, MATRIX[[0, 1, 0]])


def test_tables_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(MATRIX, index=WORDS)
    np.testing.assert_array_equal(words_and_vectors(frame)["c"], MATRIX[2])
    column = pandas.DataFrame({"word": WORDS, "vector": list(MATRIX)})
    wv = iiq.WordVectors(column["word"], column["vector"])  # a column of lists
    np.testing.assert_array_equal(wv["d"], MATRIX[3])
    with pytest.raises(TypeError, match="words must be one list of words, got a table"):
        iiq.WordVectors(frame, MATRIX)


def as_pandas(columns):
    return pytest.importorskip("pandas").DataFrame(columns)


def as_arrow(columns):
    listed = {name: list(column) for name, column in columns.items()}
    return pytest.importorskip("pyarrow").table(listed)


@pytest.mark.parametrize("made", [as_pandas, as_arrow])
def test_the_words_of_a_table_are_its_one_column_of_texts(made):
    numbers = {f"x{j}": MATRIX[:, j] for j in range(MATRIX.shape[1])}
    for columns in ({"word": WORDS, **numbers}, {"vector": list(MATRIX), "token": WORDS}):
        wv = words_and_vectors(made(columns))
        assert wv.words == WORDS
        np.testing.assert_array_equal(wv.vectors, MATRIX)
    for columns in (numbers, {"word": WORDS, "tag": WORDS, **numbers}):
        with pytest.raises(TypeError, match="its index or its one column of texts"):
            words_and_vectors(made(columns))


# --- what is no ordered list ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [ROW_OF, dict(enumerate(WORDS)), dict(zip(WORDS, range(5), strict=True))]
)
def test_a_mapping_is_used_by_its_numbers(tmp_path, words):
    for wv in (iiq.WordVectors(words, MATRIX), words_and_vectors((words, MATRIX))):
        assert wv.words == WORDS
        np.testing.assert_array_equal(wv["a"], MATRIX[0])
    np.save(tmp_path / "v.npy", MATRIX)
    assert iiq.read_vectors(tmp_path / "v.npy", words=words).words == WORDS


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (set(WORDS), TypeError, "words must be in order, but a set has none"),
        (frozenset(WORDS), TypeError, "but a frozenset has none"),
        ("abcde", TypeError, r"words must be a list of words, got one: 'abcde'"),
        (b"abcde", TypeError, r"words must be a list of words, got one: b'abcde'"),
        (Counter("abcde"), TypeError, "is a Counter that does not map words to row numbers"),
        ({w: MATRIX[0] for w in WORDS}, TypeError, "is a dict that does not map words to row"),
        ({w: 2 * i for w, i in ROW_OF.items()}, ValueError, "5 words to rows from 0 to 8"),
        ({w: i + 1 for w, i in ROW_OF.items()}, ValueError, "rows from 1 to 5, expected each of 0"),
        (np.array([WORDS]), TypeError, "got a table"),
        ([*WORDS[:4], b"e"], TypeError, "words must be str, got b'e': decode bytes"),
        ([*WORDS[:4], ["e"]], TypeError, r"words must be str, got \['e'\]"),
        (5, TypeError, "must be a list of words, got int"),
    ],
)
def test_words_that_are_no_ordered_list(tmp_path, words, error, message):
    with pytest.raises(error, match=message):
        iiq.WordVectors(words, MATRIX)
    with pytest.raises(error, match=message):
        iiq.compress((words, MATRIX))
    with pytest.raises(error, match=message):
        iiq.write_vectors((words, MATRIX), tmp_path / "v.txt")
    assert list(tmp_path.iterdir()) == []


def test_the_advice_for_a_mapping_to_other_rows():
    d = {"x": 4, "y": 2}
    with pytest.raises(ValueError, match=r"pass list\(d\) as the words and matrix\[list\(d.val"):
        iiq.WordVectors(d, MATRIX)
    wv = iiq.WordVectors(list(d), MATRIX[list(d.values())])
    np.testing.assert_array_equal(wv["y"], MATRIX[2])


@pytest.mark.parametrize("keys", [b"a", {"a", "b"}, Counter("ab")])
def test_keys_that_are_no_ordered_list(keys):
    with pytest.raises(TypeError, match="keys"):
        iiq.WordVectors(WORDS, MATRIX)[keys]


def test_orders_that_are_kept():
    assert as_words(iter(WORDS)) == WORDS
    assert as_words(ROW_OF.keys()) == list(ROW_OF)
    assert as_words(np.array(WORDS)) == WORDS


# --- NumPy's sentences ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vectors",
    [
        {"king": np.ones(3), "queen": np.ones(4), "man": np.ones(3)},
        (["king", "queen", "man"], [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3]]),
        (["king", "queen", "man"], [np.ones(3), np.ones((1, 3)), np.ones(3)]),
    ],
)
def test_a_row_of_another_length_is_named_by_its_word(vectors):
    with pytest.raises(ValueError, match=r"'queen' \(row 1\) has the shape .* and 'king' \(row 0"):
        iiq.compress(vectors)


def test_rows_and_objects_are_named_by_their_row():
    fit = iiq.IIQ(2).fit
    with pytest.raises(ValueError, match=r"row 2 has the shape \(1,\) and row 0 has \(2,\)"):
        fit([[1, 2], [3, 4], [5]])
    with pytest.raises(ValueError, match=r"row 1 has the shape \(3,\)"):
        fit(np.array([[1, 2], [1, 2, 3]], dtype=object))
    with pytest.raises(TypeError, match=r"row 1, column 0 holds \{\}: replace it, or leave out"):
        fit(np.array([[1, 2], [{}, 4]], dtype=object))
    with pytest.raises(ValueError, match=r"row 0, column 1 holds 'x'"):
        fit(np.array([[1, "x"], [3, 4]], dtype=object))


@pytest.mark.parametrize(
    "ask",
    [
        lambda kv, rows: iiq.HammingIndex(rows, 16),
        lambda kv, rows: iiq.pack(rows),
        lambda kv, rows: kv.add_vectors(["x", "y"], rows),
        lambda kv, rows: kv.encode(rows),
        lambda kv, rows: kv.project(rows),
        lambda kv, rows: kv.most_similar_batch(rows),
        lambda kv, rows: iiq.isotropy(rows),
    ],
)
def test_a_row_of_another_length_is_named_everywhere(ask):
    kv = iiq.compress((WORDS, MATRIX), n_remove=0)
    with pytest.raises(ValueError, match=r"row 1 has the shape \(3,\) and row 0 has \(4,\)"):
        ask(kv, [[1, 0, 1, 0], [1, 0, 1]])


def test_a_mapping_of_words_to_numbers_is_no_mapping_to_vectors():
    with pytest.raises(TypeError, match=r"gives 'e' a single value, 4.*pass \(mapping, matrix\)"):
        iiq.compress(ROW_OF)
    assert words_and_vectors((ROW_OF, MATRIX)).words == WORDS


def test_masked_numbers_are_refused():
    masked = np.ma.masked_array(MATRIX, MATRIX > 2)
    with pytest.raises(ValueError, match=r"3 masked numbers: fill them \(vectors.filled\(0\)\)"):
        iiq.WordVectors(WORDS, masked)
    iiq.WordVectors(WORDS, masked.filled(0))
    iiq.WordVectors(WORDS, np.ma.masked_array(MATRIX))


def test_int8_codes_of_other_libraries():
    bits = np.random.default_rng(0).random((40, 64)) < 0.5
    theirs = (np.packbits(bits, axis=1).astype(np.int16) - 128).astype(np.int8)
    with pytest.raises(TypeError, match=r"iiq.pack\(np.unpackbits\(\(codes.astype\(np.int16\)"):
        iiq.HammingIndex(theirs, 64)
    ours = iiq.pack(np.unpackbits((theirs.astype(np.int16) + 128).astype(np.uint8), axis=1))
    np.testing.assert_array_equal(ours, iiq.pack(bits))
