"""One list of bad inputs, fed to every public name that takes such a thing.

Each must end in a built-in exception whose text says what came and what was wanted: never in a
crash, never in a silent answer.
"""

import numpy as np
import pytest

import iiq

GOOD = np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32)


def with_value(value):
    bad = GOOD.copy()
    bad[7, 3] = value
    return bad


BAD_VECTORS = {
    "a number": (3.0, ValueError, "2-D"),
    "one row without its axis": (GOOD[0], ValueError, "Reshape your data"),
    "three axes": (GOOD[None], ValueError, "3-D"),
    "no rows": (GOOD[:0], ValueError, "0 sample"),
    "no columns": (GOOD[:, :0], ValueError, r"0 feature\(s\)"),
    "NaN": (with_value(np.nan), ValueError, "row 7"),
    "infinity": (with_value(np.inf), ValueError, "row 7"),
    "too large for float32": (with_value(1).astype(np.float64) * 1e39, ValueError, "float32"),
    "complex": (GOOD.astype(np.complex64), ValueError, "omplex"),
    "strings": (np.full((5, 8), "x"), ValueError, "numbers"),
    "ragged": ([[1.0, 2.0], [1.0]], ValueError, "rectangular|numbers"),
    "objects that are no numbers": (np.array([[{}, 1.0]], dtype=object), TypeError, "number"),
}

ENCODERS = list(iiq.ENCODERS)


@pytest.mark.parametrize("bad", BAD_VECTORS)
@pytest.mark.parametrize("method", ENCODERS)
def test_fit_refuses(method, bad):
    value, error, text = BAD_VECTORS[bad]
    with pytest.raises(error, match=text):
        iiq.ENCODERS[method]().fit(value)


@pytest.mark.parametrize("bad", BAD_VECTORS)
@pytest.mark.parametrize("method", list(iiq.BASELINES))
def test_a_baseline_refuses(method, bad):
    value, error, text = BAD_VECTORS[bad]
    with pytest.raises(error, match=text):
        iiq.BASELINES[method]().fit(value)


@pytest.mark.parametrize("bad", BAD_VECTORS)
@pytest.mark.parametrize("verb", ["transform", "project"])
@pytest.mark.parametrize("method", ENCODERS)
def test_encoding_refuses(method, verb, bad):
    value, error, text = BAD_VECTORS[bad]
    encoder = iiq.ENCODERS[method]().fit(GOOD)
    with pytest.raises(error, match=text if bad != "ragged" else "rectangular|numbers|features"):
        getattr(encoder, verb)(value)


@pytest.mark.parametrize("method", ENCODERS)
def test_another_width_is_refused_with_both(method):
    encoder = iiq.ENCODERS[method]().fit(GOOD)
    with pytest.raises(ValueError, match=r"X has 5 features, but \w+ is expecting 8 features"):
        encoder.transform(GOOD[:, :5])


@pytest.mark.parametrize("method", ENCODERS)
@pytest.mark.parametrize("verb", ["transform", "project", "inverse_transform"])
def test_an_unfitted_encoder_is_refused(method, verb):
    value = GOOD if verb != "inverse_transform" else np.zeros((2, 1), np.uint8)
    with pytest.raises(ValueError, match="fit"):
        getattr(iiq.ENCODERS[method](), verb)(value)


@pytest.mark.parametrize("method", [name for name in ENCODERS if name in ("iiq", "itq")])
def test_one_row_has_no_directions(method):
    with pytest.raises(ValueError, match=r"1 sample"):
        iiq.ENCODERS[method]().fit(GOOD[:1])


@pytest.mark.parametrize(
    ("parameters", "error", "text"),
    [
        ({"n_bits": 0}, ValueError, "n_bits must be at least 1, got 0"),
        ({"n_bits": -3}, ValueError, "n_bits must be at least 1, got -3"),
        ({"n_bits": 2.5}, TypeError, "n_bits must be a whole number, got 2.5"),
        ({"n_remove": 8}, ValueError, "8"),
        ({"n_remove": -1}, ValueError, "n_remove"),
        ({"n_remove": "most"}, ValueError, "most"),
        ({"n_iter": -1}, ValueError, "n_iter"),
        ({"train_rows": 0}, ValueError, "train_rows"),
        ({"train_rows": [60]}, ValueError, "60"),
        ({"precision": "float16"}, ValueError, "float16"),
        ({"solver": "qr"}, ValueError, "qr"),
        ({"refine": "cosine", "n_bits": 20}, ValueError, "cosine"),
        ({"random_state": "seed"}, TypeError, "random_state"),
        ({"threads": 0}, ValueError, "threads must be at least 1, got 0"),
    ],
)
def test_a_parameter_out_of_range_is_named(parameters, error, text):
    with pytest.raises(error, match=text):
        iiq.IIQ(**parameters).fit(GOOD)


