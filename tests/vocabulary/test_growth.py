"""A vocabulary that grows: words and codes found at once, all or nothing, while threads ask."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq
from iiq._support.growing import appended, has_room, take_room
from iiq.codes.scales import CodeScales
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

DIM, BITS = 12, 20


def rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def vocabulary(n=50, kept=None, encoder=True, **options):
    X = rows(n)
    fitted = iiq.IIQ(BITS, random_state=0, n_iter=2, n_remove=1).fit(rows(200, 9))
    return BinaryKeyedVectors(
        [f"w{i}" for i in range(n)],
        iiq.HammingIndex(fitted.transform(X), BITS),
        fitted if encoder else None,
        counts=np.arange(n),
        kept_vectors=None if kept is None else KeptVectors.from_vectors(X, kept),
        **options,
    )


def built_anew(kv):
    """The same vocabulary, made of its rows at once."""
    return kv.take(np.arange(len(kv)))


# --- arrays and indexes --------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40)), max_size=15))
@settings(max_examples=60, deadline=None)
def test_any_tree_of_arrays_is_a_tree_of_copies(steps):
    arrays, copies = [np.arange(6).reshape(3, 2)], [np.arange(6).reshape(3, 2)]
    for number, (which, m) in enumerate(steps):
        parent, new = which % len(arrays), np.full((m, 2), number)
        arrays.append(appended(arrays[parent], new))
        copies.append(np.concatenate([copies[parent], new]))
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_part_of_an_array_is_not_taken_for_its_beginning():
    longer = appended(np.arange(4), np.arange(3))
    for part in (longer[3:], longer[:4], longer[1:]):
        np.testing.assert_array_equal(appended(part, [9]), [*part, 9])
    np.testing.assert_array_equal(longer, [0, 1, 2, 3, 0, 1, 2])
    assert has_room(longer)
    assert not has_room(longer[3:])
    assert take_room(longer, 7, 8, 8).ctypes.data == longer.ctypes.data


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 70)), max_size=8), st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_any_tree_of_indexes_is_searched_as_built_anew(steps, n_bits):
    generator = np.random.default_rng(0)

    def codes(n):
        return iiq.pack(generator.random((n, n_bits)) < 0.5)

    first = codes(5)
    indexes, built = [iiq.HammingIndex(first, n_bits, scales=np.ones(5))], [first]
    for which, m in steps:
        parent, new = which % len(indexes), codes(m)
        indexes.append(indexes[parent].appended(new, scales=np.full(m, 2.0)))
        built.append(np.concatenate([built[parent], new]))
    query, floats = codes(2), generator.standard_normal((2, n_bits)).astype(np.float32)
    for index, all_codes in zip(indexes, built, strict=True):
        scales = np.repeat([1.0, 2.0], [5, len(all_codes) - 5])
        anew = iiq.HammingIndex(all_codes, n_bits, scales=scales)
        np.testing.assert_array_equal(index.to_codes(), all_codes)
        np.testing.assert_array_equal(index.stored_blocks(), anew.blocks)
        assert index.count_stray_bits() == 0
        for k in (1, len(index)):
            for got, wanted in zip(index.search(query, k), anew.search(query, k), strict=True):
                np.testing.assert_array_equal(got, wanted)
            for got, wanted in zip(
                index.search_asymmetric(floats, k), anew.search_asymmetric(floats, k), strict=True
            ):
                np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(index.distances(query[:1]), anew.distances(query[:1]))


def test_codes_of_a_longer_index_are_never_seen(kernel_set):
    """An index whose last block holds a longer one's codes answers as if they were not there."""
    generator = np.random.default_rng(1)
    for n in (1, 31, 33, 100):
        codes = iiq.pack(generator.random((n, 75)) < 0.5)
        anew = iiq.HammingIndex(codes, 75)
        index = iiq.HammingIndex(codes[:1], 75).appended(codes[1:])
        for _ in range(3):
            index.appended(np.repeat(codes[:1], 40, axis=0))
        k = min(n, 7)
        for query in (codes[:1], ~codes[:1] & iiq.pack(np.ones((1, 75), bool))):
            for options in ({}, {"furthest": True}):
                for got, wanted in zip(
                    index.search(query, k, **options), anew.search(query, k, **options), strict=True
                ):
                    np.testing.assert_array_equal(got, wanted)
        floats = generator.standard_normal((3, 75)).astype(np.float32)
        for got, wanted in zip(
            index.search_asymmetric(floats, k), anew.search_asymmetric(floats, k), strict=True
        ):
            np.testing.assert_array_equal(got, wanted)
        if n > 1:
            for got, wanted in zip(index.knn_graph(1), anew.knn_graph(1), strict=True):
                np.testing.assert_array_equal(got, wanted)


