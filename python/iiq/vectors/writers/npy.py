""".npy: the matrix, and beside it NAME.words.txt with one word a line."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from iiq._support.files import replacing_pair
from iiq.vectors.readers import packed_as
from iiq.vectors.readers.word_list import parse_word_list
from iiq.vectors.word_blocks import WordBlocks
from iiq.vectors.writers._checks import refuse_words


def check(words: list[str], rows: NDArray[np.float32]) -> None:
    """Raise ValueError for words that a list of one word a line can't hold."""
    why = "can't stand in a list of one word a line: drop or replace it"
    refuse_words(words, lambda word: "\n" in word or "\r" in word, why)
    data = "".join(word + "\n" for word in words).encode()
    try:
        again = parse_word_list(data, lambda lines: [line.decode() for line in lines]).words
        reason = "" if again == words else f"they would be read as {again[:3]!r:.80}"
        if packed_as(data[:10]) is not None:
            reason = f"it would be unpacked as {packed_as(data[:10])}"
    except ValueError as error:
        reason = str(error)
    if reason:
        raise ValueError(
            f"words such as {words[0]!r:.60} can't stand in a list of one word a line, which would "
            f"not be read back the same ({reason}): write .bin, .kv or a static embedding"
        )


def write(blocks: WordBlocks, path: Path, n_rows: int) -> None:
    """Write a float32 matrix and its words; readers see the old pair or the new one."""
    beside = path.with_name(path.name.removesuffix(".npy") + ".words.txt")
    with replacing_pair(path, beside) as (file, words_file):
        _write_header(file, n_rows, blocks.dim)
        for words, rows in blocks.blocks():
            file.write(rows.astype("<f4", copy=False).data)
            words_file.write("".join(word + "\n" for word in words).encode())


def _write_header(file: IO[bytes], n_rows: int, dim: int) -> None:
    form = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, dim)}
    np.lib.format.write_array_header_1_0(file, form)
