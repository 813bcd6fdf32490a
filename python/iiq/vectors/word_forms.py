"""What words tell as numbers: how many entries are texts, and which rows hold forms of one word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iiq._support.word_numbers import WordNumbers

MOST_WORDS = 20_000  # looked at: the most frequent ones of nearly every file
MOST_PAIRS = 3000
LEAST_STEM = 5  # letters: shorter words begin longer ones by chance ("art", "artery")
MOST_ENDING = 3  # letters


def word_numbers(words: Sequence[str]) -> WordNumbers:
    """Return what the first 20 000 words say of their vectors, as numbers.

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
    texts = sum(" " in word and " " in word.strip() for word in words) / max(len(words), 1)
    row_of = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    stem_of: dict[int, int] = {}
    for ending in range(MOST_ENDING, 0, -1):  # of two stems the longer one counts
        least = LEAST_STEM + ending
        for row, word in enumerate(words):
            if len(word) >= least and (stem := row_of.get(word[:-ending])) is not None:
                stem_of[row] = stem
    form_of: dict[int, int] = {}
    for row in sorted(stem_of):
        form_of.setdefault(stem_of[row], row)
    pairs = sorted(form_of.items(), key=lambda pair: (max(pair), pair))[:MOST_PAIRS]
    return WordNumbers(texts, np.array(pairs, dtype=np.int64).reshape(-1, 2))
