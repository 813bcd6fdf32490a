"""BLAS is held to one thread by whoever is inside, and restored by the last to leave."""

import threading

import scipy.linalg  # noqa: F401 - its BLAS counts, too
from threadpoolctl import threadpool_info

from iiq._support.blas import one_blas_thread


def threads():
    # a BLAS on OpenMP (faiss brings one) has a setting for each thread
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return [pool["num_threads"] for pool in pools if pool.get("threading_layer") == "pthreads"]


class Holder:
    """Another thread that is inside from `enter` to `leave`."""

    def __init__(self):
        self._inside, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self):
        with one_blas_thread():
            self._inside.set()
            self._leave.wait(120)

    def enter(self):
        self._thread.start()
        assert self._inside.wait(120)

    def leave(self):
        self._leave.set()
        self._thread.join()


def test_the_first_to_enter_may_leave_last():
    before, other = threads(), Holder()
    other.enter()
    with one_blas_thread():
        pass
    assert set(threads()) <= {1}
    other.leave()
    assert threads() == before


def test_the_first_to_enter_may_leave_first():
    before, other = threads(), Holder()
    with one_blas_thread():
        other.enter()
    assert set(threads()) <= {1}
    other.leave()
    assert threads() == before


def test_every_thread_may_hold_it_after_another_has():
    for _ in range(2):
        with one_blas_thread():
            assert set(threads()) <= {1}
        other = Holder()
        other.enter()
        assert set(threads()) <= {1}
        other.leave()
