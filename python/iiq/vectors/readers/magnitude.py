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

from iiq.vectors.readers._opened import Batch, Opened, Options

NAME = "magnitude"
_ROWS = 4096
_QUERY = "SELECT key, value FROM magnitude_format WHERE key IN ('dim', 'precision', 'size')"
_TABLES = "SELECT type, sql FROM sqlite_master WHERE name IN ('magnitude', 'magnitude_format')"
_SETTINGS = 100  # rows of it that are looked at
_MOST_PRECISION = 30


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of an SQLite file."""
    return head.startswith(b"SQLite format 3\0")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open the keys and vectors of a .magnitude file; n-grams and search indexes are left out."""
    try:
        with closing(_connect(path)) as database:
            if not all(_is_plain(*made) for made in database.execute(_TABLES)):
                raise ValueError("its tables are views or virtual, which may have no end")
            settings = dict(database.execute(_QUERY).fetchmany(_SETTINGS))
            columns = [row[1] for row in database.execute("PRAGMA table_info(magnitude)")]
        dim, precision = int(settings["dim"]), int(settings["precision"])
    except (sqlite3.Error, KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is an SQLite file, but no .magnitude file of words: {error}"
        ) from None
    if not 0 <= precision <= _MOST_PRECISION:
        raise ValueError(f"{path}: precision is {precision}, expected 0 to {_MOST_PRECISION}")
    numbers = columns[1 : max(dim, 0) + 1]
    if dim < 1 or numbers != [f"dim_{i}" for i in range(min(dim, len(columns)))]:
        raise ValueError(f"{path}: dim is {dim}, but the columns are {', '.join(columns[:5])}, ...")

    def blocks() -> Iterator[Batch]:
        return _blocks(path, numbers, 10.0**precision, options)

    return Opened(path, NAME, dim, settings.get("size"), blocks)


def _is_plain(kind: str, made_by: str) -> bool:
    """Whether something in the database is a table that holds what it gives."""
    return kind == "table" and made_by.upper().startswith("CREATE TABLE")


def _word(key: object, options: Options) -> str:
    if key is None:
        raise ValueError("a row has no key")
    return key.decode(options.encoding, options.errors) if isinstance(key, bytes) else str(key)


def _blocks(path: Path, numbers: list[str], scale: float, options: Options) -> Iterator[Batch]:
    limit = -1 if options.limit is None else options.limit
    query = f"SELECT key, {', '.join(numbers)} FROM magnitude ORDER BY rowid LIMIT {limit}"
    start = 0
    try:
        with closing(_connect(path)) as database:
            cursor = database.execute(query)
            while rows := cursor.fetchmany(_ROWS):
                vectors = np.array([row[1:] for row in rows], dtype=np.float64) / scale
                places = np.arange(start, start + len(rows))
                yield Batch([_word(row[0], options) for row in rows], vectors, places)
                start += len(rows)
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged after row {start}: {error}: copy it again") from None
