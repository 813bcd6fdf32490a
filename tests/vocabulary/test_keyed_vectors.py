"""BinaryKeyedVectors against the definition: decode the codes, compute in NumPy, ties by row."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import iiq
from iiq.vocabulary.decoded import DecodedVectors
from iiq.vocabulary.gensim_indexer import GensimIndexer
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

N, N_BITS = 120, 21
WORDS = [f"w{i}" for i in range(N)]


@pytest.fixture(scope="module")
def signs():
    signs = np.sign(np.random.default_rng(0).standard_normal((N, N_BITS))).astype(np.float32)
    signs[7] = signs[3]  # two words of one code
    return signs


@pytest.fixture
def kv(signs):
    codes = iiq.pack(signs > 0)
    return BinaryKeyedVectors(WORDS, iiq.HammingIndex(codes, N_BITS), counts=np.arange(N)[::-1])


def ranked(scores, left_out, topn):
    order = np.argsort(-np.round(scores, 9), kind="stable")
    return [(WORDS[i], float(scores[i])) for i in order if i not in left_out][:topn]


def same(found, expected):
    assert [word for word, _ in found] == [word for word, _ in expected]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=1e-6)


def cosines(signs, query):
    return signs.astype(np.float64) @ query / np.sqrt((query**2).sum() * N_BITS)


def test_a_word_s_vector_is_its_code_as_signs(kv, signs):
    assert kv.vector_size == kv.n_bits == N_BITS
    assert kv["w3"].dtype == np.float32
    np.testing.assert_array_equal(kv["w3"], signs[3])
    np.testing.assert_array_equal(kv[["w3", "w5"]], signs[[3, 5]])
    np.testing.assert_array_equal(kv[5], signs[5])
    np.testing.assert_allclose(np.linalg.norm(kv.get_vector("w3", norm=True)), 1, atol=1e-6)
    np.testing.assert_array_equal(iiq.unpack(kv.get_code("w3")[None], N_BITS)[0], signs[3] > 0)
    np.testing.assert_array_equal(kv.codes, iiq.pack(signs > 0))


def test_all_vectors_are_decoded_where_they_are_touched(kv, signs):
    vectors = kv.vectors
    assert isinstance(vectors, DecodedVectors)
    assert vectors.shape == (N, N_BITS)
    half = np.arange(N) % 2 == 0
    keys = [3, -1, np.int64(4), slice(2, 9), slice(None, None, -7), [5, 2], [], half, (4, 2),
            (slice(3), 5), ([1, 2], slice(0, 3)), (slice(4), slice(0, 4)), ([0, 1], [2, 3]),
            np.array([[0, 1], [2, 3]]), None, ..., (..., 2), (3, ...), (None, 3), (slice(2), None),
            (half, 3), signs > 0, ([[0], [1]], [[2, 3]]), (slice(0, 3), [1, 1])]  # fmt: skip
    for key in keys:
        np.testing.assert_array_equal(vectors[key], signs[key])
    for key in (N, -N - 1, (3, N_BITS), [0, N], "w3", 1.5, (0, 0, 0)):
        with pytest.raises(IndexError):
            vectors[key]
    np.testing.assert_array_equal(list(vectors), signs)
    np.testing.assert_array_equal(np.asarray(vectors), signs)
    np.testing.assert_array_equal(vectors @ signs[0], signs @ signs[0])
    np.testing.assert_array_equal(np.dot(vectors, signs[0]), signs @ signs[0])
    np.testing.assert_array_equal(vectors.mean(axis=0), signs.mean(axis=0))
    np.testing.assert_array_equal(vectors.T, signs.T)
    assert (vectors.nbytes, vectors.size) == (signs.nbytes, signs.size)
    assert not hasattr(vectors, "_missing")
    np.testing.assert_allclose(np.linalg.norm(kv.get_normed_vectors(), axis=1), 1, atol=1e-6)


def test_words_and_rows(kv):
    assert len(kv) == N
    assert kv.index_to_key == WORDS
    assert kv.key_to_index["w9"] == 9
    assert "w9" in kv
    assert 9 in kv
    assert N not in kv
    assert None not in kv
    assert kv.get_index("zz", -1) == -1
    assert kv.get_index(9) == 9
    with pytest.raises(KeyError, match="Key 'zz' not present"):
        kv.get_index("zz")


@pytest.mark.parametrize("word", ["w0", "w3", "w7", "w119"])
@pytest.mark.parametrize("topn", [1, 10, 119, 500])
def test_most_similar_to_a_word(kv, signs, word, topn):
    row = WORDS.index(word)
    expected = ranked(cosines(signs, signs[row]), {row}, topn)
    for scoring in (None, "decoded", "hamming"):
        same(kv.most_similar(word, topn=topn, scoring=scoring), expected)
    same(kv.similar_by_word(word, topn), expected)
    same(kv.similar_by_key(row, topn), expected)
    same(kv.most_similar_batch([word], topn)[0], expected)


@given(
    st.lists(st.integers(0, N - 1), min_size=1, max_size=4),
    st.lists(st.integers(0, N - 1), max_size=3),
    st.integers(1, 12),
)
def test_most_similar_to_a_sum(positive, negative, topn):
    signs = np.sign(np.random.default_rng(0).standard_normal((N, N_BITS))).astype(np.float32)
    kv = BinaryKeyedVectors(WORDS, iiq.HammingIndex(iiq.pack(signs > 0), N_BITS))
    query = signs[positive].sum(axis=0, dtype=float) - signs[negative].sum(axis=0, dtype=float)
    if not query.any():
        return
    found = kv.most_similar([WORDS[i] for i in positive], [WORDS[i] for i in negative], topn=topn)
    same(found, ranked(cosines(signs, query), {*positive, *negative}, topn))


def test_a_sum_that_is_nothing_is_as_near_to_all(kv):
    assert kv.most_similar(["w1"], ["w1"], topn=3) == [("w0", 0.0), ("w2", 0.0), ("w3", 0.0)]
    zero = np.zeros(N_BITS)
    assert kv.similar_by_vector(zero, topn=2) == [("w0", 0.0), ("w1", 0.0)]
    both = kv.most_similar_batch(np.stack([zero, kv["w3"]]), 1)
    assert both == [[("w0", 0.0)], [("w3", 1.0)]]


def test_weights_vectors_and_clips(kv, signs):
    query = 2 * signs[1].astype(float) - 0.5 * signs[2]
    same(kv.most_similar([("w1", 2.0), ("w2", -0.5)]), ranked(cosines(signs, query), {1, 2}, 10))
    vector = np.linspace(-1, 2, N_BITS)
    same(kv.similar_by_vector(vector), ranked(cosines(signs, vector), set(), 10))
    scores = cosines(signs, signs[5])
    outside = {5, *range(10), *range(40, N)}
    same(kv.most_similar("w5", clip_start=10, clip_end=40), ranked(scores, outside, 10))
    same(kv.most_similar("w5", restrict_vocab=8), ranked(scores, {5, *range(8, N)}, 10))
    np.testing.assert_allclose(kv.most_similar("w5", topn=None), scores, atol=1e-6)
    np.testing.assert_allclose(
        kv.most_similar("w5", topn=None, clip_start=3, clip_end=9), scores[3:9], atol=1e-6
    )
    assert kv.most_similar("w5", topn=0) == []


def test_cosmul(kv, signs):
    def half(row):
        return (1 + cosines(signs, signs[row])) / 2

    scores = half(1) * half(2) / (half(4) + 1e-6)
    same(kv.most_similar_cosmul(["w1", "w2"], ["w4"]), ranked(scores, {1, 2, 4}, 10))
    same(kv.most_similar_cosmul(["w1", "w2"], "w4", 3, 9), ranked(scores[:9], {1, 2, 4}, 3))
    np.testing.assert_allclose(kv.most_similar_cosmul("w1", topn=None), half(1) / (1 + 1e-6))


def test_equal_scores_keep_the_order_of_rows(kv):
    near = kv.most_similar("w5", topn=N)
    rows = [kv.get_index(word) for word, _ in near]
    assert rows == sorted(rows, key=lambda row: (-kv.similarity(5, row), row))
    assert kv.similarity("w3", "w7") == 1
    assert kv.most_similar("w3", topn=1) == [("w7", 1.0)]
    assert kv.most_similar("w7", topn=1) == [("w3", 1.0)]


def test_batches(kv, signs):
    words = ["w3", "w7", "w50", "w3"]
    expected = [kv.most_similar(word, topn=6) for word in words]
    assert kv.most_similar_batch(words, 6) == expected
    rows, scores = kv.most_similar_batch(words, 6, output="arrays")
    assert rows.dtype == np.int64
    assert scores.dtype == np.float32
    assert [[WORDS[i] for i in row] for row in rows] == [[w for w, _ in e] for e in expected]
    vectors = np.random.default_rng(1).standard_normal((5, N_BITS))
    for found, vector in zip(kv.most_similar_batch(vectors, 4), vectors, strict=True):
        same(found, ranked(cosines(signs, vector), set(), 4))
    coarse = kv.most_similar_batch(vectors, 4, scoring="hamming")
    for found, vector in zip(coarse, vectors, strict=True):
        same(found, ranked(cosines(signs, np.where(vector >= 0, 1.0, -1.0)), set(), 4))
    assert kv.most_similar_batch([], 3) == []
    for words in (["w5", "w100"], ["w100", "w101"]):  # inside and outside the first nine rows
        found = kv.most_similar_batch(words, 20, restrict_vocab=9)
        assert found == [kv.most_similar(word, topn=20, restrict_vocab=9) for word in words]
    rows, scores = kv.most_similar_batch(["w100", "w5"], 3, restrict_vocab=9, output="arrays")
    for row, score, word in zip(rows, scores, ("w100", "w5"), strict=True):
        expected = kv.most_similar(word, topn=3, restrict_vocab=9)
        same([(WORDS[i], s) for i, s in zip(row, score, strict=True)], expected)
    one = kv.most_similar_batch(words, 5, threads=1)
    assert one == kv.most_similar_batch(words, 5, threads=3)


def test_words_within_a_distance(kv, signs):
    distances = ((signs != signs[3]).sum(axis=1)).astype(int)
    found = kv.neighbors_within("w3", 6)
    rows = sorted((d, i) for i, d in enumerate(distances) if d <= 6 and i != 3)
    assert found == [(WORDS[i], d) for d, i in rows]
    assert kv.neighbors_within("w3", 0) == [("w7", 0)]


def test_ranks_and_distances(kv, signs):
    scores = cosines(signs, signs[1])
    np.testing.assert_allclose(kv.distances("w1"), 1 - scores, atol=1e-6)
    assert kv.distances("w1")[1] == 0
    np.testing.assert_allclose(kv.distances(signs[1], ["w4", "w2"]), 1 - scores[[4, 2]], atol=1e-6)
    assert kv.distance("w1", "w2") == np.float32(1) - kv.similarity("w1", "w2")
    closer = [WORDS[i] for i in np.flatnonzero(scores > scores[2] + 1e-9) if i != 1]
    assert kv.closer_than("w1", "w2") == closer
    assert kv.rank("w1", "w2") == len(closer) + 1
    assert kv.rank("w1", "w1") == 1
    assert kv.most_similar_to_given("w1", ["w9", "w4"]) in ("w9", "w4")


def test_centrality(kv):
    two = kv.rank_by_centrality(["w40", "w9"])  # as near to their mean as one another
    assert two[0][0] == two[1][0]
    assert [word for _, word in two] == ["w9", "w40"]
    assert kv.doesnt_match(["w40", "w9"]) == "w40"


def test_growth(kv, signs):
    new = np.stack([-signs[0], signs[1]])
    kv.add_vectors(["new0", "new1", "w5"], np.stack([*new, -signs[5]]), {"count": [7, 8, 9]})
    assert len(kv) == N + 2
    np.testing.assert_array_equal(kv["new0"], -signs[0])
    np.testing.assert_array_equal(kv["w5"], signs[5])
    assert kv.most_similar("new1", topn=1) == [("w1", 1.0)]
    assert kv.get_vecattr("new1", "count") == 8
    assert kv.get_vecattr("w5", "count") == N - 6
    kv.add_vectors(["w5"], -signs[5:6], replace=True)
    np.testing.assert_array_equal(kv["w5"], -signs[5])
    kv["w6"] = -signs[6]
    np.testing.assert_array_equal(kv["w6"], -signs[6])
    assert kv.add_vector("last", np.zeros(N_BITS)) == N + 2
    assert (kv["last"] == 1).all()  # sgn(0) = +1
    assert kv.index_to_key[-3:] == ["new0", "new1", "last"]
    assert kv.get_vecattr("last", "count") == 0


def test_attributes(kv):
    kv.set_vecattr("w1", "weight", 1.5)
    assert kv.get_vecattr("w1", "weight") == 1.5
    assert kv.get_vecattr("w2", "weight") == 0
    kv.set_vecattr("w1", "count", 1000)
    kv.sort_by_descending_frequency()
    assert kv.index_to_key[:3] == ["w1", "w0", "w2"]
    assert kv.get_vecattr("w1", "weight") == 1.5
    assert kv.get_vecattr("w119", "count") == 0
    with pytest.raises(TypeError, match="conflicts with its existing type int64"):
        kv.set_vecattr("w1", "count", "many")
    with pytest.raises(KeyError, match="colour"):
        kv.get_vecattr("w1", "colour")


def test_subsets(kv, signs):
    part = kv.vectors_for_all(["w9", "zz", "w3", "w9"], copy_vecattrs=True)
    assert part.index_to_key == ["w9", "w3"]
    np.testing.assert_array_equal(part.vectors[:], signs[[9, 3]])
    assert part.get_vecattr("w3", "count") == kv.get_vecattr("w3", "count")
    with pytest.raises(ValueError, match="none of the keys"):
        kv.vectors_for_all(["zz"])


BAD = [
    (lambda kv: kv.most_similar("zz"), KeyError, "Key 'zz' not present in vocabulary"),
    (lambda kv: kv["zz"], KeyError, "Key 'zz' not present"),
    (lambda kv: kv[["w1", "zz"]], KeyError, "Key 'zz' not present"),
    (lambda kv: kv.most_similar(), ValueError, "cannot compute mean with no input"),
    (lambda kv: kv.most_similar(np.ones(5)), ValueError, r"21 numbers.*got shape"),
    (lambda kv: kv.most_similar(np.full(21, np.nan)), ValueError, "NaN"),
    (lambda kv: kv.most_similar("w1", topn=2.5), TypeError, "topn"),
    (lambda kv: kv.most_similar("w1", scoring="float"), ValueError, "'float'"),
    (lambda kv: kv.most_similar("w1", scoring="rescore"), ValueError, "keep_vectors"),
    (lambda kv: kv.most_similar([None]), TypeError, "None"),
    (lambda kv: kv.most_similar_cosmul(), ValueError, "cannot compute similarity with no input"),
    (lambda kv: kv.most_similar_to_given("w1", []), ValueError, "empty"),
    (lambda kv: kv.similarity("w1", "zz"), KeyError, "Key 'zz' not present"),
    (lambda kv: kv.n_similarity([], ["w1"]), ZeroDivisionError, "list is empty"),
    (lambda kv: kv.doesnt_match(["zz"]), ValueError, "cannot select a word from an empty list"),
    (lambda kv: kv.get_mean_vector([]), ValueError, "no input"),
    (lambda kv: kv.get_mean_vector(["w1"], [1, 2]), ValueError, "got 1 and 2"),
    (lambda kv: kv.get_mean_vector(["zz"], ignore_missing=False), KeyError, "'zz' not present in"),
    (lambda kv: kv.most_similar_batch("w1"), TypeError, "'w1'"),
    (lambda kv: kv.most_similar_batch(["w1", "zz"]), KeyError, "'zz'"),
    (lambda kv: kv.most_similar_batch(np.ones((2, 5))), ValueError, "21 columns.*got 5"),
    (lambda kv: kv.most_similar_batch(["w1"], 0), ValueError, "topn"),
    (lambda kv: kv.most_similar_batch(["w1"], space="float"), ValueError, "'float'"),
    (
        lambda kv: kv.most_similar_batch(np.ones((1, 9)), space="source"),
        ValueError,
        "21 columns.*got 9",
    ),
    (lambda kv: kv.neighbors_within("w1", -1), ValueError, "max_hamming"),
    (lambda kv: kv.add_vectors(["a", "b"], np.ones((1, 21))), ValueError, "2 keys but 1 rows"),
    (lambda kv: kv.add_vectors(["a", "a"], np.ones((2, 21))), ValueError, "twice"),
    (lambda kv: kv.add_vectors(["a"], np.ones((1, 5))), ValueError, "21 numbers.*got 5"),
    (lambda kv: kv.add_vectors(["a"], np.full((1, 21), np.inf)), ValueError, "infinity"),
    (lambda kv: kv.add_vectors([3], np.ones((1, 21))), TypeError, "must be str"),
    (lambda kv: kv.encode(np.ones(9)), ValueError, "no encoder"),
    (GensimIndexer, ValueError, "encoder"),
    (lambda kv: kv.verify(), ValueError, "not loaded"),
    (lambda kv: kv.relative_cosine_similarity("w1", "w2", 0), ValueError, "topn"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input(kv, number):
    ask, error, text = BAD[number]
    before = len(kv)
    with pytest.raises(error, match=text):
        ask(kv)
    assert len(kv) == before
    assert kv.most_similar("w3", topn=1) == [("w7", 1.0)]


def test_parts_that_do_not_fit(signs):
    index = iiq.HammingIndex(iiq.pack(signs > 0), N_BITS)
    with pytest.raises(ValueError, match="119 words but 120 codes"):
        BinaryKeyedVectors(WORDS[1:], index)
    with pytest.raises(ValueError, match="attribute 'count'"):
        BinaryKeyedVectors(WORDS, index, counts=[1, 2])
    with pytest.raises(ValueError, match="stands twice"):
        BinaryKeyedVectors([*WORDS[1:], "w5"], index)
    kept = KeptVectors.from_vectors(np.ones((2, 3)), "int8")
    with pytest.raises(ValueError, match="2 kept vectors"):
        BinaryKeyedVectors(WORDS, index, kept_vectors=kept)
    with pytest.raises(ValueError, match="'float64'"):
        KeptVectors.from_vectors(np.ones((2, 3)), "float64")
    with pytest.raises(ValueError, match="vectors of 5 numbers need 3 int4 values a row, got 2"):
        KeptVectors(np.zeros((4, 2), np.uint8), np.ones(4, np.float32), 5)
    with pytest.raises(ValueError, match="65504"):
        KeptVectors.from_vectors(np.full((2, 3), 1e5), "float16")


def test_copies(kv):
    for other in (copy.deepcopy(kv), pickle.loads(pickle.dumps(kv))):
        assert other.index_to_key == WORDS
        assert other.most_similar("w5") == kv.most_similar("w5")
