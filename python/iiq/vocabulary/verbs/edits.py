"""New words, attributes of words, other orders and subsets of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_float32, as_matrix
from iiq.codes.bits import sign_codes
from iiq.codes.index import HammingIndex
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.query import KEY_TYPES, Key
from iiq.vocabulary.spaces import Scope
from iiq.vocabulary.vocabulary import Codes, Vocabulary

Array = NDArray[Any]


class EditVerbs(Vocabulary):
    """Changes in memory; a file that was loaded is never written to."""

    def add_vector(self, key: str, vector: ArrayLike, *, space: str = "source") -> int:
        """Add one word and return its row; see ``add_vectors``."""
        self.add_vectors([key], np.asarray(vector)[None], space=space)
        return self.get_index(key)

    def add_vectors(
        self,
        keys: Any,
        weights: ArrayLike,
        extras: dict[str, ArrayLike] | None = None,
        replace: bool = False,
        *,
        space: str = "source",
    ) -> None:
        """Add words and their vectors; words that are there already stay as they are.

        Parameters
        ----------
        keys : list of str, or str
            The words.
        weights : array-like (m, width)
            Rows of ``vector_size`` numbers, which are encoded.
        extras : dict of str to array-like (m,), optional
            Attributes of the words, such as ``{"count": [3, 1]}``.
        replace : bool
            Give words that are there already the new codes.
        space : {"source", "decoded"}
            Source vectors have the mean subtracted; decoded ones, such as ``kv[word]``, are centred
            already. A decoded vector that is exactly a word's gets that word's code.

        Raises
        ------
        ValueError
            If numbers of words and rows differ, a word is given twice, the width is another, or
            source vectors are kept and these are none (a word without could not be rescored).
        """
        words = [keys] if isinstance(keys, str) else list(keys)
        codes = self._to_codes(np.atleast_2d(np.asarray(weights)), space)
        if len(words) != len(codes):
            raise ValueError(f"{len(words)} keys but {len(codes)} rows of weights: give one each")
        if len(set(words)) != len(words):
            raise ValueError("a key stands twice among those to add: give each once")
        if self.kept_vectors is not None and space != "source":
            raise ValueError(
                "these vectors keep their source vectors for rescoring: give new words by theirs, "
                "with space='source'"
            )
        extra = {name: np.asarray(values) for name, values in (extras or {}).items()}
        for name, values in extra.items():
            if values.shape != (len(words),):
                raise ValueError(f"{len(words)} keys but extras[{name!r}] of shape {values.shape}")
        old = np.array([word in self.key_to_index for word in words], dtype=bool)
        self._append([w for w, known in zip(words, old, strict=True) if not known], codes[~old])
        if replace and old.any():
            self._replace([w for w, known in zip(words, old, strict=True) if known], codes[old])
        if self.kept_vectors is not None:
            self._keep(words, np.atleast_2d(np.asarray(weights)), old, replace)
        chosen = np.ones(len(words), dtype=bool) if replace else ~old
        self._set_extras([w for w, c in zip(words, chosen, strict=True) if c], extra, chosen)

    def __setitem__(self, keys: Any, weights: ArrayLike) -> None:
        if isinstance(keys, KEY_TYPES):
            keys, weights = [keys], np.atleast_2d(np.asarray(weights))
        self.add_vectors(keys, weights, replace=True)

    def _to_codes(self, vectors: Array, space: str) -> Codes:
        if self.encoder is None:
            width = self.n_bits
            if vectors.shape[-1] != width:
                raise ValueError(
                    f"a vector here has {width} numbers, one a bit (there is no encoder), got "
                    f"{vectors.shape[-1]}"
                )
            return sign_codes(as_float32(as_matrix(vectors, "weights"), "weights"))
        codes = self.encode(vectors, space=space)
        if space == "decoded":
            self._copy_codes(vectors, codes)
        return codes

    def _copy_codes(self, vectors: Array, codes: Codes) -> None:
        """Give vectors that are exactly a word's decoded vector that word's code, in place."""
        decoded = self.space("decoded")
        queries = decoded.place(vectors)
        rows, _ = decoded.nearest(queries, 1, Scope())
        same = (decoded.rows_at(rows[:, 0]).astype(np.float32) == vectors).all(axis=1)
        codes[same] = self.index.codes_at(rows[same, 0])

    def _append(self, words: list[str], codes: Codes) -> None:
        if not words:
            return
        self._words = self._words.appended(words)
        self._pending.append(codes)
        for name, values in self.expandos.items():
            self.expandos[name] = np.concatenate([values, np.zeros(len(words), values.dtype)])

    def _replace(self, words: list[str], codes: Codes) -> None:
        everything = self.codes
        everything[[self.get_index(word) for word in words]] = codes
        self._index = HammingIndex(everything, self.n_bits)

    def _keep(self, words: list[str], vectors: Array, old: Array, replace: bool) -> None:
        """Keep the source vectors of new words, and of old ones with ``replace``."""
        assert self.kept_vectors is not None
        new = KeptVectors.from_vectors(vectors, self.kept_vectors.kind)
        joined = KeptVectors.concatenate([self.kept_vectors, new.take(~old)])
        if replace and old.any():
            rows = [self.get_index(word) for word, known in zip(words, old, strict=True) if known]
            joined.values[rows] = new.values[old]
            if joined.scales is not None and new.scales is not None:
                joined.scales[rows] = new.scales[old]
        self.kept_vectors = joined

    def _set_extras(self, words: list[str], extras: dict[str, Array], chosen: Array) -> None:
        rows = [self.get_index(word) for word in words]
        for name, values in extras.items():
            if name not in self.expandos:
                self.expandos[name] = np.zeros(len(self), values.dtype)
            self.expandos[name][rows] = values[chosen]

    # --- attributes ------------------------------------------------------------------------------

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return attribute ``attr`` of a word, such as its ``"count"``; KeyError if missing."""
        row = self.get_index(key)
        if attr not in self.expandos:
            raise KeyError(attr)
        return self.expandos[attr][row]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set attribute ``attr`` of a word; words that were given none hold 0."""
        row = self.get_index(key)
        kind: Any = np.int64 if isinstance(val, int | np.integer) else type(val)
        dtype = np.dtype(kind) if issubclass(kind, np.number | float) else np.dtype(object)
        if attr not in self.expandos:
            self.expandos[attr] = np.zeros(len(self), dtype)
        held = self.expandos[attr].dtype
        if not np.issubdtype(dtype, held):
            raise TypeError(
                f"Can't allocate type {kind} for attribute {attr}, conflicts with its existing "
                f"type {held}"
            )
        if not self.expandos[attr].flags.writeable:  # mapped from a file
            self.expandos[attr] = self.expandos[attr].copy()
        self.expandos[attr][row] = val

    # --- other orders and subsets ----------------------------------------------------------------

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
        self._words, self._index, self._pending = ordered._words, ordered._index, []
        self.expandos, self.kept_vectors = ordered.expandos, ordered.kept_vectors

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
        wanted = list(dict.fromkeys(keys))
        rows = [self.get_index(key) for key in wanted if key in self]
        if allow_inference and self.ngrams is not None:
            return self._with_inferred(wanted, copy_vecattrs)
        if not rows:
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
