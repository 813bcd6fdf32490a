"""Models that gensim saved (.kv, .model): Python pickles, so only on ``allow_pickle=True``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.readers._arrays import array_source
from iiq.vectors.readers._source import Options, Source, extra, library_reads
from iiq.vectors.subwords import Subwords

NAME = "gensim"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a pickle."""
    return len(head) > 2 and head[0] == 0x80 and head[1] <= 5


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open KeyedVectors, or the vectors of a model, saved by gensim; mapped where gensim maps."""
    if not options.allow_pickle:
        raise ValueError(
            f"{path} is a Python pickle, and loading a pickle runs the code in it: pass "
            "allow_pickle=True if you trust where it comes from, or save it in gensim with "
            "kv.save_word2vec_format(path, binary=True)"
        )
    utils = extra("gensim.utils", "gensim models", "gensim")
    with library_reads(path, "gensim model"):
        loaded = utils.SaveLoad.load(str(path), mmap="r")
    vectors = getattr(loaded, "wv", loaded)
    if not (hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors")):
        raise ValueError(f"{path} holds a {type(loaded).__name__}, expected gensim's KeyedVectors")
    return array_source(
        path,
        NAME,
        np.asarray(vectors.vectors),
        lambda: list(map(str, vectors.index_to_key)),
        options,
        counts=_counts(vectors),
        subwords=_subwords(vectors),
    )


def _counts(vectors: Any) -> Any:
    counts = getattr(vectors, "expandos", {}).get("count")
    return None if counts is None or len(counts) != len(vectors.vectors) else counts


def _subwords(vectors: Any) -> Subwords | None:
    rows = getattr(vectors, "vectors_ngrams", None)
    if rows is None or not len(rows):
        return None
    return Subwords(rows, vectors.min_n, vectors.max_n)
