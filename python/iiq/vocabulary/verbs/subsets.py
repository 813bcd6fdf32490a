"""Other orders, subsets and unions of vocabularies: codes are copied bit by bit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from iiq._support.words import as_words
from iiq.codes.index import HammingIndex
from iiq.vocabulary.query import KEY_TYPES, Key, as_keys
from iiq.vocabulary.vocabulary import Vocabulary

Array = NDArray[Any]


class SubsetVerbs(Vocabulary):
    """New vocabularies made of rows of old ones, which stay as they are."""

    def take(self, rows: Sequence[int] | Array) -> Self:
        """Return a vocabulary of some rows, in the given order; the encoder is shared."""
        chosen = np.asarray(rows, dtype=np.int64)
        kept = None if self.kept_vectors is None else self.kept_vectors.take(chosen)
        return type(self)(
            self.index_to_key.words_at(chosen),
            HammingIndex(self.index.codes_at(chosen), self.n_bits),
            self.encoder,
            kept_vectors=kept,
            ngrams=self.ngrams,
            quality=self.quality,
            expandos={name: values[chosen] for name, values in self.expandos.items()},
        )

    def subset(self, words: Iterable[Key]) -> Self:
        """Return a vocabulary of the given words, in the given order; the encoder is shared.

        Codes, kept vectors and attributes are copied as they are; n-grams stay.

        Raises
        ------
        KeyError
            If a word is missing.
        ValueError
            If a word is given twice, or none is.
        """
        return self.take(self._rows_or_error(words))

    def remove(self, words: Iterable[Key]) -> Self:
        """Return a vocabulary without the given words, the others in their order.

        Raises
        ------
        KeyError
            If a word is missing.
        ValueError
            If no word would be left.
        """
        stays = np.ones(len(self), dtype=np.bool_)
        stays[self._rows_or_error(words)] = False
        return self.take(np.flatnonzero(stays))

    def _rows_or_error(self, words: Iterable[Key]) -> NDArray[np.int64]:
        keys = [words] if isinstance(words, KEY_TYPES) else as_keys(words, "words")
        rows = self.find_many(keys)
        if len(rows) and rows.min() < 0:
            raise KeyError(f"Key '{keys[int(np.argmin(rows))]}' not present")
        return rows

    def merge(self, other: Vocabulary) -> Self:
        """Return a vocabulary of these words and then those of ``other`` that are not here.

        Codes are copied bit by bit, so both must be of one encoder. Kept vectors follow; attributes
        that only one of the two has are 0 for the words of the other. Of a word that both have the
        code and the attributes stay those of this one. N-grams are this one's, else the other's.

        Raises
        ------
        ValueError
            If the encoders differ, or only one of the two keeps source vectors, or both in another
            way.

        Notes
        -----
        Time and memory are those of ``other``, once more those of this one the first time.
        """
        _check_same(self, other)
        mine, theirs = self.held, other.held
        words = list(theirs.words)
        fresh = np.flatnonzero(mine.words.find_many(words) < 0)
        kept = mine.kept
        if kept is not None and theirs.kept is not None:
            kept = kept.appended(theirs.kept.take(fresh))
        merged = type(self)(
            mine.words.appended([words[i] for i in fresh]),
            mine.index.with_scales(None).appended(theirs.index.codes_at(fresh)),
            self.encoder,
            kept_vectors=kept,
            ngrams=self.ngrams if self.ngrams is not None else other.ngrams,
            quality=self.quality,
        )
        for name in {**self.expandos, **other.expandos}:
            parts = (
                (self.expandos.get(name), np.arange(len(mine.words))),
                (other.expandos.get(name), fresh),
            )
            kind = next(values.dtype for values, _ in parts if values is not None)
            merged.expandos[name] = np.concatenate(
                [np.zeros(len(r), kind) if v is None else v[r].astype(kind) for v, r in parts]
            )
        return merged

    def sort_by_descending_frequency(self) -> None:
        """Order the words by descending ``"count"``; equal counts keep their order.

        Raises
        ------
        KeyError
            If the words have no counts.
        """
        if "count" not in self.expandos:
            raise KeyError("count")
        ordered = self.take(np.argsort(-self.expandos["count"], kind="stable"))
        self.expandos, self.held = ordered.expandos, ordered.held

    def vectors_for_all(
        self, keys: Iterable[Any], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> Self:
        """Return a vocabulary of the given words that are here, each once, in the given order.

        Parameters
        ----------
        keys : iterable of str
            The words.
        allow_inference : bool
            Make codes of unknown words from their n-grams, where the vocabulary keeps them.
        copy_vecattrs : bool
            Copy attributes, too.

        Raises
        ------
        ValueError
            If none of the words is here: a vocabulary needs at least one.
        """
        wanted = list(dict.fromkeys(as_words(keys, "keys")))
        found = self.find_many(wanted)
        rows = found[found >= 0]
        if allow_inference and self.ngrams is not None:
            return self._with_inferred(wanted, copy_vecattrs)
        if not len(rows):
            raise ValueError("none of the keys is in the vocabulary: nothing to return")
        chosen = self.take(rows)
        if not copy_vecattrs:
            chosen.expandos = {}
        return chosen

    def _with_inferred(self, wanted: list[Any], copy_vecattrs: bool) -> Self:
        """Return a vocabulary of words here and of words made from n-grams, as ordered."""
        keys = [key for key in wanted if self.has_vector_for(key)]
        if not keys:
            raise ValueError("no key is in the vocabulary or has n-grams: nothing to return")
        words = [key if isinstance(key, str) else self.index_to_key[int(key)] for key in keys]
        index = HammingIndex(np.stack([self.get_code(key) for key in keys]), self.n_bits)
        chosen = type(self)(words, index, self.encoder, ngrams=self.ngrams)
        if copy_vecattrs:
            old = [i for i, key in enumerate(keys) if key in self]
            rows = [self.get_index(keys[i]) for i in old]
            for name, values in self.expandos.items():
                chosen.expandos[name] = np.zeros(len(keys), values.dtype)
                chosen.expandos[name][old] = values[rows]
        return chosen


def _check_same(one: Vocabulary, two: Vocabulary) -> None:
    """Raise unless codes of the two mean the same, and the same is kept beside them."""
    if one.n_bits != two.n_bits:
        raise ValueError(f"codes of {one.n_bits} and of {two.n_bits} bits cannot be merged")
    if not _same_encoder(one.encoder, two.encoder):
        raise ValueError(
            f"the codes come from different encoders ({_name(one.encoder)} and "
            f"{_name(two.encoder)}): their bits mean different things; encode the words of one "
            "with the encoder of the other (add_vectors)"
        )
    kinds = [None if v.kept_vectors is None else v.kept_vectors.kind for v in (one, two)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"one keeps source vectors as {kinds[0]}, the other as {kinds[1]}: keep them alike"
        )


def _name(encoder: Any) -> str:
    if encoder is None:
        return "none"
    return f"{type(encoder).__name__} of {encoder.n_features_in_} numbers"


def _same_encoder(one: Any, two: Any) -> bool:
    if one is two:
        return True
    if one is None or two is None or one.method != two.method:
        return False
    (_, ours), (_, theirs) = one.to_state(), two.to_state()
    names = ("mean_", "projection_", "decoder_", "removed_")
    return all(np.array_equal(ours.get(name, 0), theirs.get(name, 0)) for name in names)
