"""What tests of several files ask for by name."""

import pytest

from iiq._support.native import VARIABLE, kernels


@pytest.fixture(params=kernels())
def kernel_set(request, monkeypatch):
    """Run the test once on each kernel set available here."""
    monkeypatch.setenv(VARIABLE, request.param)
    return request.param
