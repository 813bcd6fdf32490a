"""A fit that needs more memory than there is says so before it starts, and the fix works."""

import subprocess
import sys

import numpy as np
import pytest

from iiq.encoders import IIQ, _memory
from iiq.encoders._memory import check_memory, free_bytes
from iiq.encoders._problems import TrainOptions

GIB = 1 << 30


def options(**changed):
    known = {"n_iter": 5, "precision": "int8", "tol": None, "memory_limit": None, "threads": 1}
    return TrainOptions(**{**known, "verbose": False, **changed})


def test_too_many_rows_are_told_to_go_to_a_file(monkeypatch):
    monkeypatch.setattr(_memory, "free_bytes", lambda: 2 * GIB)
    with pytest.raises(MemoryError, match=r"10000000 rows of 300 .* 3\.1 GiB .* 2\.0 GiB are free"):
        check_memory(10_000_000, 300, 300, options())
    with pytest.raises(MemoryError, match="memory_limit=0, which"):
        check_memory(10_000_000, 300, 300, options())
    check_memory(10_000_000, 300, 300, options(memory_limit=0))
    check_memory(10_000_000, 300, 300, options(precision="float32"))
    check_memory(5_000_000, 300, 300, options())


def test_too_many_dimensions_are_told_to_be_fewer(monkeypatch):
    monkeypatch.setattr(_memory, "free_bytes", lambda: 4 * GIB)
    for memory_limit in (None, 0):
        with pytest.raises(MemoryError, match="fit fewer dimensions"):
            check_memory(1000, 16384, 16384, options(memory_limit=memory_limit))
    check_memory(1000, 4096, 4096, options())


def test_small_fits_do_not_ask(monkeypatch):
    monkeypatch.setattr(_memory, "free_bytes", lambda: 1 / 0)
    IIQ(n_iter=1, refine=None).fit(np.eye(20))


def test_where_the_system_does_not_say_the_fit_starts(monkeypatch):
    monkeypatch.setattr(_memory, "free_bytes", lambda: None)
    check_memory(10_000_000, 3000, 3000, options())


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is kept on Linux alone")
def test_sixteen_thousand_dimensions_under_a_limit_of_the_process():
    program = """
import resource
import numpy as np
import iiq
iiq.IIQ(n_iter=1, refine=None).fit(np.eye(40, dtype=np.float32))
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
X = np.ones((40, 16384), np.float32)
try:
    iiq.IIQ().fit(X)
except MemoryError as error:
    print(error)
print(iiq.IIQ(n_iter=1).fit(X[:, :512]).n_bits_)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "40 rows of 16384 dimensions" in run.stdout
    assert "GiB are free: fit fewer dimensions" in run.stdout
    assert run.stdout.endswith("512\n")


def test_free_memory_is_some():
    assert free_bytes() is None or free_bytes() > 0
