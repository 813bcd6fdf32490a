"""One BLAS thread where the library's own threads, or many small products, do the work.

The small decompositions of a fit gain nothing from more threads and lose up to a hundredfold where
those wait for a busy core; and one thread gives one order of summation.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOCK = threading.Lock()
_held: list[Any] = []  # how many hold BLAS now, and what restores it: it is one for the process


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS and LAPACK to one thread inside the ``with`` block.

    Several threads may be inside at once: the last one to leave restores the setting.
    """
    import scipy.linalg  # noqa: F401  # a BLAS that is loaded later would not be held
    from threadpoolctl import threadpool_limits

    with _LOCK:
        if not _held:
            _disown()
            _held.append(threadpool_limits(limits=1, user_api="blas"))
        else:
            _held.append(None)
    try:
        yield
    finally:
        with _LOCK:
            if len(_held) == 1:
                _disown()
                _held[0].restore_original_limits()
                _disown()
            _held.pop()


def _disown() -> None:
    """Let this thread change the setting, whichever thread changed it last.

    From its version 3.8 on threadpoolctl lets only the first thread that set a limit set another;
    here the lock and the count see to the order.
    """
    import threadpoolctl

    clear = getattr(threadpoolctl.OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
