"""Fitting and encoding by Dask and by executors: the same bits as on one machine."""

import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import iiq
from iiq import distributed
from iiq.rows import SUM_ROWS
from iiq.rows import dask as rows_dask

da = pytest.importorskip("dask.array")

N, D = 3 * SUM_ROWS + 501, 12


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    scales = np.r_[9.0, 5.0, np.ones(D - 2)]
    return (rng.standard_normal((N, D)) * scales + 0.3).astype(np.float32)


def fitted(n_bits, **parameters):
    return iiq.IIQ(n_bits, n_iter=6, train_rows=None, random_state=0, **parameters)


@pytest.fixture(scope="module")
def alone(X):
    return fitted(10).fit(X)


def same(found, wanted):
    for name in ("mean_", "projection_", "loss_curve_", "singular_values_"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


CHUNKS = [(SUM_ROWS, D), (SUM_ROWS // 3, 5), (N, D), (7001, 7)]


@pytest.mark.parametrize("chunks", CHUNKS)
def test_any_blocks_give_the_bits_of_one_machine(X, alone, chunks):
    array = da.from_array(X, chunks=chunks)
    encoder = fitted(10).fit(array)
    same(encoder, alone)
    codes = encoder.transform(array)
    assert isinstance(codes, da.Array)
    assert (codes.shape, codes.dtype) == ((N, 2), np.uint8)
    np.testing.assert_array_equal(codes.compute(), alone.transform(X))
    np.testing.assert_array_equal(encoder.project(array)[:99].compute(), alone.project(X[:99]))
    np.testing.assert_array_equal(encoder.query(array)[:99].compute(), alone.query(X[:99]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: fitted(20),  # a frame: refined
        lambda: iiq.IIQ(10, n_iter=3, random_state=0),  # the first 50 000 rows
        lambda: iiq.IIQ(10, n_iter=3, train_rows=np.arange(0, N, 7), random_state=0),
        lambda: fitted(10, precision="float32").set_params(n_iter=1),
        lambda: iiq.LSH(30, random_state=0),
        lambda: iiq.SignBinarizer(center=True),
    ],
)
def test_every_encoder(X, make):
    array = da.from_array(X, chunks=(SUM_ROWS, D))
    found, wanted = make().fit(array), make().fit(X)
    np.testing.assert_array_equal(found.projection_, wanted.projection_)
    np.testing.assert_array_equal(found.decoder_, wanted.decoder_)
    np.testing.assert_array_equal(found.transform(array).compute(), wanted.transform(X))


@pytest.fixture(scope="module")
def client():
    distributed_dask = pytest.importorskip("distributed")
    cluster = distributed_dask.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    )
    client = distributed_dask.Client(cluster)
    yield client
    client.close()
    cluster.close()


def test_two_workers_one_of_them_killed(X, alone, client):
    same(fitted(10).fit(da.from_array(X, chunks=(SUM_ROWS, D))), alone)
    pids = list(client.run(os.getpid).values())
    long = iiq.IIQ(10, n_iter=60, train_rows=None, random_state=0)
    wanted = long.fit(X).projection_
    killed: list[float] = []

    def kill():
        os.kill(pids[0], signal.SIGKILL)
        killed.append(time.monotonic())

    killer = threading.Timer(0.3, kill)
    killer.start()
    found = long.fit(da.from_array(X, chunks=(SUM_ROWS, D))).projection_
    finished = time.monotonic()
    killer.join()
    assert killed[0] < finished, "the fit was over before a worker was killed"
    np.testing.assert_array_equal(found, wanted)
    client.wait_for_workers(2, timeout=20)


def test_search_over_shards_by_a_cluster(client, tmp_path):
    from iiq.vocabulary.shards import ShardedIndex

    codes = np.random.default_rng(0).integers(0, 256, (500, 4), dtype=np.uint8)
    paths = []
    for number, part in enumerate(np.array_split(codes, 3)):
        paths.append(tmp_path / f"{number}.npy")
        np.save(paths[-1], part)
    sharded = ShardedIndex(paths, n_bits=32, executor=client)
    for found, wanted in zip(
        sharded.search(codes[:9], 20),
        iiq.HammingIndex(codes, 32).search(codes[:9], 20),
        strict=True,
    ):
        np.testing.assert_array_equal(found, wanted)


def test_a_dead_cluster_is_explained(X, monkeypatch):
    class KilledWorker(Exception):
        pass

    def killed(*_):
        raise KilledWorker("block 3")

    array = da.from_array(X, chunks=(SUM_ROWS, D))
    monkeypatch.setattr(rows_dask.need_dask(), "compute", killed)
    with pytest.raises(RuntimeError, match=r"cluster lost the workers .*block 3.* fit again"):
        fitted(10).fit(array)


class Eager:
    """The least an executor can be."""

    def map(self, function, items):
        return [function(item) for item in items]


@pytest.mark.parametrize("kind", ["array", "file"])
@pytest.mark.parametrize("executor", [Eager, lambda: ThreadPoolExecutor(2)])
def test_any_executor_with_map(X, alone, executor, kind, tmp_path):
    source = X
    if kind == "file":
        source = tmp_path / "X.npy"
        np.save(source, X)
    workers = executor()
    encoder = distributed.fit(fitted(10), source, executor=workers)
    same(encoder, alone)
    codes = distributed.transform(encoder, source, executor=workers)
    np.testing.assert_array_equal(codes, alone.transform(X))


def test_an_executor_of_processes(X, alone, tmp_path):
    import multiprocessing

    np.save(tmp_path / "X.npy", X)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as workers:
        encoder = distributed.fit(fitted(10), tmp_path / "X.npy", executor=workers)
    same(encoder, alone)


def test_the_first_rows_by_an_executor(X):
    wanted = iiq.IIQ(10, n_iter=2, train_rows=20_000, random_state=0)
    found = distributed.fit(
        iiq.IIQ(10, n_iter=2, train_rows=20_000, random_state=0), X, executor=Eager()
    )
    same(found, wanted.fit(X))


# -- bad input -------------------------------------------------------------------------------------


def test_bad_arrays_are_refused(X, alone):
    array = da.from_array(X, chunks=(SUM_ROWS, D))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        fitted(10).fit(array[array[:, 0] > 0])
    with pytest.raises(ValueError, match="3-D"):
        fitted(10).fit(array[None])
    with pytest.raises(ValueError, match="Complex"):
        fitted(10).fit(array.astype(np.complex64))
    with pytest.raises(ValueError, match="0 sample"):
        fitted(10).fit(array[:0])
    with pytest.raises(ValueError, match="X has 5 features, but IIQ is expecting 12"):
        alone.transform(array[:, :5])
    with pytest.raises(ValueError, match="out is for arrays in memory"):
        alone.transform(array, out=np.empty((N, 2), np.uint8))
    with pytest.raises(ValueError, match="not fitted"):
        fitted(10).transform(array)


def test_the_row_of_a_nan_is_the_whole_array_s(X, alone):
    bad = X.copy()
    row = 2 * SUM_ROWS + 77
    bad[row, 3] = np.nan
    array = da.from_array(bad, chunks=(9000, D))
    with pytest.raises(ValueError, match=f"row {row}"):
        fitted(10).fit(array)
    with pytest.raises(ValueError, match=f"row {row}"):
        alone.transform(array).compute()


def test_bad_executors_are_refused(X, alone):
    with pytest.raises(TypeError, match="method map"):
        distributed.fit(fitted(10), X, executor=4)
    with pytest.raises(ValueError, match="out must be uint8"):
        distributed.transform(alone, X, executor=Eager(), out=np.empty((3, 2), np.uint8))
