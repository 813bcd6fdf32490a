"""Whether a fit has the memory it needs: asked before it starts, not found out hours later.

Of wide vectors the matrices of d x d numbers weigh most, of many rows their bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from iiq.encoders._problems import TrainOptions

_ASKED_FROM = 1 << 30  # bytes: a smaller fit just starts
_MATRICES = 8  # of float64, max(d, n_bits) on a side, at the peak
_GIB = 1 << 30


def check_memory(n_rows: int, dim: int, n_bits: int, options: TrainOptions) -> None:
    """Refuse a fit that needs more memory than there is.

    Raises
    ------
    MemoryError
        Naming what is needed, what is free, and what would do.
    """
    matrices = _MATRICES * 8 * max(dim, n_bits) ** 2
    in_bytes = options.precision == "int8" and options.memory_limit is None
    rows = n_rows * (min(dim, n_bits) + n_bits // 8) if in_bytes else 0
    needed = matrices + rows
    if needed < _ASKED_FROM:
        return
    free = free_bytes()
    if free is None or needed <= free:
        return
    fix = (
        "give memory_limit=0, which keeps the rows in a temporary file, or a smaller train_rows"
        if matrices < free
        else "fit fewer dimensions (the first 4096 of each vector, or their PCA) and n_bits"
    )
    raise MemoryError(
        f"fitting {n_rows} rows of {dim} dimensions for {n_bits} bits takes about "
        f"{needed / _GIB:.1f} GiB beyond its input, and {free / _GIB:.1f} GiB are free: {fix}"
    )


def free_bytes() -> int | None:
    """Return how much more memory this process may take, None where the system does not say."""
    found = [size for size in (_of_system(), _of_limit()) if size is not None]
    return min(found) if found else None


def _of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    sizes = dict(line.split(":", 1) for line in lines if ":" in line)
    try:
        return sum(int(sizes[key].split()[0]) * 1024 for key in ("MemAvailable", "SwapFree"))
    except KeyError:
        return None


def _of_limit() -> int | None:
    """Return what RLIMIT_AS leaves."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    return max(0, limit - pages * resource.getpagesize())
