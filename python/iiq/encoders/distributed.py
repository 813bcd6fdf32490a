"""Fitting and encoding where the rows are: Dask, or any executor with ``.map``.

    encoder = iiq.IIQ(n_bits=128, random_state=0).fit(dask_array)   # the bits of one machine
    codes = encoder.transform(dask_array)                           # a Dask array of codes

Sums are taken over the same ``SUM_ROWS`` rows as on one machine and joined in the same order, so
the codes are the same for any number of workers. What travels: moments of each ``SUM_ROWS`` rows
(d x d numbers), in each iteration the rotation out and one sum (n_bits x d whole numbers, added up
on the way) back, and once the first 50 000 training rows, from which the decoder is learned here.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from iiq._support.validate import Codes, Matrix, Vectors, bytes_per_code
from iiq.rows import SUM_ROWS, WORK_ROWS, to_float32
from iiq.rows.dask import DaskRows
from iiq.rows.executor import (
    MappedRows,
    check_executor,
    is_path,
    opened,
    piece_of,
    results_of,
    run_item,
)

Encoder: TypeAlias = Any  # of encoders/base.py, which imports this file

__all__ = ["DaskRows", "MappedRows", "fit", "transform"]


# -- encoding --------------------------------------------------------------------------------------


def _single(encoder: Encoder) -> Encoder:
    """Return a copy that uses one thread: the cluster runs one task for each core already."""
    one = copy.copy(encoder)
    one.threads = 1
    return one


def _encode_block(block: Matrix, encoder: Encoder, verb: str, block_info: Any = None) -> Any:
    """Encode a block; rows of errors are counted from the first row of the whole array."""
    first_row = block_info[0]["array-location"][0][0] if block_info else 0
    parts = [
        getattr(encoder, verb)(to_float32(block[start : start + WORK_ROWS]), 1, first_row + start)
        for start in range(0, len(block), WORK_ROWS)
    ]
    return np.concatenate(parts)


def _on_blocks(encoder: Encoder, X: Any, verb: str, width: int, dtype: Any) -> Any:
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
    return _on_blocks(encoder, X, "_encoded", bytes_per_code(encoder.n_bits_), np.uint8)


def mapped(encoder: Encoder, X: Any, verb: str) -> Any:
    """Return the projections or queries of a Dask array as a Dask array."""
    encoder._check_fitted()
    return _on_blocks(encoder, X, verb, encoder.n_bits_, np.float32)


# -- any executor with .map ------------------------------------------------------------------------


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
    check_executor(executor)
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
    check_executor(executor)
    source = os.path.abspath(X) if is_path(X) else X
    matrix = encoder._input_rows(opened(source))
    assert matrix.n_rows is not None
    shape = (matrix.n_rows, bytes_per_code(encoder.n_bits_))
    codes = np.empty(shape, np.uint8) if out is None else out
    if codes.shape != shape or codes.dtype != np.uint8:
        raise ValueError(f"out must be uint8 of shape {shape}, got {codes.dtype} of {codes.shape}")
    items = [
        (piece_of(source, start, SUM_ROWS), _encode_chunks, start, (_single(encoder),))
        for start in range(0, shape[0], SUM_ROWS)
    ]
    start = 0
    for part in results_of(executor, run_item, items):
        codes[start : start + len(part)] = part
        start += len(part)
    return codes


def _encode_chunks(chunks: Iterator[Vectors], first_row: int, encoder: Encoder) -> Codes:
    parts = []
    for chunk in chunks:
        parts.append(encoder._encoded(chunk, 1, first_row))
        first_row += len(chunk)
    return np.concatenate(parts)
