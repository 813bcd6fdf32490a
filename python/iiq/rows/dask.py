"""Rows of a Dask array, which stay on the workers: functions travel to them, sums come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import Vectors, as_matrix
from iiq.rows.base import CHUNK_ROWS, IN_FLIGHT, SUM_ROWS, Rows, on_block, to_float32

_FAN_IN = 8  # sums added together by one worker
# Names of what Dask raises when workers are gone.
LOST = ("KilledWorker", "FutureCancelledError", "FuturesCancelledError", "CancelledError")


def need_dask() -> Any:
    """Return dask, its arrays imported."""
    need("dask.array", "distributed work", "dask")
    return need("dask", "distributed work", "dask")


def _compute(tasks: list[Any]) -> tuple[Any, ...]:
    """Run tasks and return their results; say what it means when workers die again and again."""
    try:
        results: tuple[Any, ...] = need_dask().compute(*tasks)
    except Exception as error:
        if type(error).__name__ not in LOST:
            raise
        raise RuntimeError(
            f"the cluster lost the workers that held a block ({type(error).__name__}: {error}): "
            "give workers more memory or make blocks smaller, and fit again"
        ) from error
    return results


def _added(parts: list[Any]) -> Any:
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


class DaskRows(Rows):
    """Rows of a Dask array.

    Parameters
    ----------
    array : dask.array.Array (n, d)
        Of known shape. It is rechunked to ``SUM_ROWS`` rows and all columns: blocks of a multiple
        of 16 384 rows are cut where they lie, others exchange rows with their neighbours.
    name : str
        What errors call it.

    Raises
    ------
    TypeError, ValueError
        If it is no array of real numbers with two axes, or its number of rows is not known.
    """

    remote = True

    def __init__(self, array: Any, name: str = "X") -> None:
        self._dask = need_dask()
        if not isinstance(array, self._dask.array.Array):
            raise TypeError(
                f"{name} is a {type(array).__name__}: pass a Dask array, for a data frame "
                "frame.to_dask_array(lengths=True)"
            )
        if np.isnan(array.shape[0] if array.ndim else 0):
            raise ValueError(
                f"{name} has blocks of unknown length: call {name}.compute_chunk_sizes() first"
            )
        as_matrix(np.empty((0, *array.shape[1:])[: array.ndim], array.dtype), name)
        self._array = array
        self._blocks = list(array.rechunk((SUM_ROWS, -1)).to_delayed().ravel())
        self.name = name
        self.n_rows, self.n_columns = (int(length) for length in array.shape)

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Vectors]:
        """Fetch the rows, block by block: for what cannot be done where they lie."""
        array, step = self._array, max(size, SUM_ROWS // size * size)
        for start in range(0, array.shape[0], step):
            (block,) = _compute([array[start : start + step]])
            for first in range(0, len(block), size):
                yield to_float32(block[first : first + size])

    def first(self, count: int) -> Rows:
        """Return the first ``count`` rows, which stay where they are."""
        return DaskRows(self._array[:count], self.name)

    def at(self, numbers: NDArray[np.int64]) -> Rows:
        """Return the rows with these numbers, which stay on the workers."""
        return DaskRows(self._array[numbers], self.name)

    def _tasks(self, function: Callable[..., Any], args: tuple[Any, ...]) -> list[Any]:
        run = self._dask.delayed(on_block)
        shared = self._dask.delayed(args, traverse=False)
        return [
            run(block, function, number * SUM_ROWS, shared)
            for number, block in enumerate(self._blocks)
        ]

    def map_sums(self, function: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Run the function where the blocks lie; yield the results in order."""
        if not self.n_rows:
            return
        tasks = self._tasks(function, args)
        for start in range(0, len(tasks), IN_FLIGHT):
            yield from _compute(tasks[start : start + IN_FLIGHT])

    def keep(self, function: Callable[..., Any], *args: Any) -> KeptBlocks:
        """Run the function where the blocks lie and leave the results there."""
        return KeptBlocks(list(self._dask.persist(*self._tasks(function, args))))


class KeptBlocks:
    """Results that workers keep, one a block; a result lost with its worker is made again."""

    def __init__(self, blocks: list[Any]) -> None:
        self._blocks = blocks

    def sum(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return the sum of ``function(kept, *args)`` over all blocks, added up by the workers."""
        delayed = need_dask().delayed
        shared = [delayed(arg, traverse=False) for arg in args]
        parts = [delayed(function)(block, *shared) for block in self._blocks]
        while len(parts) > 1:
            parts = [
                delayed(_added)(parts[start : start + _FAN_IN])
                for start in range(0, len(parts), _FAN_IN)
            ]
        return _compute(parts)[0]

    def close(self) -> None:
        """Let the workers free them."""
        self._blocks = []
