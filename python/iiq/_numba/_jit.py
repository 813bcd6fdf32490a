"""How every kernel here is compiled: without the GIL, and once a machine where that can be kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, overload

import numba

F = TypeVar("F", bound=Callable[..., Any])


@overload
def jit(function: Callable[..., Any]) -> Any: ...
@overload
def jit(*, inline: str) -> Callable[[F], F]: ...
def jit(function: Any = None, **options: Any) -> Any:
    """Compile by `numba.njit`; the machine code is kept on the disk where there is a place for it.

    Installed read-only and run by a user without a home there is none (``NUMBA_CACHE_DIR`` names
    one): then each process compiles for itself.
    """
    return partial(_compiled, **options) if function is None else _compiled(function, **options)


def _compiled(function: Any, **options: Any) -> Any:
    try:
        return numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        return numba.njit(nogil=True, **options)(function)
