"""gensim's KeyedVectors, by gensim (an extra); it holds the whole float32 matrix in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iiq._support.extras import need
from iiq._support.files import beside, publish
from iiq.vectors.word_blocks import WordBlocks


def write(blocks: WordBlocks, path: Path, n_rows: int) -> None:
    """Save KeyedVectors with the counts as the attribute ``count``."""
    keyed_vectors = need("gensim.models", "writing gensim's KeyedVectors", "gensim").KeyedVectors
    words: list[str] = []
    matrix = np.empty((n_rows, blocks.dim), dtype=np.float32)
    for some, rows in blocks.blocks():
        matrix[len(words) : len(words) + len(some)] = rows
        words += some
    vectors = keyed_vectors(blocks.dim, dtype=np.float32)
    vectors.add_vectors(words, matrix)
    if blocks.counts is not None:
        vectors.expandos["count"] = np.asarray(blocks.counts, dtype=np.int64)
    with beside(path) as folder:
        vectors.save(str(folder / path.name))
        # Large arrays lie in files of their own, which the file called ``path`` names.
        publish(folder, [file.name for file in folder.iterdir()], path)
