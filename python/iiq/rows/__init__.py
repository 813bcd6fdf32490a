"""Vectors as numbers alone, read in blocks: wherever they lie, the same sums in the same order."""

from __future__ import annotations

from typing import Any

from iiq._support.validate import as_matrix, as_rows_numbers
from iiq.rows.array import ArrayRows
from iiq.rows.base import CHUNK_ROWS, SUM_ROWS, WORK_ROWS, Rows, check_finite, to_float32
from iiq.rows.stream import BlockRows, BlockSource

__all__ = [
    "CHUNK_ROWS",
    "SUM_ROWS",
    "WORK_ROWS",
    "ArrayRows",
    "BlockRows",
    "BlockSource",
    "Rows",
    "as_rows",
    "check_finite",
    "is_far_away",
    "select_rows",
    "to_float32",
    "vectors_of",
]


def as_rows(X: Any, name: str = "X") -> Rows:
    """Return the rows of an array, or of words and vectors (anything with ``.vectors``).

    What the words tell (``.word_numbers``) goes along.
    """
    vectors = vectors_of(X)
    if not is_far_away(vectors):
        rows = ArrayRows(as_matrix(vectors, name), name)
        rows.word_numbers = getattr(X, "word_numbers", None)
        return rows
    from iiq.rows.dask import DaskRows

    return DaskRows(vectors, name)


def vectors_of(X: Any) -> Any:
    """Return the vectors of what holds words, too; a table is vectors, whatever its columns."""
    is_table = hasattr(X, "columns") and hasattr(X, "shape")
    return X.vectors if hasattr(X, "vectors") and not is_table else X


def is_far_away(X: Any) -> bool:
    """Return whether X is a Dask collection, whose rows may lie on other machines."""
    return type(X).__module__.partition(".")[0] == "dask"


def select_rows(rows: Rows, train_rows: Any) -> Rows:
    """Return the rows that statistics are taken from.

    Parameters
    ----------
    rows : Rows
    train_rows : None, int or array-like of int
        All rows, the first so many, or the rows with these numbers.
    """
    if train_rows is None:
        return rows
    wanted = as_rows_numbers(train_rows, rows.n_rows)
    return rows.first(wanted) if isinstance(wanted, int) else rows.at(wanted)
