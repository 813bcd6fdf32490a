"""What every encoder shares: scikit-learn's habits, encoding in blocks, and the state of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.blas import one_blas_thread
from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import (
    Codes,
    Vectors,
    as_codes,
    as_matrix,
    as_threads,
    bytes_per_code,
    non_finite,
)
from iiq.codes.decoding import decoded_blocks
from iiq.encoders import distributed
from iiq.encoders._decoder import DECODER_ROWS, evenly_spread, least_squares
from iiq.encoders._figures import checked_figure
from iiq.encoders._file import write_state
from iiq.encoders._scikit_learn import ScikitLearnHabits
from iiq.rows import (
    ArrayRows,
    BlockRows,
    BlockSource,
    Rows,
    as_rows,
    is_far_away,
    vectors_of,
)

Float64 = NDArray[np.float64]

_PRODUCT_SECONDS = 2e-10  # what a product of floats takes, on the slow side


class Encoder(ScikitLearnHabits):
    """Turns float vectors (n, d) into packed codes (n, ceil(n_bits / 8)) by a linear map and signs.

    A subclass stores its parameters in the constructor, unchecked, and learns ``mean_`` and
    ``projection_`` in `_learn`.

    Attributes
    ----------
    mean_ : ndarray float64 (d,)
        Subtracted from a vector.
    projection_ : ndarray float64 (d, n_bits)
        Bit j of a code is 1 where ``(x - mean_) @ projection_[:, j] >= 0``.
    removed_ : ndarray float64 (d, D)
        Orthonormal directions that codes leave out; D is 0 for most encoders.
    decoder_ : ndarray float64 (n_bits, d)
        Codes as +-1 times it are vectors, centred and without the removed directions.
    n_bits_ : int
        Bits of a code.
    n_features_in_ : int
        Numbers in a vector, d.
    """

    method: ClassVar[str]
    _min_rows: ClassVar[int] = 1
    _learned: ClassVar[tuple[str, ...]] = ()  # arrays beside mean_ and projection_ that are saved
    _may_lack: ClassVar[tuple[str, ...]] = ("removed_", "decoder_")  # and those that may be missing

    mean_: Float64
    projection_: Float64
    removed_: Float64
    decoder_: Float64
    n_bits_: int
    n_features_in_: int
    scale_: float  # of files that kept no decoder

    def _learn(self, rows: Rows) -> Rows:
        """Set ``mean_`` and ``projection_``, and ``removed_`` if any; return the rows used."""
        raise NotImplementedError

    def _learn_decoder(self, rows: Rows) -> None:
        """Set ``decoder_`` from at most `DECODER_ROWS` of the rows that `_learn` used."""
        self.decoder_ = least_squares(
            rows,
            lambda x: self._encoded(x, self._threads()),
            self.mean_,
            self.removed_,
            self.n_bits_,
        )

    # -- fitting ----------------------------------------------------------------------------------

    def fit(self, X: ArrayLike | Any, y: object = None) -> Self:
        """Learn from vectors.

        Parameters
        ----------
        X : array-like or table (n, d), or WordVectors
            Real numbers; memory-mapped arrays of float16, float32 or float64 are read in blocks
            and never copied whole. Tables of pandas and polars hold numbers only; the names of
            their columns are kept.
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
        self._fit(as_rows(X))
        self._remember_names(X)
        return self

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
        self.removed_ = np.zeros((rows.n_columns, 0))
        rows.remember(DECODER_ROWS)
        with one_blas_thread():
            used = self._learn(rows)
            self.n_features_in_, self.n_bits_ = self.projection_.shape
            self._learn_decoder(used.first(DECODER_ROWS))
        return self

    def fit_transform(self, X: ArrayLike | Any, y: object = None) -> Codes:
        """Fit on X, then return the codes of X."""
        return self.fit(X).transform(X)

    # -- encoding ---------------------------------------------------------------------------------

    def transform(self, X: ArrayLike | Any, *, out: Codes | None = None) -> Codes:
        """Encode vectors.

        Parameters
        ----------
        X : array-like or table (n, d), or WordVectors
            A Dask array gives a Dask array of codes, encoded where its blocks lie.
        out : ndarray uint8 (n, ceil(n_bits / 8)), optional
            Where to write the codes, for example a memory-mapped array.

        Returns
        -------
        ndarray uint8 (n, ceil(n_bits / 8))
            Bit j of a code is bit ``j % 8`` of byte ``j // 8``; padding bits are zero. A table
            where `set_output` asked for one.

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
        answer: Codes = self._as_output(self.codes_of(X, out), X)
        return answer

    def codes_of(self, X: ArrayLike | Any, out: Codes | None = None) -> Codes:
        """Return the codes that `transform` returns, as an array whatever `set_output` says."""
        rows = self._input_rows(X)
        assert rows.n_rows is not None
        shape = (rows.n_rows, bytes_per_code(self.n_bits_))
        codes = np.empty(shape, np.uint8) if out is None else _checked_out(out, shape)
        threads, start = self._threads(), 0
        for block in rows.work_blocks():
            part = codes[start : start + len(block)]
            part[...] = self._encoded(block, threads, start)
            start += len(block)
        return codes

    def project(self, X: ArrayLike | Any) -> Vectors:
        """Return ``(X - mean_) @ projection_``, float32 (n, n_bits), the same on every CPU."""
        return self._mapped(X, "_projected")

    def query(self, X: ArrayLike | Any) -> Vectors:
        """Return what scores vectors against decoded codes: ``X' @ decoder_.T``.

        Parameters
        ----------
        X : array-like (n, d) or WordVectors
            X' are its rows centred and without the removed directions.

        Returns
        -------
        ndarray float32 (n, n_bits)
            ``query(x) . b`` is the product of x' with the vector that the code b decodes to; over
            both lengths it is their cosine. The same on every CPU.
        """
        return self._mapped(X, "_queried")

    def _mapped(self, X: ArrayLike | Any, verb: str) -> Vectors:
        if is_far_away(X):
            return distributed.mapped(self, X, verb)  # type: ignore[no-any-return]
        rows = self._input_rows(X)
        assert rows.n_rows is not None
        numbers = np.empty((rows.n_rows, self.n_bits_), np.float32)
        threads, start = self._threads(), 0
        for block in rows.work_blocks():
            numbers[start : start + len(block)] = getattr(self, verb)(block, threads, start)
            start += len(block)
        return numbers

    def inverse_transform(self, codes: ArrayLike) -> Vectors:
        """Reconstruct vectors from codes.

        Parameters
        ----------
        codes : array-like uint8 (n, ceil(n_bits / 8))

        Returns
        -------
        ndarray float32 (n, d)
            ``mean_ + b @ decoder_``, b a code as +-1. The removed directions do not come back.

        Notes
        -----
        The same for any block size, BLAS and CPU: see `iiq.codes.decoding`.
        """
        self._check_fitted()
        packed = as_codes(codes, self.n_bits_)
        restored = np.empty((len(packed), self.n_features_in_), np.float32)
        for rows, decoded in decoded_blocks(packed, self.decoder_):
            restored[rows] = self.mean_ + decoded
        return restored

    def _encoded(self, block: Vectors, threads: int, first_row: int = 0) -> Codes:
        codes = np.empty((len(block), bytes_per_code(self.n_bits_)), np.uint8)
        self._fill(core().encode, block, self.projection_, codes, threads, first_row)
        return codes

    def _projected(self, block: Vectors, threads: int, first_row: int = 0) -> Vectors:
        return self._multiplied(block, self.projection_, threads, first_row)

    def _queried(self, block: Vectors, threads: int, first_row: int = 0) -> Vectors:
        return self._multiplied(block, self.decoder_.T, threads, first_row)

    def _multiplied(self, block: Vectors, matrix: Float64, threads: int, first_row: int) -> Vectors:
        product = np.empty((len(block), matrix.shape[1]), np.float32)
        matrix = np.ascontiguousarray(matrix)
        self._fill(core().project, block, matrix, product, threads, first_row)
        return product

    def _fill(
        self,
        function: Callable[..., int],
        block: Vectors,
        matrix: Float64,
        out: NDArray[Any],
        threads: int,
        first_row: int,
    ) -> None:
        """Let a function of the core fill ``out`` from the rows of a block and a matrix."""
        for part in slices(len(block), matrix.size * _PRODUCT_SECONDS):
            bad = function(block[part], self.mean_, matrix, out[part], threads)
            if bad >= 0:
                raise non_finite("X", first_row + part.start + bad)

    def _threads(self) -> int:
        return as_threads(getattr(self, "threads", None))

    def _input_rows(self, X: ArrayLike | Any) -> Rows:
        self._check_fitted()
        self._check_names(X)
        matrix = as_matrix(vectors_of(X))
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

    def save(self, path: Any) -> None:
        """Write the fitted encoder to one file, which `iiq.load_encoder` reads."""
        parameters, arrays = self.to_state()
        write_state(path, {"method": self.method, **parameters}, arrays)

    def to_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a file keeps: parameters and figures for JSON, and arrays.

        Notes
        -----
        `from_state` makes an encoder that gives the same bits.
        """
        self._check_fitted()
        params = {name: _plain(value) for name, value in self.get_params().items()}
        names = ("mean_", "projection_", *self._may_lack, *self._learned)
        arrays = {name: getattr(self, name) for name in names}
        for name in self._may_lack:
            if arrays[name] is None or not arrays[name].size:
                del arrays[name]
        return {"params": params, "learned": self._figures()}, arrays

    def _figures(self) -> dict[str, Any]:
        """Return learned numbers that a file keeps."""
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
        for name in ("mean_", "projection_", *cls._may_lack, *cls._learned):
            if name in arrays:
                setattr(encoder, name, np.ascontiguousarray(arrays[name], dtype=np.float64))
        for name, value in params["learned"].items():
            setattr(encoder, name, checked_figure(cls, name, value))
        if encoder.mean_.shape != encoder.projection_.shape[:1]:
            raise ValueError(
                f"{cls.__name__}: mean of shape {encoder.mean_.shape} and projection of shape "
                f"{encoder.projection_.shape} do not belong together"
            )
        encoder.n_features_in_, encoder.n_bits_ = encoder.projection_.shape
        encoder._restored()
        encoder._check_decoder()
        return encoder

    def _restored(self) -> None:
        """Build what is kept beside the learned arrays, after `from_state`."""
        if not hasattr(self, "removed_"):
            self.removed_ = np.zeros((self.n_features_in_, 0))
        if not hasattr(self, "decoder_"):  # a file of a version that kept none
            self.decoder_ = evenly_spread(self.projection_, self.scale_)

    def _check_decoder(self) -> None:
        d, n_bits = self.projection_.shape
        if self.decoder_.shape != (n_bits, d) or self.removed_.shape[:1] != (d,):
            raise ValueError(
                f"{type(self).__name__}: decoder of shape {self.decoder_.shape}, removed "
                f"directions of shape {self.removed_.shape} and projection of shape "
                f"{(d, n_bits)} do not belong together"
            )


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; row numbers and generators are not kept."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | int | float | bool | None) else None


def _checked_out(out: Codes, shape: tuple[int, int]) -> Codes:
    if out.shape != shape or out.dtype != np.uint8:
        raise ValueError(f"out must be uint8 of shape {shape}, got {out.dtype} of {out.shape}")
    return out
