"""Source vectors kept small beside the codes, to put the nearest candidates in order.

============  ================  ==================================================
kind          bytes a vector    row i stands for
============  ================  ==================================================
``float16``   2 dim             ``values[i]``
``int8``      dim + 4           ``scales[i] * values[i]``
``int4``      dim / 2 + 4       ``scales[i] * (number - 7.5)``, two numbers a byte
============  ================  ==================================================

Sixteen levels at odd halves have none to spare for zero and are as many above it as below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.growing import appended
from iiq._support.validate import as_int

Array = NDArray[Any]
Kind: TypeAlias = Literal["float16", "int8", "int4"]

KINDS: tuple[Kind, ...] = get_args(Kind)
_DTYPES = {"float16": np.float16, "int8": np.int8, "int4": np.uint8}
_ROWS = 65536
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # of a row's largest number: where its 16 levels may end
_MIDDLE = 7.5  # of the levels 0 .. 15


class KeptVectors:
    """One row for each word, as ``kind`` says.

    Parameters
    ----------
    values : ndarray of float16 or int8 (n, dim), or uint8 (n, ceil(dim / 2))
        May be mapped from a file. Number j of an int4 row is the low half of byte j // 2 where j is
        even, else the high half.
    scales : ndarray (n,) of float32, optional
        Of int8 and int4.
    dim : int, optional
        Numbers in a row of int4, needed where they are odd.
    """

    def __init__(self, values: Array, scales: Array | None = None, dim: int | None = None) -> None:
        kinds = [kind for kind, dtype in _DTYPES.items() if dtype == values.dtype]
        if values.ndim != 2 or not kinds:
            raise ValueError(
                f"kept vectors must be float16 or int8 (n, dim), or uint8 (n, dim / 2), got "
                f"{values.dtype} {values.shape}"
            )
        self.kind = kinds[0]
        if (self.kind == "float16") != (scales is None):
            raise ValueError("kept int8 and int4 vectors need scales, float16 vectors have none")
        if scales is not None and (scales.shape != (len(values),) or scales.dtype != np.float32):
            raise ValueError(
                f"{len(values)} kept vectors need as many float32 scales, got {scales.dtype} "
                f"of shape {scales.shape}"
            )
        numbers = 2 if self.kind == "int4" else 1  # in one value
        self.dim = numbers * values.shape[1] if dim is None else as_int(dim, "dim", 1)
        if -(-self.dim // numbers) != values.shape[1]:
            raise ValueError(
                f"kept vectors of {self.dim} numbers need {-(-self.dim // numbers)} {self.kind} "
                f"values a row, got {values.shape[1]}"
            )
        self.values = values
        self.scales = scales

    @classmethod
    def from_vectors(cls, vectors: ArrayLike, kind: str) -> KeptVectors:
        """Keep float vectors (n, dim) as ``kind``: "float16", "int8" or "int4".

        int8 rows are scaled so that the largest number of each is 127; of int4 that of six scales
        is taken whose levels have the largest cosine with the row.
        """
        if kind not in KINDS:
            raise ValueError(f"keep_vectors must be None or one of {KINDS}, got {kind!r}")
        array = np.asarray(vectors)
        if kind == "float16":
            return cls(_halves(array))
        quantize = _eight_bits if kind == "int8" else _four_bits
        starts = range(0, max(len(array), 1), _ROWS)
        parts = [quantize(np.asarray(array[s : s + _ROWS], dtype=np.float32)) for s in starts]
        values, scales = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(values, scales, array.shape[1])

    @classmethod
    def concatenate(cls, parts: Sequence[KeptVectors]) -> KeptVectors:
        """Join rows that were kept block by block."""
        scales = [part.scales for part in parts if part.scales is not None]
        values = np.concatenate([part.values for part in parts])
        return cls(values, np.concatenate(scales) if scales else None, parts[0].dim)

    def appended(self, new: KeptVectors) -> KeptVectors:
        """Return these rows and then others of their kind; these stay as they are."""
        values, scales = appended(self.values, new.values), None
        if self.scales is not None and new.scales is not None:
            scales = appended(self.scales, new.scales)
        return KeptVectors(values, scales, self.dim)

    def replaced(self, rows: Any, new: KeptVectors) -> KeptVectors:
        """Return a copy in which ``rows`` are others of their kind."""
        values, scales = self.values.copy(), None if self.scales is None else self.scales.copy()
        values[rows] = new.values
        if scales is not None:
            scales[rows] = new.scales
        return KeptVectors(values, scales, self.dim)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """The bytes that they take."""
        return int(self.values.nbytes) + (0 if self.scales is None else int(self.scales.nbytes))

    def rows_at(self, rows: Any) -> NDArray[np.float64]:
        """Return the chosen rows as they were kept, float64 (m, dim)."""
        chosen = self.values[rows]
        with np.errstate(invalid="ignore"):  # of a damaged file: named below
            vectors: NDArray[np.float64] = (
                _levels(chosen, self.dim) if self.kind == "int4" else chosen.astype(np.float64)
            )
            if self.scales is not None:
                vectors *= self.scales[rows].astype(np.float64)[:, None]
        if not np.isfinite(vectors).all():
            raise ValueError("damaged: kept vectors that are no numbers")
        return vectors

    def row_at(self, row: int) -> NDArray[np.float64]:
        """Return one row as it was kept, float64 (dim,)."""
        if self.scales is None:
            vector: NDArray[np.float64] = self.rows_at(np.array([row]))[0]
            return vector
        scale = float(self.scales[row])
        if not math.isfinite(scale):
            raise ValueError("damaged: kept vectors that are no numbers")
        values = self.values[row]
        numbers = _levels(values[None], self.dim)[0] if self.kind == "int4" else values
        vector = scale * numbers
        return vector

    def take(self, rows: Any) -> KeptVectors:
        """Return the chosen rows as kept vectors of their own."""
        scales = None if self.scales is None else self.scales[rows]
        return KeptVectors(self.values[rows], scales, self.dim)


def _halves(array: Array) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        halves = array.astype(np.float16)
    if not np.isfinite(halves).all():
        raise ValueError(
            "keep_vectors='float16': a number is beyond 65504, the largest float16; "
            "use keep_vectors='int8' or scale the vectors"
        )
    return halves


def _eight_bits(block: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    scale = np.abs(block).max(axis=1) / np.float32(127)
    scale[scale == 0] = 1
    return np.rint(block / scale[:, None]).astype(np.int8), scale


def _four_bits(block: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the levels of rows, two a byte, and what they are multiplied with."""
    largest = np.abs(block).max(axis=1).astype(np.float64)
    numbers = np.zeros(block.shape, dtype=np.uint8)
    scales, best = np.zeros(len(block)), np.full(len(block), -1.0)
    for share in _SHARES:
        step = np.where(largest > 0, largest, 1) * (share / 8)
        tried = np.clip(np.floor(block / step[:, None]) + 8, 0, 15)
        levels = tried - _MIDDLE
        along = np.add.reduce(levels * block, axis=1)
        squares = np.add.reduce(levels * levels, axis=1)
        better = along * along / squares > best  # the cosine with the row, but for its length
        numbers[better] = tried[better]
        scales[better] = (along / squares)[better]
        best = np.where(better, along * along / squares, best)
    padded = np.pad(numbers, ((0, 0), (0, block.shape[1] % 2)))
    pairs = np.bitwise_or(padded[:, ::2], padded[:, 1::2] << 4, dtype=np.uint8)
    return pairs, scales.astype(np.float32)


def _levels(packed: NDArray[np.uint8], dim: int) -> NDArray[np.float64]:
    """Return what bytes stand for before they are scaled, float64 (m, dim)."""
    numbers = np.empty((len(packed), 2 * packed.shape[1]))
    numbers[:, ::2] = packed & 15
    numbers[:, 1::2] = packed >> 4
    return numbers[:, :dim] - _MIDDLE
