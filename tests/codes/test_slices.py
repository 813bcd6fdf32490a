"""Ctrl-C: long work goes to the core in calls of about a second, on every kernel set."""

import _thread
import threading
import time
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiq._support import slices as module
from iiq._support.native import VARIABLE, core, kernels
from iiq._support.slices import slices
from iiq.codes.index import HammingIndex
from iiq.encoders import IIQ


class Clock:
    """A clock that the work moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    n=st.integers(0, 5000),
    guess=st.floats(0, 10),
    true=st.floats(1e-5, 3),
    most=st.none() | st.integers(1, 100),
)
def test_slices_cover_everything_and_last_a_second_at_most(n, guess, true, most):
    clock = Clock()
    taken = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "perf_counter", clock)
        patch.setattr(module, "process_time", clock)
        for part in slices(n, guess, most):
            taken.append(part)
            clock.now += true * (part.stop - part.start)
    assert [i for part in taken for i in range(n)[part]] == list(range(n))
    assert all(part.stop - part.start <= (most or n) for part in taken)
    first, *later = [part.stop - part.start for part in taken]
    assert first * guess <= 1 or first == 1
    assert all(size * true <= 1 + 1e-6 or size == 1 for size in later)


def test_a_guess_that_is_far_off_costs_one_slice():
    sizes = [part.stop - part.start for part in slices(1000, 0.01)]
    assert sizes == [100, 900]


def test_a_machine_that_others_keep_busy_cuts_no_finer(monkeypatch):
    wall, cpu = Clock(), Clock()
    monkeypatch.setattr(module, "perf_counter", wall)
    monkeypatch.setattr(module, "process_time", cpu)
    sizes = []
    for part in slices(1000, 0.1):
        sizes.append(part.stop - part.start)
        cpu.now += 0.01 * sizes[-1]
        wall.now += 0.2 * sizes[-1]  # twenty want the processor
    assert sizes[:2] == [10, 99]


def test_auto_is_called_by_its_name(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert core().kernels == kernels()[0]


def counted(monkeypatch, *names):
    """Make slices as short as they can be; return what tells how often the core was called."""
    n_calls = 0
    for name in names:
        function = getattr(core(), name)

        def call(*args, function=function):
            nonlocal n_calls
            n_calls += 1
            return function(*args)

        monkeypatch.setattr(core(), name, call)
    monkeypatch.setattr(module, "_CALL_SECONDS", 1e-6)
    return lambda: n_calls


VERBS = {
    "search": lambda index, floats: index.search(index.to_codes(0, 200), 5),
    "keep all": lambda index, floats: index.search(index.to_codes(0, 30), index.n_codes),
    "floats": lambda index, floats: index.search_asymmetric(floats, 5),
    "pairs": lambda index, floats: index.neighbors_within(20),
    "graph": lambda index, floats: index.knn_graph(3),
}


@pytest.mark.parametrize("verb", VERBS)
def test_cuts_change_no_answer(kernel_set, monkeypatch, verb):
    rng = np.random.default_rng(0)
    index = HammingIndex(rng.integers(256, size=(700, 8), dtype=np.uint8), 64, threads=1)
    floats = rng.standard_normal((70, 64), dtype=np.float32)
    whole = VERBS[verb](index, floats)
    count = counted(monkeypatch, "search", "search_asymmetric", "pairs_within")
    cut = VERBS[verb](index, floats)
    assert count() > 1
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n_bits", [24, 60])  # 60 is more than the vectors have: with bit flips
def test_cuts_change_no_encoder_and_no_code(kernel_set, monkeypatch, n_bits):
    X = np.random.default_rng(0).standard_normal((300, 32), dtype=np.float32)
    make = partial(IIQ, n_bits, n_iter=2, random_state=0, threads=1)
    whole = make().fit(X)
    codes, numbers = whole.transform(X), whole.project(X)
    count = counted(monkeypatch, "rotation_step", "encode", "project")
    cut = make().fit(X)
    assert count() > 2 * whole.n_iter
    np.testing.assert_array_equal(cut.projection_, whole.projection_)
    np.testing.assert_array_equal(cut.transform(X), codes)
    np.testing.assert_array_equal(cut.project(X), numbers)


# Codes that are all the same: no rounding tells them apart, so each is summed again in float64.
@pytest.mark.parametrize("n_bits", [256, 70000])
def test_an_interrupt_is_seen_within_some_seconds(kernel_set, n_bits):
    index = HammingIndex(np.zeros((8000, n_bits // 8), np.uint8), n_bits, threads=1)
    queries = np.random.default_rng(0).standard_normal((40_000_000 // n_bits, n_bits))
    timer = threading.Timer(0.2, _thread.interrupt_main)
    start = time.process_time()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        index.search_asymmetric(queries.astype(np.float32), 5)
    assert time.process_time() - start < 5
