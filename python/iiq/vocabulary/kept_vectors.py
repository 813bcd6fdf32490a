"""Source vectors kept beside the codes in float16 or int8, for rescoring the nearest candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

KINDS = ("float16", "int8")
_ROWS = 65536


class KeptVectors:
    """One row for each word: float16 numbers, or int8 numbers and a float32 scale a row.

    Parameters
    ----------
    values : ndarray (n, dim) of float16 or int8
        May be mapped from a file.
    scales : ndarray (n,) of float32, optional
        For int8: row i stands for ``values[i] * scales[i]``.
    """

    def __init__(self, values: Array, scales: Array | None = None) -> None:
        if values.ndim != 2 or values.dtype not in (np.float16, np.int8):
            raise ValueError(
                f"kept vectors must be float16 or int8 (n, dim), got {values.dtype} {values.shape}"
            )
        if (values.dtype == np.int8) != (scales is not None):
            raise ValueError("kept int8 vectors need scales, float16 vectors have none")
        if scales is not None and (scales.shape != (len(values),) or scales.dtype != np.float32):
            raise ValueError(
                f"{len(values)} kept vectors need as many float32 scales, got {scales.dtype} "
                f"of shape {scales.shape}"
            )
        self.values = values
        self.scales = scales

    @classmethod
    def from_vectors(cls, vectors: ArrayLike, kind: str) -> KeptVectors:
        """Keep float vectors (n, dim) as ``kind``: "float16" or "int8".

        int8 rows are scaled so that the largest number of each is 127.
        """
        if kind not in KINDS:
            raise ValueError(f"keep_vectors must be None or one of {KINDS}, got {kind!r}")
        array = np.asarray(vectors)
        if kind == "float16":
            with np.errstate(over="ignore"):
                halves = array.astype(np.float16)
            if not np.isfinite(halves).all():
                raise ValueError(
                    "keep_vectors='float16': a number is beyond 65504, the largest float16; "
                    "use keep_vectors='int8' or scale the vectors"
                )
            return cls(halves)
        values = np.empty(array.shape, dtype=np.int8)
        scales = np.empty(len(array), dtype=np.float32)
        for start in range(0, len(array), _ROWS):
            block = np.asarray(array[start : start + _ROWS], dtype=np.float32)
            scale = np.abs(block).max(axis=1) / np.float32(127)
            scale[scale == 0] = 1
            values[start : start + _ROWS] = np.rint(block / scale[:, None])
            scales[start : start + _ROWS] = scale
        return cls(values, scales)

    @classmethod
    def concatenate(cls, parts: Sequence[KeptVectors]) -> KeptVectors:
        """Join rows that were kept block by block."""
        scales = [part.scales for part in parts if part.scales is not None]
        values = np.concatenate([part.values for part in parts])
        return cls(values, np.concatenate(scales) if scales else None)

    @property
    def kind(self) -> str:
        """How they are kept: "float16" or "int8"."""
        return str(self.values.dtype)

    @property
    def dim(self) -> int:
        """The numbers in one vector."""
        return int(self.values.shape[1])

    def __len__(self) -> int:
        return len(self.values)

    def rows_at(self, rows: Any) -> NDArray[np.float64]:
        """Return the chosen rows as they were kept, float64 (m, dim)."""
        with np.errstate(invalid="ignore"):  # of a damaged file: named below
            chosen: NDArray[np.float64] = self.values[rows].astype(np.float64)
            if self.scales is not None:
                chosen *= self.scales[rows].astype(np.float64)[:, None]
        if not np.isfinite(chosen).all():
            raise ValueError("damaged: kept vectors that are no numbers")
        return chosen

    def take(self, rows: Any) -> KeptVectors:
        """Return the chosen rows as kept vectors of their own."""
        return KeptVectors(self.values[rows], None if self.scales is None else self.scales[rows])
