"""The reviews of the sentiment task: tokens, their rows, and texts of one length."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iiq.evaluate.datasets import load_sets
from iiq.evaluate.judged import Floats, Judged

PAD, OOV = "<pad>", "<oov>"
Tokens = NDArray[np.int64]

_MARK = re.compile(r"<br\s*/?>")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Reviews:
    """Tokenised texts and their labels, 0 or 1."""

    tokens: list[list[str]]
    labels: NDArray[np.int64]


def load_reviews(
    data: str | os.PathLike[str] | None, name: str, most: int | None, seed: int
) -> Reviews:
    """Read and tokenise ``imdb_train`` or ``imdb_test``, or a random sample of it.

    Lower-cased runs of letters and digits, with inner apostrophes; line-break marks are spaces.

    Raises
    ------
    ValueError
        For labels other than 0 and 1, or a sample of one class only.
    """
    one = load_sets("sentiment", data, name)[0]
    labels = np.array(one.numbers("label"))
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"{one.path}: labels must be 0 or 1, got {np.unique(labels)[:5].tolist()}")
    rows = np.random.default_rng(seed).permutation(len(one))[:most]
    if len(np.unique(labels[rows])) < 2:
        raise ValueError(f"{one.path}: {len(rows)} reviews of one class: nothing to tell apart")
    texts = one.column("text")
    return Reviews([tokenise(texts[row]) for row in rows], labels[rows].astype(np.int64))


def tokenise(text: str) -> list[str]:
    """Return the lower-cased words of a review.

    Examples
    --------
    >>> tokenise("Don't go!<br />It's 2nd-rate")
    ["don't", 'go', "it's", '2nd', 'rate']
    """
    return _WORD.findall(_MARK.sub(" ", text).lower())


def frequent_words(reviews: Reviews, n_words: int) -> list[str]:
    """Return the padding, the unknown word and the most frequent words, ``n_words`` in all."""
    counts = Counter(token for tokens in reviews.tokens for token in tokens)
    # Equally frequent words stay in the order of their first use: a list that is alphabetical at
    # its end would look like one without frequencies.
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return [PAD, OOV, *(word for word, _ in ranked[: n_words - 2])]


class Table:
    """The vectors that the reviews need, row 0 the padding, and the row of each token.

    A token that the vocabulary lacks has the vocabulary's ``<oov>`` vector or else, by the paper's
    policy, the mean vector; under ``covered`` it is left out of the text. The padding is the
    vocabulary's ``<pad>`` vector, else zero.
    """

    def __init__(self, judged: Judged, parts: Sequence[Reviews], policy: str) -> None:
        distinct = sorted({t for part in parts for tokens in part.tokens for t in tokens})
        found = judged.lookup.rows(distinct)
        self.n_oov = int((found < 0).sum())
        self.n_found = len(distinct) - self.n_oov
        oov = judged.lookup.own.get(OOV, -1)
        self.same_for_both = self.n_oov == 0 or oov >= 0
        if policy == "covered" and oov < 0:
            kept = found >= 0
            distinct = [t for t, keep in zip(distinct, kept, strict=True) if keep]
            found = found[kept]
        found = np.where(found < 0, oov, found)
        used, place = np.unique(found, return_inverse=True)
        pad = judged.lookup.own.get(PAD)
        first = np.zeros((1, judged.dim), np.float32)
        if pad is not None:
            first = judged.take(np.array([pad]))
        vectors = judged.take(used) if len(used) else first[:0]
        self.vectors: Floats = np.concatenate([first, vectors])
        self.row_of = dict(zip(distinct, (place + 1).tolist(), strict=True))

    def texts(self, reviews: Reviews, length: int) -> Tokens:
        """Return the rows of the last ``length`` tokens, padded in front."""
        return as_rows(reviews, self.row_of, length)


def as_rows(reviews: Reviews, row_of: Mapping[str, int], length: int, oov: int = -1) -> Tokens:
    """Return the rows of the last ``length`` tokens of each review, 0 in front; int64.

    Tokens without a row are ``oov``, or left out where that is negative.
    """
    out = np.zeros((len(reviews.tokens), length), dtype=np.int64)
    for line, tokens in zip(out, reviews.tokens, strict=True):
        rows = [row_of.get(token, oov) for token in tokens]
        kept = [row for row in rows if row >= 0][-length:]
        if kept:
            line[-len(kept) :] = kept
    return out
