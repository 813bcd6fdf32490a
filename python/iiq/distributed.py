"""Fitting and encoding where the rows are: Dask, or any executor with ``.map``.

    encoder = iiq.IIQ(n_bits=128, random_state=0).fit(dask_array)   # the bits of one machine
    codes = encoder.transform(dask_array)                           # a Dask array of codes

Sums are taken over the same ``SUM_ROWS`` rows as on one machine and joined in the same order, so
the codes are the same for any number of workers. What travels: moments of each ``SUM_ROWS`` rows
(d x d numbers), 1024 sample rows, and in each iteration the rotation out and one sum (n_bits x d
whole numbers, added up on the way) back.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._blas import one_blas_thread
from iiq._validate import Codes, Matrix, Vectors, as_matrix, bytes_per_code
from iiq.blocks import CHUNK_ROWS, SUM_ROWS, WORK_ROWS, ArrayRows, Rows, to_float32
from iiq.encoders.base import Encoder

_FAN_IN = 8  # sums added together by one worker
_IN_FLIGHT = 64  # blocks whose results are awaited together
_LOST = ("KilledWorker", "FutureCancelledError", "FuturesCancelledError", "CancelledError")


def _dask() -> Any:
    try:
        import dask
        import dask.array
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"distributed work needs {error.name}: pip install 'iiq[dask]'", name=error.name
        ) from None
    return dask


def _compute(tasks: list[Any]) -> tuple[Any, ...]:
    """Run tasks and return their results; say what it means when workers die again and again."""
    try:
        results: tuple[Any, ...] = _dask().compute(*tasks)
    except Exception as error:
        if type(error).__name__ not in _LOST:
            raise
        raise RuntimeError(
            f"the cluster lost the workers that held a block ({type(error).__name__}: {error}): "
            "give workers more memory or make blocks smaller, and fit again"
        ) from error
    return results


def _on_block(
    block: Matrix, function: Callable[..., Any], first_row: int, shared: tuple[Any, ...]
) -> Any:
    """Run a function of `Rows.map_sums` on one block, BLAS held to one thread."""
    chunks = (
        to_float32(block[start : start + CHUNK_ROWS]) for start in range(0, len(block), CHUNK_ROWS)
    )
    with one_blas_thread():
        return function(chunks, first_row, *shared)


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
        self._dask = _dask()
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
        run = self._dask.delayed(_on_block)
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
        for start in range(0, len(tasks), _IN_FLIGHT):
            yield from _compute(tasks[start : start + _IN_FLIGHT])

    def keep(self, function: Callable[..., Any], *args: Any) -> KeptBlocks:
        """Run the function where the blocks lie and leave the results there."""
        return KeptBlocks(list(self._dask.persist(*self._tasks(function, args))))


class KeptBlocks:
    """Results that workers keep, one a block; a result lost with its worker is made again."""

    def __init__(self, blocks: list[Any]) -> None:
        self._blocks = blocks

    def sum(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return the sum of ``function(kept, *args)`` over all blocks, added up by the workers."""
        delayed = _dask().delayed
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


# -- encoding --------------------------------------------------------------------------------------


def _single(encoder: Encoder) -> Encoder:
    """Return a copy that uses one thread: the cluster runs one task for each core already."""
    one = copy.copy(encoder)
    one.threads = 1  # type: ignore[attr-defined]
    return one


def _encode_block(block: Matrix, encoder: Encoder, verb: str, block_info: Any = None) -> Any:
    """Encode a block; rows of errors are counted from the first row of the whole array."""
    first_row = block_info[0]["array-location"][0][0] if block_info else 0
    parts = [
        getattr(encoder, verb)(to_float32(block[start : start + WORK_ROWS]), 1, first_row + start)
        for start in range(0, len(block), WORK_ROWS)
    ]
    return np.concatenate(parts)


def _mapped(encoder: Encoder, X: Any, verb: str, width: int, dtype: Any) -> Any:
    rows = DaskRows(X)
    if rows.n_columns != encoder.n_features_in_:
        raise ValueError(
            f"X has {rows.n_columns} features, but {type(encoder).__name__} is expecting "
            f"{encoder.n_features_in_} features as input: encode vectors of the kind it was "
            "fitted on"
        )
    array = X.rechunk({1: -1})
    return array.map_blocks(
        _encode_block,
        encoder=_single(encoder),
        verb=verb,
        dtype=dtype,
        chunks=(array.chunks[0], (width,)),
        meta=np.empty((0, 0), dtype),
    )


def encode(encoder: Encoder, X: Any, out: Any = None) -> Any:
    """Return the codes of a Dask array as a Dask array, computed when it is asked for."""
    if out is not None:
        raise ValueError(
            "out is for arrays in memory: transform(dask_array) returns a Dask array; store "
            "that with dask.array.store or to_npy_stack"
        )
    encoder._check_fitted()
    return _mapped(encoder, X, "_encoded", bytes_per_code(encoder.n_bits_), np.uint8)


