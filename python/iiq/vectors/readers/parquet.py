"""Parquet: a column of words and a column of lists of numbers, by pyarrow (an extra)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.readers._opened import (
    Batch,
    Opened,
    Options,
    as_text,
    check_inflation,
    extra,
    library_reads,
)

NAME = "parquet"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a Parquet file."""
    return head.startswith(b"PAR1")


def _open(path: Path) -> Any:
    module = extra("pyarrow.parquet", "Parquet files")
    with library_reads(path, "Parquet file"):
        return module.ParquetFile(path)


def _column(path: Path, file: Any, is_it: Any, what: str) -> str:
    names = [field.name for field in file.schema_arrow if is_it(field.type)]
    if len(names) != 1:
        fields = [f"{field.name} ({field.type})" for field in file.schema_arrow]
        found = ", ".join(fields[:10]) + (", ..." if len(fields) > 10 else "")
        raise ValueError(
            f"{path}: expected one column of {what}, got {len(names)} among {found}: "
            "if each number has a column of its own, pass the table of pandas with the words as "
            "its index"
        )
    return str(names[0])


def _is_text(kind: Any) -> bool:
    """Whether this is a type of text: of either length, as views, or once for many (dictionary)."""
    types = extra("pyarrow", "Parquet files").types
    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    is_view = getattr(types, "is_string_view", lambda kind: False)
    return bool(types.is_string(kind) or types.is_large_string(kind) or is_view(kind))


def _is_bytes(kind: Any) -> bool:
    types = extra("pyarrow", "Parquet files").types
    if types.is_dictionary(kind):
        return _is_bytes(kind.value_type)
    is_view = getattr(types, "is_binary_view", lambda kind: False)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or is_view(kind))


def _words_column(path: Path, file: Any) -> str:
    """Find the column of words: text, or bytes where there is none."""
    has_text = any(_is_text(field.type) for field in file.schema_arrow)
    return _column(path, file, _is_text if has_text else _is_bytes, "text")


def _is_numbers(kind: Any) -> bool:
    types = extra("pyarrow", "Parquet files").types
    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(lists and (types.is_floating(kind.value_type) or types.is_integer(kind.value_type)))


def read_words(path: Path, options: Options) -> list[str]:
    """Read the one text column of a Parquet file."""
    file = _open(path)
    name = _words_column(path, file)
    with library_reads(path, "Parquet file"):
        words: list[Any] = file.read(columns=[name]).column(0).to_pylist()
    return as_text(words, path, options)


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open a Parquet file with one text column and one column of lists of numbers."""
    file = _open(path)
    words = _words_column(path, file)
    numbers = _column(path, file, _is_numbers, "lists of numbers")
    first = next(_batches(path, [numbers], 1), None)
    if first is None or not first.num_rows:
        raise ValueError(f"{path} holds no vectors")
    dim = len(first.column(0)[0].as_py() or ())
    size = 4 * dim * file.metadata.num_rows
    check_inflation(path, "vectors", size, path.stat().st_size)

    def blocks() -> Iterator[Batch]:
        return _blocks(path, words, numbers, dim, options)

    return Opened(path, NAME, dim, file.metadata.num_rows, blocks)


def _batches(path: Path, columns: list[str], rows: int) -> Iterator[Any]:
    with library_reads(path, "Parquet file"):
        batches = _open(path).iter_batches(batch_size=rows, columns=columns)
    while True:
        with library_reads(path, "Parquet file"):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _blocks(path: Path, words: str, numbers: str, dim: int, options: Options) -> Iterator[Batch]:
    start = 0
    for batch in _batches(path, [words, numbers], 16384):
        with library_reads(path, "Parquet file"):
            some = batch.column(words).to_pylist()[: _left(options, start)]
        if not some:
            return
        rows = batch.column(numbers)[: len(some)]
        lengths = rows.value_lengths() if hasattr(rows, "value_lengths") else None
        lengths = np.full(len(some), dim) if lengths is None else lengths.to_numpy(False)
        wrong = np.flatnonzero(lengths != dim)
        if len(wrong) or None in some:
            row = int(wrong[0]) if len(wrong) else some.index(None)
            raise ValueError(
                f"{path}, row {start + row}: word {some[row]!r} with {lengths[row]} numbers, "
                f"expected a word and {dim} numbers"
            )
        some = as_text(some, path, options, start)
        values = rows.flatten().to_numpy(zero_copy_only=False).reshape(len(some), dim)
        yield Batch(some, values, np.arange(start, start + len(some)))
        start += len(some)


def _left(options: Options, done: int) -> int | None:
    return None if options.limit is None else options.limit - done
