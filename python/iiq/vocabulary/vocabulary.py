"""What BinaryKeyedVectors holds: a word table, an index of codes, the encoder, attributes of words.

Words and codes that are added wait in a list and are built into the index at the next question, so
that adding one word a time costs no rebuild each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import bytes_per_code
from iiq.codes.index import HammingIndex
from iiq.vectors.word_table import WordRows, WordTable
from iiq.vocabulary.container import Container
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.ngram_codes import NgramCodes

Codes = NDArray[np.uint8]
Array = NDArray[Any]

Key: TypeAlias = str | int | np.integer[Any]
KEY_TYPES = (str, int, np.integer)


class State:
    """The parts of a compressed vocabulary; see BinaryKeyedVectors for the parameters."""

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
        table = words if isinstance(words, WordTable) else WordTable.build(words)
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
        self.encoder = encoder
        self.kept_vectors = kept_vectors
        if ngrams is not None and ngrams.codes.shape[1] != bytes_per_code(index.n_bits):
            raise ValueError(
                f"codes of {index.n_bits} bits, but n-gram codes of {ngrams.codes.shape[1]} bytes"
            )
        self.ngrams = ngrams
        self.quality: dict[str, Any] = dict(quality or {})
        self._words = table
        self._index = index
        self._pending: list[Codes] = []
        self._container = container

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy holds: the parts, not the file they were mapped from."""
        return {**self.__dict__, "_container": None}

    @property
    def index(self) -> HammingIndex:
        """The codes, ready to be searched."""
        if self._pending:
            codes = np.concatenate([self._index.to_codes(), *self._pending])
            self._index = HammingIndex(codes, self.n_bits)
            self._pending = []
        return self._index

    @property
    def n_bits(self) -> int:
        """The bits of a code."""
        return self._index.n_bits

    @property
    def vector_size(self) -> int:
        """The numbers in a word's vector: ``n_bits``."""
        return self.n_bits

    @property
    def codes(self) -> Codes:
        """The packed codes, uint8 (n, ceil(n_bits / 8)), row by row; made anew at each call."""
        return self.index.to_codes()

    @property
    def index_to_key(self) -> WordTable:
        """The words by row; a list that is never built."""
        return self._words

    @property
    def key_to_index(self) -> WordRows:
        """The row of each word; a dict that is never built."""
        return WordRows(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def __repr__(self) -> str:
        kind = type(self).__name__
        method = type(self.encoder).__name__ if self.encoder is not None else "no encoder"
        return f"{kind}<vector_size={self.n_bits} bits, {len(self)} keys, {method}>"

    def __contains__(self, key: object) -> bool:
        return self.has_index_for(key)

    def has_index_for(self, key: object) -> bool:
        """Return whether ``key`` is a word here, or a row number."""
        return self._row(key) >= 0

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of a word (a whole number below ``len`` is a row already).

        Raises
        ------
        KeyError
            If the key is missing and no default is given.
        """
        row = self._row(key)
        if row >= 0:
            return row
        if default is not None:
            return default
        raise KeyError(f"Key '{key}' not present")

    def _row(self, key: object) -> int:
        if isinstance(key, str):
            return self._words.find(key)
        if isinstance(key, int | np.integer) and 0 <= key < len(self):
            return int(key)
        return -1

    def _need_encoder(self) -> Any:
        if self.encoder is None:
            raise ValueError(
                "these vectors hold no encoder, so vectors of the source space cannot be encoded: "
                "make them with iiq.compress, or pass encoder="
            )
        return self.encoder

    def encode(self, X: ArrayLike) -> Codes:
        """Encode vectors of the source space: (m, dim), or one (dim,), to codes of as many rows."""
        codes: Codes = self._need_encoder().transform(np.atleast_2d(np.asarray(X)))
        return codes[0] if np.ndim(X) == 1 else codes

    def project(self, X: ArrayLike) -> NDArray[np.float32]:
        """Project vectors of the source space, (m, dim) or (dim,), to n_bits numbers each."""
        values: NDArray[np.float32] = self._need_encoder().project(np.atleast_2d(np.asarray(X)))
        return values[0] if np.ndim(X) == 1 else values

    def project_directions(self, X: ArrayLike) -> NDArray[np.float32]:
        """Project directions (m, dim) of the source space, whose lengths mean nothing.

        A unit vector is no stored vector: to subtract the mean of stored vectors from it would
        move it anywhere. The linear part of the projection alone keeps the direction.
        """
        rows = np.atleast_2d(np.asarray(X))
        return self.project(rows) - self.project(np.zeros((1, rows.shape[1]), np.float32))
