"""What a file of format version 1 holds in another form: words, and the sizes of n-grams.

Of the words only letters and offsets are read: the table of today is built from them, once, on
opening. Saving writes today's version.
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


def ngram_sizes(sizes: Array, scale: float) -> Array:
    """Return what to multiply decoded n-grams by: version 1 kept mean sizes of projections.

    ``scale`` is that of the training rows, which their decoder gives back.
    """
    if not scale > 0:
        return sizes
    limit = float(np.finfo(np.float16).max)
    multiples: Array = np.minimum(sizes.astype(np.float64) / scale, limit).astype(np.float16)
    return multiples


def _words(blob: bytes, offsets: Array) -> Iterator[str]:
    for row, (begin, end) in enumerate(pairwise(offsets.tolist())):
        try:
            yield blob[begin:end].decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"damaged word table: word {row} is no UTF-8: {error}") from None
