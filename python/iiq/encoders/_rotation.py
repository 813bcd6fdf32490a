"""The alternation that trains the rotation: signs B of Z R, then R from the SVD of Z^T B.

Z, the rows along the directions kept, is never held in float32 for all rows. With
``precision="int8"`` it is quantised once and every sum over rows is a sum of integers; with
``"float32"`` it is computed anew, chunk by chunk, in each iteration.
"""

from __future__ import annotations

import numbers
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from iiq._backend import backend
from iiq._validate import as_int, non_finite
from iiq.blocks import WORK_ROWS, Rows
from iiq.linalg import procrustes, random_rotation

Float64 = NDArray[np.float64]

PRECISIONS = ("int8", "float32")
_LARGEST = 63  # of a quantised number, and of the rotation: four products of 127 * 63 fit 16 bits
_CLIP = 4.0  # standard deviations of the strongest direction ...
_CLIP_MEDIAN = 16.0  # ... but no more than this of the median one, for an outlier's sake
_ROW_ALIGN = 16
_STEP_ROWS = 1 << 15  # of one native call, so that Ctrl-C is seen


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


@dataclass(frozen=True)
class Trained:
    """A rotation (c, n_bits) and the loss at the end of each iteration."""

    rotation: Float64
    losses: Float64


class Problem(Protocol):
    """What training asks of the rows."""

    def cross(self, rotation: Float64) -> Float64:
        """Return ``Z^T B`` (c, n_bits), B the signs of ``Z rotation`` as +-1."""

    def close(self) -> None:
        """Free what is held."""


def train_rotation(
    rows: Rows,
    mean: Float64,
    basis: Float64,
    singular_values: Float64,
    *,
    n_bits: int,
    rng: np.random.Generator,
    options: TrainOptions,
) -> Trained:
    """Alternate signs and rotation from a random start.

    Parameters
    ----------
    rows : Rows
        The training rows; they are read more than once.
    mean : ndarray float64 (d,)
    basis : ndarray float64 (d, c)
        The directions kept: ``Z = (rows - mean) basis``.
    singular_values : ndarray float64 (c,)
        Of these directions, for the scale of the quantised Z.
    n_bits : int
    rng : Generator
    options : TrainOptions
    """
    rotation = random_rotation(basis.shape[1], n_bits, rng)
    if options.n_iter == 0:
        return Trained(rotation, np.empty(0))
    losses: list[float] = []
    # ||B - Z R||^2 = ||B||^2 + ||Z||^2 - 2 trace(R^T Z^T B), for R R^T = I
    assert rows.n_rows is not None
    constant = float(rows.n_rows) * n_bits + float((singular_values**2).sum())
    with (
        closing(_problem(rows, mean, basis, singular_values, n_bits, options)) as problem,
        closing(_progress(options)) as bar,
    ):
        for _ in range(options.n_iter):
            rotation, trace = procrustes(problem.cross(rotation))
            losses.append(constant - 2.0 * trace)
            bar.set_postfix(loss=f"{losses[-1]:.6g}", refresh=False)
            bar.update()
            if _settled(losses, options.tol):
                break
    return Trained(rotation, np.array(losses))


def _settled(losses: list[float], tol: float | None) -> bool:
    return tol is not None and len(losses) > 1 and losses[-2] - losses[-1] <= tol * losses[-2]


def _progress(options: TrainOptions) -> Any:
    from tqdm import tqdm

    return tqdm(total=options.n_iter, desc="rotation", unit="iter", disable=not options.verbose)


def _problem(
    rows: Rows,
    mean: Float64,
    basis: Float64,
    singular_values: Float64,
    n_bits: int,
    options: TrainOptions,
) -> Problem:
    if options.precision == "float32":
        return Float32Problem(rows, mean, basis, options.threads)
    if rows.remote:
        from iiq.encoders._remote import RemoteInt8Problem

        return RemoteInt8Problem(rows, mean, basis, singular_values, n_bits)
    return Int8Problem(rows, mean, basis, singular_values, n_bits, options)


