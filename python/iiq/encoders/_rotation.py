"""The alternation that trains the rotation: signs B of Z R, then R from Z^T B.

Up to 320 directions, and for codes of more than twice as many bits, R comes from the SVD of Z^T B;
else `WideSteps` go the same way by products.

Z, the rows along the directions kept, is never held in float32 for all rows. With
``precision="int8"`` it is quantized once and every sum over rows is a sum of integers; with
``"float32"`` it is computed anew, chunk by chunk, in each iteration.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from iiq._support.interruptible import interruptible
from iiq._support.progress import progress
from iiq.encoders._problems import Float32Problem, Int8Problem, TrainOptions
from iiq.encoders._remote import RemoteInt8Problem
from iiq.encoders._wide_rotation import WideSteps
from iiq.rows import Rows

Float64 = NDArray[np.float64]

WIDE = 320  # directions beyond which an SVD a step takes longer than products; not a CPU's choice
_SETTLED = 0.02  # wide steps end when a step gains less than this part of what all have gained


@dataclass(frozen=True)
class Trained:
    """A rotation (c, n_bits) and the loss at the end of each iteration."""

    rotation: Float64
    losses: Float64


class Problem(Protocol):
    """What training asks of the rows."""

    def cross(self, rotation: NDArray[Any]) -> Float64:
        """Return ``Z^T B`` (c, n_bits), B the signs of ``Z rotation`` as +-1."""

    def close(self) -> None:
        """Free what is held."""


class Steps(Protocol):
    """How rotations follow one another."""

    @property
    def at(self) -> NDArray[Any]:
        """Where the next signs are to be taken."""

    def advance(self, cross: Float64) -> float:
        """Step by the ``Z^T B`` of signs at `at`; return ``trace(R^T Z^T B)`` of the new R."""

    def final(self) -> Float64:
        """Return the rotation (c, n_bits), its rows orthonormal."""


class SvdSteps:
    """Each rotation is the best for the signs of the last: ITQ's step, to the letter."""

    def __init__(self, start: Float64) -> None:
        self.at = start

    def advance(self, cross: Float64) -> float:
        """Step by an SVD."""
        self.at, trace = procrustes(cross)
        return trace

    def final(self) -> Float64:
        """Return the last rotation."""
        return self.at


def train_rotation(
    rows: Rows,
    mean: Float64,
    basis: Float64,
    singular_values: Float64,
    *,
    n_bits: int,
    rng: np.random.Generator,
    options: TrainOptions,
) -> Trained:
    """Alternate signs and rotation from a random start.

    Parameters
    ----------
    rows : Rows
        The training rows; they are read more than once.
    mean : ndarray float64 (d,)
    basis : ndarray float64 (d, c)
        The directions kept: ``Z = (rows - mean) basis``.
    singular_values : ndarray float64 (c,)
        Of these directions, for the scale of the quantized Z.
    n_bits : int
    rng : Generator
    options : TrainOptions
    """
    wide = basis.shape[1] > WIDE and n_bits <= 2 * basis.shape[1] and options.n_iter > 0
    first = _wide_steps if wide else _svd_steps
    steps = interruptible(first, basis.shape[1], n_bits, rng, singular_values, options.threads)
    settled = _settled if options.tol is not None or not wide else _all_gained
    losses: list[float] = []
    # ||B - Z R||^2 = ||B||^2 + ||Z||^2 - 2 trace(R^T Z^T B), for R R^T = I
    assert rows.n_rows is not None
    constant = float(rows.n_rows) * n_bits + float((singular_values**2).sum())
    with (
        closing(_problem(rows, mean, basis, singular_values, n_bits, options)) as problem,
        closing(progress(options.n_iter, "rotation", "iter", options.verbose)) as bar,
    ):
        for _ in range(options.n_iter):
            trace = interruptible(steps.advance, problem.cross(steps.at))
            losses.append(constant - 2.0 * trace)
            bar.set_postfix(loss=f"{losses[-1]:.6g}", refresh=False)
            bar.update()
            if settled(losses, options.tol):
                break
    return Trained(interruptible(steps.final), np.array(losses))


def _svd_steps(n_inputs: int, n_bits: int, rng: np.random.Generator, *_: Any) -> Steps:
    return SvdSteps(random_rotation(n_inputs, n_bits, rng))


def _wide_steps(
    n_inputs: int, n_bits: int, rng: np.random.Generator, values: Float64, threads: int
) -> Steps:
    return WideSteps(random_rotation(n_inputs, n_bits, rng), values, threads)


def _settled(losses: list[float], tol: float | None) -> bool:
    return tol is not None and len(losses) > 1 and losses[-2] - losses[-1] <= tol * losses[-2]


def _all_gained(losses: list[float], tol: float | None) -> bool:
    """Tell whether the last two steps gained next to nothing of what all steps gained."""
    return len(losses) > 2 and losses[-3] - losses[-1] <= 2 * _SETTLED * (losses[0] - losses[-1])


def _problem(
    rows: Rows,
    mean: Float64,
    basis: Float64,
    singular_values: Float64,
    n_bits: int,
    options: TrainOptions,
) -> Problem:
    if options.precision == "float32":
        return Float32Problem(rows, mean, basis, options.threads)
    if rows.remote:
        return RemoteInt8Problem(rows, mean, basis, singular_values, n_bits)
    return Int8Problem(rows, mean, basis, singular_values, n_bits, options)


def random_rotation(n_inputs: int, n_outputs: int, rng: np.random.Generator) -> Float64:
    """Draw R (n_inputs, n_outputs) with ``R R^T = I``, uniform (Haar): n_inputs <= n_outputs."""
    gaussian = rng.standard_normal((n_outputs, n_inputs))
    q, r = np.linalg.qr(gaussian)
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray((q * signs).T)


def procrustes(cross: Float64) -> tuple[Float64, float]:
    """Return the rotation R that maximises ``trace(R^T cross)``, and that maximum.

    Parameters
    ----------
    cross : ndarray float64 (c, o), c <= o
        ``Z^T B``.

    Returns
    -------
    rotation : ndarray float64 (c, o)
        ``S Q^T`` of the thin SVD ``S Omega Q^T``.
    trace : float
        The sum of Omega.
    """
    from scipy.linalg import svd

    scale = float(np.abs(cross).max(initial=0.0)) or 1.0
    left, omega, right = svd(cross / scale, full_matrices=False)
    return left @ right, float(omega.sum()) * scale
