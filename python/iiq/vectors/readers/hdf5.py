"""HDF5: one matrix of numbers and one list of words of the same length, by h5py (an extra).

That is what ConceptNet Numberbatch (a pandas frame) and files of plain datasets have in common; the
names of the datasets do not matter. Datasets that lie in other files are refused, and so are heaps
of strings that do not end: the HDF5 library would walk them for ever.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from iiq.vectors.readers._arrays import array_file
from iiq.vectors.readers._opened import (
    Opened,
    Options,
    as_text,
    check_inflation,
    extra,
    library_reads,
)
from iiq.vectors.readers.word_list import WordList, words_of

NAME = "hdf5"
_HEAP = b"GCOL\1\0\0\0"  # a collection of strings: this, its size, and entries end to end


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of an HDF5 file."""
    return head.startswith(b"\x89HDF\r\n\x1a\n")


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open an HDF5 file; its rows are read in blocks."""
    h5py = extra("h5py", "HDF5 files")
    _check_heaps(path)
    with library_reads(path, "HDF5 file"):
        file = h5py.File(path, "r")
    try:
        return _open(path, file, options)
    except BaseException:
        file.close()
        raise


def _open(path: Path, file: Any, options: Options) -> Opened:
    with library_reads(path, "HDF5 file"):
        datasets = _datasets(file)
        elsewhere = [d.name for d in datasets if d.external or d.is_virtual]
    if elsewhere:
        raise ValueError(
            f"{path}: the numbers of {', '.join(elsewhere)} lie in other files: copy them into one "
            "file first"
        )
    matrices = [d for d in datasets if d.ndim == 2 and d.dtype.kind in "fiu"]
    if len(matrices) != 1:
        found = ", ".join(f"{d.name} {d.dtype}{list(d.shape)}" for d in datasets)
        raise ValueError(f"{path}: expected one matrix of numbers, got {found or 'no dataset'}")
    matrix = matrices[0]
    lists = [d for d in datasets if d.shape == (len(matrix),) and d.dtype.kind in "SO"]
    if len(lists) > 1:
        raise ValueError(f"{path}: which are the words, {' or '.join(d.name for d in lists)}?")

    def words() -> WordList:
        if options.words is not None or not lists:
            return words_of(path, options, len(matrix))
        with library_reads(path, "HDF5 file"):
            found = lists[0][()]
        return WordList(as_text(found, path, options))

    for dataset in (matrix, *lists):
        _check_size(path, dataset)
    return array_file(path, NAME, matrix, words, options)


def _check_size(path: Path, matrix: Any) -> None:
    """Refuse an array that is larger than what the file holds of it: the rest would be made up."""
    stored = matrix.id.get_storage_size()
    size = matrix.size * matrix.dtype.itemsize
    if matrix.chunks is None and stored < size:
        raise ValueError(f"{path}: {matrix.name} needs {size} bytes, but the file holds {stored}")
    check_inflation(path, matrix.name, size, stored)


def _check_heaps(path: Path) -> None:
    """Raise for a heap of strings with an entry of no size, at which the library stands still."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        steps = len(data) // 16 + 1  # entries take 16 bytes and more, and heaps do not overlap
        start = data.find(_HEAP)
        while start >= 0 and start + 16 <= len(data):
            steps = _walk(path, data, start, steps)
            start = data.find(_HEAP, start + 8)


def _walk(path: Path, data: mmap.mmap, start: int, steps: int) -> int:
    """Go through the entries of the heap at ``start``; return how many steps are left."""
    (size,) = struct.unpack_from("<Q", data, start + 8)
    place, end = start + 16, min(start + size, len(data))
    while place + 16 <= end:
        index, length = struct.unpack_from("<H6xQ", data, place)
        if (index == 0 and length < 16) or not steps:
            raise ValueError(
                f"{path}: no readable HDF5 file: the heap of strings at byte {start} does not end "
                "where it should: copy the file again"
            )
        place += length if index == 0 else 16 + -(-length // 8) * 8
        steps -= 1
    return steps


def _datasets(file: Any) -> list[Any]:
    found: list[Any] = []
    file.visititems(lambda _, item: found.append(item) if hasattr(item, "dtype") else None)
    return found
