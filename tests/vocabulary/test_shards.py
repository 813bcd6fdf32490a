"""A sharded index answers as one index over all codes does: distances, ids, ties."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq
from iiq.vocabulary.shards import ShardedIndex

N, N_BITS = 300, 11  # few bits: many ties


@pytest.fixture(scope="module")
def codes():
    return iiq.pack(np.random.default_rng(0).random((N, N_BITS)) < 0.5)


def cut(codes, cuts):
    return [iiq.HammingIndex(part, N_BITS) for part in np.split(codes, cuts)]


def equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.sets(st.integers(1, N - 1), max_size=6),
    k=st.integers(1, N),
    max_distance=st.none() | st.integers(0, N_BITS),
    kept=st.none() | st.integers(0, 2**31),
    exclude=st.none() | st.lists(st.integers(0, N - 1), max_size=40),
    metric=st.sampled_from(["hamming", "dot", "cosine"]),
    furthest=st.booleans(),
    seed=st.integers(0, 99),
)
def test_equal_to_one_index(codes, cuts, k, max_distance, kept, exclude, metric, furthest, seed):
    rng = np.random.default_rng(seed)
    mask = None if kept is None else np.random.default_rng(kept).random(N) < 0.1
    sharded = ShardedIndex(cut(codes, sorted(cuts)))
    whole = iiq.HammingIndex(codes, N_BITS)
    assert (len(sharded), sharded.n_bits) == (N, N_BITS)
    queries = codes[rng.integers(0, N, 3)]
    arguments = {"mask": mask, "exclude": exclude, "metric": metric, "furthest": furthest}
    arguments["max_distance"] = None if furthest else max_distance
    equal(sharded.search(queries, k, **arguments), whole.search(queries, k, **arguments))
    floats = np.round(rng.standard_normal((2, N_BITS)), 1).astype(np.float32)
    equal(
        sharded.search_asymmetric(floats, k, mask=mask, exclude=exclude),
        whole.search_asymmetric(floats, k, mask=mask, exclude=exclude),
    )


def test_scores_that_round_alike_keep_their_order():
    # the second code has the larger sum by less than float32 can tell
    query = np.zeros((1, N_BITS), np.float32)
    query[0, 0], query[0, 1] = 1.0, 2.0**-40
    bits = np.ones((2, N_BITS), bool)
    bits[0, 1] = False
    codes = iiq.pack(bits)
    _, ids = ShardedIndex(cut(codes, [1])).search_asymmetric(query, 2)
    assert ids.tolist() == [[1, 0]]
    equal(
        ShardedIndex(cut(codes, [1])).search_asymmetric(query, 2),
        iiq.HammingIndex(codes, N_BITS).search_asymmetric(query, 2),
    )


def test_shards_in_files(codes, tmp_path):
    paths = []
    for number, index in enumerate(cut(codes, [50, 120])):
        paths.append(tmp_path / f"{number}.iiq")
        words = [f"{number}-{i}" for i in range(len(index))]
        iiq.BinaryKeyedVectors(words, index).save(paths[-1])
    np.save(tmp_path / "last.npy", codes[:7])
    whole = iiq.HammingIndex(np.concatenate([codes, codes[:7]]), N_BITS)
    with ThreadPoolExecutor(2) as executor:
        sharded = ShardedIndex([*paths, tmp_path / "last.npy"], N_BITS, executor=executor)
        equal(sharded.search(codes[:5], 30), whole.search(codes[:5], 30))
    assert "shards=4" in repr(sharded)


@pytest.mark.parametrize("kind", ["iiq", "npy"])
def test_a_file_that_was_replaced_is_read_again(kind, codes, tmp_path):
    path = tmp_path / f"shard.{kind}"

    def store(part):
        if kind == "npy":
            np.save(tmp_path / "other.npy", part)
            (tmp_path / "other.npy").replace(path)
        else:
            words = [f"w{i}" for i in range(len(part))]
            iiq.BinaryKeyedVectors(words, iiq.HammingIndex(part, N_BITS)).save(path)

    store(codes[:20])
    sharded = ShardedIndex([path, iiq.HammingIndex(codes[20:], N_BITS)], N_BITS)
    equal(sharded.search(codes[:9], 30), iiq.HammingIndex(codes, N_BITS).search(codes[:9], 30))
    swapped = np.concatenate([codes[20:40], codes[20:]])
    store(codes[20:40])
    equal(sharded.search(codes[:9], 30), iiq.HammingIndex(swapped, N_BITS).search(codes[:9], 30))
    store(codes[:21])
    with pytest.raises(ValueError, match="holds 21 codes of 11 bits now, but 20 of 11 when"):
        sharded.search(codes[:9], 30)


def test_bad_shards(codes, tmp_path):
    with pytest.raises(ValueError, match="0 shards"):
        ShardedIndex([])
    with pytest.raises(ValueError, match=r"\[11, 16\] bits"):
        ShardedIndex([iiq.HammingIndex(codes, N_BITS), iiq.HammingIndex(codes, 16)])
    np.save(tmp_path / "a.npy", codes)
    with pytest.raises(ValueError, match="pass n_bits"):
        ShardedIndex([tmp_path / "a.npy"])
    sharded = ShardedIndex(cut(codes, [9]))
    with pytest.raises(ValueError, match="between 1 and 300"):
        sharded.search(codes[:1], 301)
    with pytest.raises(TypeError, match="mask must be boolean"):
        sharded.search(codes[:1], 3, mask=np.ones(N, np.uint8))
    with pytest.raises(ValueError, match="metric must be one of"):
        sharded.search(codes[:1], 3, metric="euclid")
    with pytest.raises(ValueError, match="leave it out with furthest"):
        sharded.search(codes[:1], 3, max_distance=2, furthest=True)
    with pytest.raises(IndexError, match="id 300 is out of range"):
        sharded.search(codes[:1], 3, exclude=[300])
    with pytest.raises(ValueError, match="mask must have shape"):
        sharded.search(codes[:1], 3, mask=np.ones(4, bool))


def test_sums_that_differ_by_how_they_are_added_have_the_order_of_one_index():
    # each code of the second half has the terms of one of the first half in another order
    rng = np.random.default_rng(0)
    half = (rng.standard_normal(64) * 2.0 ** rng.integers(-40, 40, 64)).astype(np.float32)
    query = np.concatenate([half, half])[None]
    one, two = (rng.random((200, 64)) < 0.5 for _ in range(2))
    bits = np.concatenate([np.hstack([one, two]), np.hstack([two, one])])
    codes = iiq.pack(bits)
    parts = [iiq.HammingIndex(part, 128) for part in np.split(codes, 2)]
    wanted = iiq.HammingIndex(codes, 128).search_asymmetric(query, 400)
    equal(ShardedIndex(parts).search_asymmetric(query, 400), wanted)


def encoded(seed, n, prefix):
    """Return a vocabulary whose encoder was fitted with this seed."""
    vectors = np.random.default_rng(5).standard_normal((120, 16)).astype(np.float32)
    encoder = iiq.IIQ(N_BITS, n_iter=2, random_state=seed).fit(vectors)
    index = iiq.HammingIndex(encoder.transform(vectors[:n]), N_BITS)
    return iiq.BinaryKeyedVectors([f"{prefix}{i}" for i in range(n)], index, encoder)


def test_shards_of_different_encoders_are_refused_by_name(codes, tmp_path):
    paths = [tmp_path / name for name in ("a.iiq", "plain.index", "b.iiq", "c.iiq")]
    encoded(0, 40, "a").save(paths[0])
    iiq.HammingIndex(codes, N_BITS).save(paths[1])  # tells of no encoder: goes with any
    encoded(0, 50, "b").save(paths[2])  # fitted anew, to the same
    encoded(1, 60, "c").save(paths[3])
    assert len(ShardedIndex(paths[:3])) == 40 + N + 50
    with pytest.raises(
        ValueError, match=r"c\.iiq was encoded by .*random_state=1.*a\.iiq by .*IIQ"
    ):
        ShardedIndex(paths)
    sharded = ShardedIndex(paths[:3])
    encoded(1, 50, "b").save(paths[2])
    with pytest.raises(ValueError, match=r"b\.iiq holds codes by .* now, but by .* when"):
        sharded.search(codes[:1], 3)


ADDS = """
import sys, numpy as np, iiq
vocabulary = iiq.load(sys.argv[1])
vocabulary.add_vector("added", np.full(16, 0.25, np.float32))
vocabulary.save(sys.argv[1])
"""


def test_words_that_another_process_adds_are_seen_by_whoever_opens_the_file_then(tmp_path):
    path = tmp_path / "a.iiq"
    encoded(0, 40, "a").save(path)
    before, sharded = iiq.load(path), ShardedIndex([path])
    wanted = sharded.search(before.codes[:3], 5)
    subprocess.run([sys.executable, "-c", ADDS, str(path)], check=True)
    assert "added" not in before  # it maps the file that it opened, which nothing changes
    assert (len(before), len(iiq.load(path))) == (40, 41)
    assert "added" in iiq.load(path)
    equal(before.index.search(before.codes[:3], 5), wanted)
    with pytest.raises(ValueError, match="holds 41 codes of 11 bits now, but 40 of 11 when"):
        sharded.search(before.codes[:3], 5)
    assert len(ShardedIndex([path])) == 41
