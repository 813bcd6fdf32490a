"""Words and their +-1 vectors: ``kv[word]``, get_vector, get_mean_vector, vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq.vocabulary.vocabulary import KEY_TYPES, Codes, Key, State

Vectors = NDArray[np.float32]


def decode(codes: Codes, n_bits: int, scale: float = 1.0) -> Vectors:
    """Return packed codes (m, bytes) as float32 (m, n_bits): ``scale`` for bit 1, else minus it."""
    bits = np.unpackbits(codes, axis=-1, count=n_bits, bitorder="little")
    return np.where(bits, np.float32(scale), np.float32(-scale))


class DecodedVectors(np.lib.mixins.NDArrayOperatorsMixin):
    """The +-1 vectors of all words, (n, n_bits) float32, decoded where they are touched.

    Index it as an array: ``vectors[3]``, ``vectors[:100]``, ``vectors[[5, 2]]``. Arithmetic and
    ``numpy.asarray`` decode all rows, 32 times the bytes of the codes.
    """

    def __init__(self, state: State, scale: float = 1.0) -> None:
        self._state = state
        self._scale = scale

    dtype = np.dtype(np.float32)
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n_bits)."""
        return len(self._state), self._state.n_bits

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return len(self._state) * self._state.n_bits

    @property
    def nbytes(self) -> int:
        """Bytes that they take once decoded."""
        return 4 * self.size

    def __len__(self) -> int:
        return len(self._state)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            first = self[key[0]]
            return first[key[1:] if first.ndim == 1 else (slice(None), *key[1:])]
        rows = np.arange(len(self))[key]
        codes = self._state.index.codes_at(np.atleast_1d(rows).astype(np.int64))
        vectors = decode(codes, self._state.n_bits, self._scale)
        return vectors[0] if np.ndim(rows) == 0 else vectors

    def __getattr__(self, name: str) -> Any:
        """Return what the decoded array has: ``vectors.mean(axis=0)``, ``vectors.T``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("decoded vectors are always a copy")
        return decode(self._state.codes, self._state.n_bits, self._scale).astype(
            dtype or np.float32, copy=False
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, DecodedVectors) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __repr__(self) -> str:
        return f"<decoded vectors {self.shape}, float32, +-{self._scale:g}>"


class Access(State):
    """Look-up of vectors and codes by word."""

    @property
    def vectors(self) -> DecodedVectors:
        """The +-1 vectors of all words, (n, n_bits) float32, decoded where they are touched."""
        return DecodedVectors(self)

    def get_normed_vectors(self) -> DecodedVectors:
        """Return the vectors of all words scaled to length 1, decoded where they are touched."""
        return DecodedVectors(self, 1 / np.sqrt(self.n_bits))

    @property
    def norms(self) -> Vectors:
        """The lengths of the vectors: sqrt(n_bits), for every word."""
        return np.full(len(self), np.sqrt(self.n_bits), dtype=np.float32)

    def __getitem__(self, key_or_keys: Any) -> Vectors:
        """Return the vector of one key, float32 (n_bits,), or of a list of keys, (m, n_bits)."""
        if isinstance(key_or_keys, KEY_TYPES):
            return self.get_vector(key_or_keys)
        if self.ngrams is not None:
            codes = [self.get_code(key) for key in key_or_keys]
            return decode(np.array(codes, np.uint8).reshape(len(codes), -1), self.n_bits)
        rows = [self.get_index(key) for key in key_or_keys]
        return decode(self._codes_of(rows), self.n_bits)

    def get_vector(self, key: Key, norm: bool = False) -> Vectors:
        """Return the vector of a word: its code as +-1 numbers, float32 (n_bits,).

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
        vector: Vectors = decode(self.get_code(key)[None], self.n_bits, self._scale(norm))[0]
        return vector

    def get_code(self, key: Key) -> Codes:
        """Return the packed code of a word, uint8 (ceil(n_bits / 8),).

        Of a word that is not in the vocabulary it is made from its n-grams, where the vocabulary
        keeps them; ``key in kv`` stays False.
        """
        inferred = self._inferred(key)
        if inferred is not None:
            return inferred
        code: Codes = self._codes_of([self.get_index(key)])[0]
        return code

    def _inferred(self, key: object) -> Codes | None:
        """Return the code of a missing word from its n-grams, or None."""
        if self.ngrams is None or not isinstance(key, str) or self._row(key) >= 0:
            return None
        return self.ngrams.code(key, self.n_bits)

    def _known(self, key: object) -> bool:
        return self.has_index_for(key) or self._inferred(key) is not None

    def _scale(self, norm: bool) -> float:
        return float(1 / np.sqrt(self.n_bits)) if norm else 1.0

    def _codes_of(self, rows: Sequence[int] | NDArray[Any]) -> Codes:
        codes: Codes = self.index.codes_at(np.asarray(rows, dtype=np.int64))
        return codes

    def get_mean_vector(
        self,
        keys: Any,
        weights: Iterable[float] | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Vectors:
        """Return the weighted mean of the vectors of keys, float32 (n_bits,).

        Parameters
        ----------
        keys : list of str, int or vectors of n_bits numbers
            A single str is one key, as in gensim's most_similar.
        weights : list of float, optional
            One for each key; ones by default. The sum is divided by the sum of their magnitudes.
        pre_normalize, post_normalize : bool
            Scale each word's vector, or the mean, to length 1 (vectors are taken as they are).
        ignore_missing : bool
            Leave missing words out; else KeyError.
        """
        if isinstance(keys, KEY_TYPES):
            keys = [keys]
        keys = list(keys)
        if not keys:
            raise ValueError("cannot compute mean with no input")
        numbers = [1.0] * len(keys) if weights is None else [float(w) for w in weights]
        if len(numbers) != len(keys):
            raise ValueError(
                "keys and weights array must have same number of elements, "
                f"got {len(keys)} and {len(numbers)}"
            )
        total, weight = self._sum(keys, numbers, pre_normalize, ignore_missing)
        mean = total / weight if weight > 0 else total
        if post_normalize:
            length = np.sqrt((mean**2).sum())
            mean = mean / length if length > 0 else mean
        return mean.astype(np.float32)

    def _sum(
        self, keys: list[Any], weights: list[float], pre_normalize: bool, ignore_missing: bool
    ) -> tuple[NDArray[np.float64], float]:
        """Return the sum of weight * vector in float64, and of the magnitudes of the weights."""
        words, vectors, magnitude = self._parts(keys, weights, ignore_missing)
        return self._scale(pre_normalize) * words + vectors, magnitude

    def _direction(self, keys: list[Any], weights: list[float]) -> NDArray[np.float64]:
        """Return a vector along the sum of weight * vector, words' vectors scaled to length 1.

        Of words alone it is the sum of their +-1 vectors: whole numbers for whole weights, so
        that ties stay ties.
        """
        words, vectors, _ = self._parts(keys, weights, ignore_missing=False)
        if not words.any():
            return vectors
        total: NDArray[np.float64] = words + np.sqrt(self.n_bits) * vectors
        return total

    def _parts(
        self, keys: list[Any], weights: list[float], ignore_missing: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return the weighted sums of the words' +-1 vectors and of the vectors, and the weight."""
        words, vectors = np.zeros(self.n_bits), np.zeros(self.n_bits)
        magnitude = 0.0
        for key, weight in zip(keys, weights, strict=True):
            if not isinstance(key, KEY_TYPES):
                vectors += weight * self._as_query(key)
            elif self._known(key):
                words += weight * self.get_vector(key)
            elif ignore_missing:
                continue
            else:
                raise KeyError(f"Key '{key}' not present in vocabulary")
            magnitude += abs(weight)
        return words, vectors, magnitude

    def _as_query(self, vector: ArrayLike) -> NDArray[np.float64]:
        """Check one vector of the decoded space."""
        try:
            values = np.asarray(vector, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"expected a word, a row or a vector, got {vector!r:.80}") from None
        if vector is None or values.ndim == 0:
            raise TypeError(f"expected a word, a row or a vector, got {vector!r}")
        if values.shape != (self.n_bits,):
            raise ValueError(
                f"a vector here has n_bits={self.n_bits} numbers, got shape {values.shape}; "
                "encode vectors of the source space first (project), or ask "
                "most_similar_batch(..., space='source')"
            )
        if not np.isfinite(values).all():
            raise ValueError("the vector contains NaN or infinity: remove or replace it")
        return values
