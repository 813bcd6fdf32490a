"""The same questions to a real gensim KeyedVectors that holds the decoded vectors.

Real words (the bundled sample), real codes, with and without removed directions. Scores agree to
1e-4; words agree except among equal scores, where gensim's float32 noise decides and we take the
lower row. Of a vector argument gensim gets what ours makes of it: without the removed directions.
"""

import itertools
import math

import numpy as np
import pytest

import iiq
from iiq.vocabulary.gensim_indexer import GensimIndexer

models = pytest.importorskip("gensim.models")
# gensim calls parts of itself that it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TOLERANCE = 1e-4


def cleaned(ours, value):
    """Return arguments with every vector as the encoder leaves it."""
    if isinstance(value, np.ndarray):
        removed = ours.encoder.removed_
        return value - (value @ removed) @ removed.T
    if isinstance(value, dict):
        return {name: cleaned(ours, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(cleaned(ours, part) for part in value)
    return value


def agree(found, expected):
    """Lists of (word, score): the same scores, the same words above the last tie."""
    assert type(found) is type(expected)
    assert len(found) == len(expected)
    for (word, score), (_, other) in zip(found, expected, strict=True):
        assert type(word) is str
        assert type(score) is float
        assert math.isclose(score, other, abs_tol=TOLERANCE)
    last = found[-1][1] + TOLERANCE if found else 0

    def above(pairs):
        return {word for word, score in pairs if score > last}

    assert above(found) == above(expected)
    for one, two in itertools.pairwise(found):
        assert one[1] >= two[1]


VECTOR = np.linspace(-1, 1, 100)
SUMS = [
    {"positive": "king"},
    {"positive": ["king"]},
    {"positive": ["woman", "king"], "negative": ["man"]},
    {"positive": ["paris", "germany"], "negative": ["france"]},
    {"positive": [("king", 2.0), ("car", 0.5)], "negative": [("road", -1.5), "man"]},
    {"positive": ["king", VECTOR]},
    {"positive": VECTOR},
    {"positive": [VECTOR, -2 * VECTOR**2], "negative": ["king"]},
    {"positive": np.stack([VECTOR, VECTOR**3])},
    {"negative": ["king", "queen"]},
    {"positive": 17, "negative": [4]},
    {"positive": ["king", "king", "queen"]},
]
CUTS = [
    {},
    {"topn": 1},
    {"topn": 3, "restrict_vocab": 1000},
    {"topn": 25, "clip_start": 500, "clip_end": 1500},
    {"topn": 20, "restrict_vocab": 12},
]


@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("keys", SUMS, ids=",".join)
def test_most_similar(ours, theirs, keys, cut):
    agree(ours.most_similar(**keys, **cut), theirs.most_similar(**cleaned(ours, keys), **cut))


@pytest.mark.parametrize("keys", SUMS, ids=",".join)
def test_all_similarities(ours, theirs, keys):
    for cut in ({}, {"restrict_vocab": 9}, {"clip_start": 3, "clip_end": 11}):
        found = ours.most_similar(**keys, topn=None, **cut)
        np.testing.assert_allclose(
            found, theirs.most_similar(**cleaned(ours, keys), topn=None, **cut), atol=TOLERANCE
        )


@pytest.mark.parametrize(
    ("positive", "negative"),
    [("king", []), (["woman", "king"], ["man"]), (["king", VECTOR], ["man"]), (["king"], "man")],
    ids=["one", "three", "vector", "two"],
)
def test_cosmul(ours, theirs, positive, negative):
    found = ours.most_similar_cosmul(positive, negative, 10)
    positive_cleaned = cleaned(ours, positive)
    expected = theirs.most_similar_cosmul(positive_cleaned, negative, 10)
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], rel=TOLERANCE)
    every = ours.most_similar_cosmul(positive, negative, None)
    other = theirs.most_similar_cosmul(positive_cleaned, negative, None)
    np.testing.assert_allclose(every, other, rtol=TOLERANCE, atol=1e-6)


