r"""pgvector: a COPY file, or the table in a PostgreSQL given by its connection string.

The column is ``bit(n)``, bit 0 leftmost, any n; ``order by code <~> B'...'`` gives the
distance in bits. A COPY file is loaded by

    create extension if not exists vector;
    create table vocabulary (word text primary key, code bit(n));
    \copy vocabulary (word, code) from 'FILE'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from iiq.export.engine import FileOfRows
from iiq.export.table import BLOCK_ROWS, Codes, Table, from_strings, to_strings
from iiq.export.verify import Answer, Rows, check_answer, questions

TABLE = "vocabulary"
_MAX_BITS = 83_886_080
_ESCAPES = {
    "\\": "\\\\",
    "\t": "\\t",
    "\n": "\\n",
    "\r": "\\r",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}
_ESCAPED = str.maketrans(_ESCAPES)
_PLAIN = {escape[1]: character for character, escape in _ESCAPES.items()}


def is_connection(path: str) -> bool:
    """Whether a path is a connection string: a URI, or ``host=... dbname=...``."""
    return bool(re.match(r"postgres(ql)?://", path) or re.match(r"\s*\w+\s*=\s*\S", path))


class PgVector(FileOfRows):
    """A file for COPY, or a table of a running PostgreSQL."""

    name = "pgvector"
    bit_order = "big"
    max_bits = _MAX_BITS
    zero_rule = "binary_quantize: 0 becomes bit 0"
    forbidden = r"\0"
    max_word_bytes = 2692  # of a key in a B-tree: a third of a page, less 12 bytes before the word

    def store(self, table: Table, path: str, *, verify: bool, overwrite: bool) -> str:
        """Write a file, or one transaction into a database."""
        if not is_connection(path):
            return super().store(table, path, verify=verify, overwrite=overwrite)
        self.packages = ("psycopg",)  # type: ignore[misc]
        self.need_packages()
        return self._load(table, path, verify, overwrite)

    def write(self, table: Table, path: Path) -> None:
        """Write the text format of COPY."""
        with open(path, "wb") as file:
            for lines in copy_lines(table):
                file.write(lines)

    def read(self, path: Path, n_bits: int) -> Rows:
        """Read the text format of COPY."""
        with open(path, encoding="utf-8", newline="\n") as file:
            words, strings = [], []
            for line in file:
                word, bits = line.rstrip("\n").split("\t")
                words.append(re.sub(r"\\(.)", lambda match: _PLAIN[match[1]], word))
                strings.append(bits)
                if len(words) == BLOCK_ROWS:
                    yield words, from_strings(strings, n_bits)
                    words, strings = [], []
            if words:
                yield words, from_strings(strings, n_bits)

    def _load(self, table: Table, connection_string: str, verify: bool, overwrite: bool) -> str:
        import psycopg

        # The block commits at its end and rolls everything back on an error.
        with psycopg.connect(connection_string) as connection:
            connection.execute("create extension if not exists vector")
            present = connection.execute("select to_regclass(%s)", (TABLE,)).fetchone()
            if present and present[0] is not None:
                if not overwrite:
                    raise FileExistsError(
                        f"the database has a table {TABLE} already: pass overwrite=True to "
                        "replace it"
                    )
                connection.execute(f"drop table {TABLE}")
            connection.execute(
                f"create table {TABLE} (word text primary key, code bit({table.n_bits}) not null)"
            )
            with connection.cursor().copy(f"copy {TABLE} (word, code) from stdin") as copy:
                for lines in copy_lines(table):
                    copy.write(lines)
            if not verify:
                return ""
            asked = questions(table)
            answer = _ask(connection, table, asked.codes, asked.k)
            return check_answer(table, asked, answer, self.name)


def copy_lines(table: Table) -> Iterator[bytes]:
    """Yield the lines of COPY, a block of rows at a time."""
    for _, words, codes in table.blocks():
        strings = to_strings(codes, table.n_bits)
        lines = (
            f"{word.translate(_ESCAPED)}\t{bits}\n"
            for word, bits in zip(words, strings, strict=True)
        )
        yield "".join(lines).encode("utf-8")


def _ask(connection: Any, table: Table, codes: Codes, k: int) -> Answer:
    (count,) = connection.execute(f"select count(*) from {TABLE}").fetchone()
    if count != len(table):
        raise ValueError(f"pgvector: holds {count} rows of the {len(table)} written: rolled back")
    query = (
        f"select word, code <~> %s::bit({table.n_bits}) as distance from {TABLE} "
        "order by distance limit %s"
    )
    found = [
        connection.execute(query, (bits, k)).fetchall() for bits in to_strings(codes, table.n_bits)
    ]
    return Answer(
        np.array([[distance for _, distance in rows] for rows in found]),
        [[word for word, _ in rows] for rows in found],
    )
