"""gensim's other names, and what a list and a dict of words can do; gensim is the oracle."""

import json
from collections import Counter

import numpy as np
import pytest

import iiq

WORDS = ["king", "queen", *(f"w{i}" for i in range(300))]
VECTORS = np.random.default_rng(0).standard_normal((302, 16)).astype(np.float32)


@pytest.fixture
def kv():
    counts = np.arange(302)[::-1] // 2
    wv = iiq.WordVectors(WORDS, VECTORS, counts)
    return iiq.compress(wv, n_remove=0, random_state=0)


def test_every_public_name_of_gensim_is_there_or_says_what_to_use(kv):
    models = pytest.importorskip("gensim.models")
    for name in dir(models.KeyedVectors):
        if name.startswith("_") or name == "similarity_unseen_docs":  # of Doc2Vec
            continue
        if not hasattr(kv, name):
            with pytest.raises(AttributeError, match=f"has no '{name}', as in gensim 4: use "):
                getattr(kv, name)
    with pytest.raises(AttributeError, match="has no 'vocab', as in gensim 4: use key_to_index"):
        _ = kv.vocab
    with pytest.raises(AttributeError, match="object has no attribute 'nothing'"):
        _ = kv.nothing


def test_words_are_a_list_and_rows_a_dict(kv):
    assert json.loads(json.dumps(dict(kv.key_to_index))) == {w: i for i, w in enumerate(WORDS)}
    assert json.loads(json.dumps(list(kv.index_to_key))) == WORDS
    assert kv.index_to_key + ["x"] == [*WORDS, "x"]  # noqa: RUF005
    assert ["x"] + kv.index_to_key == ["x", *WORDS]  # noqa: RUF005
    assert kv.index_to_key.copy() == WORDS
    assert (kv.key_to_index | {"x": 5})["x"] == 5
    assert ({"x": 5} | kv.key_to_index)["king"] == 0
    assert kv.key_to_index.copy() == dict(kv.key_to_index)


def test_norms_and_rows_need_nothing(kv):
    before = np.asarray(kv.vectors)
    assert kv.fill_norms() is kv.fill_norms(force=True) is kv.init_sims() is kv.resize_vectors(1)
    np.testing.assert_array_equal(np.asarray(kv.vectors), before)
    for call in (kv.unit_normalize_all, lambda: kv.init_sims(replace=True)):
        with pytest.raises(NotImplementedError, match=r"get_vector\(word, norm=True\)"):
            call()
    np.testing.assert_array_equal(kv.word_vec("king", norm=True), kv.get_vector("king", norm=True))


def test_attributes_are_allocated_as_in_gensim(kv):
    models = pytest.importorskip("gensim.models")
    theirs = models.KeyedVectors(16)
    theirs.add_vectors(WORDS, VECTORS)
    for made in (kv, theirs):
        made.allocate_vecattrs(["rank", "tag"], [np.int32, object])
        made.set_vecattr("king", "tag", "noun")
        assert made.get_vecattr("king", "tag") == "noun"
        assert made.get_vecattr("queen", "rank") == 0
        with pytest.raises(TypeError, match="Can't allocate type"):
            made.allocate_vecattrs(["rank"], [np.float64])
    with pytest.raises(ValueError, match="1 attrs but 0 types"):
        kv.allocate_vecattrs(["x"], [])


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_files_are_those_of_gensim(kv, tmp_path, binary):
    pytest.importorskip("gensim.models")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    kv.save_word2vec_format(str(ours), str(tmp_path / "ours.vocab"), binary, prefix="p_")
    gensim = kv.to_gensim()
    gensim.save_word2vec_format(
        str(theirs), str(tmp_path / "theirs.vocab"), binary, prefix="p_", sort_attr="count"
    )
    one, other = iiq.read_vectors(ours), iiq.read_vectors(theirs)
    assert one.words == other.words == [f"p_{word}" for word in WORDS]
    np.testing.assert_array_equal(one.vectors, other.vectors)
    assert (tmp_path / "ours.vocab").read_text() == (tmp_path / "theirs.vocab").read_text()


def test_words_are_written_by_descending_counts(tmp_path):
    wv = iiq.WordVectors(["a", "b", "c"], np.eye(3, 8), counts=[1, 3, 2])
    kv = iiq.compress(wv, n_remove=0)
    kv.save_word2vec_format(tmp_path / "v.txt")
    assert iiq.read_vectors(tmp_path / "v.txt").words == ["b", "c", "a"]
    kv.save_word2vec_format(tmp_path / "v.txt", None, False, 3, sort_attr="none", prefix="x")
    assert iiq.read_vectors(tmp_path / "v.txt").words == ["xa", "xb", "xc"]
    for option in ({"append": True}, {"total_vec": 5}):
        with pytest.raises(ValueError, match="write all words at once, without them"):
            kv.save_word2vec_format(tmp_path / "w.txt", **option)


