"""Every check of an argument, once: each returns the value in the form the library works with.

Errors are built-in exceptions whose text holds the value that came, the value that was wanted and
the fix. Sentences that scikit-learn's estimator checks look for are kept word for word.
"""

from __future__ import annotations

import numbers
import operator
import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[Any]
Vectors = NDArray[np.float32]
Codes = NDArray[np.uint8]


def as_int(value: object, name: str, low: int, high: int | None = None) -> int:
    """Check a whole number in ``low <= value <= high``."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None
    if number < low or (high is not None and number > high):
        wanted = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ValueError(f"{name} must be {wanted}, got {number}")
    return number


def as_threads(threads: int | None) -> int:
    """Return how many threads to use: None means every core this process may run on."""
    if threads is not None:
        return as_int(threads, "threads", 1)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def as_first_rows(restrict_vocab: int | None, n_rows: int) -> int:
    """Return how many of the first rows to look at: all for None and, as in gensim, for 0."""
    if restrict_vocab is None:
        return n_rows
    return min(as_int(restrict_vocab, "restrict_vocab", 0) or n_rows, n_rows)


def as_generator(random_state: object) -> np.random.Generator:
    """Return a NumPy generator for None, a seed, a RandomState or a Generator."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31, size=4))
    if random_state is None:
        return np.random.default_rng()
    if isinstance(random_state, numbers.Integral):
        return np.random.default_rng(as_int(random_state, "random_state", 0))
    raise TypeError(
        "random_state must be None, a seed, a numpy.random.Generator or a RandomState, "
        f"got {random_state!r}"
    )


def as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return values as an array; an error names the first row of another length."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ragged(values, name) or ValueError(
            f"{name} must be a rectangular array of numbers: {error}"
        ) from None


def as_matrix(X: ArrayLike, name: str = "X", *, n_columns: int | None = None) -> Matrix:
    """Check rank and type of a matrix of vectors without copying it.

    Parameters
    ----------
    X : array-like (n, dim)
        Anything NumPy reads as real numbers; objects that are numbers are converted.
    name : str
        What to call it in an error.
    n_columns : int, optional
        The width it must have.

    Returns
    -------
    ndarray (n, dim)
        ``X`` itself where it is an array of real numbers already (float16 stays float16).
    """
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError(
            f"{name} is a sparse matrix, but dense data is required: use {name}.toarray()"
        )
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        n_masked = int(np.ma.getmaskarray(X).sum())
        raise ValueError(
            f"{name} is a masked array with {n_masked} masked numbers: fill them "
            f"({name}.filled(0)), or leave out their rows"
        )
    matrix = as_array(X, name)
    if matrix.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} is {matrix.dtype}; pass its real part"
        )
    if matrix.dtype.kind == "O":
        matrix = _objects_as_numbers(matrix, name)
    if matrix.dtype.kind not in "buif":
        raise ValueError(
            f"{name} must hold numbers, got dtype {matrix.dtype}: convert it to float32"
        )
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must be a 2-D array (rows, columns), got {matrix.ndim}-D of "
            f"shape {matrix.shape}. "
            "Reshape your data: x.reshape(1, -1) makes one row of a single vector"
        )
    if matrix.shape[1] == 0:
        raise ValueError(
            f"0 feature(s) (shape={matrix.shape}) while a minimum of 1 is required in {name}."
        )
    if n_columns is not None and matrix.shape[1] != n_columns:
        raise ValueError(f"{name} has {matrix.shape[1]} columns, expected {n_columns}")
    return matrix


def ragged(rows: Any, name: str, words: Any = None) -> ValueError | None:
    """Return the error for the first row whose length is not that of the first one, or None.

    ``words``, one a row, name the rows where the caller has them.
    """

    def called(row: int) -> str:
        return f"row {row}" if words is None else f"{words[row]!r} (row {row})"

    lengths = [np.shape(row) for row in rows]
    for row, length in enumerate(lengths):
        if length != lengths[0]:
            return ValueError(
                f"{name} must be a rectangular array of numbers, but {called(row)} has the shape "
                f"{length} and {called(0)} has {lengths[0]}: give all rows as many numbers"
            )
    return None


def _objects_as_numbers(matrix: Matrix, name: str) -> Matrix:
    """Return an array of objects, numbers or rows of them, as float64."""
    if matrix.ndim == 1 and len(matrix) and all(np.ndim(row) == 1 for row in matrix):
        error = ragged(matrix, name)
        if error is not None:
            raise error
        matrix = np.stack([np.asarray(row) for row in matrix])  # a column of lists
    try:
        return matrix.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} must hold numbers: argument must be a string or a number, {error}"
            f"{_first_non_number(matrix)}"
        ) from None


def _first_non_number(matrix: Matrix) -> str:
    for place, value in np.ndenumerate(matrix):
        try:
            float(value)
        except (TypeError, ValueError):
            where = f"row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "")
            return f" ({where} holds {value!r:.60}: replace it, or leave out its row)"
    return ""


