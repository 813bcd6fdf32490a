"""Words and vectors of any object in memory: one way, with counts and n-grams, for all of them.

gensim's KeyedVectors and models, spaCy's pipelines and vocabularies, mappings, tables, pairs. None
of their libraries is imported: an object is known by what it has.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import ragged
from iiq._support.words import as_words
from iiq.vectors.subwords import Subwords
from iiq.vectors.tables import is_table, words_of_table
from iiq.vectors.word_vectors import WordVectors

_TRAINING_ATTRIBUTES = ("count", "sample_int")  # of gensim's words: kept, and of no use later


def words_and_vectors(vectors: Any) -> WordVectors:
    """Return the words, vectors, counts and n-grams of any object that holds them.

    Raises
    ------
    TypeError
        If it is nothing of the kind, its words are no str or have no order.
    ValueError
        If words and vectors do not fit each other; the text names the word or the row.
    """
    if isinstance(vectors, WordVectors):
        return vectors
    vectors = getattr(vectors, "wv", vectors)  # a model of gensim
    if is_keyed(vectors):
        counts, subwords = counts_of(vectors), subwords_of(vectors)
        return WordVectors(list(vectors.index_to_key), vectors.vectors, counts, subwords)
    vocab = getattr(vectors, "vocab", vectors)  # of a pipeline or document of spaCy
    if hasattr(vocab, "strings") and hasattr(getattr(vocab, "vectors", None), "key2row"):
        return _of_spacy(vocab)
    if isinstance(vectors, Mapping):
        return _of_mapping(vectors)
    if is_table(vectors):
        return words_of_table(vectors)
    if isinstance(vectors, tuple | list) and len(vectors) == 2:
        words, matrix = vectors
        return WordVectors(as_words(words), matrix)
    raise TypeError(
        "vectors must be a WordVectors, a path, gensim KeyedVectors, a pipeline of spaCy, a "
        "mapping of words to vectors, a table with the words as its index or its one column of "
        "texts, or (words, matrix), "
        f"got {type(vectors).__name__}"
    )


def is_keyed(vectors: Any) -> bool:
    """Whether these are KeyedVectors, gensim's or ours."""
    return hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors")


def counts_of(vectors: Any) -> NDArray[np.int64] | None:
    """Return the counts of KeyedVectors, or None; warn of attributes that are left out."""
    if getattr(vectors, "counts", None) is not None:
        counts: NDArray[np.int64] = vectors.counts
        return counts
    attributes = getattr(vectors, "expandos", {})
    others = sorted(set(attributes) - set(_TRAINING_ATTRIBUTES))
    if others:
        warnings.warn(
            f"the attributes {', '.join(others)} of the words are left out: set them again with "
            "set_vecattr",
            UserWarning,
            stacklevel=4,
        )
    return attributes.get("count")


def subwords_of(vectors: Any) -> Subwords | None:
    """Return the n-grams of gensim's fastText vectors, or None."""
    rows = getattr(vectors, "vectors_ngrams", None)
    if rows is None or not len(rows) or not vectors.max_n:
        return None
    return Subwords(rows, vectors.min_n, vectors.max_n)


def _of_mapping(vectors: Mapping[Any, Any]) -> WordVectors:
    if not vectors:
        raise ValueError("the mapping of words to vectors is empty: nothing to compress")
    words, rows = list(vectors), list(vectors.values())
    if np.ndim(rows[0]) == 0:
        raise TypeError(
            f"the mapping gives {words[0]!r} a single value, {rows[0]!r:.40}, expected a vector: "
            "pass (mapping, matrix) if these are row numbers"
        )
    error = ragged(rows, "the mapping's vectors", words)
    if error is not None:
        raise error
    return WordVectors(words, np.stack([np.asarray(row) for row in rows]))


def _of_spacy(vocab: Any) -> WordVectors:
    """Return the vectors of spaCy's Vocab: many words may share a row."""
    words, rows = [], []
    for key, row in vocab.vectors.key2row.items():
        words.append(vocab.strings[key])
        rows.append(int(row))
    return WordVectors(words, np.asarray(vocab.vectors.data)[rows])
