"""The nearest words of a word, a vector or a sum of both: most_similar and its kin."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_first_rows, as_int, as_threads
from iiq.vocabulary.cosines import best, cosine, cosines
from iiq.vocabulary.query import KEY_TYPES, Key, Query, as_keys, as_list, as_vector, weighted
from iiq.vocabulary.spaces import OVERSAMPLE, Scope, Scoring, rows_mask
from iiq.vocabulary.vocabulary import Answer, Vocabulary


class SimilarVerbs(Vocabulary):
    """Nearest words by cosine, in the space of the vectors that were compressed."""

    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        scoring: Scoring | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
    ) -> Answer: ...
    @overload
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        *,
        topn: None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        scoring: Scoring | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
    ) -> NDArray[np.float32]: ...
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        scoring: Scoring | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
    ) -> Any:
        """Find the words whose vectors are nearest to the mean of some, and far from others.

        Parameters
        ----------
        positive, negative : word, row, vector, (key, weight) pair, or a list of such
            Vectors have ``vector_size`` numbers, as ``kv[word]`` or the source has; they are summed
            as they are, nothing is centred. Words' vectors have length 1.
        topn : int or None
            How many words; clamped to those there are. None returns the similarities of all.
        clip_start, clip_end : int
            Only words of these rows.
        restrict_vocab : int, optional
            Only the first ``restrict_vocab`` words, as ``clip_end``.
        indexer : object, optional
            Something with ``most_similar(vector, topn)`` that answers instead.
        scoring : {None, "decoded", "hamming", "rescore"}
            ``"decoded"``: exact cosines of decoded codes. ``"hamming"``: the sum is cut to a code
            and compared bit by bit; fastest, coarsest. ``"rescore"``: the nearest
            ``oversample * topn`` words by their codes, ordered by the source vectors kept at
            compression (``keep_vectors=``). None: "rescore" where vectors are kept, else "decoded".
        oversample : int
            Candidates for each word wanted, of ``"rescore"``.
        threads : int, optional
            How many threads search; all cores by default.

        Returns
        -------
        list of (str, float)
            Best first, words given as keys left out; among equal scores the lower row first.
            With ``topn=None`` a float32 array of similarities by row.

        Raises
        ------
        KeyError
            If a word is missing.
        ValueError
            If there is no key, or a vector has another width than ``vector_size``.
        """
        if topn is not None and as_topn(topn) < 1:
            return []
        space = self.space(scoring)
        keys, weights = weighted(positive, negative)
        query = self.query_of(space, keys, weights)
        if indexer is not None and topn is not None:
            return indexer.most_similar(unit_float32(query.vector), topn)
        if restrict_vocab is not None:
            clip_start, clip_end = 0, as_first_rows(restrict_vocab, space.n_rows)
        start, stop, _ = slice(clip_start, clip_end or None).indices(space.n_rows)
        mask = rows_mask(space.n_rows, start, stop)
        scope = Scope(mask, as_int(oversample, "oversample", 1), as_threads(threads))
        if topn is None:
            return space.scores(query.vector)[start:stop].astype(np.float32)
        k = topn + len(set(query.used))
        rows, scores = space.nearest(query.vector[None], k, scope)
        return self.named(rows[0], scores[0], topn, query.used)

    @overload
    def similar_by_word(
        self, word: str, topn: int = 10, restrict_vocab: int | None = None
    ) -> Answer: ...
    @overload
    def similar_by_word(
        self, word: str, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[np.float32]: ...
    def similar_by_word(
        self, word: str, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to ``word``; see ``most_similar``."""
        return self.similar_by_key(word, topn, restrict_vocab)

    @overload
    def similar_by_key(
        self, key: Key, topn: int = 10, restrict_vocab: int | None = None
    ) -> Answer: ...
    @overload
    def similar_by_key(
        self, key: Key, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[np.float32]: ...
    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to a word or row; see ``most_similar``."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def similar_by_vector(
        self, vector: ArrayLike, topn: int = 10, restrict_vocab: int | None = None
    ) -> Answer: ...
    @overload
    def similar_by_vector(
        self, vector: ArrayLike, topn: None, restrict_vocab: int | None = None
    ) -> NDArray[np.float32]: ...
    def similar_by_vector(
        self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to a vector of ``vector_size`` numbers; see ``most_similar``."""
        return self.most_similar(positive=[vector], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> Answer: ...
    @overload
    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        *,
        topn: None,
        restrict_vocab: int | None = None,
    ) -> NDArray[np.float64]: ...
    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """Find words by the product of similarities: Levy and Goldberg's 3CosMul.

        The score is the product of (1 + cosine) / 2 over the positive keys, divided by that over
        the negative keys plus 1e-6. Parameters, order and exclusions as in ``most_similar``;
        vectors are taken as they are, as gensim does. (``restrict_vocab``, which gensim 4.4
        documents but does not heed, is heeded.)

        References
        ----------
        Levy and Goldberg, Linguistic Regularities in Sparse and Explicit Word Representations,
        CoNLL 2014, eq. 5.
        """
        if topn is not None and as_topn(topn) < 1:
            return []
        towards, away = as_list(positive), as_list(negative)
        if not towards:
            raise ValueError("cannot compute similarity with no input")
        used = self._rows_used([*towards, *away])
        stop = as_first_rows(restrict_vocab, len(self))
        scores = self._product(towards, stop) / (self._product(away, stop) + 1e-6)
        if topn is None:
            return scores
        rows, found = best(np.arange(stop), scores, topn + len(set(used)))
        return self.named(rows, found, topn, used)

    def _rows_used(self, items: list[Any]) -> list[int]:
        keys = [item for item in items if isinstance(item, KEY_TYPES)]
        missing = next((key for key in keys if not self.has_vector_for(key)), None)
        if missing is not None:
            raise KeyError(f"Key '{missing}' not present")
        return [row for row in map(self.find, keys) if row >= 0]

    def _product(self, keys: list[Any], stop: int) -> NDArray[np.float64]:
        """Return the product over keys of (1 + cosine) / 2 for rows below ``stop``."""
        space = self.space()
        product = np.ones(stop)
        for key in keys:
            length = 1.0
            if not isinstance(key, KEY_TYPES):
                placed = space.place(as_vector(key, space.dim)[None])[0]
                length = float(np.sqrt(np.add.reduce(placed**2)))
            query = self.query_of(space, [key], [1.0])
            product *= 1 + space.scores(query.vector)[:stop] * length
        return product / 2.0 ** len(keys)

    def most_similar_to_given(self, key1: Key, keys_list: list[Any]) -> Any:
        """Return the key of ``keys_list`` that is nearest to ``key1``; the first of equal ones."""
        if not len(keys_list):
            raise ValueError("keys_list is empty: give at least one word to choose from")
        keys_list = as_keys(keys_list, "keys_list")
        scores = self._cosines(key1, keys_list).astype(np.float32)
        return keys_list[int(np.argmax(scores))]

    def similarity(self, w1: Key, w2: Key) -> np.float32:
        """Return the cosine of two words' vectors."""
        one, two = self.find(w1), self.find(w2)
        space = self.space()  # after the rows: what other threads add only makes it longer
        if one >= 0 and two >= 0:
            return np.float32(space.cosine(one, two))
        return np.float32(cosine(*self.vectors_in(space, [w1, w2])))

    def distance(self, w1: Key, w2: Key) -> np.float32:
        """Return 1 - similarity of two words."""
        return np.float32(np.float32(1) - self.similarity(w1, w2))

    def distances(self, word_or_vector: Any, other_words: Any = ()) -> NDArray[np.float32]:
        """Return 1 - cosine of a word or vector with some words, or with all of them, by row."""
        if len(others := as_keys(other_words, "other_words")):
            return (1 - self._cosines(word_or_vector, others)).astype(np.float32)
        space = self.space()
        query = self.query_of(space, [word_or_vector], [1.0], "Key '{}' not present")
        return (1 - space.scores(query.vector)).astype(np.float32)

    def _cosines(self, word_or_vector: Any, others: list[Any]) -> NDArray[np.float64]:
        """Return the cosines of a word or vector with some words."""
        rows = self.find_many(others)
        one = self.find(word_or_vector) if isinstance(word_or_vector, KEY_TYPES) else -1
        space = self.space()  # after the rows, as in `similarity`
        if one >= 0 and rows.min() >= 0:
            return space.cosines(one, rows)
        query = self.query_of(space, [word_or_vector], [1.0], "Key '{}' not present")
        return cosines(self.vectors_in(space, others), query.vector)

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """Return all words that are closer to ``key1`` than ``key2`` is, by row."""
        return [self.index_to_key[row] for row in self._closer(key1, key2)]

    words_closer_than = closer_than

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the rank of ``key2`` by closeness to ``key1`` among all words: 1 is nearest."""
        return len(self._closer(key1, key2)) + 1

    def _closer(self, key1: Key, key2: Key) -> list[int]:
        """Return the rows that are closer to ``key1`` than ``key2``, its own left out."""
        other = self.get_index(key2)
        space = self.space()
        query: Query = self.query_of(space, [key1], [1.0], "Key '{}' not present")
        scores = space.scores(query.vector)
        if other in query.used:
            return []
        near = np.flatnonzero(scores > scores[other])
        return [row for row in near.tolist() if row not in query.used]

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Return the similarity of two words over the sum of those of ``wa``'s topn nearest words.

        References
        ----------
        Leeuwenberg et al., A Minimally Supervised Approach for Synonym Extraction with Word
        Embeddings, 2016.
        """
        topn = as_int(topn, "topn", 1)
        total = sum(score for _, score in self.similar_by_key(wa, topn))
        return float(self.similarity(wa, wb) / total)


def as_topn(topn: object) -> int:
    """Check how many words are wanted."""
    if not isinstance(topn, int | np.integer):
        raise TypeError(f"topn must be a whole number or None, got {topn!r}")
    return int(topn)


def unit_float32(vector: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a vector scaled to length 1, as gensim hands it to an indexer."""
    length = np.sqrt(np.add.reduce(vector**2))
    unit: NDArray[np.float32] = (vector / (length if length > 0 else 1.0)).astype(np.float32)
    return unit
