"""Embedded databases: one table ``vocabulary`` with the columns ``word`` and ``code``.

- sqlite-vec: a ``vec0`` table, ``code bit[n]``, least significant bit first, n a multiple of 8
  up to 8192; ``where code match vec_bit(?) and k = 10`` (k up to 4096).
- DuckDB: ``code BIT``, bit 0 leftmost, any width; ``bit_count(xor(code, ?::BIT))``.
- LanceDB: a fixed-size list of uint8, bytes as they are here; ``distance_type("hamming")``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from iiq._support.extras import need
from iiq._support.validate import bytes_per_code
from iiq.export.engine import Engine, FileEngine
from iiq.export.table import Codes, Table, to_strings
from iiq.export.verify import Answer

TABLE = "vocabulary"


class SqliteVec(FileEngine):
    """A SQLite file with a ``vec0`` virtual table of sqlite-vec."""

    name = "sqlite-vec"
    packages = ("sqlite_vec",)
    pad_to = 8
    max_bits = 8192
    zero_rule = "vec_quantize_binary: 0 becomes bit 0"

    def need_packages(self) -> None:
        """Look for sqlite-vec, and for an SQLite that can load it."""
        super().need_packages()
        _sqlite_module()

    def write(self, table: Table, path: Path) -> None:
        """Write one transaction."""
        with _sqlite(path) as connection:
            connection.execute(
                f"create virtual table {TABLE} using "
                f"vec0(word text primary key, code bit[{self.stored_bits(table)}])"
            )
            connection.execute("begin")
            insert = f"insert into {TABLE}(word, code) values (?, vec_bit(?))"
            for _, words, codes in table.blocks():
                rows = ((word, code.tobytes()) for word, code in zip(words, codes, strict=True))
                connection.executemany(insert, rows)
            connection.execute("commit")

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search by ``match``."""
        query = f"select word, distance from {TABLE} where code match vec_bit(?) and k = ?"
        with _sqlite(path) as connection:
            (count,) = next(iter(connection.execute(f"select count(*) from {TABLE}")))
            _check_count(count, table, self.name)
            found = [list(connection.execute(query, (code.tobytes(), k))) for code in codes]
        return _answer([sorted(rows, key=lambda row: row[1]) for rows in found])


def _sqlite_module() -> Any:
    """Return an SQLite module that loads extensions: Python's own, or apsw."""
    import sqlite3

    if hasattr(sqlite3.Connection, "enable_load_extension"):
        return sqlite3
    what = "export to sqlite-vec (this Python's sqlite3 cannot load extensions)"
    return need("apsw", what, "sqlite-vec")


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[Any]:
    import sqlite_vec

    module = _sqlite_module()
    if module.__name__ == "sqlite3":
        connection = module.connect(path, isolation_level=None)
    else:
        connection = module.Connection(os.fspath(path))
    try:
        connection.enable_load_extension(True)
        connection.load_extension(sqlite_vec.loadable_path())
        connection.enable_load_extension(False)
        yield connection
    finally:
        connection.close()


class DuckDB(FileEngine):
    """A DuckDB file with a column of BIT."""

    name = "duckdb"
    packages = ("duckdb",)
    bit_order = "big"

    def write(self, table: Table, path: Path) -> None:
        """Write one transaction."""
        import duckdb

        with duckdb.connect(os.fspath(path)) as connection:
            connection.execute(f"create table {TABLE} (word varchar primary key, code bit)")
            connection.begin()
            for _, words, codes in table.blocks():
                block = {
                    "word": np.array([*words, None], dtype=object)[:-1],
                    "bits": np.array(to_strings(codes, table.n_bits), dtype=object),
                }
                connection.register("block", block)
                connection.execute(f"insert into {TABLE} select word, bits::bit from block")
                connection.unregister("block")
            connection.commit()

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Order by the number of bits that differ."""
        import duckdb

        query = (
            f"select word, bit_count(xor(code, ?::bit)) as distance from {TABLE} "
            "order by distance, rowid limit ?"
        )
        with duckdb.connect(os.fspath(path), read_only=True) as connection:
            count = connection.execute(f"select count(*) from {TABLE}").fetchone()
            _check_count(count[0] if count else 0, table, self.name)
            strings = to_strings(codes, table.n_bits)
            return _answer([connection.execute(query, [bits, k]).fetchall() for bits in strings])


class LanceDB(Engine):
    """A table in a LanceDB database; ``path`` is the folder of the database."""

    name = "lancedb"
    packages = ("lancedb", "pyarrow")
    pad_to = 8

    def store(self, table: Table, path: str, *, verify: bool, overwrite: bool) -> str:
        """Create the table, which LanceDB commits at the end; drop it if it is wrong."""
        import lancedb

        new_folder = not os.path.exists(path)
        database = lancedb.connect(path)
        if not overwrite and _has_table(database):
            raise FileExistsError(
                f"{path} has a table {TABLE} already: pass overwrite=True to replace it"
            )
        mode = "overwrite" if overwrite else "create"
        try:
            database.create_table(TABLE, data=_arrow_reader(table), mode=mode)
            return self.verify(table, Path(path)) if verify else ""
        except BaseException:
            if new_folder:
                shutil.rmtree(path, ignore_errors=True)
            elif _has_table(database):
                database.drop_table(TABLE)
            raise

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search without an index: exact."""
        import lancedb

        stored: Any = lancedb.connect(os.fspath(path)).open_table(TABLE)
        _check_count(stored.count_rows(), table, self.name)
        found = []
        for code in codes:
            query = stored.search(code, vector_column_name="code").distance_type("hamming")
            rows = query.limit(k).to_arrow().to_pylist()
            found.append([(row["word"], row["_distance"]) for row in rows])
        return _answer(found)


def _has_table(database: Any) -> bool:
    try:
        database.open_table(TABLE)
    except (ValueError, FileNotFoundError):
        return False
    return True


def _arrow_reader(table: Table) -> Any:
    import pyarrow as pa

    width = bytes_per_code(table.n_bits)
    facts = {"n_bits": str(table.n_bits), "bit_order": "little", "zero_rule": "sgn(0) = bit 1"}
    schema = pa.schema([("word", pa.string()), ("code", pa.list_(pa.uint8(), width))], facts)

    def batches() -> Iterator[Any]:
        for _, words, codes in table.blocks():
            column = pa.FixedSizeListArray.from_arrays(pa.array(codes.ravel()), width)
            yield pa.RecordBatch.from_arrays([pa.array(words), column], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _check_count(found: int, table: Table, engine: str) -> None:
    if found != len(table):
        raise ValueError(
            f"{engine}: holds {found} rows of the {len(table)} written: the export is removed"
        )


def _answer(found: list[list[tuple[str, float]]]) -> Answer:
    distances = [[float(distance) for _, distance in rows] for rows in found]
    return Answer(np.array(distances), [[word for word, _ in rows] for rows in found])
