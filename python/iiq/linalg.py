"""Moments, principal directions, Procrustes and isotropy: float64, streaming, LAPACK by SciPy.

Sums are taken chunk by chunk in an order that only the rows decide, so that results depend neither
on the caller's block size nor on threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._blas import one_blas_thread
from iiq._validate import Vectors
from iiq.blocks import Rows, as_rows, check_finite

Float64 = NDArray[np.float64]


def ordered_map(
    function: Callable[[Any], Any], items: Iterable[Any], threads: int
) -> Iterator[Any]:
    """Yield ``function(item)`` in the order of the items, computed by several threads.

    At most ``threads`` results wait at any time, so that a long stream needs little memory.
    """
    if threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Any]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True)
class Moments:
    """Count, mean and centred Gram matrix of rows.

    Attributes
    ----------
    n_rows : int
    mean : ndarray float64 (d,)
    gram : ndarray float64 (d, d)
        ``sum of (x - mean)^T (x - mean)``; the empty matrix where only the mean was asked for.
    sample : ndarray float32 (at most 1024, d)
        The first rows, for quick estimates.
    """

    n_rows: int
    mean: Float64
    gram: Float64
    sample: Vectors


def moments(rows: Rows, *, gram: bool = True, threads: int = 1) -> Moments:
    """Take mean and Gram matrix of all rows in one pass.

    Each chunk is centred on its own mean, and the chunks are joined by the pairwise formula of
    Chan, Golub and LeVeque (1983), so that neither a large mean nor an unusual first chunk costs
    accuracy.

    Raises
    ------
    ValueError
        If a number is NaN or infinite in float32, or there are no rows.

    Notes
    -----
    O(n d^2) time, O(d^2) memory beyond the rows.
    """
    whole: Moments | None = None
    for part in rows.map_sums(block_moments, rows.name, gram, threads):
        whole = part if whole is None else _joined(whole, part)
    if whole is None:
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {rows.n_columns})) in {rows.name}: "
            "pass at least one row"
        )
    return whole


def block_moments(
    chunks: Iterable[Vectors], first_row: int, name: str, gram: bool, threads: int
) -> Moments:
    """Take the moments of consecutive chunks; ``first_row`` and ``name`` are for errors."""

    def of_chunk(chunk: Vectors) -> tuple[Vectors, Moments | None]:
        wide = chunk.astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinities: named below
            mean = wide.mean(axis=0)
        if not np.isfinite(mean).all():
            return chunk, None
        total = np.zeros((0, 0))
        if gram:
            wide -= mean
            total = wide.T @ wide
        return chunk, Moments(len(chunk), mean, total, chunk[:0])

    whole: Moments | None = None
    n = first_row
    for chunk, part in ordered_map(of_chunk, chunks, threads):
        if part is None:
            check_finite(name, chunk, n)
        elif whole is None:
            whole = replace(part, sample=chunk.copy())
        else:
            whole = _joined(whole, part)
        n += len(chunk)
    assert whole is not None
    return whole


def _joined(a: Moments, b: Moments) -> Moments:
    """Join the moments of two sets of rows."""
    n = a.n_rows + b.n_rows
    shift = b.mean - a.mean
    total = a.gram + b.gram
    if total.size:
        total += np.outer(shift, shift) * (a.n_rows * b.n_rows / n)
    return Moments(n, a.mean + shift * (b.n_rows / n), total, a.sample)


def signed(directions: Float64) -> Float64:
    """Sign each column so that its entry of largest magnitude (the first on a tie) is positive."""
    largest = np.argmax(np.abs(directions), axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    return directions * np.where(signs == 0, 1.0, signs)


def principal_directions(gram: Float64) -> tuple[Float64, Float64]:
    """Return singular values (d,), descending, and directions (d, d) from a centred Gram matrix.

    Parameters
    ----------
    gram : ndarray float64 (d, d)

    Returns
    -------
    singular_values : ndarray float64 (d,)
        Of the centred rows: square roots of the eigenvalues.
    directions : ndarray float64 (d, d)
        Column k is the direction of the k-th singular value, signed by `signed`.
    """
    from scipy.linalg import eigh

    scale = float(np.abs(gram).max(initial=0.0)) or 1.0
    eigenvalues, vectors = eigh(gram / scale)
    values = np.sqrt(np.maximum(eigenvalues[::-1], 0.0) * scale)
    return values, signed(np.ascontiguousarray(vectors[:, ::-1]))


def principal_directions_svd(rows: Rows, mean: Float64) -> tuple[Float64, Float64]:
    """Return the same from the SVD of the centred rows, as Algorithm 1 has it (line 3).

    Notes
    -----
    Holds the rows in float64: a reference for matrices of moderate size.
    """
    from scipy.linalg import svd

    centred = np.concatenate([chunk.astype(np.float64) - mean for chunk in rows.chunks()])
    n, d = centred.shape
    _, values, rows_of_v = svd(centred, full_matrices=n < d)
    padded = np.zeros(d)
    padded[: len(values)] = values
    return padded, signed(np.ascontiguousarray(rows_of_v.T))


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


class Isotropy(NamedTuple):
    """How evenly vectors spread over directions; 1 is perfectly even."""

    partition_ratio: float
    estimate: float


def isotropy(X: ArrayLike | Any) -> Isotropy:
    """Measure the isotropy of vectors.

    Parameters
    ----------
    X : array-like (n, d) or WordVectors
        The vectors as they are: nothing is centred here.

    Returns
    -------
    Isotropy
        ``partition_ratio``: min Z(e) / max Z(e), Z(e) = sum of exp(e . x) (eq. 3 and 4), over the
        2 d directions e = +-v_j, v_j the eigenvectors of X^T X: the approximation of Mu, Bhat and
        Viswanath (2018); the full sphere is not searched. ``estimate``: eq. 5, from the sum of the
        vectors and the smallest and largest singular value of X.

    Raises
    ------
    ValueError
        If X is not a matrix of finite real numbers with at least one row.

    Notes
    -----
    Float64 throughout; sums of exponentials by logsumexp, so that no scale overflows. Two passes,
    O(n d^2) time, O(d^2) memory.

    References
    ----------
    "Embedding Compression with Isotropic Iterative Quantization", AAAI 2020, eq. 3 - 5.

    Examples
    --------
    >>> import numpy as np
    >>> isotropy(np.vstack([np.eye(4), -np.eye(4)])).partition_ratio
    1.0
    """
    with one_blas_thread():
        return _isotropy(as_rows(X))


def _isotropy(rows: Rows) -> Isotropy:
    stats = moments(rows)
    second = stats.gram + stats.n_rows * np.outer(stats.mean, stats.mean)
    singular_values, directions = principal_directions(second)
    log_z = _log_partition(rows, directions)
    ratio = float(np.exp(log_z.min() - log_z.max()))
    total = stats.n_rows * float(np.linalg.norm(stats.mean))
    smallest, largest = (float(singular_values[k]) ** 2 / 2 for k in (-1, 0))
    estimate = (stats.n_rows - total + smallest) / (stats.n_rows + total + largest)
    return Isotropy(ratio, estimate)


def _log_partition(rows: Rows, directions: Float64) -> Float64:
    """Return log Z(e) for the 2 d directions ``+-directions``."""
    d = directions.shape[1]
    top = np.full(2 * d, -np.inf)
    mass = np.zeros(2 * d)
    for chunk in rows.chunks():
        along = chunk.astype(np.float64) @ directions
        scores = np.concatenate([along, -along], axis=1)
        new_top = np.maximum(top, scores.max(axis=0))
        mass = mass * np.exp(top - new_top) + np.exp(scores - new_top).sum(axis=0)
        top = new_top
    return top + np.log(mass)
