"""The same questions to a real gensim KeyedVectors that holds the decoded vectors.

Real words (the bundled sample), real codes, with and without removed directions. Scores agree to
1e-4; words agree except among equal scores, where gensim's float32 noise decides and we take the
lower row. Of a vector argument gensim gets what ours makes of it: without the removed directions.
"""

import itertools
import math
from importlib import resources

import numpy as np
import pytest

import iiq
from iiq.vocabulary.gensim_indexer import GensimIndexer
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

models = pytest.importorskip("gensim.models")
# gensim calls parts of itself that it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
N = 4000
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def sample():
    folder = resources.files("iiq") / "data"
    words = (folder / "glove6b_20k_100d.words.txt").read_text(encoding="utf-8").split("\n")[:N]
    vectors = np.load(str(folder / "glove6b_20k_100d.vectors.f16.npy"))[:N].astype(np.float32)
    return words, vectors


ENCODERS = {
    "lsh": lambda: iiq.LSH(96, random_state=0),
    "iiq": lambda: iiq.IIQ(96, random_state=0),
    "long": lambda: iiq.IIQ(200, n_iter=5, random_state=0),
}


@pytest.fixture(scope="module", params=ENCODERS)
def ours(request, sample):
    words, vectors = sample
    encoder = ENCODERS[request.param]().fit(vectors)
    index = iiq.HammingIndex(encoder.transform(vectors), encoder.n_bits_)
    return BinaryKeyedVectors(words, index, encoder, counts=np.arange(N, 0, -1))


@pytest.fixture(scope="module")
def theirs(ours):
    return ours.to_gensim()


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


@pytest.fixture(scope="module")
def pairs(sample, tmp_path_factory):
    """Return a file of pairs with the float cosine and noise as judgement."""
    words, vectors = sample
    generator = np.random.default_rng(5)
    lines = ["# word1\tword2\tscore", "not a pair", "zzz\tking\t3.5", "king\tqueen\tmany"]
    for a, b in generator.integers(N, size=(4000, 2)):
        cosine = vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
        word = words[a] if a % 2 else words[a].upper()
        lines.append(f"{word}\t{words[b]}\t{cosine + generator.normal() / 20:.4f}")
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "options",
    [{}, {"dummy4unknown": True}, {"restrict_vocab": 2000}, {"case_insensitive": False}],
    ids=str,
)
def test_word_pairs(ours, theirs, pairs, options):
    try:
        expected = theirs.evaluate_word_pairs(pairs, **options)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:30]):
            ours.evaluate_word_pairs(pairs, **options)
        return
    found = ours.evaluate_word_pairs(pairs, **options)
    assert found[0].statistic == pytest.approx(expected[0].statistic, abs=TOLERANCE)
    assert found[1].statistic == pytest.approx(expected[1].statistic, abs=0.003)
    assert found[2] == expected[2]


QUESTIONS = """: capitals
Paris France London England
paris france berlin germany
paris france zzz germany
paris france
: family
man woman king queen
man woman father mother
brother sister son daughter
boy girl king queen
: verbs
go going run running
walk walking play playing
big bigger small smaller
long longer short shorter
good better bad worse
car cars road roads
dog dogs bird birds
"""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dummy4unknown": True},
        {"case_insensitive": False},
        {"restrict_vocab": 500},
        {"similarity_function": "most_similar_cosmul"},
    ],
    ids=str,
)
def test_word_analogies(ours, theirs, tmp_path, options, monkeypatch):
    if "similarity_function" in options:  # gensim 4.4 documents it and asks most_similar anyway

        def cosmul(positive, negative, topn, restrict_vocab):
            return theirs.most_similar_cosmul(positive, negative, topn, restrict_vocab)

        monkeypatch.setattr(theirs, "most_similar", cosmul)
    path = tmp_path / "questions.txt"
    path.write_text(QUESTIONS, encoding="utf-8")
    score, sections = ours.evaluate_word_analogies(path, **options)
    other_score, other_sections = theirs.evaluate_word_analogies(path, **options)
    tied = differing = 0
    for section, other in zip(sections, other_sections, strict=True):
        assert section.keys() == other.keys()
        assert section["section"] == other["section"]
        asked = section["correct"] + section["incorrect"]
        assert sorted(asked) == sorted(other["correct"] + other["incorrect"])
        if section["section"] != "Total accuracy":
            differing += len(set(section["correct"]) ^ set(other["correct"]))
            tied += sum(has_tied_top(ours, question) for question in asked)
    assert differing <= tied
    assert abs(score - other_score) <= tied / max(1, len(asked)) + 1e-12


def has_tied_top(kv, question):
    a, b, c, _ = (word.lower() for word in question)
    if not all(word in kv for word in (a, b, c)):
        return False
    top = kv.most_similar([b, c], [a], topn=5)
    return len({score for _, score in top}) < len(top)


@pytest.mark.parametrize("seed", range(4))
def test_forms_of_a_word_in_upper_and_lower_case(tmp_path, seed):
    """Of equal forms the first row counts; answers that are no other word are passed over."""
    generator = np.random.default_rng(seed)
    plain = [f"word{i}" for i in range(30)]
    words = [form for word in plain for form in (word, word.title(), word.upper())]
    signs = np.repeat(np.sign(generator.standard_normal((30, 600))), 3, axis=0)
    signs *= np.where(generator.random(signs.shape) < 0.05, -1, 1)  # forms are near one another
    order = generator.permutation(len(words))
    kv = BinaryKeyedVectors(
        [words[i] for i in order], iiq.HammingIndex(iiq.pack(signs[order] > 0), 600)
    )
    other = kv.to_gensim()
    lines = [
        f"{a}\t{b.title()}\t{i}" for i, (a, b) in enumerate(zip(plain, plain[3:], strict=False))
    ]
    (tmp_path / "pairs").write_text("\n".join(lines), encoding="utf-8")
    found, expected = (k.evaluate_word_pairs(tmp_path / "pairs")[0] for k in (kv, other))
    assert found.statistic == pytest.approx(expected.statistic, abs=TOLERANCE)
    questions = [" ".join(generator.choice(plain, 4, replace=False)) for _ in range(40)]
    text = ": some\n" + "\n".join(questions) + "\nword1 word2 word1 word2\n"
    (tmp_path / "questions").write_text(text, encoding="utf-8")
    found, expected = (k.evaluate_word_analogies(tmp_path / "questions") for k in (kv, other))
    assert found == expected


def test_a_question_before_a_section(ours, theirs, tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text("man woman king queen\n", encoding="utf-8")
    for kv in (ours, theirs):
        with pytest.raises(ValueError, match="Missing section header before line #0"):
            kv.evaluate_word_analogies(path)


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