GOOD_KINDS = {
    "float64": GOOD.astype(np.float64),
    "not contiguous": np.repeat(GOOD, 2, axis=1)[:, ::2],
    "column-major": np.asfortranarray(GOOD),
    "read-only": GOOD.copy(),
    "reversed": np.ascontiguousarray(GOOD[::-1])[::-1],
    "a list": GOOD.tolist(),
    "objects that are numbers": GOOD.astype(object),
    "other byte order": GOOD.astype(">f4"),
}
GOOD_KINDS["read-only"].flags.writeable = False


@pytest.mark.parametrize("kind", GOOD_KINDS)
@pytest.mark.parametrize("method", ENCODERS)
def test_every_form_of_the_same_numbers_gives_the_same_codes(method, kind):
    random = {} if method == "sign" else {"random_state": 0}
    wanted = iiq.ENCODERS[method](**random).fit(GOOD).transform(GOOD)
    encoder = iiq.ENCODERS[method](**random).fit(GOOD_KINDS[kind])
    assert np.array_equal(encoder.transform(GOOD_KINDS[kind]), wanted)


def test_integers_are_converted():
    whole = np.round(GOOD * 10).astype(np.int16)
    wanted = iiq.IIQ(random_state=0).fit(whole.astype(np.float32)).transform(whole)
    assert np.array_equal(iiq.IIQ(random_state=0).fit_transform(whole), wanted)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_any_scale_gives_the_codes_of_scale_one(scale):
    # A power of two near the scale, so that no number is rounded anew.
    power = np.float32(2.0 ** round(np.log2(scale)))
    wanted = iiq.IIQ(8, random_state=0, n_remove=1).fit_transform(GOOD)
    assert np.array_equal(
        iiq.IIQ(8, random_state=0, n_remove=1).fit_transform(GOOD * power), wanted
    )


def test_constant_columns_are_no_trouble():
    constant = GOOD.copy()
    constant[:, 2] = 5.0
    codes = iiq.IIQ(random_state=0).fit_transform(constant)
    assert codes.shape == (60, 1)


CODES = iiq.pack(GOOD > 0)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((CODES, 0), ValueError, "n_bits"),
        ((CODES, 9), ValueError, "n_bits=9 needs 2"),
        ((CODES, 7), ValueError, "padding bits"),
        ((CODES.astype(np.int64), 8), TypeError, "uint8"),
        ((CODES[0], 8), ValueError, "2-D"),
        ((CODES[:0], 8), ValueError, "0 rows"),
        ((GOOD, 8), TypeError, "uint8"),
    ],
)
def test_an_index_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        iiq.HammingIndex(*arguments)


