"""Files mapped into memory for reading, and arrays of theirs that grow without being copied."""

from __future__ import annotations

import mmap
import os
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core

_WORTH_BYTES = 1 << 20  # less is copied at once


class MappedFile(mmap.mmap):
    """A whole file, mapped for reading; its pages can be mapped once more."""

    descriptor: int

    def __new__(cls, file: IO[bytes]) -> Self:
        """Map an open file, which may be closed afterwards."""
        self = super().__new__(cls, file.fileno(), 0, access=mmap.ACCESS_READ)
        self.descriptor = os.dup(file.fileno())
        return self

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


def room_behind(rows: NDArray[Any], n_bytes: int) -> NDArray[np.uint8] | None:
    """Return memory that begins with ``rows``, which are not copied, and goes on with zeros.

    Pages of the file that are written to are copied first: the file is never changed. None where
    the rows lie in no mapped file, are few, or the system cannot do it.
    """
    base: Any = rows
    while isinstance(base, np.ndarray):
        base = base.base
    file = base.obj if isinstance(base, memoryview) else None
    if not isinstance(file, MappedFile) or not rows.flags.c_contiguous:
        return None
    if rows.nbytes < _WORTH_BYTES:
        return None
    offset = rows.ctypes.data - np.frombuffer(file, np.uint8, 1).ctypes.data
    return core().mapped_room(file.descriptor, offset, rows.nbytes, n_bytes)
