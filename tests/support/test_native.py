"""The seam to the core: every function of the protocol is there, on the set that was asked for."""

import inspect

import pytest

from iiq._support.core import Core
from iiq._support.native import VARIABLE, core, kernels

FUNCTIONS = [name for name in vars(Core) if not name.startswith("_")]
CLASSES = ["DecodedCodes", "WordStore", "WordStoreBuilder"]


def test_the_seam_has_what_the_protocol_has():
    assert {*FUNCTIONS, *CLASSES, "kernels"} == set(vars(core()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_kernel_set_is_bound_and_passed_by_no_caller(name, kernel_set):
    takes_set = "kernels" in inspect.signature(getattr(Core, name)).parameters
    bound = getattr(core(), name)
    assert getattr(bound, "keywords", {}) == ({"kernels": kernel_set} if takes_set else {})


def test_the_variable_is_read_at_each_use(monkeypatch):
    for name in [*kernels(), *kernels()]:
        monkeypatch.setenv(VARIABLE, name)
        assert core().kernels == name
    assert core("numba").kernels == "numba"
    monkeypatch.delenv(VARIABLE)
    assert core().kernels == kernels()[0]
