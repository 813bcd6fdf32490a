""".npy: the matrix, and beside it NAME.words.txt with one word a line."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from iiq._support.files import replacing_pair
from iiq.vectors.writers._rows import Rows


def write(rows: Rows, path: Path) -> None:
    """Write a float32 matrix and its words; readers see the old pair or the new one."""
    why = "can't stand in a list of one word a line: drop or replace it"
    n_rows = 0
    beside = path.with_name(path.name.removesuffix(".npy") + ".words.txt")
    with replacing_pair(path, beside) as (file, words_file):
        _write_header(file, 0, rows.dim)
        for words, block in rows.blocks(lambda word: "\n" in word or "\r" in word, why):
            file.write(block.astype("<f4", copy=False).data)
            words_file.write("".join(word + "\n" for word in words).encode())
            n_rows += len(words)
        file.seek(0)
        _write_header(file, n_rows, rows.dim)


def _write_header(file: IO[bytes], n_rows: int, dim: int) -> None:
    """Write the header; NumPy leaves room for the first axis to grow, so its length is the same."""
    form = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, dim)}
    np.lib.format.write_array_header_1_0(file, form)