def project(encoder: Encoder, X: Any) -> Any:
    """Return the projections of a Dask array as a Dask array."""
    encoder._check_fitted()
    return _mapped(encoder, X, "_projected", encoder.n_bits_, np.float32)


# -- any executor with .map ------------------------------------------------------------------------


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
        self._source = os.path.abspath(source) if _is_path(source) else np.asarray(source)
        self._executor = executor
        super().__init__(as_matrix(_opened(self._source))[:limit])

    def map_sums(self, function: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """Run the function in the executor; yield the results in order."""
        assert self.n_rows is not None
        items = [
            (_piece(self._source, start, min(SUM_ROWS, self.n_rows - start)), function, start, args)
            for start in range(0, self.n_rows, SUM_ROWS)
        ]
        yield from _results(self._executor, _run_item, items)

    def first(self, count: int) -> Rows:
        """Return the first rows, whose sums the executor takes, too."""
        return MappedRows(self._source, self._executor, count)


def fit(encoder: Encoder, X: Any, *, executor: Any) -> Encoder:
    """Fit an encoder, its moments taken by an executor.

    Parameters
    ----------
    encoder : Encoder
    X : path of a .npy file, or array-like (n, d)
        A Dask array needs no executor: ``encoder.fit(dask_array)``.
    executor : object with ``map``
        See `MappedRows`.

    Returns
    -------
    Encoder
        ``encoder``, with the bits that ``encoder.fit`` gives.

    Notes
    -----
    The executor takes the moments, which is the pass over all training rows. The rotation is
    trained here, on rows read here: a plain executor keeps nothing between two calls. Rows chosen
    by their numbers (``train_rows``) are read here, too.
    """
    _check_executor(executor)
    return encoder._fit(MappedRows(X, executor))


def transform(encoder: Encoder, X: Any, *, executor: Any, out: Codes | None = None) -> Codes:
    """Encode by an executor; the codes are those of ``encoder.transform``.

    Parameters
    ----------
    encoder : Encoder
    X : path of a .npy file, or array-like (n, d)
    executor : object with ``map``
    out : ndarray uint8 (n, ceil(n_bits / 8)), optional
        Where to write the codes, for example a memory-mapped array.
    """
    _check_executor(executor)
    source = os.path.abspath(X) if _is_path(X) else X
    matrix = encoder._input_rows(_opened(source))
    assert matrix.n_rows is not None
    shape = (matrix.n_rows, bytes_per_code(encoder.n_bits_))
    codes = np.empty(shape, np.uint8) if out is None else out
    if codes.shape != shape or codes.dtype != np.uint8:
        raise ValueError(f"out must be uint8 of shape {shape}, got {codes.dtype} of {codes.shape}")
    items = [
        (_piece(source, start, SUM_ROWS), _encode_chunks, start, (_single(encoder),))
        for start in range(0, shape[0], SUM_ROWS)
    ]
    start = 0
    for part in _results(executor, _run_item, items):
        codes[start : start + len(part)] = part
        start += len(part)
    return codes


def _encode_chunks(chunks: Iterator[Vectors], first_row: int, encoder: Encoder) -> Codes:
    parts = []
    for chunk in chunks:
        parts.append(encoder._encoded(chunk, 1, first_row))
        first_row += len(chunk)
    return np.concatenate(parts)


def _is_path(source: Any) -> bool:
    return isinstance(source, str | os.PathLike)


def _opened(source: Any) -> Any:
    return np.load(source, mmap_mode="r", allow_pickle=False) if _is_path(source) else source


def _piece(source: Any, start: int, rows: int) -> Any:
    """Return what a worker needs to read some rows."""
    return (source, start, rows) if _is_path(source) else np.asarray(source[start : start + rows])


def _run_item(item: tuple[Any, Callable[..., Any], int, tuple[Any, ...]]) -> Any:
    piece, function, first_row, args = item
    if isinstance(piece, tuple):
        path, start, rows = piece
        piece = np.load(path, mmap_mode="r", allow_pickle=False)[start : start + rows]
    return _on_block(piece, function, first_row, args)


def _check_executor(executor: Any) -> None:
    if not callable(getattr(executor, "map", None)):
        raise TypeError(f"executor must have a method map(function, items), got {executor!r}")


def _results(executor: Any, function: Callable[[Any], Any], items: list[Any]) -> Iterator[Any]:
    """Yield results in order, a few dozen items at a time so that pieces do not pile up."""
    for start in range(0, len(items), _IN_FLIGHT):
        found = executor.map(function, items[start : start + _IN_FLIGHT])
        yield from executor.gather(found) if hasattr(executor, "gather") else found
