"""Isotropic iterative quantization: the paper's method."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.interruptible import interruptible
from iiq._support.progress import progress
from iiq._support.validate import Codes, Vectors, as_generator, as_int
from iiq.codes.decoding import on_grid
from iiq.encoders._bit_flips import AIMS, UNIT, BitFlips, multiple, unit_rows
from iiq.encoders._decoder import ROUNDS, learned_with_codes
from iiq.encoders._memory import check_memory
from iiq.encoders._problems import TrainOptions
from iiq.encoders._rotation import train_rotation
from iiq.encoders.base import Encoder
from iiq.encoders.n_remove import Choice, choose_n_remove
from iiq.rows import Rows, select_rows
from iiq.rows.directions import principal_directions, principal_directions_svd
from iiq.rows.moments import Moments, moments

Float64 = NDArray[np.float64]


class IIQ(Encoder):
    """Isotropic iterative quantization (Algorithm 1, with its rotation composed).

    Centre, drop the ``n_remove`` strongest principal directions, keep the next ones, rotate them so
    that signs lose least, keep the signs.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code; default: the dimension d. More than d makes a tight frame.
    n_remove : int or "auto", default "auto"
        Strongest directions to drop, D in the paper; "auto" decides by the spectrum, the mean and,
        where X is a WordVectors, what its words tell: see `n_remove_reason_`.
    n_iter : int, default 50
        Alternations of signs and rotation, at most: of more than 320 directions they end when they
        have settled, after 10 - 20 steps, unless ``tol`` is given.
    train_rows : int, None or array-like of int, default 50_000
        Rows that mean, directions and rotation come from: the first so many, all, or these.
    refine : {"balanced", "hamming", "decoded", None}, default "balanced"
        How codes are chosen: by bit flips against a decoder learned with them, for answers among
        decoded codes ("decoded"), among codes by Hamming distance ("hamming"), or for the former
        as far as the latter do not suffer ("balanced"); or as the plain signs of the paper (None).
    precision : {"int8", "float32"}, default "int8"
        Of the vectors while the rotation is trained: quantized once and summed in integers, or the
        slower reference. The loss differs by less than 0.1 % on real vectors.
    solver : {"gram", "svd"}, default "gram"
        Directions from the Gram matrix, or from the SVD of the centred rows held in float64.
    tol : float, optional
        Stop early when an iteration lowers the loss by less than this part of it.
    memory_limit : int, optional
        Most bytes for the quantized rows (n_bits bytes each) while training; beyond it they go to
        a temporary file. Default: no limit.
    threads : int, optional
        Default: all cores. BLAS keeps to one thread while fitting.
    random_state : None, int or numpy Generator
        Seed of the first rotation.
    verbose : bool, default False
        Show progress and the loss on standard error.

    Attributes
    ----------
    mean_ : ndarray float64 (d,)
    singular_values_ : ndarray float64 (d,)
        Of the centred training rows, descending.
    n_remove_ : int
    n_remove_reason_ : str
        A sentence: what decided ``n_remove_``.
    projection_ : ndarray float64 (d, n_bits)
        Directions kept times ``rotation_``.
    rotation_ : ndarray float64 (c, n_bits), c = min(n_bits, d - n_remove_)
    loss_curve_ : ndarray float64 (iterations,)
        ||B - Z R||^2 over the training rows (eq. 2) at the end of each iteration.
    n_train_rows_ : int
        Over ``n_train_rows_ * n_bits_`` it is the loss of a bit.
    flip_matrix_, flip_shift_ : ndarray int16 (n_bits, d) and int, or None
        Codes are chosen for ``flip_matrix_ * 2.0 ** (flip_shift_ - 28)`` and unit rows; None where
        they are plain signs.
    removed_ : ndarray float64 (d, n_remove_)
        The directions dropped.
    decoder_ : ndarray float64 (n_bits, d)
        Codes as +-1 times it are vectors, centred and without the removed directions.

    Notes
    -----
    The same rows, parameters and ``random_state`` give the same bits for any block size, thread
    count and kernel set. Excepted are directions of equal singular value, which are not unique.
    Time O(n d^2) for the moments and O(n_iter n c n_bits) for the rotation.

    References
    ----------
    "Embedding Compression with Isotropic Iterative Quantization", AAAI 2020, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).standard_normal((500, 16))
    >>> codes = IIQ(n_bits=12, random_state=0).fit_transform(X)
    >>> codes.shape
    (500, 2)
    """

    method = "iiq"
    _min_rows = 2
    _learned = ("singular_values_", "rotation_", "loss_curve_")
    _may_lack = (*Encoder._may_lack, "flip_matrix_")

    singular_values_: Float64
    n_remove_: int
    n_remove_reason_: str
    rotation_: Float64
    loss_curve_: Float64
    n_train_rows_: int | None = None  # of files that kept none
    flip_matrix_: NDArray[np.int16] | None = None
    flip_shift_: int | None = None
    decode_scale_: float | None = None  # this and the next: of files that kept no decoder
    refine_scale_: float | None = None
    _flips: BitFlips | None = None

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        n_remove: int | str = "auto",
        n_iter: int = 50,
        train_rows: Any = 50_000,
        refine: str | None = "balanced",
        precision: str = "int8",
        solver: str = "gram",
        tol: float | None = None,
        memory_limit: int | None = None,
        threads: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.n_bits = n_bits
        self.n_remove = n_remove
        self.n_iter = n_iter
        self.train_rows = train_rows
        self.refine = refine
        self.precision = precision
        self.solver = solver
        self.tol = tol
        self.memory_limit = memory_limit
        self.threads = threads
        self.random_state = random_state
        self.verbose = verbose

    def _learn(self, rows: Rows) -> Rows:
        d = rows.n_columns
        n_bits = d if self.n_bits is None else as_int(self.n_bits, "n_bits", 1)
        options = self._options()
        rng = as_generator(self.random_state)
        chosen = select_rows(rows, self.train_rows)
        check_memory(chosen.n_rows or 0, d, n_bits, options)
        with closing(self._progress(chosen.n_rows, "moments", "rows")) as bar:
            stats = moments(chosen, threads=options.threads, step=bar.update)
        if stats.n_rows < self._min_rows:
            raise ValueError(
                f"Found array with 1 sample(s) while a minimum of 2 is required by "
                f"{type(self).__name__}: one row has no directions; pass more rows"
            )
        values, directions = self._directions(chosen, stats)
        n_remove, reason = self._removed(rows, stats, values, directions)
        kept = slice(n_remove, n_remove + min(n_bits, d - n_remove))
        basis = np.ascontiguousarray(directions[:, kept])
        removed = directions[:, :n_remove].copy()
        mean, n_rows = stats.mean, stats.n_rows
        del stats, directions  # as large as what training needs
        trained = train_rotation(
            chosen, mean, basis, values[kept], n_bits=n_bits, rng=rng, options=options
        )
        self.mean_, self.removed_ = mean, removed
        self.singular_values_ = values
        self.n_remove_, self.n_remove_reason_ = n_remove, reason
        self.rotation_ = trained.rotation
        self.loss_curve_ = trained.losses
        self.n_train_rows_ = n_rows
        self.projection_ = interruptible(np.matmul, basis, trained.rotation)
        self._flip_by(None)
        return chosen

    def _learn_decoder(self, rows: Rows) -> None:
        if self.refine is None:
            super()._learn_decoder(rows)
            return
        threads = self._threads()
        with closing(self._progress(ROUNDS, "decoder", "round")) as bar:
            self.decoder_, flips = learned_with_codes(
                rows,
                lambda X: self._encoded(X, threads),
                self.mean_,
                self.removed_,
                self.n_bits_,
                multiple(self.refine, self.n_bits_, rows.n_columns - self.n_remove_),
                threads,
                bar.update,
            )
        self._flip_by(flips)

    def _progress(self, total: int | None, work: str, unit: str) -> Any:
        return progress(total, work, unit, self.verbose, delay=1.0)

    def _flip_by(self, flips: BitFlips | None) -> None:
        """From now on improve codes so, or leave them plain signs."""
        self._flips = flips
        self.flip_matrix_ = None if flips is None else flips.matrix
        self.flip_shift_ = None if flips is None else flips.shift

    def _encoded(self, block: Vectors, threads: int, first_row: int = 0) -> Codes:
        codes = super()._encoded(block, threads, first_row)
        if self._flips is None:
            return codes
        return self._flips(unit_rows(block, self.mean_, self.removed_, threads), codes, threads)

    def _options(self) -> TrainOptions:
        if self.solver not in ("gram", "svd"):
            raise ValueError(f"solver must be 'gram' or 'svd', got {self.solver!r}")
        if self.refine is not None and self.refine not in AIMS:
            raise ValueError(
                f"refine must be 'balanced', 'hamming', 'decoded' or None, got {self.refine!r}"
            )
        return TrainOptions(
            n_iter=self.n_iter,
            precision=self.precision,
            tol=self.tol,
            memory_limit=self.memory_limit,
            threads=self._threads(),
            verbose=self.verbose,
        )

    def _directions(self, rows: Rows, stats: Moments) -> tuple[Float64, Float64]:
        if self.solver == "svd":
            return principal_directions_svd(rows, stats.mean)
        return principal_directions(stats.gram)

    def _removed(self, rows: Rows, stats: Moments, values: Float64, directions: Float64) -> Choice:
        d = len(values)
        if isinstance(self.n_remove, str):
            if self.n_remove != "auto":
                raise ValueError(
                    f"n_remove must be 'auto' or a whole number, got {self.n_remove!r}"
                )
            return choose_n_remove(rows, stats, values**2 / stats.n_rows, directions)
        n_remove = as_int(self.n_remove, "n_remove", 0)
        if n_remove >= d:
            raise ValueError(
                f"n_remove must be below the dimension {d}, got {n_remove}: no direction is left"
            )
        return Choice(n_remove, f"n_remove={n_remove} was given")

    def _figures(self) -> dict[str, Any]:
        return {
            "n_remove_": self.n_remove_,
            "n_remove_reason_": self.n_remove_reason_,
            "n_train_rows_": self.n_train_rows_,
            "flip_shift_": self.flip_shift_,
        }

    def _restored(self) -> None:
        flips = self._flips_of_state()
        if not hasattr(self, "removed_"):
            self.removed_ = self._removed_of_projection()
        if not hasattr(self, "decoder_") and self.decode_scale_ and self.refine_scale_:
            self.decoder_ = on_grid(self.decode_scale_ * self.projection_.T)
            flips = BitFlips.rounded(self.projection_.T / self.refine_scale_)
        if not hasattr(self, "n_remove_reason_"):  # a file of a version that kept none
            self.n_remove_reason_ = "not recorded: the file is of an older version"
        super()._restored()
        self._flip_by(flips)

    def _flips_of_state(self) -> BitFlips | None:
        if self.flip_matrix_ is None or self.flip_shift_ is None:
            return None
        shape = (self.n_bits_, self.n_features_in_)
        largest = np.abs(self.flip_matrix_).max(initial=0)
        if self.flip_matrix_.shape != shape or largest > UNIT or self.flip_shift_ > 31:
            raise ValueError(
                f"{type(self).__name__}: flip_matrix_ must be {shape} of numbers up to {UNIT} and "
                f"flip_shift_ at most 31, got {self.flip_matrix_.shape} of numbers up to "
                f"{largest:g} and {self.flip_shift_}: the file is damaged"
            )
        return BitFlips(self.flip_matrix_.astype(np.int16), self.flip_shift_)

    def _removed_of_projection(self) -> Float64:
        """Return the removed directions of a file that kept none, where the projection shows them.

        It does where every other direction was kept.
        """
        d, n_kept = self.n_features_in_, len(self.rotation_)
        if n_kept + self.n_remove_ != d:
            return np.zeros((d, 0))
        _, directions = principal_directions(self.projection_ @ self.projection_.T)
        return np.ascontiguousarray(directions[:, n_kept:])
