"""Stochastic gradient steps of the binary autoencoder, in Numba alone: it has no twin in the core.

Every sum runs in a fixed order, in float32, without fused operations, and tanh is a quotient of
polynomials: the same steps give the same numbers on every CPU.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit

Floats = NDArray[np.float32]


@jit
def _tanh(x):  # type: ignore[no-untyped-def]
    """Lambert's continued fraction of tanh, cut where it is 1 in float32 or passes it."""
    s = x * x
    top = x * (np.float32(135135) + s * (np.float32(17325) + s * (np.float32(378) + s)))
    bottom = np.float32(135135) + s * (
        np.float32(62370) + s * (np.float32(3150) + s * np.float32(28))
    )
    return min(max(top / bottom, np.float32(-1)), np.float32(1))


@jit
def _add_rows(factors, rows, out):  # type: ignore[no-untyped-def]
    """Add ``factors @ rows`` to ``out``, four rows at a time, in their order."""
    n = len(factors) // 4 * 4
    for i in range(0, n, 4):
        a, b, c, d = factors[i], factors[i + 1], factors[i + 2], factors[i + 3]
        for k in range(len(out)):
            out[k] = (((out[k] + a * rows[i, k]) + b * rows[i + 1, k]) + c * rows[i + 2, k]) + (
                d * rows[i + 3, k]
            )
    for i in range(n, len(factors)):
        for k in range(len(out)):
            out[k] += factors[i] * rows[i, k]


@jit
def _reconstruction(x, rows, w, bias, w_gradient, bias_gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of the rows' errors; return the sum of their mean squared errors.

    b = h(W x), y = tanh(W^T b + c); the error sum((y - x)^2) / d depends on W through the
    decoder alone.
    """
    n_bits, dim = w.shape
    columns = np.ascontiguousarray(w.T)  # (d, n_bits), so that the inner loop runs over bits
    scores = np.empty(n_bits, np.float32)
    ones = np.empty(n_bits, np.int64)
    output = np.empty(dim, np.float32)
    factor = np.float32(2) / np.float32(dim)
    error = 0.0
    for row in rows:
        scores[:] = 0
        _add_rows(x[row], columns, scores)
        n_ones = 0
        for j in range(n_bits):
            ones[n_ones] = j
            n_ones += scores[j] >= 0
        output[:] = bias
        for i in range(n_ones):
            j = ones[i]
            for k in range(dim):
                output[k] += w[j, k]
        for k in range(dim):
            y = _tanh(output[k])
            difference = y - x[row, k]
            error += np.float64(difference) * np.float64(difference) / dim
            output[k] = factor * difference * (np.float32(1) - y * y)
            bias_gradient[k] += output[k]
        for i in range(n_ones):
            j = ones[i]
            for k in range(dim):
                w_gradient[j, k] += output[k]
    return error


@jit
def _add_regulariser(w, weight, gradient):  # type: ignore[no-untyped-def]
    """Add the gradient of ``weight / 2 ||W^T W - I||^2``, ``2 weight W (W^T W - I)``."""
    n_bits, dim = w.shape
    excess = np.zeros((dim, dim), np.float32)  # W^T W - I
    columns = np.ascontiguousarray(w.T)
    for k in range(dim):
        _add_rows(columns[k], w, excess[k])
        excess[k, k] -= np.float32(1)
    twice = np.float32(2) * weight
    for j in range(n_bits):
        _add_rows(twice * w[j], excess, gradient[j])


@jit
def _move(values, velocity, gradient, rate, momentum):  # type: ignore[no-untyped-def]
    for j in range(values.size):
        velocity.flat[j] = momentum * velocity.flat[j] - rate * gradient.flat[j]
        values.flat[j] += velocity.flat[j]


@jit
def _steps(  # type: ignore[no-untyped-def]
    x, order, batch, w, bias, w_velocity, bias_velocity, rate, momentum, weight
):
    w_gradient = np.empty_like(w)
    bias_gradient = np.empty_like(bias)
    error = 0.0
    for start in range(0, len(order), batch):
        w_gradient[:] = 0
        bias_gradient[:] = 0
        rows = order[start : start + batch]
        error += _reconstruction(x, rows, w, bias, w_gradient, bias_gradient)
        _add_regulariser(w, weight, w_gradient)
        _move(w, w_velocity, w_gradient, rate, momentum)
        _move(bias, bias_velocity, bias_gradient, rate, momentum)
    return error


def nlb_steps(
    x: Floats,
    order: NDArray[np.int64],
    batch: int,
    weights: Floats,
    bias: Floats,
    weight_velocity: Floats,
    bias_velocity: Floats,
    rate: float,
    momentum: float,
    lambda_reg: float,
) -> float:
    """Take one step for each batch of rows, and return the sum of the rows' errors.

    Parameters
    ----------
    x : ndarray float32 (n, d)
        Training rows, within -1 ... 1.
    order : ndarray int64
        Row numbers; each ``batch`` of them makes a step.
    batch : int
    weights, weight_velocity : ndarray float32 (n_bits, d)
        Changed in place.
    bias, bias_velocity : ndarray float32 (d,)
        Changed in place.
    rate, momentum, lambda_reg : float

    Returns
    -------
    float
        Sum over the rows of ``||x - y||^2 / d``, each before its step.
    """
    return float(
        _steps(
            x,
            order,
            batch,
            weights,
            bias,
            weight_velocity,
            bias_velocity,
            np.float32(rate),
            np.float32(momentum),
            np.float32(lambda_reg),
        )
    )
