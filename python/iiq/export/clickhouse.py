"""ClickHouse: a file in its format RowBinary, and beside it the table that takes it.

A row is the word (its length in LEB128, then its bytes) and the code (bytes as they are here), so
any word fits and nothing is escaped. ``bitHammingDistance`` compares codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from iiq._support.validate import bytes_per_code
from iiq.export.engine import FileOfRows
from iiq.export.table import BLOCK_ROWS, Table
from iiq.export.verify import Rows

TABLE = "vocabulary"


class ClickHouse(FileOfRows):
    """Rows for ``insert into vocabulary format RowBinary``; PATH.schema.sql makes the table."""

    name = "clickhouse"
    pad_to = 8

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return what makes the table."""
        width = self.stored_bits(table) // 8
        create = (
            f"create table {TABLE} (word String, code FixedString({width})) "
            "engine = MergeTree order by word\n"
        )
        return {".schema.sql": iter([create])}

    def write(self, table: Table, path: Path) -> None:
        """Write the rows."""
        with open(path, "wb") as file:
            for _, words, codes in table.blocks():
                texts = [word.encode("utf-8") for word in words]
                rows = zip(texts, codes, strict=True)
                file.write(b"".join(_leb128(len(t)) + t + code.tobytes() for t, code in rows))

    def read(self, path: Path, n_bits: int) -> Rows:
        """Read the rows back."""
        width = bytes_per_code(n_bits)
        with open(path, "rb") as file:
            while True:
                words: list[str] = []
                codes: list[bytes] = []
                while len(words) < BLOCK_ROWS and (length := _length(file)) is not None:
                    words.append(file.read(length).decode("utf-8"))
                    codes.append(file.read(width))
                if not words:
                    return
                yield words, np.frombuffer(b"".join(codes), np.uint8).reshape(-1, width)


def _leb128(number: int) -> bytes:
    """Return a number in base 128, least part first; all parts but the last have the high bit."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _length(file: IO[bytes]) -> int | None:
    """Read what `_leb128` wrote; None at the end of the file."""
    total, shift = 0, 0
    while part := file.read(1):
        total |= (part[0] & 127) << shift
        if part[0] < 128:
            return total
        shift += 7
    return None
