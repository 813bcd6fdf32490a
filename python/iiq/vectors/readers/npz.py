""".npz: one matrix of numbers, and its words in another array or in a text file beside it."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from iiq.vectors.readers._arrays import array_file
from iiq.vectors.readers._opened import (
    Opened,
    Options,
    as_text,
    check_inflation,
    check_npy_header,
    library_reads,
)
from iiq.vectors.readers.word_list import WordList, words_of

NAME = "npz"


class _Entry(NamedTuple):
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a zip that was not unpacked: see ``is_archive``."""
    return head.startswith(b"PK\x03\x04")


def is_archive(path: Path) -> bool:
    """Whether a zip holds .npy files alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return bool(names) and all(name.endswith(".npy") for name in names)
    except (OSError, RuntimeError, ValueError, zipfile.BadZipFile):
        return False


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open what ``numpy.savez`` wrote; its headers are looked at before anything is loaded."""
    with library_reads(path, ".npz file"), zipfile.ZipFile(path) as archive:
        entries = [_entry(path, archive, info) for info in archive.infolist()]
    matrices = [e for e in entries if len(e.shape) == 2 and e.dtype.kind in "fiu"]
    lists = [e for e in entries if len(e.shape) == 1 and e.dtype.kind in "USOT"]
    if {"indptr", "indices", "data"} <= {entry.name for entry in entries}:
        raise ValueError(
            f"{path} is a sparse matrix of SciPy: pass (words, "
            "scipy.sparse.load_npz(path).toarray())"
        )
    if len(matrices) != 1 or len(lists) > 1:
        found = ", ".join(map(str, entries))
        raise ValueError(f"{path}: expected one matrix and one list of words, got {found}")
    (matrix,) = matrices
    if options.words is None and lists:
        if lists[0].shape[0] != matrix.shape[0]:
            raise ValueError(f"{path}: {matrix} and {lists[0]}: expected a word for each row")
        if lists[0].dtype.hasobject and not options.allow_pickle:
            raise ValueError(
                f"{path} holds an array of Python objects, a pickle: pass allow_pickle=True if you "
                "trust it, or save the words with np.array(words, dtype=str)"
            )
    names = [matrix.name] + ([lists[0].name] if options.words is None and lists else [])
    with (
        library_reads(path, ".npz file"),
        np.load(path, allow_pickle=options.allow_pickle) as loaded,
    ):
        vectors, *words = (loaded[name] for name in names)

    def read_words() -> WordList:
        return WordList(as_text(words[0], path, options)) if words else beside()

    def beside() -> WordList:
        return words_of(path, options, len(vectors))

    return array_file(path, NAME, vectors, read_words, options)


def _entry(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry:
    """Read an array's header, and compare what it asks for with what the archive holds."""
    with archive.open(info) as file:
        check_npy_header(file)
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{info.filename} is an array of version {version}")
        shape, _, dtype = read(file)
    entry = _Entry(info.filename.removesuffix(".npy"), shape, dtype)
    size = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and size > info.file_size:
        raise ValueError(f"{entry} needs {size} bytes, but the archive holds {info.file_size}")
    check_inflation(path, str(entry), info.file_size, info.compress_size)
    return entry