class Float32Problem:
    """The reference: Z in float32, computed chunk by chunk; sums in float64."""

    def __init__(self, rows: Rows, mean: Float64, basis: Float64, threads: int) -> None:
        self._rows = rows
        self._mean = mean
        self._basis = basis
        self._threads = threads

    def cross(self, rotation: Float64) -> Float64:
        """Return ``Z^T B``; the signs are those of float64 sums over the float32 Z."""
        native = backend()
        c, n_bits = rotation.shape
        origin = np.zeros(c)
        total = np.zeros((c, n_bits))
        for chunk in self._rows.chunks():
            z = np.empty((len(chunk), c), np.float32)
            native.module.project(chunk, self._mean, self._basis, z, self._threads, native.kernels)
            codes = np.empty((len(chunk), (n_bits + 7) // 8), np.uint8)
            native.module.encode(z, origin, rotation, codes, self._threads, native.kernels)
            bits = np.unpackbits(codes, axis=1, count=n_bits, bitorder="little")
            total += z.astype(np.float64).T @ (2.0 * bits - 1.0)
        return total

    def close(self) -> None:
        """Nothing is held."""


class Int8Problem:
    """Z as bytes, quantised once; each iteration brings integer sums up to date with the signs."""

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
        native = backend()
        start = 0
        for chunk in rows.chunks(WORK_ROWS):
            z = self._z.to_fill(start, len(chunk))
            bad = native.module.quantize(
                chunk, mean, basis, self._scale, z, self._column_sums, self._threads, native.kernels
            )
            if bad >= 0:
                raise non_finite(rows.name, start + bad)
            self._z.filled(start, z)
            start += len(chunk)

    def cross(self, rotation: Float64) -> Float64:
        """Return ``Z^T B`` of the quantised Z, with the signs of an 8-bit rotation."""
        native = backend()
        quantised = self._rounded(rotation)
        for start, z in self._z.parts():
            native.module.rotation_step(
                z,
                quantised,
                self._bits[start : start + len(z)],
                self._sums,
                self._threads,
                native.kernels,
            )
        return cross_of_sums(self._sums, self._column_sums, self._scale)

    def close(self) -> None:
        """Free the rows, or the file that holds them."""
        self._z.close()


def bytes_of_row(n_kept: int) -> int:
    """Return the bytes of a quantised row, with those that align it."""
    return -(-n_kept // _ROW_ALIGN) * _ROW_ALIGN


class RoundedRotation:
    """Rounds rotations to bytes; what is rounded off one is added to the next.

    The scale of a column changes no sign. Rounding alone would hide changes of less than half a
    unit, and the alternation would stop early; with what was left over, several rotations together
    are as exact as wanted.
    """

    def __init__(self) -> None:
        self._left_over: Float64 | float = 0.0

    def __call__(self, rotation: Float64) -> NDArray[np.int8]:
        """Return the rotation in 8 bits, each column to a scale of its own."""
        largest = np.abs(rotation).max(axis=0)
        largest[largest == 0] = 1.0
        wanted = rotation * (_LARGEST / largest) + self._left_over
        rounded = np.rint(wanted).clip(-_LARGEST, _LARGEST)
        self._left_over = wanted - rounded
        quantised: NDArray[np.int8] = rounded.astype(np.int8)
        return quantised


def cross_of_sums(sums: NDArray[np.int64], column_sums: NDArray[np.int64], scale: float) -> Float64:
    """Return ``Z^T B`` from the sums of rows whose bit is 1, (n_bits, stride), and of all rows."""
    c = len(column_sums)
    if not scale:
        return np.zeros((c, len(sums)))
    signed_sums = 2 * sums[:, :c] - column_sums
    return np.ascontiguousarray(signed_sums.T) / scale


def quantum_per_unit(singular_values: Float64, n_rows: int) -> float:
    """Return by how much to multiply Z so that whole numbers up to 63 hold it: float32, or 0."""
    spread = singular_values / np.sqrt(n_rows)
    present = spread[spread > 1e-6 * spread.max(initial=0.0)]
    if present.size == 0:
        return 0.0
    clip = min(_CLIP * spread.max(), _CLIP_MEDIAN * float(np.median(present)))
    with np.errstate(over="ignore"):
        scale = float(np.float32(_LARGEST / clip)) if clip > 0 else 0.0
    return scale if np.isfinite(scale) else 0.0


class _ByteRows:
    """Rows of bytes in memory, or in a temporary file when they are more than a limit allows."""

    def __init__(self, n_rows: int, stride: int, memory_limit: int | None) -> None:
        self._n_rows = n_rows
        self._stride = stride
        self._array: NDArray[np.uint8] | None = None
        self._file: Any = None
        if memory_limit is None or n_rows * stride <= memory_limit:
            self._array = np.empty((n_rows, stride), np.uint8)
            self._buffer_rows = _STEP_ROWS
        else:
            self._file = tempfile.TemporaryFile(prefix="iiq-", buffering=0)  # noqa: SIM115 - closed in close()
            self._buffer_rows = min(max(memory_limit // stride, 1), _STEP_ROWS)

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
                raise OSError("the temporary file of quantised rows has become shorter")
            target = target[count:]

    def close(self) -> None:
        """Free the memory or the file."""
        self._array = None
        if self._file is not None:
            self._file.close()
