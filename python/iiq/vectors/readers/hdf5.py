"""HDF5: one matrix of numbers and one list of words of the same length, by h5py (an extra).

That is what ConceptNet Numberbatch (a pandas frame) and files of plain datasets have in common; the
names of the datasets do not matter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iiq.vectors.readers._arrays import array_source
from iiq.vectors.readers._source import Options, Source, extra, library_reads
from iiq.vectors.readers.npy import words_of
from iiq.vectors.readers.npz import as_text

NAME = "hdf5"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of an HDF5 file."""
    return head.startswith(b"\x89HDF\r\n\x1a\n")


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open an HDF5 file; its rows are read in blocks."""
    h5py = extra("h5py", "HDF5 files")
    with library_reads(path, "HDF5 file"):
        datasets = _datasets(h5py.File(path, "r"), h5py)
    matrices = [d for d in datasets if d.ndim == 2 and d.dtype.kind in "fiu"]
    if len(matrices) != 1:
        found = ", ".join(f"{d.name} {d.dtype}{list(d.shape)}" for d in datasets)
        raise ValueError(f"{path}: expected one matrix of numbers, got {found or 'no dataset'}")
    matrix = matrices[0]
    lists = [d for d in datasets if d.shape == (len(matrix),) and d.dtype.kind in "SO"]
    if len(lists) > 1:
        raise ValueError(f"{path}: which are the words, {' or '.join(d.name for d in lists)}?")

    def words() -> list[str]:
        if options.words is not None or not lists:
            return words_of(path, options)
        with library_reads(path, "HDF5 file"):
            return as_text(lists[0][()])

    return array_source(path, NAME, matrix, words, options)


def _datasets(file: Any, h5py: Any) -> list[Any]:
    found: list[Any] = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return found
