"""What tests of several files ask for by name."""

import signal
import subprocess
import sys

import pytest
from hypothesis import settings

from iiq._support.native import VARIABLE, kernels

# A shell that starts tests in the background has them ignore Ctrl-C, which some send themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("any machine", deadline=None)  # a busy one is no fault of the code
settings.load_profile("any machine")


@pytest.fixture(params=kernels())
def kernel_set(request, monkeypatch):
    """Run the test once on each kernel set available here."""
    monkeypatch.setenv(VARIABLE, request.param)
    return request.param


@pytest.fixture
def run_python():
    """Run this Python in a process of its own, for what would end the tests' process."""

    def run(*arguments, **options):
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    return run
