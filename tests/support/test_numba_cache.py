"""Numba kernels run where there is no place to keep what was compiled; elsewhere it is kept."""

import numpy as np
import pytest
from numba.core import caching

from iiq._numba._jit import jit
from iiq._numba.bits import popcount64


def twice(x):
    return 2 * x


def test_where_nothing_can_be_kept_each_process_compiles(monkeypatch):
    def nowhere(*_):
        raise RuntimeError("cannot cache function 'twice': no locator available for file 'x.py'")

    monkeypatch.setattr(caching.FunctionCache, "__init__", nowhere)
    assert jit(twice)(21) == 42
    assert jit(inline="always")(twice)(21) == 42


def test_other_errors_are_not_hidden(monkeypatch):
    def broken(*_):
        raise RuntimeError("made to fail")

    monkeypatch.setattr(caching.FunctionCache, "__init__", broken)
    with pytest.raises(RuntimeError, match="made to fail"):
        jit(twice)


def test_elsewhere_it_is_kept():
    assert jit(twice)._cache.cache_path
    assert popcount64(np.uint64(2**64 - 1)) == 64


def test_every_kernel_is_made_so():
    from pathlib import Path

    folder = Path(__file__).parent.parent.parent / "python" / "iiq"
    bare = [p.name for p in folder.rglob("*.py") if "njit" in p.read_text(encoding="utf-8")]
    assert bare == ["_jit.py"]