CALLS = [
    ("similar_by_word", ("king",)),
    ("similar_by_word", ("king", 4, 500)),
    ("similar_by_key", ("king", 4)),
    ("similar_by_vector", (VECTOR, 5)),
]


@pytest.mark.parametrize(("verb", "arguments"), CALLS, ids=str)
def test_similar_by(ours, theirs, verb, arguments):
    agree(getattr(ours, verb)(*arguments), getattr(theirs, verb)(*cleaned(ours, arguments)))


NUMBERS = [
    ("similarity", ("king", "queen")),
    ("similarity", ("king", "king")),
    ("similarity", ("king", 7)),
    ("distance", ("king", "queen")),
    ("n_similarity", (["king", "queen"], ["car", "road", "zzz"])),
    ("n_similarity", (["zzz"], ["car"])),
    ("relative_cosine_similarity", ("king", "queen")),
    ("relative_cosine_similarity", ("king", "queen", 3)),
    ("distances", ("king",)),
    ("distances", ("king", ["queen", "car"])),
    ("distances", (VECTOR,)),
    ("distances", (VECTOR, ("queen", "car"))),
    ("get_mean_vector", (["king", "car", "zzz"],)),
    ("get_mean_vector", (["king", VECTOR], [1, -2])),
    ("get_mean_vector", (["king", "car"], [0.5, 3], False, True)),
    ("get_vector", ("king", True)),
    ("__getitem__", ("king",)),
    ("__getitem__", (["king", "car"],)),
]


@pytest.mark.parametrize(("verb", "arguments"), NUMBERS, ids=str)
def test_numbers(ours, theirs, verb, arguments):
    found = getattr(ours, verb)(*arguments)
    expected = getattr(theirs, verb)(*cleaned(ours, arguments))
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    if np.ndim(found) == 0 or found.dtype == expected.dtype == np.float32:
        assert type(found) is type(expected)


def test_orders(ours, theirs):
    words = ["king", "queen", "prince", "car", "crown", "zzz"]
    known = [word for word in words if word in ours]
    found, expected = ours.rank_by_centrality(words), theirs.rank_by_centrality(words)
    assert [w for _, w in found] == [w for _, w in expected]
    assert [s for s, _ in found] == pytest.approx([s for s, _ in expected], abs=TOLERANCE)
    assert ours.doesnt_match(words) == theirs.doesnt_match(words) == found[-1][1]
    assert ours.most_similar_to_given("king", known) == theirs.most_similar_to_given("king", known)
    for one, two in (("king", "queen"), ("king", "car"), ("king", "king")):
        tied = int((ours.distances(one) == ours.distance(one, two)).sum())
        assert abs(ours.rank(one, two) - theirs.rank(one, two)) <= tied
        closer, other = set(ours.closer_than(one, two)), set(theirs.closer_than(one, two))
        assert closer <= other | {one}
        assert len(other - closer) <= tied


def test_words_and_attributes(ours, theirs):
    assert list(ours.index_to_key) == theirs.index_to_key
    assert dict(ours.key_to_index) == theirs.key_to_index
    np.testing.assert_array_equal(ours.vectors, theirs.vectors)
    assert ours.vector_size == theirs.vector_size
    for key in ("king", "zzz", 0, 3999, 4000):
        assert (key in ours) == (key in theirs)
        assert ours.get_index(key, -1) == theirs.get_index(key, -1)
    assert ours.get_vecattr("king", "count") == theirs.get_vecattr("king", "count")
    some = ["king", "zzz", "car"]
    assert ours.vectors_for_all(some).index_to_key == theirs.vectors_for_all(some).index_to_key