def as_float32(block: Matrix, name: str = "X", *, first_row: int = 0) -> Vectors:
    """Convert one block of rows to C-contiguous float32 and check that every number is finite.

    Parameters
    ----------
    block : ndarray (rows, dim)
        A part of a checked matrix.
    name, first_row
        For the error: the matrix, and the number of the block's first row in it.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rows = np.ascontiguousarray(block, dtype=np.float32)
        total = rows.sum(dtype=np.float64)
    if not np.isfinite(total):
        bad = ~np.isfinite(rows).all(axis=1)
        if bad.any():
            raise non_finite(name, first_row + int(np.argmax(bad)))
    return rows


def non_finite(name: str, row: int) -> ValueError:
    """Return the error for a matrix whose first row that is not finite in float32 is ``row``."""
    return ValueError(
        f"{name} contains NaN, infinity or a value too large for float32 "
        f"(first in row {row}): remove or replace such rows"
    )


def as_rows_numbers(
    train_rows: object, n_rows: int | None, name: str = "train_rows"
) -> int | NDArray[np.int64]:
    """Check a choice of rows: how many from the start, or their numbers (each at most once)."""
    if isinstance(train_rows, numbers.Integral):
        return as_int(train_rows, name, 1)
    rows = np.asarray(train_rows)
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or rows.size == 0:
        raise TypeError(
            f"{name} must be None (all rows), a number of rows or a list of row numbers, "
            f"got {train_rows!r}"
        )
    rows = rows.astype(np.int64)
    if rows.min() < 0 or (n_rows is not None and rows.max() >= n_rows):
        limit = "at least 0" if n_rows is None else f"between 0 and {n_rows - 1}"
        raise ValueError(f"{name} must be {limit}, got {rows.min()} to {rows.max()}")
    if len(np.unique(rows)) != len(rows):
        raise ValueError(f"{name} holds a row number twice: pass each row once")
    return rows


def bytes_per_code(n_bits: int) -> int:
    """Return the bytes of one packed code of ``n_bits`` bits."""
    return (n_bits + 7) // 8


def as_codes(codes: ArrayLike, n_bits: int, name: str = "codes") -> Codes:
    """Check packed codes: uint8 (n, ceil(n_bits / 8)), bits past ``n_bits`` zero; C-contiguous."""
    array = as_array(codes, name)
    width = bytes_per_code(n_bits)
    if array.dtype != np.uint8:
        raise TypeError(
            f"{name} must be packed codes of dtype uint8, got {array.dtype}: {_codes_from(array)}"
        )
    if array.ndim != 2:
        raise ValueError(f"{name} must be a 2-D array (n, {width}), got shape {array.shape}")
    if array.shape[1] != width:
        raise ValueError(
            f"{name} have {array.shape[1]} bytes a code, but n_bits={n_bits} needs {width}"
        )
    padding = 8 * width - n_bits
    if padding and array.shape[0]:
        spare = np.uint8((0xFF << (8 - padding)) & 0xFF)
        dirty = (array[:, -1] & spare) != 0
        if dirty.any():
            raise ValueError(
                f"{name}: the {padding} padding bits past n_bits={n_bits} must be zero, but row "
                f"{int(np.argmax(dirty))} has some set: were these packed with bitorder='little'?"
            )
    return np.ascontiguousarray(array)


def _codes_from(array: NDArray[Any]) -> str:
    """Return how an array that is no uint8 becomes packed codes."""
    if array.dtype == np.int8 and array.size and (array.min() < -1 or array.max() > 1):
        return (
            "bytes minus 128, most significant bit first (sentence-transformers' precision="
            "'binary'), become codes by iiq.pack(np.unpackbits((codes.astype(np.int16) + 128)"
            ".astype(np.uint8), axis=1)); plain bytes seen as int8 by codes.view(np.uint8)"
        )
    return "pack bits with iiq.pack, or encode vectors with encoder.transform"


def as_ids(ids: ArrayLike, n_codes: int, name: str = "ids") -> NDArray[np.int64]:
    """Check row numbers: whole numbers, one dimension, each in ``0 <= id < n_codes``."""
    array = np.asarray(ids)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(
            f"{name} must be a 1-D array of whole numbers, got dtype {array.dtype} and shape "
            f"{array.shape}"
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= n_codes:
        wrong = low if low < 0 else high
        raise IndexError(
            f"{name}: id {wrong} is out of range for {n_codes} codes (0 to {n_codes - 1})"
        )
    return np.ascontiguousarray(array, dtype=np.int64)


def as_allowed(
    mask: ArrayLike | None, exclude: ArrayLike | None, n_codes: int
) -> NDArray[np.uint32] | None:
    """Return the codes that ``mask`` lets through and ``exclude`` does not name; None: all.

    As bits, one uint32 for each 32 codes.
    """
    if exclude is None:
        return None if mask is None else _as_mask(mask, n_codes)
    excluded = as_ids(exclude, n_codes, "exclude")
    allowed = _as_mask(np.ones(n_codes, np.bool_) if mask is None else mask, n_codes)
    bits = np.left_shift(np.uint32(1), (excluded & 31).astype(np.uint32))
    np.bitwise_and.at(allowed, excluded >> 5, ~bits)
    return allowed


def _as_mask(mask: ArrayLike, n_codes: int) -> NDArray[np.uint32]:
    array = np.asarray(mask)
    if array.dtype != np.bool_:
        raise TypeError(
            f"mask must be boolean, got dtype {array.dtype}: for row numbers make "
            "mask = np.zeros(n_codes, bool); mask[ids] = True (to leave rows out: exclude=ids)"
        )
    if array.shape != (n_codes,):
        raise ValueError(f"mask must have shape ({n_codes},), one for each code, got {array.shape}")
    packed = np.zeros(-(-n_codes // 32) * 4, np.uint8)
    bits = np.packbits(array, bitorder="little")
    packed[: len(bits)] = bits
    words: NDArray[np.uint32] = packed.view("<u4")
    return words
