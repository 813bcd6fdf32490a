"""The rows as training sees them: Z in float32 or quantized once to bytes, and their sums Z^T B."""

from __future__ import annotations

import numbers
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import as_int, non_finite
from iiq.codes.decoding import signs_of
from iiq.encoders._quantized import RoundedRotation, bytes_of_row, cross_of_sums, quantum_per_unit
from iiq.rows import Rows

Float64 = NDArray[np.float64]

PRECISIONS = ("int8", "float32")
_PART_ROWS = 1 << 15  # read from the file together
_PRODUCT_SECONDS = 2e-10  # what a product of bytes takes, on the slow side


@dataclass(frozen=True)
class TrainOptions:
    """How the rotation is trained; checked when made."""

    n_iter: int
    precision: str
    tol: float | None
    memory_limit: int | None
    threads: int
    verbose: bool

    def __post_init__(self) -> None:
        as_int(self.n_iter, "n_iter", 0)
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be 'int8' or 'float32', got {self.precision!r}")
        if self.tol is not None:
            if not isinstance(self.tol, numbers.Real):
                raise TypeError(f"tol must be None or a number in 0 <= tol < 1, got {self.tol!r}")
            if not 0 <= self.tol < 1:
                raise ValueError(f"tol must be None or in 0 <= tol < 1, got {self.tol}")
        if self.memory_limit is not None:
            as_int(self.memory_limit, "memory_limit", 0)


class Float32Problem:
    """The reference: Z in float32, computed chunk by chunk; sums in float64."""

    def __init__(self, rows: Rows, mean: Float64, basis: Float64, threads: int) -> None:
        self._rows = rows
        self._mean = mean
        self._basis = basis
        self._threads = threads

    def cross(self, rotation: NDArray[Any]) -> Float64:
        """Return ``Z^T B``; the signs are those of float64 sums over the float32 Z."""
        c, n_bits = rotation.shape
        rotation = np.ascontiguousarray(rotation, dtype=np.float64)
        origin = np.zeros(c)
        total = np.zeros((c, n_bits))
        for chunk in self._rows.chunks():
            z = np.empty((len(chunk), c), np.float32)
            core().project(chunk, self._mean, self._basis, z, self._threads)
            codes = np.empty((len(chunk), (n_bits + 7) // 8), np.uint8)
            core().encode(z, origin, rotation, codes, self._threads)
            total += z.astype(np.float64).T @ signs_of(codes, n_bits)
        return total

    def close(self) -> None:
        """Nothing is held."""


class Int8Problem:
    """Z as bytes, quantized once; each iteration brings integer sums up to date with the signs."""

    def __init__(
        self,
        rows: Rows,
        mean: Float64,
        basis: Float64,
        singular_values: Float64,
        n_bits: int,
        options: TrainOptions,
    ) -> None:
        assert rows.n_rows is not None
        c = basis.shape[1]
        self._threads = options.threads
        self._scale = quantum_per_unit(singular_values, rows.n_rows)
        stride = bytes_of_row(c)
        self._column_sums = np.zeros(c, np.int64)
        self._bits = np.zeros((rows.n_rows, (n_bits + 31) // 32), np.uint32)
        self._sums = np.zeros((n_bits, stride), np.int64)
        self._rounded = RoundedRotation()
        self._z = _ByteRows(rows.n_rows, stride, options.memory_limit)
        try:
            self._quantize(rows, mean, basis)
        except BaseException:
            self.close()
            raise

    def _quantize(self, rows: Rows, mean: Float64, basis: Float64) -> None:
        start = 0
        for chunk in rows.work_blocks():
            z = self._z.to_fill(start, len(chunk))
            bad = core().quantize(
                chunk, mean, basis, self._scale, z, self._column_sums, self._threads
            )
            if bad >= 0:
                raise non_finite(rows.name, start + bad)
            self._z.filled(start, z)
            start += len(chunk)

    def cross(self, rotation: NDArray[Any]) -> Float64:
        """Return ``Z^T B`` of the quantized Z, with the signs of an 8-bit rotation."""
        quantized = self._rounded(rotation)
        for start, z in self._z.parts():
            bits = self._bits[start : start + len(z)]
            for part in slices(len(z), self._sums.size * _PRODUCT_SECONDS):
                core().rotation_step(z[part], quantized, bits[part], self._sums, self._threads)
        return cross_of_sums(self._sums, self._column_sums, self._scale)

    def close(self) -> None:
        """Free the rows, or the file that holds them."""
        self._z.close()


class _ByteRows:
    """Rows of bytes in memory, or in a temporary file when they are more than a limit allows."""

    def __init__(self, n_rows: int, stride: int, memory_limit: int | None) -> None:
        self._n_rows = n_rows
        self._stride = stride
        self._array: NDArray[np.uint8] | None = None
        self._file: Any = None
        if memory_limit is None or n_rows * stride <= memory_limit:
            self._array = np.empty((n_rows, stride), np.uint8)
            self._buffer_rows = _PART_ROWS
        else:
            self._file = tempfile.TemporaryFile(prefix="iiq-", buffering=0)  # noqa: SIM115 - closed in close()
            self._buffer_rows = min(max(memory_limit // stride, 1), _PART_ROWS)

    def to_fill(self, start: int, count: int) -> NDArray[np.uint8]:
        """Return the place for rows ``start .. start + count``."""
        if self._array is not None:
            return self._array[start : start + count]
        return np.empty((count, self._stride), np.uint8)

    def filled(self, start: int, rows: NDArray[np.uint8]) -> None:
        """Keep rows that `to_fill` gave out."""
        if self._file is not None:
            data = rows.data.cast("B")
            while data:
                data = data[self._file.write(data) :]

    def parts(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield the number of the first row and the rows, part by part."""
        if self._array is not None:
            for start in range(0, self._n_rows, self._buffer_rows):
                yield start, self._array[start : start + self._buffer_rows]
            return
        self._file.seek(0)
        buffer = np.empty((min(self._buffer_rows, self._n_rows), self._stride), np.uint8)
        for start in range(0, self._n_rows, len(buffer)):
            rows = buffer[: min(len(buffer), self._n_rows - start)]
            self._read(rows.data.cast("B"))
            yield start, rows

    def _read(self, target: memoryview) -> None:
        while target:
            count = self._file.readinto(target)
            if not count:
                raise OSError("the temporary file of quantized rows has become shorter")
            target = target[count:]

    def close(self) -> None:
        """Free the memory or the file."""
        self._array = None
        if self._file is not None:
            self._file.close()