def test_what_cannot_be_appended():
    index = iiq.HammingIndex(iiq.pack(np.ones((3, 20), bool)), 20)
    with pytest.raises(ValueError, match="give scales of the new codes"):
        index.appended(iiq.pack(np.ones((1, 20), bool)), scales=[1.0])
    with pytest.raises(ValueError, match="give scales of the new codes"):
        index.with_scales(np.ones(3)).appended(iiq.pack(np.ones((1, 20), bool)))
    with pytest.raises(ValueError, match="2"):
        index.appended(np.zeros((1, 2), np.uint8))
    bounds = CodeScales.from_steps(np.ones(3, np.uint16), 0.5, 1.0, 3)
    longer = bounds.appended([0.75, 5.0])
    assert longer.exact is None
    low, high = longer.bounds(np.arange(5))
    assert (low <= [0.5, 0.5, 0.5, 0.75, 5.0]).all()
    assert (high >= [0.5, 0.5, 0.5, 0.75, 5.0]).all()
    with pytest.raises(ValueError, match="only exact scales"):
        bounds.appended(bounds)


# --- vocabularies --------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [None, "float16", "int8", "int4"])
def test_added_words_are_as_if_they_had_been_there(kept, tmp_path):
    kv = vocabulary(kept=kept)
    for scoring in (None, "decoded", "hamming"):
        kv.most_similar("w3", scoring=scoring)  # what is made at the first question grows, too
    kv.distances("w3")
    for i in range(40):
        kv.add_vectors([f"new{i}"], rows(1, 100 + i), {"count": [7]})
        assert kv.get_index(f"new{i}") == 50 + i
    anew = built_anew(kv)
    for scoring in (None, "decoded", "hamming"):
        for word in ("w3", "new39"):
            assert kv.most_similar(word, topn=9, scoring=scoring) == anew.most_similar(
                word, topn=9, scoring=scoring
            )
    np.testing.assert_array_equal(kv.distances("new7"), anew.distances("new7"))
    assert kv.get_vecattr("new3", "count") == 7
    kv.save(tmp_path / "x")
    again = iiq.load(tmp_path / "x")
    assert again.verify() == []
    assert again.index_to_key == kv.index_to_key
    np.testing.assert_array_equal(again.codes, kv.codes)
    again.add_vectors(["newer"], rows(1, 5))
    assert again.most_similar("newer", topn=3)
    assert iiq.load(tmp_path / "x").find("newer") == -1


def test_an_add_that_fails_changes_nothing(tmp_path):
    kv = vocabulary(kept="float16")
    before = kv.held, dict(kv.expandos)
    for words, weights, extras, error in (
        (["new"], rows(1) * 1e6, None, ValueError),
        (["new", "new"], rows(2), None, ValueError),
        (["new"], rows(2), None, ValueError),
        (["new"], rows(1)[:, :5], None, ValueError),
        (["new", 3], rows(2), None, TypeError),
        (["new", "a\ud800"], rows(2), None, ValueError),
        (["new"], rows(1), {"count": [1, 2]}, ValueError),
        (["new"], rows(1), {"count": ["many"]}, ValueError),
    ):
        with pytest.raises(error):
            kv.add_vectors(words, weights, extras, replace=True)
        assert (kv.held, kv.expandos) == before
    assert "new" not in kv
    kv.save(tmp_path / "x")
    assert iiq.load(tmp_path / "x").verify() == []


def test_replaced_codes_leave_older_vocabularies_alone():
    kv = vocabulary(kept="int8")
    older = kv.held
    kv.add_vectors(["w3", "new"], rows(2, 3), {"count": [5, 6]}, replace=True)
    np.testing.assert_array_equal(kv.get_code("w3"), kv.encode(rows(2, 3)[0]))
    assert (kv.get_vecattr("w3", "count"), kv.get_vecattr("new", "count")) == (5, 6)
    np.testing.assert_array_equal(older.index.codes_at([3]), vocabulary().index.codes_at([3]))
    assert len(older.words) == len(older.index) == len(older.kept) == 50
    assert kv.most_similar("w3") == built_anew(kv).most_similar("w3")


def test_words_of_a_loaded_vocabulary_are_replaced(tmp_path):
    vocabulary(kept="int8").save(tmp_path / "x")
    kv = iiq.load(tmp_path / "x")
    kv.add_vectors(["w3", "new"], rows(2, 3), {"count": [5, 6]}, replace=True)
    assert (kv.get_vecattr("w3", "count"), kv.get_vecattr("new", "count")) == (5, 6)
    np.testing.assert_array_equal(kv.get_code("w3"), kv.encode(rows(2, 3)[0]))
    assert iiq.load(tmp_path / "x").verify() == []


def test_a_table_that_two_vocabularies_share_grows_in_one():
    one = vocabulary()
    two = BinaryKeyedVectors(one.index_to_key, one.index, one.encoder)
    one.add_vectors(["new", "more"], rows(2, 3))
    two.add_vectors(["more"], rows(1, 4))
    assert (one.find("more"), two.find("more"), two.find("new")) == (51, 50, -1)
    assert not np.array_equal(one.get_code("more"), two.get_code("more"))
    assert two.most_similar("more") == built_anew(two).most_similar("more")


