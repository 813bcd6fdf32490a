"""Rows whose sums are taken by any executor with ``.map``: processes, Ray, joblib."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from iiq._support.validate import as_matrix
from iiq.rows.array import ArrayRows
from iiq.rows.base import IN_FLIGHT, SUM_ROWS, Rows, on_block


class MappedRows(ArrayRows):
    """Rows of an array or a .npy file whose sums an executor takes.

    Parameters
    ----------
    source : path of a .npy file, or ndarray (n, d)
        A file is opened by each worker, so that no rows travel; an array is sent in pieces.
    executor : object
        Anything with ``map(function, items)`` that returns the results in order: a
        concurrent.futures executor, a multiprocessing or Ray pool, joblib's, a Dask client.
    """

    def __init__(self, source: Any, executor: Any, limit: int | None = None) -> None:
        self._source = os.path.abspath(source) if is_path(source) else np.asarray(source)
        self._executor = executor
        super().__init__(as_matrix(opened(self._source))[:limit])

    def map_sums(self, function: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Run the function in the executor; yield the results in order."""
        assert self.n_rows is not None
        items = [
            (
                piece_of(self._source, start, min(SUM_ROWS, self.n_rows - start)),
                function,
                start,
                args,
            )
            for start in range(0, self.n_rows, SUM_ROWS)
        ]
        yield from results_of(self._executor, run_item, items)

    def first(self, count: int) -> Rows:
        """Return the first rows, whose sums the executor takes, too."""
        return MappedRows(self._source, self._executor, count)


def is_path(source: Any) -> bool:
    """Return whether a source is the path of a file."""
    return isinstance(source, str | os.PathLike)


def opened(source: Any) -> Any:
    """Return an array as it is, a .npy file mapped."""
    return np.load(source, mmap_mode="r", allow_pickle=False) if is_path(source) else source


def piece_of(source: Any, start: int, rows: int) -> Any:
    """Return what a worker needs to read some rows."""
    return (source, start, rows) if is_path(source) else np.asarray(source[start : start + rows])


def run_item(item: tuple[Any, Callable[..., Any], int, tuple[Any, ...]]) -> Any:
    """Run a function of `Rows.map_sums` on a piece, in a worker."""
    piece, function, first_row, args = item
    if isinstance(piece, tuple):
        path, start, rows = piece
        piece = np.load(path, mmap_mode="r", allow_pickle=False)[start : start + rows]
    return on_block(piece, function, first_row, args)


def check_executor(executor: Any) -> None:
    """Raise TypeError where an executor cannot map."""
    if not callable(getattr(executor, "map", None)):
        raise TypeError(f"executor must have a method map(function, items), got {executor!r}")


def results_of(executor: Any, function: Callable[[Any], Any], items: list[Any]) -> Iterator[Any]:
    """Yield results in order, a few dozen items at a time so that pieces do not pile up."""
    for start in range(0, len(items), IN_FLIGHT):
        found = executor.map(function, items[start : start + IN_FLIGHT])
        yield from executor.gather(found) if hasattr(executor, "gather") else found
