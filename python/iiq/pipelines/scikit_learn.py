"""Codes in scikit-learn's pipelines: a graph of nearest codes, and texts as means of their words.

- :class:`HammingNeighborsTransformer`, for estimators that take a graph of neighbours
  (``metric="precomputed"``);
- :class:`MeanBinaryEmbedding`, texts in, the mean of their words' vectors out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.frames import FrameHabits
from iiq._support.parameters import Parameters, transformer_tags
from iiq._support.validate import as_codes, as_int
from iiq.codes.index import HammingIndex

if TYPE_CHECKING:
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

_BLOCK_TEXTS = 1024


class HammingNeighborsTransformer(Parameters):
    """The graph of the nearest codes, as scikit-learn's KNeighborsTransformer gives it.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code; default: all bits of the bytes.
    n_neighbors : int, default 5
        In mode "distance" one more is stored, since a code of the training set finds itself.
    mode : {"distance", "connectivity"}, default "distance"
        What the entries of the graph are: distances in bits, or 1.
    n_jobs : int, optional
        Threads; None or -1: all cores.

    Attributes
    ----------
    index_ : HammingIndex
    n_features_in_ : int
        Bytes of a code.

    Notes
    -----
    Neighbours are exact, ties by the lower row.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> import iiq
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 16)) + np.repeat([[0.0], [2.0]], 100, axis=0)
    >>> y = np.repeat(["low", "high"], 100)
    >>> pipeline = make_pipeline(
    ...     iiq.SignBinarizer(center=True),
    ...     HammingNeighborsTransformer(n_neighbors=5),
    ...     KNeighborsClassifier(n_neighbors=5, metric="precomputed"),
    ... )
    >>> pipeline.fit(X, y).predict(X[[0, -1]]).tolist()
    ['low', 'high']
    """

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        n_neighbors: int = 5,
        mode: str = "distance",
        n_jobs: int | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.n_neighbors = n_neighbors
        self.mode = mode
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: object = None) -> HammingNeighborsTransformer:
        """Index packed codes, uint8 (n, ceil(n_bits / 8))."""
        if self.mode not in ("distance", "connectivity"):
            raise ValueError(f"mode must be 'distance' or 'connectivity', got {self.mode!r}")
        codes = np.asarray(X)
        if codes.ndim != 2:
            raise ValueError(f"X must be packed codes (n, bytes), got shape {codes.shape}")
        n_bits = 8 * codes.shape[1] if self.n_bits is None else as_int(self.n_bits, "n_bits", 1)
        self.index_ = HammingIndex(as_codes(codes, n_bits, "X"), n_bits)
        self.n_features_in_ = codes.shape[1]
        as_int(self.n_neighbors, "n_neighbors", 1, len(self.index_))
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Return the graph: CSR float64 (m, n of the training set), rows sorted by distance."""
        from scipy.sparse import csr_matrix

        if not hasattr(self, "index_"):
            raise ValueError(
                "This HammingNeighborsTransformer is not fitted yet: call fit(X) first"
            )
        extra = 1 if self.mode == "distance" else 0
        k = min(self.n_neighbors + extra, len(self.index_))
        threads = None if self.n_jobs in (None, -1) else self.n_jobs
        distances, ids = self.index_.search(
            as_codes(X, self.index_.n_bits, "X"), k, threads=threads
        )
        values = distances if self.mode == "distance" else np.ones_like(distances)
        starts = np.arange(0, ids.size + 1, k)
        shape = (len(ids), len(self.index_))
        return csr_matrix((values.ravel().astype(np.float64), ids.ravel(), starts), shape=shape)

    def fit_transform(self, X: ArrayLike, y: object = None) -> Any:
        """Fit on X and return its graph."""
        return self.fit(X).transform(X)

    def __sklearn_tags__(self) -> Any:
        """Describe it to scikit-learn."""
        return transformer_tags()


class MeanBinaryEmbedding(Parameters, FrameHabits):
    """The mean of the vectors of a text's words: a text classifier's first step.

    Parameters
    ----------
    vocabulary : BinaryKeyedVectors
        Not copied, also not by scikit-learn's ``clone``.
    tokenizer : callable, optional
        Text to words; default: ``str.split``. A text that is a list of words is taken as it is.
    lowercase : bool, default True
        Look a word up as it stands, then in lower case.

    Notes
    -----
    Words that are missing count for nothing; a text without any known word is all zeros.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> import iiq
    >>> vocabulary = iiq.compress(iiq.samples.bundled(), ratio=32, random_state=0)
    >>> texts = ["a fine and lovely film", "boring terrible mess", "great fun", "awful waste"]
    >>> model = make_pipeline(MeanBinaryEmbedding(vocabulary), LogisticRegression())
    >>> model.fit(texts, [1, 0, 1, 0]).predict(["a great film", "a terrible waste"]).tolist()
    [1, 0]
    """

    def __init__(
        self,
        vocabulary: BinaryKeyedVectors,
        *,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        lowercase: bool = True,
    ) -> None:
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.lowercase = lowercase

    def fit(self, X: object = None, y: object = None) -> MeanBinaryEmbedding:
        """Learn nothing."""
        return self

    def transform(self, X: Iterable[str | Sequence[str]]) -> NDArray[np.float32]:
        """Return the means, float32 (n, vector_size), of texts or lists of words."""
        if isinstance(X, str):
            raise TypeError(f"X must be a list of texts, got one text {X[:40]!r}: pass [text]")
        rows = [self._rows(text) for text in X]
        means = np.zeros((len(rows), self.vocabulary.vector_size), np.float32)
        for start in range(0, len(rows), _BLOCK_TEXTS):
            part = rows[start : start + _BLOCK_TEXTS]
            means[start : start + len(part)] = self._means(part)
        answer: NDArray[np.float32] = self._as_output(means, X)
        return answer

    def fit_transform(self, X: Any, y: object = None) -> NDArray[np.float32]:
        """Return the means."""
        return self.transform(X)

    def _n_columns_out(self) -> int:
        return self.vocabulary.vector_size

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return a name for each number of a mean."""
        names = [f"dim{j}" for j in range(self._n_columns_out())]
        return np.array(names, dtype=object)

    def _rows(self, text: str | Sequence[str]) -> NDArray[np.int64]:
        words = text
        if isinstance(text, str):
            words = list(self.tokenizer(text) if self.tokenizer is not None else text.split())
        found = [self._row(word) for word in words]
        return np.array([row for row in found if row >= 0], dtype=np.int64)

    def _row(self, word: str) -> int:
        row = self.vocabulary.index_to_key.find(word)
        if row < 0 and self.lowercase:
            row = self.vocabulary.index_to_key.find(word.lower())
        return row

    def _means(self, rows: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Return the mean vector of each list of rows, zeros for an empty list."""
        sums = np.zeros((len(rows), self.vocabulary.vector_size))
        counts = np.array([len(part) for part in rows])
        together, places = np.unique(np.concatenate(rows), return_inverse=True)
        if len(together):
            vectors = self.vocabulary.space().rows_at(together)[places]
            there = np.flatnonzero(counts)
            starts = np.cumsum(counts) - counts
            sums[there] = np.add.reduceat(vectors, starts[there], axis=0)
        means: NDArray[np.float64] = sums / np.maximum(counts, 1)[:, None]
        return means

    def __sklearn_clone__(self) -> MeanBinaryEmbedding:
        return MeanBinaryEmbedding(**self.get_params())

    def __sklearn_tags__(self) -> Any:
        """Describe it to scikit-learn: texts in, nothing learned."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(two_d_array=False, string=True),
            requires_fit=False,
        )