@pytest.mark.parametrize("name", iiq.kernels())
@pytest.mark.parametrize(
    ("queries", "k", "error", "text"),
    [
        (CODES[:2], 0, ValueError, "k must be between 1 and 60, got 0"),
        (CODES[:2], 61, ValueError, "k must be between 1 and 60, got 61"),
        (CODES[:2], 2.0, TypeError, "k must be a whole number, got 2.0"),
        (np.zeros((2, 2), np.uint8), 1, ValueError, "2 bytes a code, but n_bits=8 needs 1"),
        (CODES[0], 1, ValueError, "2-D"),
        (GOOD[:2], 1, TypeError, "uint8"),
    ],
)
def test_a_search_refuses(name, queries, k, error, text, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", name)
    with pytest.raises(error, match=text):
        iiq.HammingIndex(CODES, 8).search(queries, k)


@pytest.mark.parametrize("name", iiq.kernels())
@pytest.mark.parametrize(
    ("queries", "text"),
    [
        (GOOD[:2, :5], "8"),
        (with_value(np.nan), "NaN"),
        (GOOD[0], "2-D"),
    ],
)
def test_an_asymmetric_search_refuses(name, queries, text, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", name)
    with pytest.raises(ValueError, match=text):
        iiq.HammingIndex(CODES, 8).search_asymmetric(queries, 3)


@pytest.mark.parametrize("name", iiq.kernels())
def test_a_query_of_zeros_is_equally_far_from_every_code(name, monkeypatch):
    monkeypatch.setenv("IIQ_KERNELS", name)
    query = np.zeros((1, 8), np.float32)
    scores, ids = iiq.HammingIndex(CODES, 8).search_asymmetric(query, 3)
    assert (scores == 0).all()
    assert ids.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("bits", "error", "text"),
    [
        (np.array([[0, 2]]), ValueError, "0|1"),
        (np.array([0, 1]), ValueError, "2-D"),
        (np.array([[0.5, 1.0]]), (TypeError, ValueError), "bool|0"),
        (np.zeros((2, 0), bool), ValueError, "0|1"),
    ],
)
def test_pack_refuses(bits, error, text):
    with pytest.raises(error, match=text):
        iiq.pack(bits)


@pytest.mark.parametrize(
    ("arguments", "parameters", "error", "text"),
    [
        ((["a", "b"], GOOD), {}, ValueError, "2 words but 60 vectors"),
        (({},), {}, ValueError, "empty"),
        ((GOOD,), {}, TypeError, "WordVectors"),
        (("no/such/file.txt",), {}, FileNotFoundError, "no/such/file"),
        (None, {"ratio": 32, "n_bits": 8}, ValueError, "ratio=32 and n_bits=8"),
        (None, {"ratio": 0}, ValueError, "ratio"),
        (None, {"ratio": 257}, ValueError, "at most 256"),
        (None, {"ratio": float("nan")}, ValueError, "ratio"),
        (None, {"n_bits": 0}, ValueError, "n_bits must be at least 1, got 0"),
        (None, {"method": "pca"}, ValueError, "iiq, itq, lsh, sign"),
        (None, {"bits": 8}, TypeError, "no parameter bits"),
        (None, {"method": "sign", "n_bits": 5}, ValueError, "8 bits"),
        (None, {"keep_vectors": "float8"}, ValueError, "float16.*float8"),
        (None, {"preset": "huge"}, ValueError, "tiny, small, balanced, faithful, got 'huge'"),
        (None, {"preset": "tiny", "n_bits": 9}, ValueError, "preset='tiny' and n_bits=9"),
    ],
)
def test_compress_refuses(arguments, parameters, error, text):
    words = [f"w{i}" for i in range(len(GOOD))]
    if arguments is None:
        source = iiq.WordVectors(words, GOOD)
    else:
        source = arguments if len(arguments) == 2 else arguments[0]
    with pytest.raises(error, match=text):
        iiq.compress(source, **parameters)


@pytest.fixture(scope="module")
def vocabulary():
    return iiq.compress(([f"w{i}" for i in range(60)], GOOD), random_state=0)


def test_a_missing_word_has_gensims_sentence(vocabulary):
    for ask in (vocabulary.most_similar, vocabulary.__getitem__, vocabulary.similar_by_word):
        with pytest.raises(KeyError, match="Key 'nope' not present"):
            ask("nope")
    with pytest.raises(KeyError, match="Key 'nope' not present"):
        vocabulary.similarity("w1", "nope")


def test_topn_is_clamped_as_in_gensim(vocabulary):
    assert len(vocabulary.most_similar("w1", topn=1000)) == 59
    assert vocabulary.most_similar("w1", topn=0) == []


ASKED = {
    "most_similar": lambda kv, **o: kv.most_similar("w0", **o),
    "most_similar of a vector": lambda kv, **o: kv.most_similar(np.ones(8), **o),
    "most_similar, all": lambda kv, **o: kv.most_similar("w0", topn=None, **o),
    "most_similar_batch": lambda kv, **o: kv.most_similar_batch(["w0"], **o),
}


@pytest.mark.parametrize("verb", ASKED)
@pytest.mark.parametrize("name", ["threads", "restrict_vocab", "oversample"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(-1, ValueError), (1.5, TypeError), ("2", TypeError), (True, TypeError)],
)
def test_options_of_a_search_are_looked_at(verb, name, value, error):
    kv = iiq.compress(([f"w{i}" for i in range(60)], GOOD), random_state=0, n_iter=1)
    with pytest.raises(error, match=f"{name} must be"):
        ASKED[verb](kv, **{name: value})


@pytest.mark.parametrize("value", [-1, 1.5, "2"])
def test_restrict_vocab_is_looked_at_everywhere(value, tmp_path):
    kv = iiq.compress(([f"w{i}" for i in range(60)], GOOD), random_state=0, n_iter=1)
    (tmp_path / "pairs").write_text("w1\tw2\t3\nw3\tw4\t1\nw5\tw6\t2\n")
    (tmp_path / "questions").write_text(": x\nw1 w2 w3 w4\n")
    for ask in (
        lambda: kv.similar_by_word("w1", restrict_vocab=value),
        lambda: kv.similar_by_key("w1", restrict_vocab=value),
        lambda: kv.similar_by_vector(np.ones(8), restrict_vocab=value),
        lambda: kv.most_similar_cosmul("w1", restrict_vocab=value),
        lambda: kv.evaluate_word_pairs(tmp_path / "pairs", restrict_vocab=value),
        lambda: kv.evaluate_word_analogies(tmp_path / "questions", restrict_vocab=value),
    ):
        with pytest.raises((TypeError, ValueError), match="restrict_vocab must be"):
            ask()


def test_restrict_vocab_zero_is_none_as_in_gensim():
    kv = iiq.compress(([f"w{i}" for i in range(60)], GOOD), random_state=0, n_iter=1)
    assert kv.most_similar("w0", restrict_vocab=0) == kv.most_similar("w0")
    assert kv.most_similar("w0", restrict_vocab=99) == kv.most_similar("w0")


def test_a_code_of_the_most_bits_that_an_index_takes():
    from iiq.codes.index import MAX_BITS

    bits = np.zeros((1, 8 * -(-MAX_BITS // 8)), np.uint8)
    bits[0, :MAX_BITS] = 1
    codes = np.packbits(bits, axis=1, bitorder="little")
    index = iiq.HammingIndex(np.concatenate([codes, 0 * codes]), MAX_BITS)
    distances, ids = index.search(codes, 2)
    assert (distances.tolist(), ids.tolist()) == ([[0, MAX_BITS]], [[0, 1]])
    with pytest.raises(ValueError, match=f"n_bits must be between 1 and {MAX_BITS}"):
        iiq.HammingIndex(codes, MAX_BITS + 1)