def test_vectors_of_a_file_take_the_place_of_those_here(kv, tmp_path):
    own = kv.get_code("w5").copy()
    iiq.write_vectors((["queen", "new", "king"], VECTORS[[0, 7, 1]]), tmp_path / "v.bin")
    king, queen = kv.get_code("king").copy(), kv.get_code("queen").copy()
    kv.intersect_word2vec_format(str(tmp_path / "v.bin"), lockf=1.0, binary=True)
    np.testing.assert_array_equal(kv.get_code("king"), queen)
    np.testing.assert_array_equal(kv.get_code("queen"), king)
    np.testing.assert_array_equal(kv.get_code("w5"), own)
    assert "new" not in kv
    assert len(kv) == 302


def test_loading_says_what_to_call(tmp_path):
    path = str(tmp_path / "v.txt")
    iiq.write_vectors((WORDS, VECTORS), path)
    with pytest.raises(NotImplementedError, match="to read vectors and compress them") as caught:
        iiq.BinaryKeyedVectors.load_word2vec_format(path, limit=20, unicode_errors="replace")
    advice = str(caught.value).partition("call ")[2].partition(", to read them alone")[0]
    assert advice == f"iiq.compress({path!r}, limit=20, errors='replace')"
    assert len(eval(advice, {"iiq": iiq})) == 20
    saved = tmp_path / "v.iiq"
    iiq.compress(path).save(fname=saved)
    assert len(iiq.BinaryKeyedVectors.load(fname=str(saved), mmap=None)) == 302
    iiq.BinaryKeyedVectors.log_evaluate_word_pairs((0.5, 0.1), (0.4, 0.1), 3.0, "pairs.tsv")
    assert iiq.BinaryKeyedVectors.log_accuracy({"correct": [1], "incorrect": [2, 3, 4]}) == 0.25


# --- keys that are no ordered list ----------------------------------------------------------------

ASKS = {
    "most_similar": lambda kv, keys: kv.most_similar(keys),
    "negative": lambda kv, keys: kv.most_similar(["queen"], keys),
    "cosmul": lambda kv, keys: kv.most_similar_cosmul(keys),
    "[]": lambda kv, keys: kv[keys],
    "get_mean_vector": lambda kv, keys: kv.get_mean_vector(keys),
    "n_similarity": lambda kv, keys: kv.n_similarity(["queen"], keys),
    "doesnt_match": lambda kv, keys: kv.doesnt_match(keys),
    "wmdistance": lambda kv, keys: kv.wmdistance(["queen"], keys),
    "distances": lambda kv, keys: kv.distances("queen", keys),
    "most_similar_to_given": lambda kv, keys: kv.most_similar_to_given("queen", keys),
    "most_similar_batch": lambda kv, keys: kv.most_similar_batch(keys),
    "restore": lambda kv, keys: kv.restore(keys),
    "vectors_for_all": lambda kv, keys: kv.vectors_for_all(keys),
    "subset": lambda kv, keys: kv.subset(keys),
    "remove": lambda kv, keys: kv.remove(keys),
    "add_vectors": lambda kv, keys: kv.add_vectors(keys, VECTORS[:2]),
}
UNORDERED = [b"king", bytearray(b"king"), {"king", "queen"}, frozenset(["king"]), Counter("ab"),
             {"king": 0.5, "queen": -1.0}]  # fmt: skip


@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("keys", UNORDERED, ids=lambda keys: type(keys).__name__)
def test_keys_that_have_no_order_are_refused(kv, verb, keys):
    with pytest.raises(TypeError):
        ASKS[verb](kv, keys)


@pytest.mark.parametrize(
    "ask",
    [
        lambda kv: kv.similarity(b"king", "queen"),
        lambda kv: kv.get_vector(b"king"),
        lambda kv: kv.most_similar([b"king"]),
        lambda kv: kv[[b"king"]],
        lambda kv: kv.get_index(b"king"),
        lambda kv: kv.rank("queen", b"king"),
        lambda kv: kv.doesnt_match("king"),
        lambda kv: kv.wmdistance("king queen", ["king"]),
    ],
)
def test_a_key_of_bytes_and_a_text_for_a_list_are_no_keys(kv, ask):
    with pytest.raises((KeyError, TypeError)):
        ask(kv)
    assert b"king" not in kv


def test_words_of_a_vocabulary_are_in_order():
    index = iiq.HammingIndex(np.eye(3, dtype=np.uint8), 24)
    with pytest.raises(TypeError, match="words must be in order, but a set has none"):
        iiq.BinaryKeyedVectors({"a", "b", "c"}, index)
    made = iiq.BinaryKeyedVectors({"c": 2, "a": 0, "b": 1}, index)
    assert list(made.index_to_key) == ["a", "b", "c"]
