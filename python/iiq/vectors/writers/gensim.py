"""gensim's KeyedVectors, by gensim (an extra); it holds the whole float32 matrix in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iiq._support.extras import need
from iiq._support.files import beside, publish
from iiq.vectors.writers._rows import Rows


def write(rows: Rows, path: Path) -> None:
    """Save KeyedVectors with the counts as the attribute ``count``."""
    keyed_vectors = need("gensim.models", "writing gensim's KeyedVectors", "gensim").KeyedVectors
    words: list[str] = []
    blocks = []
    for some, block in rows.blocks(lambda word: False, ""):
        words += some
        blocks.append(block)
    vectors = keyed_vectors(rows.dim, dtype=np.float32)
    vectors.add_vectors(words, np.concatenate(blocks))
    if rows.counts is not None:
        vectors.expandos["count"] = np.asarray(rows.counts, dtype=np.int64)
    with beside(path) as folder:
        vectors.save(str(folder / path.name))
        # Large arrays lie in files of their own, which the file called ``path`` names.
        publish(folder, [file.name for file in folder.iterdir()], path)
