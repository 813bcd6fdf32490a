"""Shards mapped in the workers of a Dask cluster answer as one index, also when one is lost."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import iiq
from iiq.vocabulary import cluster
from iiq.vocabulary.shards import ShardedIndex

distributed = pytest.importorskip("distributed")

N, N_BITS = 400, 11  # few bits: many ties


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def whole():
    codes = iiq.pack(np.random.default_rng(0).random((N, N_BITS)) < 0.5)
    return iiq.HammingIndex(codes, N_BITS)


@pytest.fixture
def paths(whole, tmp_path):
    paths = []
    for number, part in enumerate(np.split(whole.to_codes(), [70, 190, 300])):
        paths.append(tmp_path / f"{number}.index")
        iiq.HammingIndex(part, N_BITS).save(paths[-1])
    return paths


def equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def asked(sharded, whole):
    queries = whole.to_codes()[::40]
    mask = np.arange(N) % 3 > 0
    equal(sharded.search(queries, 50), whole.search(queries, 50))
    equal(
        sharded.search(queries, 90, mask=mask, max_distance=4, metric="cosine"),
        whole.search(queries, 90, mask=mask, max_distance=4, metric="cosine"),
    )
    equal(
        sharded.search(queries, N, furthest=True, exclude=[3, 399]),
        whole.search(queries, N, furthest=True, exclude=[3, 399]),
    )
    floats = np.random.default_rng(1).standard_normal((3, N_BITS)).round(1).astype(np.float32)
    equal(sharded.search_asymmetric(floats, 30), whole.search_asymmetric(floats, 30))


def opened_by(client):
    """Return how many files each worker keeps open."""

    def count():
        from iiq.vocabulary.shards import _opened

        return _opened.cache_info().currsize

    return client.run(count)


def test_the_answer_of_one_index_and_of_files_that_stay_open(client, whole, paths):
    before = opened_by(client)
    sharded = ShardedIndex(paths, executor=client)
    assert (len(sharded), sharded.n_bits) == (N, N_BITS)
    asked(sharded, whole)
    asked(sharded, whole)
    after = opened_by(client)
    assert [after[worker] - before[worker] for worker in before] == [2, 2]  # no file in both


def test_a_worker_lost_between_and_while_it_is_asked(client, whole, paths):
    sharded = ShardedIndex(paths, executor=client)
    lose(client)
    asked(sharded, whole)

    def slow(item):
        time.sleep(0.5)
        return item

    shards = sharded._executor
    killer = threading.Timer(0.2, lose, (client,))
    killer.start()
    assert shards.map(slow, [1, 2, 3, 4]) == [1, 2, 3, 4]
    killer.join()
    asked(sharded, whole)


def lose(client):
    os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)


def test_a_file_that_no_worker_can_read_any_more(client, whole, paths):
    sharded = ShardedIndex(paths, executor=client)
    paths[2].unlink()
    with pytest.raises(FileNotFoundError, match=r"2\.index"):
        sharded.search(whole.to_codes(0, 1), 3)
    with pytest.raises(FileNotFoundError, match=r"2\.index: none of the \d workers of the cluster"):
        ShardedIndex(paths, executor=client)


def test_what_kills_every_worker_is_given_up(client, paths):
    def deadly(item):
        os._exit(1)

    shards = cluster.DaskShards(client, list(map(str, paths[:1])))
    client.wait_for_workers(2)
    with pytest.raises((RuntimeError, FileNotFoundError), match=r"0\.index"):
        shards.map(deadly, [1])


def test_an_index_of_this_process_is_no_shard_of_a_cluster(client, whole):
    with pytest.raises(TypeError, match=r"shard 0 is a HammingIndex .* index\.save\(path\)"):
        ShardedIndex([whole], executor=client)
