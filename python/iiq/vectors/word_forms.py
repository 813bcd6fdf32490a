"""What words tell as numbers: how many entries are texts, and which rows hold forms of one word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iiq._support.word_numbers import WordNumbers

MOST_WORDS = 50_000  # looked at: the rows that an encoder learns from by default
MOST_PAIRS = 3000
LEAST_STEM = 5  # letters: shorter words begin longer ones by chance ("art", "artery")
MOST_ENDING = 3  # letters


def word_numbers(words: Sequence[str]) -> WordNumbers:
    """Return what the first 50 000 words say of their vectors, as numbers.

    Parameters
    ----------
    words : sequence of str (n,)
        In the order of the rows.

    Returns
    -------
    WordNumbers
        Of each word of at least five letters the first longer form counts: itself with one to
        three letters more. At most 3000 pairs, those with the lowest rows.

    Examples
    --------
    >>> word_numbers(["walking", "the", "talk show", "walker", "walke", "walkers"])
    WordNumbers(texts=0.16666666666666666, pairs=array([[3, 5],
           [4, 3]]))
    """
    words = words[:MOST_WORDS]
    row_of: dict[str, int] = {}
    for row, word in enumerate(words):
        row_of.setdefault(word, row)
    form_of: dict[int, int] = {}
    for row, word in enumerate(words):
        stem = _stem(word, row_of)
        if stem is not None:
            form_of.setdefault(stem, row)
    pairs = sorted(form_of.items(), key=lambda pair: (max(pair), pair))[:MOST_PAIRS]
    texts = sum(" " in word.strip() for word in words) / max(len(words), 1)
    return WordNumbers(texts, np.array(pairs, dtype=np.int64).reshape(-1, 2))


def _stem(word: str, row_of: dict[str, int]) -> int | None:
    """Return the row of the longest word that this one lengthens by a few letters."""
    for ending in range(1, min(MOST_ENDING, len(word) - LEAST_STEM) + 1):
        row = row_of.get(word[:-ending])
        if row is not None:
            return row
    return None
