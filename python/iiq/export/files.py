"""Plain files: Parquet (columns ``word`` and ``code``) and .npy (codes, words beside).

The bytes are those of ``docs/bit-layout.md``; Parquet says so in the metadata of its schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from iiq._support.validate import bytes_per_code
from iiq.export.engine import FileOfRows, words_file
from iiq.export.table import BLOCK_ROWS, Table
from iiq.export.verify import Rows

PARQUET_FACTS = {
    "bit_order": "little: bit j of a code is bit j % 8 of byte j // 8",
    "zero_rule": "sgn(0) = +1 = bit 1",
}


def json_list(table: Table) -> Iterator[str]:
    """Yield a list of all words as JSON."""
    for start, words, _ in table.blocks():
        before = "," if start else "["
        yield before + json.dumps(words, ensure_ascii=False)[1:-1]
    yield "]\n"


class Parquet(FileOfRows):
    """A Parquet file: word string, code fixed_size_binary."""

    name = "parquet"
    packages = ("pyarrow",)

    def write(self, table: Table, path: Path) -> None:
        """Write a row group a block."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        width = bytes_per_code(table.n_bits)
        facts = {"n_bits": str(table.n_bits), **PARQUET_FACTS}
        schema = pa.schema([("word", pa.string()), ("code", pa.binary(width))], facts)
        with pq.ParquetWriter(path, schema) as writer:
            for _, words, codes in table.blocks():
                buffers = [None, pa.py_buffer(np.ascontiguousarray(codes))]
                column = pa.Array.from_buffers(pa.binary(width), len(codes), buffers)
                writer.write_batch(
                    pa.RecordBatch.from_arrays([pa.array(words), column], schema=schema)
                )

    def read(self, path: Path, n_bits: int) -> Rows:
        """Read the columns back."""
        import pyarrow.parquet as pq

        width = bytes_per_code(n_bits)
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BLOCK_ROWS):
                joined = b"".join(batch["code"].to_pylist())
                yield batch["word"].to_pylist(), np.frombuffer(joined, np.uint8).reshape(-1, width)


class Npy(FileOfRows):
    """Packed codes as uint8 (n, ceil(n_bits / 8)); ``PATH.words.txt`` has a word a line.

    Readers of text take a carriage return for a line end. Where a word holds one, its line has a
    backslash and an r instead, so that lines stay rows, and ``PATH.words.json`` has the words as
    they are.
    """

    name = "npy"
    forbidden = r"\n"

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return the words, and once more as they are where a line can't hold them."""
        lines: dict[str, Iterator[str]] = {}
        lines[".words.txt"] = (block.replace("\r", "\\r") for block in words_file(table))
        if not any("\r" in block for block in words_file(table)):
            return lines
        return {**lines, ".words.json": json_list(table)}

    def write(self, table: Table, path: Path) -> None:
        """Write block by block: through a map a full disk would end the process (SIGBUS)."""
        shape = (len(table), bytes_per_code(table.n_bits))
        form = {"descr": "|u1", "fortran_order": False, "shape": shape}
        with open(path, "xb") as file:
            np.lib.format.write_array_header_1_0(file, form)
            for block in table.blocks():
                file.write(np.ascontiguousarray(block.codes).data)

    def read(self, path: Path, n_bits: int) -> Rows:
        """Read codes and words back."""
        codes = np.load(path, mmap_mode="r")
        words = path.with_name(path.name + ".words.txt").read_text("utf-8").split("\n")[:-1]
        exact = path.with_name(path.name + ".words.json")
        if exact.exists() and len(found := json.loads(exact.read_bytes())) == len(words):
            words = found
        for start in range(0, max(len(codes), len(words)), BLOCK_ROWS):
            stop = start + BLOCK_ROWS
            yield words[start:stop], codes[start:stop]
