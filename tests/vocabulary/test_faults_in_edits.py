"""Edits fail at one line after another, for want of memory or by Ctrl-C: all of it, or nothing."""

import contextlib
import linecache
import sys
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

PACKAGE = str(Path(iiq.__file__).parent)
DIM, BITS, N = 6, 16, 20


class Fault:
    """While one is on, the given line of the library that is run, counted from 0, fails."""

    def __init__(self, number, error):
        self.left, self.error = number, error

    def __call__(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        # A with statement is a line again as it ends: Python would not leave what it has entered.
        if event == "line" and not line.lstrip().startswith("with "):
            self.left -= 1
            if self.left < 0:
                sys.settrace(None)
                raise self.error
        return self

    def __enter__(self):
        sys.settrace(self)
        return self

    def __exit__(self, *_):
        sys.settrace(None)


def rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


ENCODER = iiq.IIQ(BITS, random_state=0, n_iter=2, n_remove=1).fit(rows(200, 9))


def vocabulary(first="w"):
    X = rows(N)
    return BinaryKeyedVectors(
        [f"{first}{i}" for i in range(N)],
        iiq.HammingIndex(ENCODER.transform(X), BITS),
        ENCODER,
        counts=np.arange(N),
        kept_vectors=KeptVectors.from_vectors(X, "int8"),
    )


def state(kv):
    """All that a vocabulary holds; raises where its parts do not fit one another."""
    n = len(kv)
    attributes = {name: values.tolist() for name, values in kv.expandos.items()}
    assert all(len(values) == n for values in attributes.values())
    assert len(kv.index) == len(kv.kept_vectors) == n
    return list(kv.index_to_key), kv.codes.tobytes(), kv.kept_vectors.values.tobytes(), attributes


def add(kv):
    kv.add_vectors(["new", "more"], rows(2, 3), {"count": [5, 6], "mark": [1, 2]})


def replace(kv):
    kv.add_vectors(["w3", "new"], rows(2, 3), {"count": [5, 6]}, replace=True)


def set_item(kv):
    kv["w3"] = rows(1, 4)[0]


def set_attribute(kv):
    kv.set_vecattr("w3", "mark", 7)


def merge(kv):
    return kv.merge(vocabulary("v"))


def remove(kv):
    return kv.remove(["w3", "w5"])


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("edit", [add, replace, set_item, set_attribute, merge, remove])
def test_an_edit_that_fails_at_any_line(edit, error):
    kv, other = vocabulary(), vocabulary()
    before = state(kv)
    with Fault(10**9, error) as all_lines:
        edit(other)
    after, n_lines = state(other), 10**9 - all_lines.left
    spread = np.linspace(0, n_lines - 1, 60).astype(int)  # and the last lines, which change things
    for number in np.unique([*spread, *range(max(n_lines - 80, 0), n_lines)]):
        with Fault(int(number), error), contextlib.suppress(type(error)):
            edit(kv)
        found = state(kv)
        assert found in (before, after), f"line {number} of {n_lines}"
        if found != before:
            kv = vocabulary()