def test_threads_ask_while_words_are_added():
    kv = vocabulary(60)
    wrong, done = [], threading.Event()

    def ask():
        while not done.is_set():
            n = len(kv)
            try:
                answer = kv.most_similar(f"w{n - 1}" if n <= 60 else f"new{n - 1}", topn=3)
                assert len(answer) == 3
                assert len(kv.most_similar("w3", topn=3, restrict_vocab=50)) == 3
                assert kv.similarity("w3", answer[0][0]) == pytest.approx(
                    kv.similarity(answer[0][0], "w3")
                )
                kv.most_similar_batch(["w3", answer[0][0]], 3, restrict_vocab=50)
                assert len(kv[[f"w{i}" for i in range(9)]]) == 9
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(60, 200):
        kv.add_vectors([f"new{n}"], rows(1, n))
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert kv.most_similar("new77") == built_anew(kv).most_similar("new77")


def test_two_threads_that_add_lose_nothing():
    kv = vocabulary()

    def add(name):
        for i in range(40):
            kv.add_vectors([f"{name}{i}"], rows(1, i), {"count": [i]})

    threads = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kv) == len(kv.index) == len(kv.expandos["count"]) == 130
    for name in ("a7", "b7"):
        np.testing.assert_array_equal(kv.get_code(name), kv.encode(rows(1, 7)[0]))
        assert kv.get_vecattr(name, "count") == 7


def test_a_word_costs_the_same_however_many_there_are():
    def seconds(kv, name):
        start = time.process_time()
        for i in range(30):
            kv.add_vectors([f"{name}{i}"], np.ones((1, 64), np.float32))
            assert kv.find(f"{name}{i}") == len(kv) - 1
        return time.process_time() - start

    def words_and_codes(n):
        codes = np.random.default_rng(0).integers(256, size=(n, 8), dtype=np.uint8)
        kv = BinaryKeyedVectors([f"w{i}" for i in range(n)], iiq.HammingIndex(codes, 64))
        kv.add_vectors(["first"], np.ones((1, 64), np.float32))  # makes the room
        return kv

    small, large = words_and_codes(1000), words_and_codes(400_000)
    took = [min(seconds(kv, f"{i}_") for i in range(3)) for kv in (small, large)]
    assert took[1] < 5 * took[0]


# --- subsets and unions --------------------------------------------------------------------------


def test_subset_and_remove():
    kv = vocabulary(kept="int8")
    some = kv.subset(["w7", "w3"])
    assert list(some.index_to_key) == ["w7", "w3"]
    np.testing.assert_array_equal(some.codes, kv.index.codes_at([7, 3]))
    np.testing.assert_array_equal(some.kept_vectors.values, kv.kept_vectors.values[[7, 3]])
    assert some.get_vecattr("w7", "count") == 7
    assert some.encoder is kv.encoder
    less = kv.remove(["w0", "w49", "w0"])
    assert list(less.index_to_key) == [f"w{i}" for i in range(1, 49)]
    np.testing.assert_array_equal(less.codes, kv.codes[1:49])
    assert len(kv) == 50
    for verb in (kv.subset, kv.remove):
        with pytest.raises(KeyError, match="Key 'missing' not present"):
            verb(["w1", "missing"])
    with pytest.raises(ValueError, match="twice"):
        kv.subset(["w1", "w1"])
    with pytest.raises(ValueError, match="at least"):
        kv.remove(list(kv.index_to_key))
    assert list(kv.remove("w3").index_to_key)[3] == "w4"


@pytest.mark.parametrize("kept", [None, "float16", "int8", "int4"])
def test_merge(kept):
    kv = vocabulary(kept=kept)
    one, two = kv.subset([f"w{i}" for i in range(30)]), kv.subset([f"w{i}" for i in range(20, 50)])
    two.set_vecattr("w29", "count", 1000)
    two.set_vecattr("w30", "colour", 3)
    merged = one.merge(two)
    assert list(merged.index_to_key) == list(kv.index_to_key)
    np.testing.assert_array_equal(merged.codes, kv.codes)
    np.testing.assert_array_equal(merged.expandos["count"], np.arange(50))
    assert merged.get_vecattr("w30", "colour") == 3
    assert merged.get_vecattr("w29", "colour") == 0
    assert merged.most_similar("w41") == kv.most_similar("w41")
    assert (len(one), len(two)) == (30, 30)
    if kept is not None:
        np.testing.assert_array_equal(merged.kept_vectors.values, kv.kept_vectors.values)


def test_what_cannot_be_merged():
    kv = vocabulary()
    with pytest.raises(ValueError, match="IIQ of 12 numbers and none"):
        kv.merge(vocabulary(encoder=False))
    with pytest.raises(ValueError, match="float16, the other as None"):
        vocabulary(kept="float16").merge(kv)
    other = vocabulary()
    other.encoder = iiq.IIQ(BITS, random_state=1, n_iter=2).fit(rows(200, 9))
    with pytest.raises(ValueError, match="different encoders"):
        kv.merge(other)
    with pytest.raises(ValueError, match="20 and of 30 bits"):
        kv.merge(BinaryKeyedVectors(["a"], iiq.HammingIndex(np.zeros((1, 4), np.uint8), 30)))
