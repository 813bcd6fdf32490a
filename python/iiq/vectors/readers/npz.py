""".npz: one matrix of numbers, and its words in another array or in a text file beside it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.readers._arrays import array_source
from iiq.vectors.readers._source import Options, Source, library_reads
from iiq.vectors.readers.npy import words_of

NAME = "npz"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a zip that was not unpacked: see ``is_archive``."""
    return head.startswith(b"PK\x03\x04")


def is_archive(path: Path) -> bool:
    """Whether a zip holds .npy files alone."""
    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except (OSError, RuntimeError, ValueError, zipfile.BadZipFile):
        return False


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open an archive that ``numpy.savez`` wrote."""
    try:
        with (
            library_reads(path, ".npz file"),
            np.load(path, allow_pickle=options.allow_pickle) as archive,
        ):
            arrays = {name: archive[name] for name in archive.files}
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise ValueError(
            f"{path} holds an array of Python objects, a pickle: pass allow_pickle=True if you "
            "trust it, or save the words with np.array(words, dtype=str)"
        ) from None
    matrices = {name: a for name, a in arrays.items() if a.ndim == 2 and a.dtype.kind in "fiu"}
    lists = {name: a for name, a in arrays.items() if a.ndim == 1 and a.dtype.kind in "USOT"}
    if len(matrices) != 1 or len(lists) > 1:
        found = ", ".join(f"{name} {a.dtype}{list(a.shape)}" for name, a in arrays.items())
        raise ValueError(f"{path}: expected one matrix and one list of words, got {found}")
    (matrix,) = matrices.values()
    given = options.words is None and lists

    def words() -> list[str]:
        return as_text(next(iter(lists.values()))) if given else words_of(path, options)

    return array_source(path, NAME, matrix, words, options)


def as_text(values: Any) -> list[str]:
    """Return the words of an array of str or bytes."""
    words = values.tolist()
    return [word.decode("utf-8") if isinstance(word, bytes) else str(word) for word in words]
