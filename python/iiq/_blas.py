"""One BLAS thread where the library's own threads, or many small products, do the work.

The small decompositions of a fit gain nothing from more threads and lose up to a hundredfold where
those wait for a busy core; and one thread gives one order of summation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS and LAPACK to one thread inside the ``with`` block."""
    import scipy.linalg  # noqa: F401  # a BLAS that is loaded later would not be held
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
