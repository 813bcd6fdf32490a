"""Python pickles: models that gensim saved (.kv, .model), and mappings of words to vectors.

Loading a pickle runs the code in it, so only on ``allow_pickle=True``.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from iiq.vectors.objects import is_keyed, words_and_vectors
from iiq.vectors.readers._arrays import from_memory
from iiq.vectors.readers._opened import (
    Opened,
    Options,
    WordError,
    decode_words,
    extra,
    library_reads,
    undecodable,
)

NAME = "gensim"


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a pickle."""
    return len(head) > 2 and head[0] == 0x80 and head[1] <= 5


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open what gensim saved, mapped where gensim maps, or a mapping that was pickled."""
    if not options.allow_pickle:
        raise ValueError(
            f"{path} is a Python pickle, and loading a pickle runs the code in it: pass "
            "allow_pickle=True if you trust where it comes from, or save it in gensim with "
            "kv.save_word2vec_format(path, binary=True)"
        )
    if b"gensim" in head:
        utils = extra("gensim.utils", "gensim models", "gensim")
        with library_reads(path, "gensim model"):
            loaded = utils.SaveLoad.load(str(path), mmap="r")
        if not is_keyed(getattr(loaded, "wv", loaded)):
            raise ValueError(
                f"{path} holds a {type(loaded).__name__}, expected gensim's KeyedVectors"
            )
        found = loaded
    else:
        found = _unpickled(path, options)
    with library_reads(path, "words and vectors"):
        return from_memory(path, NAME, words_and_vectors(found), options)


def _unpickled(path: Path, options: Options) -> Any:
    """Load a pickle; the text of Python 2 is bytes, decoded as asked for."""
    with library_reads(path, "pickle"), path.open("rb") as file:
        found = pickle.load(file, encoding="bytes")
    if isinstance(found, dict) and any(isinstance(key, bytes) for key in found):
        keys = [key for key in found if isinstance(key, bytes)]
        try:
            names = dict(zip(keys, decode_words(keys, options), strict=True))
        except WordError as error:
            raise undecodable(path, f"key {error.row}", error, options) from None
        found = {names.get(key, key): np.asarray(value) for key, value in found.items()}
    return found
