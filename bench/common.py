"""What every benchmark needs: time, memory, the machine, random codes, a kernel set, tables."""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]
Codes = NDArray[np.uint8]

KERNELS = "IIQ_KERNELS"  # the variable that forces a kernel set
NLB_FEW_ROWS = {"input_sd": 0.7, "lambda_reg": 4.0}  # what it needs there: methods-baselines.md


class Clock:
    """Seconds of a ``with`` block: ``cpu``, all threads of the process together, and ``wall``."""

    cpu: float
    wall: float

    def __enter__(self) -> Self:
        self._start = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self._start[0]
        self.wall = time.perf_counter() - self._start[1]


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU time of a call, all its threads together."""
    with Clock() as clock:
        work()
    return clock.cpu


def cpu_name() -> str:
    """Return what the system calls its processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def status_bytes(key: str) -> int:
    """Return a figure of this process's memory (VmRSS, VmHWM), in bytes; Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def give_back_heap() -> None:
    """Let the system have what was freed, so that later peaks count all they take; glibc only."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def peak_beyond(work: Callable[[], Any]) -> int:
    """Return by how many bytes the resident memory grows at most during a call; Linux only."""
    before = status_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    work()
    return status_bytes("VmHWM") - before


@contextmanager
def forced(kernel_set: str) -> Iterator[None]:
    """Force a kernel set inside a ``with`` block."""
    before = os.environ.get(KERNELS)
    os.environ[KERNELS] = kernel_set
    try:
        yield
    finally:
        del os.environ[KERNELS]
        if before is not None:
            os.environ[KERNELS] = before


def random_codes(n: int, n_bits: int, seed: int) -> Codes:
    """Return n random codes; real codes take as long, since nothing is skipped."""
    n_bytes = -(-n_bits // 8)
    codes = np.random.default_rng(seed).integers(0, 256, (n, n_bytes), np.uint8)
    codes[:, -1] &= 0xFF >> (8 * n_bytes - n_bits)
    return codes


def wordlike_rows(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Return made-up rows: a few strong directions, as word vectors have them."""
    spread = np.r_[np.full(6, 3.0), np.linspace(1.5, 0.5, dim - 6)].astype(np.float32)
    rows: NDArray[np.float32] = np.random.default_rng(seed).standard_normal((n, dim), np.float32)
    rows *= spread
    return rows


def apart(module: str, *arguments: object, **variables: str) -> str:
    """Run a module of bench in a process of its own and return what it prints."""
    return subprocess.run(
        command(module, *arguments),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ).stdout


def command(module: str, *arguments: object) -> list[str]:
    """Return the command line that runs a module of bench."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def command_line(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that shows a module's first lines as they stand."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def print_head(*names: str, left: int = 1) -> None:
    """Print the head of a Markdown table: the first ``left`` columns are text, others numbers."""
    print_row(*names)
    print_row(*["---"] * left, *["---:"] * (len(names) - left))


def print_row(*cells: object) -> None:
    """Print a row of a Markdown table, at once: what was measured stays if a run is stopped."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
