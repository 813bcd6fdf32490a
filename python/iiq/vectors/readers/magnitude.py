""".magnitude: an SQLite file whose numbers are integers scaled by a power of ten.

The library that wrote them can't be installed any more; the standard library reads them. Table
``magnitude_format`` holds dim and precision, ``magnitude`` a key and columns dim_0, dim_1, ...
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np

from iiq.vectors.readers._source import Block, Options, Source

NAME = "magnitude"
_ROWS = 4096
_QUERY = "SELECT key, value FROM magnitude_format WHERE key IN ('dim', 'precision', 'size')"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of an SQLite file."""
    return head.startswith(b"SQLite format 3\0")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open the keys and vectors of a .magnitude file; n-grams and search indexes are left out."""
    try:
        with closing(_connect(path)) as database:
            settings = dict(database.execute(_QUERY).fetchall())
            columns = [row[1] for row in database.execute("PRAGMA table_info(magnitude)")]
        dim, precision = int(settings["dim"]), int(settings["precision"])
    except (sqlite3.Error, KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is an SQLite file, but no .magnitude file of words: {error}"
        ) from None
    numbers = [f"dim_{i}" for i in range(dim)]
    if dim < 1 or columns[: dim + 1] != ["key", *numbers]:
        raise ValueError(f"{path}: dim is {dim}, but the columns are {', '.join(columns[:5])}, ...")

    def blocks() -> Iterator[Block]:
        return _blocks(path, numbers, 10.0**precision, options)

    return Source(path, NAME, dim, settings.get("size"), blocks)


def _blocks(path: Path, numbers: list[str], scale: float, options: Options) -> Iterator[Block]:
    limit = -1 if options.limit is None else options.limit
    query = f"SELECT key, {', '.join(numbers)} FROM magnitude ORDER BY rowid LIMIT {limit}"
    start = 0
    try:
        with closing(_connect(path)) as database:
            cursor = database.execute(query)
            while rows := cursor.fetchmany(_ROWS):
                vectors = np.array([row[1:] for row in rows], dtype=np.float64) / scale
                places = np.arange(start, start + len(rows))
                yield Block([str(row[0]) for row in rows], vectors, places)
                start += len(rows)
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged after row {start}: {error}: copy it again") from None
