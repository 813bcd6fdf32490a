"""Vectors of character n-grams (fastText): vectors for words that are not in the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PRIME = np.uint32(16777619)
_OFFSET = np.uint32(2166136261)
_END_OF_SENTENCE = "</s>"
_WORDS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Subwords:
    """Rows for the n-grams of words, found by hashing.

    Parameters
    ----------
    vectors : ndarray (n_buckets, dim)
        float16 or float32; may be memory-mapped.
    min_n, max_n : int
        Shortest and longest n-gram in characters; ``<`` and ``>`` mark a word's ends and count.
    """

    vectors: NDArray[Any]
    min_n: int
    max_n: int

    @property
    def n_buckets(self) -> int:
        """Rows of the hash table."""
        return len(self.vectors)

    def buckets(self, word: str) -> NDArray[np.int64]:
        """Return the rows of a word's n-grams."""
        return ngram_buckets([word], self.min_n, self.max_n, self.n_buckets)[0]

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the mean of a word's n-grams, float32 (dim,).

        Raises
        ------
        KeyError
            If the word is too short to have one.
        """
        rows = self.buckets(word)
        if not len(rows):
            raise KeyError(f"Key '{word}' not present in vocabulary, and it has no n-grams")
        mean: NDArray[np.float32] = self.vectors[rows].mean(axis=0, dtype=np.float32)
        return mean

    def composed(self, words: Sequence[str], rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the mean of each word's own row and its n-grams: what fastText calls its vector.

        Parameters
        ----------
        words : sequence of str, length n
        rows : ndarray (n, dim)
            The words' own rows.
        """
        sums = np.array(rows, dtype=np.float32)
        for start in range(0, len(words), _WORDS_AT_ONCE):
            some = words[start : start + _WORDS_AT_ONCE]
            buckets, offsets = ngram_buckets(some, self.min_n, self.max_n, self.n_buckets)
            for first in range(0, len(some), 256):  # a few megabytes of n-grams at a time
                last = min(first + 256, len(some))
                self._add(sums[start + first : start + last], buckets, offsets[first : last + 1])
            sums[start : start + len(some)] /= (1 + np.diff(offsets))[:, None].astype(np.float32)
        return sums

    def _add(
        self, sums: NDArray[np.float32], buckets: NDArray[np.int64], offsets: NDArray[np.int64]
    ) -> None:
        has_any = np.flatnonzero(np.diff(offsets))
        if len(has_any):
            rows = self.vectors[buckets[offsets[0] : offsets[-1]]]
            starts = offsets[has_any] - offsets[0]
            with np.errstate(over="ignore", invalid="ignore"):  # whoever reads a file says so
                sums[has_any] += np.add.reduceat(rows, starts, axis=0, dtype=np.float32)


def ngram_buckets(
    words: Sequence[str], min_n: int, max_n: int, n_buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash every n-gram of each ``<word>`` as fastText does.

    Parameters
    ----------
    words : sequence of str
    min_n, max_n : int
        Shortest and longest n-gram, in characters.
    n_buckets : int
        Rows of the hash table; with none there are no n-grams.

    Returns
    -------
    buckets : int64 (total,)
        Rows of the n-grams, word by word, by where they begin, the shorter first.
    offsets : int64 (len(words) + 1,)
        Those of word i are ``buckets[offsets[i] : offsets[i + 1]]``. ``</s>`` has none.

    Notes
    -----
    The hash is 32-bit FNV-1a over the UTF-8 bytes taken as *signed*: an accident that every
    fastText file relies on. A lone ``<`` or ``>`` is no n-gram.
    """
    if not len(words) or n_buckets == 0:
        return np.empty(0, np.int64), np.zeros(len(words) + 1, np.int64)
    encoded = [f"<{word}>".encode() for word in words]
    lengths = np.array([len(word) for word in encoded])
    ends = np.cumsum(lengths)
    text = np.frombuffer(b"".join(encoded), dtype=np.int8)
    begins_char = np.append((text.view(np.uint8) & 0xC0) != 0x80, True)
    owner = np.repeat(np.arange(len(words)), lengths)
    has_ngrams = np.array([word != _END_OF_SENTENCE for word in words])
    starts = np.flatnonzero(begins_char[:-1] & has_ngrams[owner])
    found = _hash_all(text, starts, ends[owner[starts]], begins_char, max_n)
    start, n_chars, hashes = found[:, np.lexsort(found[1::-1])]
    is_end = np.isin(start, ends - lengths) | np.isin(start, ends - 1)
    kept = (n_chars >= min_n) & ~((n_chars == 1) & is_end)
    counts = np.bincount(owner[start[kept]], minlength=len(words))
    return hashes[kept] % n_buckets, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _hash_all(
    text: NDArray[np.int8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    begins_char: NDArray[np.bool_],
    max_n: int,
) -> NDArray[np.int64]:
    """Hash the n-grams from every start, all starts one byte further at a time.

    Returns int64 (3, total): where each begins, its characters, its hash.
    """
    found = [np.empty((3, 0), dtype=np.int64)]
    hashes = np.full(len(starts), _OFFSET)
    n_chars = np.zeros(len(starts), dtype=np.int64)
    at = starts
    while len(at) and max_n > 0:
        hashes = (hashes ^ text[at].astype(np.uint32)) * _PRIME
        at = at + 1
        whole = begins_char[at]
        n_chars = n_chars + whole
        found.append(np.stack([starts[whole], n_chars[whole], hashes[whole].astype(np.int64)]))
        more = (at < ends) & (n_chars < max_n)
        starts, ends, at = starts[more], ends[more], at[more]
        hashes, n_chars = hashes[more], n_chars[more]
    return np.concatenate(found, axis=1)
