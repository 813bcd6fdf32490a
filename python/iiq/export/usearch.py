"""usearch: an index of single bits (``dtype="b1"``), any width, keys are row numbers.

The file opens with ``usearch.index.Index.restore(path)``; searches through its graph are
approximate, ``search(..., exact=True)`` is not. Line i of ``PATH.words.txt`` is the word of key i.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from iiq.export.engine import LINE_ENDS, FileEngine, words_file
from iiq.export.table import Codes, Table
from iiq.export.verify import Answer


class Usearch(FileEngine):
    """A saved usearch index."""

    name = "usearch"
    packages = ("usearch",)
    forbidden = LINE_ENDS

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return the words."""
        return {".words.txt": words_file(table)}

    def write(self, table: Table, path: Path) -> None:
        """Build the graph and save it."""
        from usearch.index import Index

        index = Index(ndim=table.n_bits, metric="hamming", dtype="b1")
        for start, words, codes in table.blocks():
            index.add(np.arange(start, start + len(words)), codes)
        index.save(os.fspath(path))

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search exactly."""
        from usearch.index import Index

        index = Index.restore(os.fspath(path))
        if index is None or len(index) != len(table):
            raise ValueError(f"usearch: holds {0 if index is None else len(index)} of {len(table)}")
        matches = index.search(codes, k, exact=True)
        shape = (len(codes), k)
        return Answer(
            np.asarray(matches.distances).reshape(shape),
            np.asarray(matches.keys).reshape(shape).astype(np.int64),
        )
