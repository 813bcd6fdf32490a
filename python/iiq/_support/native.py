"""Which code does the heavy work: the compiled core, or the same kernels in Numba.

``IIQ_KERNELS`` forces one kernel set by name. It is read at each use and honoured or refused,
never ignored.
"""

from __future__ import annotations

import importlib
import os
import warnings
from functools import cache
from typing import Any, NamedTuple

from iiq._support.core import CompiledCore, Core

VARIABLE = "IIQ_KERNELS"


class Backend(NamedTuple):
    """A module with the functions of the core, and the name of the kernel set to ask it for."""

    module: Core
    kernels: str


@cache
def _core() -> CompiledCore | None:
    try:
        core: Any = importlib.import_module("iiq._core")
    except ModuleNotFoundError:
        return None
    checked: CompiledCore = core
    return checked


@cache
def _warn_no_core() -> None:
    warnings.warn(
        "iiq was installed without its compiled core and runs on the slower Numba kernels; "
        "install a C++ compiler and reinstall iiq to get it",
        RuntimeWarning,
        stacklevel=4,
    )


def _numba() -> Core:
    twin: Any = importlib.import_module("iiq._numba")
    checked: Core = twin
    return checked


def kernels() -> list[str]:
    """Return the names of the kernel sets available here, fastest first.

    Returns
    -------
    list of str
        Of ``"amx"``, ``"avx512"``, ``"avx2"``, ``"neon"``, ``"scalar"``: those this CPU runs; and
        ``"numba"``. Every set gives the same answers.

    Examples
    --------
    >>> "numba" in kernels()
    True
    """
    core = _core()
    compiled = core.kernel_sets() if core is not None else []
    return [*compiled, "numba"]


def backend(name: str | None = None) -> Backend:
    """Return the backend called ``name``, else the one ``IIQ_KERNELS`` names, else the fastest.

    Raises
    ------
    ValueError
        If the name is unknown or that kernel set cannot run here.
    """
    wanted = name or os.environ.get(VARIABLE) or "auto"
    core = _core()
    if wanted == "numba":
        return Backend(_numba(), "numba")
    if wanted == "auto":
        if core is not None:
            return Backend(core, core.kernel_sets()[0])
        _warn_no_core()
        return Backend(_numba(), "numba")
    if core is None or wanted not in kernels():
        raise ValueError(
            f"kernel set {wanted!r} (from {VARIABLE} or an argument) is not available here; "
            f"available: {', '.join(kernels())}"
        )
    return Backend(core, wanted)
