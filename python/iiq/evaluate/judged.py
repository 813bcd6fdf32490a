"""What the evaluation judges: words with vectors, of floats or decoded from codes, in one shape.

The evaluation never builds codes. It is handed a WordVectors, a BinaryKeyedVectors, gensim's
KeyedVectors or packed codes, and :func:`judge` gives each the same few verbs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_codes, as_matrix
from iiq.codes.decoding import decode, signs_of

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
BLOCK_ROWS = 32_768
F = TypeVar("F", np.float32, np.float64)


VIEWS = ("decoded", "signs")


class JudgedRows(Protocol):
    """Vectors that can be read by number.

    ``view`` says what they are: "float", "signs" (codes as +-1), "decoded" (codes as vectors of the
    source's space) or "kept" (source vectors beside codes); ``bits`` is what a code takes, None for
    floats.
    """

    n: int
    dim: int
    view: str
    bits: int | None

    def take(self, ids: Ids) -> Floats:
        """Return the rows ``ids`` as float32 (len(ids), dim)."""


class FloatRows:
    """Rows of a float matrix; float16 and memory-mapped matrices stay as they are."""

    view = "float"
    bits: int | None = None

    def __init__(self, matrix: Any) -> None:
        self.matrix = as_matrix(matrix, "vectors")
        self.n, self.dim = self.matrix.shape

    def take(self, ids: Ids) -> Floats:
        """Return the rows ``ids``."""
        return np.asarray(self.matrix[ids], dtype=np.float32)


class CodeRows:
    """Packed codes as +-1, or as what a decoder (n_bits, d) makes of them."""

    def __init__(self, codes: Any, n_bits: int, decoder: Any = None) -> None:
        self.codes = as_codes(codes, n_bits)
        self.bits: int | None = n_bits
        self.decoder = decoder
        self.view = "signs" if decoder is None else "decoded"
        self.n, self.dim = len(self.codes), n_bits if decoder is None else decoder.shape[1]

    def take(self, ids: Ids) -> Floats:
        """Return the rows ``ids``."""
        codes = self.codes[ids]
        rows = signs_of(codes, self.dim) if self.decoder is None else decode(codes, self.decoder)
        return rows.astype(np.float32)


class VocabularyRows:
    """The vectors of a compressed vocabulary, read where they lie: what its verbs compare."""

    def __init__(self, vocabulary: Any, view: str) -> None:
        self.bits: int | None = int(vocabulary.n_bits)
        self._vectors = vocabulary.signs if view == "signs" else vocabulary.vectors
        self.n, self.dim = self._vectors.shape
        self.view = view

    def take(self, ids: Ids) -> Floats:
        """Return the rows ``ids``."""
        rows: Floats = self._vectors.take_rows(ids)
        return rows


class Lookup:
    """Finds a word's row: as it stands, then lower-cased; own forms before lower-cased ones."""

    def __init__(self, words: Iterable[str]) -> None:
        self.own: dict[str, int] = {}
        self.lowered: dict[str, int] = {}
        for row, word in enumerate(words):
            self.own.setdefault(word, row)
            lower = word.lower()
            if lower != word:
                self.lowered.setdefault(lower, row)

    def row(self, word: str) -> int:
        """Return the row of ``word``, -1 where it is missing."""
        lower = word.lower()
        for table, form in ((self.own, word), (self.own, lower), (self.lowered, lower)):
            found = table.get(form)
            if found is not None:
                return found
        return -1

    def rows(self, words: Iterable[str]) -> Ids:
        """Return the rows of ``words``, -1 where one is missing; int64."""
        return np.fromiter((self.row(word) for word in words), dtype=np.int64)


class Judged:
    """Words and vectors under judgement, with what a row of a report says of them.

    Parameters
    ----------
    words : sequence of str
        The vocabulary, one word a row.
    rows : JudgedRows
        The vectors.
    method, parameters, seeds
        What made the vectors, for the report.
    bits_per_vector : float, optional
        What one vector costs; None: 32 bits a number for floats, the bits of a code.
    encoder : object, optional
        The fitted encoder, for float queries against the codes.
    lookup : Lookup, optional
        Shared by all that have the same words, so that the table is built once.
    """

    def __init__(
        self,
        words: Sequence[str],
        rows: JudgedRows,
        *,
        method: str = "float",
        parameters: Mapping[str, Any] | None = None,
        seeds: Sequence[int] = (),
        bits_per_vector: float | None = None,
        encoder: Any = None,
        lookup: Lookup | None = None,
    ) -> None:
        if len(words) != rows.n:
            raise ValueError(f"{len(words)} words but {rows.n} vectors: there must be one a word")
        if rows.n == 0:
            raise ValueError("no vectors to judge: the vocabulary is empty")
        self.words, self.source = words, rows
        self.method, self.parameters = method, dict(parameters or {})
        self.seeds, self.encoder = tuple(seeds), encoder
        self.bits_per_vector = self.n_bits if bits_per_vector is None else bits_per_vector
        self._lookup = lookup
        self._mean: Floats | None = None

    @property
    def n(self) -> int:
        """The number of vectors."""
        return self.source.n

    @property
    def dim(self) -> int:
        """Numbers a vector."""
        return self.source.dim

    @property
    def view(self) -> str:
        """What the vectors are: "float", "signs", "decoded" or "kept"."""
        return self.source.view

    @property
    def n_bits(self) -> int:
        """The bits of a code, or of the float32 numbers of a vector."""
        return 32 * self.dim if self.source.bits is None else self.source.bits

    @property
    def n_bytes(self) -> int:
        """What the vectors cost in bytes, the words not counted; codes are whole bytes a row."""
        if self.source.bits is not None:
            return self.n * ((self.source.bits + 7) // 8)
        return math.ceil(self.n * self.bits_per_vector / 8)

    @property
    def lookup(self) -> Lookup:
        """The table of words, built at first use."""
        if self._lookup is None:
            self._lookup = Lookup(self.words)
        return self._lookup

    @property
    def mean(self) -> Floats:
        """The mean of all vectors, what the paper's policy puts in place of a missing word.

        Where the vectors are centred their mean is only rounding, whose direction means nothing:
        a mean shorter than 1e-5 of the vectors' root mean square length is returned as zero.
        """
        if self._mean is None:
            total = np.zeros(self.dim)
            square = 0.0
            for block in self.blocks():
                total += block.sum(axis=0, dtype=np.float64)
                square += float(np.einsum("ij,ij->", block, block, dtype=np.float64))
            mean = total / self.n
            if np.linalg.norm(mean) <= 1e-5 * np.sqrt(square / self.n):
                mean[:] = 0.0
            self._mean = mean.astype(np.float32)
        return self._mean

    def take(self, ids: Ids) -> Floats:
        """Return the vectors of rows ``ids``, the mean vector for a row -1; float32."""
        present = ids >= 0
        if present.all():
            return self.source.take(ids)
        out = np.empty((len(ids), self.dim), dtype=np.float32)
        out[present] = self.source.take(ids[present])
        out[~present] = self.mean
        return out

    def blocks(self, stop: int | None = None) -> Iterator[Floats]:
        """Yield the first ``stop`` vectors (all by default) in blocks of rows."""
        end = self.n if stop is None else min(stop, self.n)
        for start in range(0, end, BLOCK_ROWS):
            yield self.source.take(np.arange(start, min(start + BLOCK_ROWS, end)))


def unit(vectors: NDArray[F]) -> NDArray[F]:
    """Return the rows at length one; rows of zeros stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: NDArray[F] = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=directions, where=lengths > 0)
    return directions


def judge(vectors: Any, *, view: str = "decoded", **about: Any) -> Judged:
    """Give anything with words and vectors the shape the evaluation judges.

    Parameters
    ----------
    vectors : Judged, BinaryKeyedVectors, WordVectors or gensim KeyedVectors
        A Judged is returned as it is.
    view : {"decoded", "signs"}
        Of a compressed vocabulary: the vectors that its verbs compare, or its codes as +-1, which
        the paper's tables judge.
    **about
        ``method``, ``parameters``, ``seeds``, ``bits_per_vector``, ``lookup`` of :class:`Judged`.

    Raises
    ------
    TypeError
        For an object without words or vectors.
    """
    if view not in VIEWS:
        raise ValueError(f"view must be one of {', '.join(VIEWS)}, got {view!r}")
    if isinstance(vectors, Judged):
        return vectors
    index = getattr(vectors, "index", None)
    if hasattr(index, "codes_at"):
        encoder = getattr(vectors, "encoder", None)
        about = {**_about_encoder(encoder), "encoder": encoder, **about}
        if view == "decoded":
            view = "kept" if vectors.kept_vectors is not None else "decoded"
            view = "signs" if encoder is None else view
        return Judged(vectors.index_to_key, VocabularyRows(vectors, view), **about)
    words = getattr(vectors, "words", None)
    if words is None:
        words = getattr(vectors, "index_to_key", None)
    matrix = getattr(vectors, "vectors", None)
    if words is None or matrix is None:
        raise TypeError(
            f"cannot judge {type(vectors).__name__}: pass an iiq.WordVectors (iiq.read_vectors "
            "reads a file), a BinaryKeyedVectors (iiq.load) or gensim's KeyedVectors"
        )
    return Judged(words, FloatRows(matrix), **about)


def _about_encoder(encoder: Any) -> dict[str, Any]:
    if encoder is None:
        return {"method": "codes"}
    parameters = encoder.get_params() if hasattr(encoder, "get_params") else {}
    seed = parameters.get("random_state")
    return {
        "method": getattr(encoder, "method", type(encoder).__name__.lower()),
        "parameters": parameters,
        "seeds": (seed,) if isinstance(seed, int) else (),
    }