ERRORS = [
    ("most_similar", ("zzz",)),
    ("most_similar", ()),
    ("most_similar_cosmul", ("zzz",)),
    ("most_similar_cosmul", ()),
    ("most_similar_cosmul", ([], ["king"])),
    ("similarity", ("king", "zzz")),
    ("distances", ("zzz",)),
    ("distances", ("king", ["zzz"])),
    ("rank", ("zzz", "king")),
    ("__getitem__", ("zzz",)),
    ("get_vector", ("zzz",)),
    ("get_vecattr", ("zzz", "count")),
    ("get_vecattr", ("king", "colour")),
    ("get_mean_vector", ([],)),
    ("get_mean_vector", (["king", "zzz"], None, True, False, False)),
    ("doesnt_match", (["zzz"],)),
    ("n_similarity", ([], ["king"])),
    ("relative_cosine_similarity", ("king", "zzz")),
]


@pytest.mark.parametrize(("verb", "arguments"), ERRORS, ids=str)
def test_errors_and_their_texts(ours, theirs, verb, arguments):
    with pytest.raises(Exception) as expected:  # noqa: PT011 - gensim's own, whatever it is
        getattr(theirs, verb)(*arguments)
    with pytest.raises(expected.type) as found:
        getattr(ours, verb)(*arguments)
    assert str(found.value).startswith(str(expected.value))


def test_word_movers_distance(ours, theirs):
    one, two = ["king", "queen", "king", "zzz"], ["man", "woman", "car"]
    assert ours.wmdistance(["zzz"], two) == math.inf
    assert ours.wmdistance(["king"], ["king"]) == 0
    assert ours.wmdistance(two, one) == pytest.approx(ours.wmdistance(one, two))
    # by hand: king counts 2/3, queen 1/3; the best of all plans on a grid of the three targets
    for norm in (True, False):
        vectors = {w: ours.get_vector(w, norm=norm).astype(float) for w in ("king", "queen", *two)}
        cost = np.array(
            [[np.linalg.norm(vectors[a] - vectors[b]) for b in two] for a in ("king", "queen")]
        )
        # queen's third goes to the word where the change costs least
        best = min(
            cost[1, j] / 3 + sum(cost[0, i] for i in range(3) if i != j) / 3 for j in range(3)
        )
        assert ours.wmdistance(one, two, norm) == pytest.approx(best)
    pytest.importorskip("ot")
    for norm in (True, False):
        assert ours.wmdistance(one, two, norm) == pytest.approx(
            theirs.wmdistance(one, two, norm), abs=TOLERANCE
        )


def test_an_indexer_for_float_vectors(ours, sample):
    words, vectors = sample
    kv = models.KeyedVectors(vectors.shape[1])
    kv.add_vectors(words, vectors)
    indexer = GensimIndexer(ours)
    recall = [
        {w for w, _ in kv.most_similar(word, topn=10, indexer=indexer)}
        & {w for w, _ in kv.most_similar(word, topn=10)}
        for word in words[100:200]
    ]
    assert np.mean([len(found) for found in recall]) > 2  # of 10; by chance 0.025
    indexed = ours.most_similar("king", topn=4, indexer=StubIndexer())
    assert indexed == [("answered", 4.0)]


class StubIndexer:
    def most_similar(self, vector, num_neighbors):
        assert math.isclose(np.linalg.norm(vector), 1, abs_tol=1e-6)
        return [("answered", float(num_neighbors))]


def test_to_gensim_and_back(ours, theirs):
    assert theirs.get_vecattr("king", "count") == ours.get_vecattr("king", "count")
    small = models.KeyedVectors(8)
    small.add_vectors(["a", "b", "c"], np.random.default_rng(0).standard_normal((3, 8)))
    back = iiq.compress(small, n_bits=8, method="sign")
    assert back.index_to_key == ["a", "b", "c"]
    np.testing.assert_array_equal(back.signs[1], np.where(small["b"] >= 0, 1, -1))
    assert back["b"].shape == (8,)


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_files_for_gensim(ours, theirs, tmp_path, binary):
    ours.save_word2vec_format(tmp_path / "x", binary=binary)
    read = models.KeyedVectors.load_word2vec_format(tmp_path / "x", binary=binary)
    assert read.index_to_key == theirs.index_to_key
    np.testing.assert_array_equal(read.vectors, theirs.vectors)
