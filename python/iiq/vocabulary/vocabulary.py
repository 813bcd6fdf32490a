"""What a compressed vocabulary holds, and its words' vectors: ``kv[word]``, vectors, codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.container import Container
from iiq._support.validate import as_array, as_matrix, bytes_per_code
from iiq._support.words import as_words
from iiq.codes.index import HammingIndex
from iiq.codes.scales import CodeScales
from iiq.vectors.word_table import WordRows, WordTable
from iiq.vocabulary.decoded import DecodedVectors, unit_rows
from iiq.vocabulary.held import Held
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.ngram_codes import NgramCodes
from iiq.vocabulary.query import KEY_TYPES, Key, Query, as_keys, sum_of
from iiq.vocabulary.spaces import SCORINGS, DecodedSpace, KeptSpace, SignSpace, Space

Codes = NDArray[np.uint8]
Vectors = NDArray[np.float32]
Array = NDArray[Any]

Answer: TypeAlias = list[tuple[str, float]]

SPACES = ("source", "decoded")


class Vocabulary:
    """Words, codes, encoder and kept vectors; see BinaryKeyedVectors for the parameters."""

    def __init__(
        self,
        words: Sequence[str] | WordTable,
        index: HammingIndex,
        encoder: Any = None,
        *,
        counts: ArrayLike | None = None,
        kept_vectors: KeptVectors | None = None,
        ngrams: NgramCodes | None = None,
        quality: dict[str, Any] | None = None,
        expandos: dict[str, Array] | None = None,
        container: Container | None = None,
    ) -> None:
        table = words if isinstance(words, WordTable) else WordTable.build(as_words(words))
        n = len(index)
        if len(table) != n:
            raise ValueError(f"{len(table)} words but {n} codes: row i of the codes is word i's")
        if not n:
            raise ValueError("0 words: a vocabulary needs at least one word")
        if kept_vectors is not None and len(kept_vectors) != n:
            raise ValueError(f"{n} words but {len(kept_vectors)} kept vectors")
        self.expandos: dict[str, Array] = dict(expandos or {})
        if counts is not None:
            self.expandos["count"] = np.array(counts, dtype=np.int64)
        for name, values in self.expandos.items():
            if values.shape != (n,):
                raise ValueError(f"{n} words but attribute {name!r} of shape {values.shape}")
        if ngrams is not None and ngrams.codes.shape[1] != bytes_per_code(index.n_bits):
            raise ValueError(
                f"codes of {index.n_bits} bits, but n-gram codes of {ngrams.codes.shape[1]} bytes"
            )
        if ngrams is not None and encoder is None:
            raise ValueError(
                "n-grams without an encoder: their codes mean nothing without its decoder_"
            )
        self.encoder = encoder
        self.ngrams = ngrams
        self.quality: dict[str, Any] = dict(quality or {})
        self.held = Held(table, index, kept_vectors, DecodedSpace(index, encoder))
        self._container = container

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy holds: the parts, not the file they were mapped from."""
        held = replace(self.held, decoded=DecodedSpace(self.index, self.encoder))
        return {**self.__dict__, "_container": None, "held": held}

    # -- what is held -----------------------------------------------------------------------------

    @property
    def index(self) -> HammingIndex:
        """The codes, ready to be searched by Hamming distance."""
        return self.held.index

    @property
    def kept_vectors(self) -> KeptVectors | None:
        """The source vectors, where they are kept."""
        return self.held.kept

    @property
    def n_bits(self) -> int:
        """The bits of a code."""
        return self.held.index.n_bits

    @property
    def vector_size(self) -> int:
        """The numbers in a word's vector: those of the vectors that were compressed."""
        return self.space().dim

    @property
    def codes(self) -> Codes:
        """The packed codes, uint8 (n, ceil(n_bits / 8)), row by row; made anew at each call."""
        return self.index.to_codes()

    @property
    def index_to_key(self) -> WordTable:
        """The words by row; a list that is never built."""
        return self.held.words

    @property
    def key_to_index(self) -> WordRows:
        """The row of each word; a dict that is never built."""
        return WordRows(self.held.words)

    def __len__(self) -> int:
        return len(self.held.words)

    def __repr__(self) -> str:
        size = f"vector_size={self.vector_size}, {len(self)} keys, {self.n_bits} bits"
        method = type(self.encoder).__name__ if self.encoder is not None else "no encoder"
        return f"{type(self).__name__}<{size}, {method}>"

    # -- words and rows ---------------------------------------------------------------------------

    def __contains__(self, key: object) -> bool:
        return self.has_index_for(key)

    def has_index_for(self, key: object) -> bool:
        """Return whether ``key`` is a word here, or a row number."""
        return self.find(key) >= 0

    def find(self, key: object) -> int:
        """Return the row of a word or row number, -1 where it is missing."""
        if isinstance(key, str):
            return self.held.words.find(key)
        if isinstance(key, int | np.integer) and 0 <= key < len(self):
            return int(key)
        return -1

    def find_many(self, keys: Sequence[object]) -> NDArray[np.int64]:
        """Return the row of each word or row number, int64 (m,); -1 where it is missing."""
        return self._look_up(keys)[0]

    def _look_up(self, keys: Sequence[object]) -> tuple[NDArray[np.int64], bool]:
        """Return rows as `find_many`, and whether none is missing."""
        rows, missing = self.held.words.look_up(keys)
        for place in np.flatnonzero(rows < 0).tolist() if missing else ():
            rows[place] = self.find(keys[place])
        return rows, not missing or bool((rows >= 0).all())

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of a word (a whole number below ``len`` is a row already).

        Raises
        ------
        KeyError
            If the key is missing and no default is given.
        """
        row = self.find(key)
        if row >= 0:
            return row
        if default is not None:
            return default
        raise KeyError(f"Key '{key}' not present")

    # -- vectors ----------------------------------------------------------------------------------

    def space(self, scoring: str | None = None) -> Space:
        """Return where words are compared: that of ``scoring``, by default of the verbs.

        Parameters
        ----------
        scoring : {None, "decoded", "hamming", "rescore"}
            None is "rescore" where source vectors are kept, else "decoded".
        """
        if scoring is not None and scoring not in SCORINGS:
            known = ", ".join(map(repr, SCORINGS))
            raise ValueError(f"scoring must be None or one of {known}, got {scoring!r}")
        held = self.current()
        if scoring == "hamming":
            return SignSpace(held.index, self.encoder)
        decoded, kept = held.decoded, held.kept
        if scoring == "decoded" or (scoring is None and kept is None):
            return decoded
        if kept is None:
            raise ValueError(
                "scoring='rescore' needs the source vectors: compress with keep_vectors='int8' "
                "(or 'float16'), or use scoring='decoded'"
            )
        return KeptSpace(held.index, kept, decoded)

    def current(self) -> Held:
        """Return what is held; its decoded space is that of the encoder of this moment."""
        held = self.held
        if not held.decoded.is_of(held.index, self.encoder):  # another encoder was put in
            held = self.held = replace(held, decoded=DecodedSpace(held.index, self.encoder))
        return held

    @property
    def scales(self) -> CodeScales | None:
        """The lengths of the decoded codes, or bounds of them; None where there is no encoder."""
        return self.current().decoded.scaled_index().scales

    @property
    def vectors(self) -> DecodedVectors:
        """The vectors of all words, float32 (n, vector_size), decoded where they are touched."""
        return DecodedVectors(len(self), self.space())

    @property
    def signs(self) -> DecodedVectors:
        """The codes as +-1, float32 (n, n_bits), decoded where they are touched."""
        return DecodedVectors(len(self), self.space("hamming"))

    def get_normed_vectors(self) -> DecodedVectors:
        """Return the vectors of all words scaled to length 1, decoded where they are touched."""
        return DecodedVectors(len(self), self.space(), norm=True)

    @property
    def norms(self) -> Vectors:
        """The lengths of the vectors, float32 (n,)."""
        lengths = [np.linalg.norm(row) for row in self.vectors]
        return np.array(lengths, dtype=np.float32)

    def __getitem__(self, key_or_keys: Any) -> Vectors:
        """Return the vector of one key, float32 (vector_size,), or of a list, (m, vector_size)."""
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(key_or_keys)
        return self.vectors_in(self.space(), as_keys(key_or_keys)).astype(np.float32)

    def get_vector(self, key: Key, norm: bool = False) -> Vectors:
        """Return the vector of a word, float32 (vector_size,).

        It is the kept source vector where such are kept, else the decoded code: centred, and
        without the removed directions (`restore` adds the mean). A word that is missing gets the
        mean of its n-grams, where the vocabulary keeps them; ``key in kv`` stays False.

        Parameters
        ----------
        key : str or int
            A word, or a row number.
        norm : bool
            Scale the vector to length 1.

        Raises
        ------
        KeyError
            If the key is missing.
        """
        vector = self.vector_in(self.space(), key)
        if vector is None:
            raise KeyError(f"Key '{key}' not present")
        if norm:
            vector = unit_rows(vector[None])[0]
        return vector.astype(np.float32)

    def vector_in(self, space: Space, key: object) -> NDArray[np.float64] | None:
        """Return the vector of a word in a space, from its n-grams if need be; None if missing."""
        row = self.find(key)
        if not 0 <= row < space.n_rows:  # a word that came after the space is not there yet
            return self._inferred(space, key)
        return space.row_at(row)

    def vectors_in(self, space: Space, keys: Sequence[Key]) -> NDArray[np.float64]:
        """Return the vectors of words, float64 (m, width); KeyError if one is missing."""
        vectors, missing = self.found_in(space, keys)
        if missing:
            raise KeyError(f"Key '{keys[missing[0]]}' not present")
        return vectors

    def found_in(self, space: Space, keys: Sequence[Key]) -> tuple[NDArray[np.float64], list[int]]:
        """Return the vectors of words (m, width), and the places of missing ones, rows of zeros."""
        rows, complete = self._look_up(keys)
        if complete and (space.n_rows == len(self.held.words) or (rows < space.n_rows).all()):
            return space.rows_at(rows), []
        vectors, missing = np.zeros((len(keys), space.width)), []
        for place, key in enumerate(keys):
            vector = self.vector_in(space, key)
            if vector is None:
                missing.append(place)
            else:
                vectors[place] = vector
        return vectors, missing

    def _inferred(self, space: Space, key: object) -> NDArray[np.float64] | None:
        """Return the vector of a missing word from its n-grams, or None."""
        if self.ngrams is None or not isinstance(key, str):
            return None
        decoded = self.ngrams.vector(key, self.encoder)
        if decoded is None:
            return None
        if isinstance(space, KeptSpace):  # kept vectors are not centred: neither is what joins them
            decoded = decoded + np.asarray(self.encoder.mean_)
        vector: NDArray[np.float64] = space.place(decoded[None])[0]
        return vector

    def has_vector_for(self, key: object) -> bool:
        """Return whether a key has a vector: its own, or one made from its n-grams."""
        return self.has_index_for(key) or self.vector_in(self.space("decoded"), key) is not None

    def get_code(self, key: Key) -> Codes:
        """Return the packed code of a word, uint8 (ceil(n_bits / 8),).

        Of a missing word it is that of the vector that its n-grams make, where they are kept.
        """
        row = self.find(key)
        if row >= 0:
            code: Codes = self.index.codes_at(np.array([row]))[0]
            return code
        vector = self.vector_in(self.space("decoded"), key)
        if vector is None:
            raise KeyError(f"Key '{key}' not present")
        return self.encode(vector, space="decoded")

    def restore(self, keys: Any) -> Vectors:
        """Return the nearest thing to the source vectors: decoded, and the mean added.

        Parameters
        ----------
        keys : word, row, or list of such

        Returns
        -------
        ndarray float32 (vector_size,), or (m, vector_size) for a list
            Kept source vectors where such are kept. The removed directions do not come back.
        """
        vectors = self[keys]
        if self.kept_vectors is not None or self.encoder is None:
            return vectors
        restored: Vectors = (vectors + self.encoder.mean_).astype(np.float32)
        return restored

    def query_of(
        self,
        space: Space,
        keys: list[Any],
        weights: list[float],
        missing: str = "Key '{}' not present in vocabulary",
    ) -> Query:
        """Return the sum of words and vectors to look for, and the rows of its words."""
        if not keys:
            raise ValueError("cannot compute mean with no input")
        vector, _ = sum_of(space, partial(self.found_in, space), keys, weights, missing=missing)
        rows = [self.find(key) for key in keys if isinstance(key, KEY_TYPES)]
        return Query(vector, [row for row in rows if row >= 0])

    def named(
        self, rows: NDArray[np.int64], scores: NDArray[Any], topn: int, left_out: list[int]
    ) -> Answer:
        """Return the first ``topn`` of rows and scores as (word, score), some rows left out."""
        pairs = zip(rows.tolist(), scores.tolist(), strict=True)
        kept = [(row, score) for row, score in pairs if row not in left_out and row >= 0]
        return [(self.index_to_key[row], float(score)) for row, score in kept[:topn]]

    # -- vectors from outside ---------------------------------------------------------------------

    def need_encoder(self) -> Any:
        """Return the encoder, or say how to have one."""
        if self.encoder is None:
            raise ValueError(
                "these vectors hold no encoder, so vectors from outside cannot be encoded: "
                "make them with iiq.compress, or pass encoder="
            )
        return self.encoder

    def encode(self, X: ArrayLike, *, space: str = "source") -> Codes:
        """Encode vectors (m, vector_size), or one (vector_size,), to codes of as many rows.

        Parameters
        ----------
        X : array-like
        space : {"source", "decoded"}
            Source vectors have the mean subtracted; decoded ones, such as ``kv[word]`` and sums
            of these, are centred already.
        """
        codes: Codes = self.need_encoder().codes_of(self._centred(X, space))
        return codes[0] if np.ndim(X) == 1 else codes

    def project(self, X: ArrayLike, *, space: str = "source") -> Vectors:
        """Return the numbers whose signs are codes, float32 (m, n_bits) or (n_bits,)."""
        values: Vectors = self.need_encoder().project(self._centred(X, space))
        return values[0] if np.ndim(X) == 1 else values

    def _centred(self, X: ArrayLike, space: str) -> Array:
        if space not in SPACES:
            raise ValueError(f"space must be 'source' or 'decoded', got {space!r}")
        encoder = self.need_encoder()
        matrix = as_matrix(np.atleast_2d(as_array(X, "X")), "X")
        if matrix.shape[1] != encoder.n_features_in_:
            raise ValueError(
                f"a vector here has {encoder.n_features_in_} numbers, those of the vectors that "
                f"were compressed, got {matrix.shape[1]}; for the codes as +-1 use .signs"
            )
        return matrix if space == "source" else matrix + encoder.mean_
