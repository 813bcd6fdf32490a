"""What every encoder shares: scikit-learn's habits, encoding in blocks, and the state of a file."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.blas import one_blas_thread
from iiq._support.native import backend
from iiq._support.parameters import Parameters
from iiq._support.validate import (
    Codes,
    Vectors,
    as_codes,
    as_matrix,
    as_threads,
    bytes_per_code,
    non_finite,
)
from iiq.encoders import distributed
from iiq.rows import (
    WORK_ROWS,
    ArrayRows,
    BlockRows,
    BlockSource,
    Rows,
    as_rows,
    is_far_away,
)

Float64 = NDArray[np.float64]


class Encoder(Parameters):
    """Turns float vectors (n, d) into packed codes (n, ceil(n_bits / 8)) by a linear map and signs.

    A subclass stores its parameters in the constructor, unchecked, and learns ``mean_`` and
    ``projection_`` in `_learn`.

    Attributes
    ----------
    mean_ : ndarray float64 (d,)
        Subtracted from a vector.
    projection_ : ndarray float64 (d, n_bits)
        Bit j of a code is 1 where ``(x - mean_) @ projection_[:, j] >= 0``.
    scale_ : float
        Mean size of a projection over (at most 1024 of) the training rows.
    n_bits_ : int
        Bits of a code.
    n_features_in_ : int
        Numbers in a vector, d.
    """

    method: ClassVar[str]
    _min_rows: ClassVar[int] = 1
    _learned: ClassVar[tuple[str, ...]] = ()  # arrays beside mean_ and projection_ that are saved

    mean_: Float64
    projection_: Float64
    scale_: float
    n_bits_: int
    n_features_in_: int

    def _learn(self, rows: Rows) -> Vectors:
        """Set ``mean_`` and ``projection_`` from rows; return a sample of these rows."""
        raise NotImplementedError

    # -- scikit-learn's contract ------------------------------------------------------------------

    def __sklearn_tags__(self) -> Any:
        """Describe the encoder to scikit-learn."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(),
        )

    # -- fitting ----------------------------------------------------------------------------------

    def fit(self, X: ArrayLike | Any, y: object = None) -> Self:
        """Learn from vectors.

        Parameters
        ----------
        X : array-like (n, d) or WordVectors
            Real numbers; memory-mapped arrays of float16, float32 or float64 are read in blocks
            and never copied whole.
        y : ignored
            There for scikit-learn's pipelines.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter is out of range, or X is not a matrix of finite real numbers with
            enough rows.
        """
        return self._fit(as_rows(X))

    def fit_blocks(self, blocks: BlockSource) -> Self:
        """Learn from vectors that come in blocks.

        Parameters
        ----------
        blocks : iterable, or function that returns an iterable
            Of arrays (rows, d), or of pairs (words, array) as readers give them. A generator can
            be read once only, which suffices where the rows to train on are a number of rows, or
            a single pass is all it takes; otherwise pass a list or a function.

        Returns
        -------
        self
        """
        return self._fit(BlockRows(blocks))

    def _fit(self, rows: Rows) -> Self:
        if rows.n_rows is not None and rows.n_rows < self._min_rows:
            raise ValueError(
                f"Found array with {rows.n_rows} sample(s) (shape=({rows.n_rows}, "
                f"{rows.n_columns})) while a minimum of {self._min_rows} is required by "
                f"{type(self).__name__}: pass more rows"
            )
        with one_blas_thread():
            sample = self._learn(rows)
        self.n_features_in_, self.n_bits_ = self.projection_.shape
        projected = self._projected(sample, self._threads())
        self.scale_ = float(np.abs(projected).mean(dtype=np.float64))
        return self

    def fit_transform(self, X: ArrayLike | Any, y: object = None) -> Codes:
        """Fit on X, then return the codes of X."""
        return self.fit(X).transform(X)

    # -- encoding ---------------------------------------------------------------------------------

    def transform(self, X: ArrayLike | Any, *, out: Codes | None = None) -> Codes:
        """Encode vectors.

        Parameters
        ----------
        X : array-like (n, d) or WordVectors
            A Dask array gives a Dask array of codes, encoded where its blocks lie.
        out : ndarray uint8 (n, ceil(n_bits / 8)), optional
            Where to write the codes, for example a memory-mapped array.

        Returns
        -------
        ndarray uint8 (n, ceil(n_bits / 8))
            Bit j of a code is bit ``j % 8`` of byte ``j // 8``; padding bits are zero.

        Raises
        ------
        ValueError
            If the encoder is not fitted, X has another width, or holds NaN or infinity.

        Notes
        -----
        The bits are the signs of float64 sums in a fixed order: the same on every CPU, for every
        number of threads and however X is cut.
        """
        if is_far_away(X):
            return distributed.encode(self, X, out)  # type: ignore[no-any-return]
        rows = self._input_rows(X)
        assert rows.n_rows is not None
        shape = (rows.n_rows, bytes_per_code(self.n_bits_))
        codes = np.empty(shape, np.uint8) if out is None else _checked_out(out, shape)
        threads, start = self._threads(), 0
        for block in rows.chunks(WORK_ROWS):
            part = codes[start : start + len(block)]
            part[...] = self._encoded(block, threads, start)
            start += len(block)
        return codes

    def project(self, X: ArrayLike | Any) -> Vectors:
        """Return ``(X - mean_) @ projection_``, float32 (n, n_bits), the same on every CPU."""
        if is_far_away(X):
            return distributed.project(self, X)  # type: ignore[no-any-return]
        rows = self._input_rows(X)
        assert rows.n_rows is not None
        projected = np.empty((rows.n_rows, self.n_bits_), np.float32)
        threads, start = self._threads(), 0
        for block in rows.chunks(WORK_ROWS):
            projected[start : start + len(block)] = self._projected(block, threads, start)
            start += len(block)
        return projected

    def inverse_transform(self, codes: ArrayLike) -> Vectors:
        """Reconstruct vectors from codes.

        Parameters
        ----------
        codes : array-like uint8 (n, ceil(n_bits / 8))

        Returns
        -------
        ndarray float32 (n, d)
            ``mean_`` plus the linear function of the bits (as +-1) that is nearest, in least
            squares, to vectors spread evenly about the mean, of the size of the training rows.

        Notes
        -----
        For such vectors E[x b^T] is in proportion to the unit columns p_j of the projection, and
        E[b b^T] = (2 / pi) arcsin(p_i . p_j). For orthonormal columns that leaves
        ``mean_ + scale_ * projection_ @ b``.
        """
        self._check_fitted()
        packed = as_codes(codes, self.n_bits_)
        decoder = self._decoder()
        restored = np.empty((len(packed), self.n_features_in_), np.float32)
        for start in range(0, len(packed), WORK_ROWS):
            rows = slice(start, start + WORK_ROWS)
            bits = np.unpackbits(packed[rows], axis=1, count=self.n_bits_, bitorder="little")
            restored[rows] = self.mean_ + (2.0 * bits - 1.0) @ decoder
        return restored

    def _decoder(self) -> Float64:
        lengths = np.linalg.norm(self.projection_, axis=0)
        unit = self.projection_ / np.where(lengths > 0, lengths, 1.0)
        agreement = np.arcsin(np.clip(unit.T @ unit, -1.0, 1.0)) * (2.0 / np.pi)
        scale = self.scale_ / (float(lengths.mean()) or 1.0)
        return scale * np.linalg.pinv(agreement, hermitian=True) @ unit.T

    def _encoded(self, block: Vectors, threads: int, first_row: int = 0) -> Codes:
        codes = np.empty((len(block), bytes_per_code(self.n_bits_)), np.uint8)
        native = backend()
        bad = native.module.encode(
            block, self.mean_, self.projection_, codes, threads, native.kernels
        )
        if bad >= 0:
            raise non_finite("X", first_row + bad)
        return codes

    def _projected(self, block: Vectors, threads: int, first_row: int = 0) -> Vectors:
        projected = np.empty((len(block), self.projection_.shape[1]), np.float32)
        native = backend()
        bad = native.module.project(
            block, self.mean_, self.projection_, projected, threads, native.kernels
        )
        if bad >= 0:
            raise non_finite("X", first_row + bad)
        return projected

    def _threads(self) -> int:
        return as_threads(getattr(self, "threads", None))

    def _check_fitted(self) -> None:
        if not hasattr(self, "projection_"):
            name = type(self).__name__
            raise ValueError(f"This {name} is not fitted yet: call fit(X) first")

    def _input_rows(self, X: ArrayLike | Any) -> Rows:
        self._check_fitted()
        matrix = as_matrix(X.vectors if hasattr(X, "vectors") else X)
        if matrix.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {matrix.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input: encode vectors of the kind it was "
                "fitted on"
            )
        if len(matrix) == 0:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={matrix.shape}) while a minimum of 1 is "
                f"required by {type(self).__name__}.transform"
            )
        return ArrayRows(matrix)

    # -- the state of a file ----------------------------------------------------------------------

    def to_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a file keeps: parameters and figures for JSON, and arrays.

        Notes
        -----
        `from_state` makes an encoder that gives the same bits.
        """
        self._check_fitted()
        params = {name: _plain(value) for name, value in self.get_params().items()}
        figures = {"scale_": self.scale_, **self._figures()}
        arrays = {name: getattr(self, name) for name in ("mean_", "projection_", *self._learned)}
        return {"params": params, "learned": figures}, arrays

    def _figures(self) -> dict[str, Any]:
        """Return learned numbers, beside ``scale_``, that a file keeps."""
        return {}

    @classmethod
    def from_state(cls, params: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted encoder from what `to_state` gave.

        Raises
        ------
        ValueError
            If something is missing or shapes disagree: the file was made by another version.
        """
        missing = {"mean_", "projection_", *cls._learned} - arrays.keys()
        if missing:
            raise ValueError(f"{cls.__name__}: the state lacks {', '.join(sorted(missing))}")
        known = cls._parameter_names()
        encoder = cls(**{k: v for k, v in params["params"].items() if k in known})
        for name in ("mean_", "projection_", *cls._learned):
            setattr(encoder, name, np.ascontiguousarray(arrays[name], dtype=np.float64))
        for name, value in params["learned"].items():
            setattr(encoder, name, value)
        if encoder.mean_.shape != encoder.projection_.shape[:1]:
            raise ValueError(
                f"{cls.__name__}: mean of shape {encoder.mean_.shape} and projection of shape "
                f"{encoder.projection_.shape} do not belong together"
            )
        encoder.n_features_in_, encoder.n_bits_ = encoder.projection_.shape
        encoder._restored()
        return encoder

    def _restored(self) -> None:
        """Build what is kept beside the learned arrays, after `from_state`."""


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; row numbers and generators are not kept."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | int | float | bool | None) else None


def _checked_out(out: Codes, shape: tuple[int, int]) -> Codes:
    if out.shape != shape or out.dtype != np.uint8:
        raise ValueError(f"out must be uint8 of shape {shape}, got {out.dtype} of {out.shape}")
    return out
