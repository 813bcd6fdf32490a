"""The words of a file of format version 1: letters end to end, offsets, and a hash table.

Only letters and offsets are read: the table of today is built from them, once, on opening. Saving
writes today's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.word_table import WordTable

Array = NDArray[Any]


def read_words(arrays: Mapping[str, Array], n_words: int) -> WordTable:
    """Build the table of the words in ``words.blob`` and ``words.offsets``.

    Raises
    ------
    ValueError
        If the arrays are missing or do not fit, a word is no UTF-8 or stands twice.
    """
    missing = [name for name in ("words.blob", "words.offsets") if name not in arrays]
    if missing:
        raise ValueError(f"arrays are missing: {', '.join(missing)}")
    blob, offsets = arrays["words.blob"], arrays["words.offsets"]
    if blob.dtype != np.uint8 or blob.ndim != 1 or offsets.dtype not in (np.uint32, np.uint64):
        raise ValueError(
            f"word table: blob must be one row of uint8 and offsets of uint32 or uint64, "
            f"got {blob.dtype} of shape {blob.shape} and {offsets.dtype}"
        )
    if offsets.shape != (n_words + 1,) or offsets[0] != 0 or offsets[-1] != len(blob):
        raise ValueError(
            f"word table: {n_words} words need {n_words + 1} offsets from 0 to {len(blob)}, "
            f"got {offsets.shape} from {offsets[:1]} to {offsets[-1:]}"
        )
    if (offsets[1:] < offsets[:-1]).any():
        raise ValueError("damaged word table: the offsets do not ascend")
    return WordTable.build(_words(blob.tobytes(), offsets))


def _words(blob: bytes, offsets: Array) -> Iterator[str]:
    for row, (begin, end) in enumerate(pairwise(offsets.tolist())):
        try:
            yield blob[begin:end].decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"damaged word table: word {row} is no UTF-8: {error}") from None
