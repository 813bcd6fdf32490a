"""Near-lossless binarization (Tissier, Gravier & Habrard 2019): a binary autoencoder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.extras import need
from iiq._support.validate import Codes, Vectors, as_codes, as_generator, as_int
from iiq.codes.bits import unpack
from iiq.encoders.base import Encoder
from iiq.rows import WORK_ROWS, Rows, check_finite, select_rows

Float64 = NDArray[np.float64]

_STEPS = 256  # of one native call, so that Ctrl-C is seen


class NLB(Encoder):
    """Near-lossless binarization: an autoencoder whose encoder is the decoder's matrix and a step.

    - code ``b = h(W x)``, W (n_bits, d), h(t) = 1 where t >= 0 and else 0;
    - reconstruction ``y = tanh(W^T b + c)``;
    - loss ``||x - y||^2 / d``, summed over a batch, plus
      ``lambda_reg / 2 ||W^T W - I||^2``, which keeps the bits uncorrelated.

    A step has no useful derivative: the reconstruction moves W through the decoder alone. The
    optimiser is stochastic gradient descent with momentum. Inputs are multiplied by one number,
    so that their standard deviation is ``input_sd``, and clipped to -1 ... 1, the range of tanh,
    in training and in encoding.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code, as many as wanted; default: the dimension d.
    n_epochs : int, default 10
        Passes over the training rows.
    batch_size : int, default 75
    learning_rate : float, default 1e-3
    momentum : float, default 0.95
    lambda_reg : float, default 0.03
        Weight of the regulariser. Here the error of a vector is divided by d and that of a batch
        summed; with errors not divided the same balance is 3 at d = 100.
    input_sd : float, default 0.33
        Standard deviation that the training vectors are scaled to.
    train_rows : int, None or array-like of int, default None
        Rows to train on: all, the first so many, or these.
    threads : int, optional
        Of encoding; default: all cores. Training runs on one.
    random_state : None, int or numpy Generator
        Seed of the first W and of the order of rows.
    verbose : bool, default False
        Show progress and the loss on standard error.

    Attributes
    ----------
    mean_ : ndarray float64 (d,)
        Zero: nothing is subtracted.
    projection_ : ndarray float64 (d, n_bits)
        W^T times ``input_scale_``.
    bias_ : ndarray float64 (d,)
        c, of the decoder.
    input_scale_ : float
    loss_curve_ : ndarray float64 (n_epochs,)
        Mean over an epoch of ``||x - y||^2 / d``, without the regulariser.

    Raises
    ------
    FloatingPointError
        From `fit`, when the loss is no longer a finite number.

    Notes
    -----
    O(n_bits d) a row and epoch and O(n_bits d^2) a step; the training rows are held in float32.
    The same rows, parameters and ``random_state`` give the same bits on every CPU.

    References
    ----------
    J. Tissier, C. Gravier, A. Habrard, "Near-lossless Binarization of Word Embeddings",
    AAAI 2019, section 3.
    """

    method = "nlb"
    _learned = ("bias_",)

    bias_: Float64
    input_scale_: float
    loss_curve_: Float64

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        n_epochs: int = 10,
        batch_size: int = 75,
        learning_rate: float = 1e-3,
        momentum: float = 0.95,
        lambda_reg: float = 0.03,
        input_sd: float = 0.33,
        train_rows: Any = None,
        threads: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.n_bits = n_bits
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.lambda_reg = lambda_reg
        self.input_sd = input_sd
        self.train_rows = train_rows
        self.threads = threads
        self.random_state = random_state
        self.verbose = verbose

    def _learn(self, rows: Rows) -> Rows:
        self._check_parameters()
        n_bits = rows.n_columns if self.n_bits is None else as_int(self.n_bits, "n_bits", 1)
        rng = as_generator(self.random_state)
        chosen = select_rows(rows, self.train_rows)
        x = _gathered(chosen)
        self.input_scale_ = _scale_to(x, self.input_sd)
        x *= np.float32(self.input_scale_)
        np.clip(x, -1.0, 1.0, out=x)
        start = rng.standard_normal((n_bits, rows.n_columns)) / math.sqrt(n_bits)  # E W^T W = I
        weights = start.astype(np.float32)
        bias = np.zeros(rows.n_columns, np.float32)
        self.loss_curve_ = self._train(x, weights, bias, rng)
        self.mean_ = np.zeros(rows.n_columns)
        self.projection_ = np.ascontiguousarray(weights.T, dtype=np.float64) * self.input_scale_
        self.bias_ = bias.astype(np.float64)
        return chosen

    def _check_parameters(self) -> None:
        as_int(self.n_epochs, "n_epochs", 0)
        as_int(self.batch_size, "batch_size", 1)
        limits = {"learning_rate": math.inf, "momentum": 1.0, "lambda_reg": math.inf}
        for name, limit in limits.items():
            if not 0 <= getattr(self, name) < limit:
                raise ValueError(
                    f"{name} must be at least 0 and below {limit}, got {getattr(self, name)!r}"
                )
        if not 0 < self.input_sd < math.inf:
            raise ValueError(f"input_sd must be above 0, got {self.input_sd!r}")

    def _train(
        self, x: Vectors, weights: Vectors, bias: Vectors, rng: np.random.Generator
    ) -> Float64:
        """Change weights and bias in place; return the mean error of each epoch."""
        from tqdm import tqdm

        need("numba", "NLB", None)
        from iiq._numba.nlb import nlb_steps

        velocities = np.zeros_like(weights), np.zeros_like(bias)
        losses = np.zeros(self.n_epochs)
        step_rows = _STEPS * self.batch_size
        with tqdm(
            total=self.n_epochs * len(x), desc="nlb", unit="row", disable=not self.verbose
        ) as bar:
            for epoch in range(self.n_epochs):
                order = rng.permutation(len(x))
                for start in range(0, len(x), step_rows):
                    part = order[start : start + step_rows]
                    losses[epoch] += nlb_steps(
                        x,
                        part,
                        self.batch_size,
                        weights,
                        bias,
                        *velocities,
                        self.learning_rate,
                        self.momentum,
                        self.lambda_reg,
                    )
                    bar.update(len(part))
                losses[epoch] /= len(x)
                bar.set_postfix(loss=f"{losses[epoch]:.4g}", refresh=False)
                self._stop_if_diverged(losses[epoch], weights, epoch + 1)
        return losses

    def _stop_if_diverged(self, loss: float, weights: Vectors, epoch: int) -> None:
        if not (np.isfinite(loss) and np.isfinite(weights).all()):
            raise FloatingPointError(
                f"the loss of NLB became {loss} or its weights infinite in epoch {epoch}: lower "
                f"learning_rate (now {self.learning_rate:g}) or lambda_reg (now "
                f"{self.lambda_reg:g})"
            )

    # -- inputs are clipped before the linear map -------------------------------------------------

    def _clipped(self, block: Vectors, first_row: int) -> Vectors:
        check_finite("X", block, first_row)
        limit = np.float32(1.0 / self.input_scale_)
        return np.clip(block, -limit, limit)

    def _encoded(self, block: Vectors, threads: int, first_row: int = 0) -> Codes:
        return super()._encoded(self._clipped(block, first_row), threads, first_row)

    def _projected(self, block: Vectors, threads: int, first_row: int = 0) -> Vectors:
        return super()._projected(self._clipped(block, first_row), threads, first_row)

    def reconstruct(self, codes: ArrayLike) -> Vectors:
        """Reconstruct vectors from codes by the autoencoder's own decoder, as it was trained.

        Parameters
        ----------
        codes : array-like uint8 (n, ceil(n_bits / 8))

        Returns
        -------
        ndarray float32 (n, d)
            ``tanh(W^T b + c) / input_scale_``, b of 0 and 1. `inverse_transform` is the linear
            decoder that every encoder has.
        """
        self._check_fitted()
        packed = as_codes(codes, self.n_bits_)
        weights = self.projection_.T / self.input_scale_
        restored = np.empty((len(packed), self.n_features_in_), np.float32)
        for start in range(0, len(packed), WORK_ROWS):
            rows = slice(start, start + WORK_ROWS)
            bits = unpack(packed[rows], self.n_bits_)
            restored[rows] = np.tanh(bits @ weights + self.bias_) / self.input_scale_
        return restored

    def _figures(self) -> dict[str, Any]:
        return {"input_scale_": self.input_scale_}


def _gathered(rows: Rows) -> Vectors:
    """Return all rows in memory, a copy in float32."""
    parts = []
    start = 0
    for chunk in rows.work_blocks():
        check_finite(rows.name, chunk, start)
        parts.append(chunk.copy())
        start += len(chunk)
    return np.concatenate(parts)


def _scale_to(x: Vectors, input_sd: float) -> float:
    """Return what to multiply ``x`` by so that the standard deviation is ``input_sd``."""
    # chunk by chunk, in float64: no copy of x, and no sum that depends on the machine
    n_numbers = total = squares = 0.0
    for start in range(0, len(x), WORK_ROWS):
        block = x[start : start + WORK_ROWS].astype(np.float64)
        n_numbers += block.size
        total += float(block.sum())
        squares += float((block * block).sum())
    variance = squares / n_numbers - (total / n_numbers) ** 2
    return float(np.float32(input_sd / math.sqrt(variance))) if variance > 0 else 1.0
