""".npy: a matrix, and its words in a list beside it; or a pickled mapping of words to vectors.

float16 and float32 files are memory-mapped, never copied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.objects import words_and_vectors
from iiq.vectors.readers._arrays import array_file, from_memory
from iiq.vectors.readers._opened import Opened, Options, check_npy_header, library_reads
from iiq.vectors.readers.word_list import words_of

NAME = "npy"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a .npy file."""
    return head.startswith(b"\x93NUMPY")


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open a .npy file and its list of words."""
    with library_reads(path, ".npy file"):
        with path.open("rb") as file:
            is_pickle = _dtype_of(file).hasobject
        if not is_pickle:
            matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    if is_pickle:
        return _of_objects(path, options)
    return array_file(path, NAME, matrix, lambda: words_of(path, options, len(matrix)), options)


def _dtype_of(file: Any) -> np.dtype[Any]:
    check_npy_header(file)
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)[2]
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file)[2]
    return np.dtype(np.float32)  # np.load says what is wrong


def _of_objects(path: Path, options: Options) -> Opened:
    """Open what ``np.save`` made of a mapping, or of rows that are objects: a pickle."""
    if not options.allow_pickle:
        raise ValueError(
            f"{path} holds Python objects, a pickle, and loading a pickle runs the code in it: "
            "pass allow_pickle=True if you trust where it comes from"
        )
    with library_reads(path, ".npy file of objects"):
        found = np.load(path, allow_pickle=True)
    with library_reads(path, "mapping of words to vectors, or matrix"):
        if found.ndim == 0:
            return from_memory(path, NAME, words_and_vectors(found.item()), options)
        matrix = np.stack([np.asarray(row, dtype=np.float64) for row in found])
    return array_file(path, NAME, matrix, lambda: words_of(path, options, len(matrix)), options)
