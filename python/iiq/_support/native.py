"""Which code does the heavy work: the compiled core, or the same kernels in Numba.

`core` returns its functions with the chosen kernel set already in them: no caller passes it on.
``IIQ_KERNELS`` forces one kernel set by name. It is read at each use and honoured or refused,
never ignored.
"""

from __future__ import annotations

import importlib
import os
import warnings
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from iiq._support.core import CompiledCore, Core
from iiq._support.extras import need

VARIABLE = "IIQ_KERNELS"


class BoundCore:
    """The functions of a core, each with the name of one kernel set in it.

    mypy infers their types from the protocol, so that calls are checked like those of a module.
    """

    def __init__(self, module: Core, kernels: str) -> None:
        self.kernels = kernels
        self.DecodedCodes = module.DecodedCodes
        self.WordStore = module.WordStore
        self.WordStoreBuilder = module.WordStoreBuilder
        self.candidates = partial(module.candidates, kernels=kernels)
        self.code_sums = partial(module.code_sums, kernels=kernels)
        self.distances = partial(module.distances, kernels=kernels)
        self.encode = partial(module.encode, kernels=kernels)
        self.format_rows = module.format_rows
        self.gather_codes = module.gather_codes
        self.hamming_rows = module.hamming_rows
        self.make_blocks = module.make_blocks
        self.mapped_room = module.mapped_room
        self.multiply = partial(module.multiply, kernels=kernels)
        self.pairs_within = partial(module.pairs_within, kernels=kernels)
        self.parse_vectors = module.parse_vectors
        self.project = partial(module.project, kernels=kernels)
        self.quantize = partial(module.quantize, kernels=kernels)
        self.refine_codes = partial(module.refine_codes, kernels=kernels)
        self.rotation_step = partial(module.rotation_step, kernels=kernels)
        self.search = partial(module.search, kernels=kernels)
        self.search_asymmetric = partial(module.search_asymmetric, kernels=kernels)
        self.stray_bits = module.stray_bits
        self.unit_rows = module.unit_rows


@cache
def _compiled() -> CompiledCore | None:
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
    need("numba", "the kernel set 'numba'", None)
    twin: Any = importlib.import_module("iiq._numba")
    checked: Core = twin
    return checked


def kernels() -> list[str]:
    """Return the names of the kernel sets available here, fastest first.

    Returns
    -------
    list of str
        Of ``"amx"``, ``"avx512"``, ``"avx2"``, ``"neon"``, ``"scalar"``: those this CPU runs; and
        ``"numba"`` where Numba is installed. Every set gives the same answers.

    Examples
    --------
    >>> "numba" in kernels()
    True
    """
    compiled = _compiled()
    sets = list(compiled.kernel_sets()) if compiled is not None else []
    return [*sets, "numba"] if not sets or find_spec("numba") is not None else sets


def core(name: str | None = None) -> BoundCore:
    """Return the core on the kernel set ``name``, else the one ``IIQ_KERNELS`` names or the best.

    Raises
    ------
    ValueError
        If the name is unknown or that kernel set cannot run here.
    """
    return _bound(name or os.environ.get(VARIABLE) or "auto")


@cache
def _bound(wanted: str) -> BoundCore:
    compiled = _compiled()
    if wanted == "auto" and compiled is None:
        _warn_no_core()
    chosen = kernels()[0] if wanted == "auto" else wanted
    if chosen == "numba":
        return BoundCore(_numba(), chosen)
    if compiled is None or chosen not in compiled.kernel_sets():
        raise ValueError(
            f"kernel set {chosen!r} (from {VARIABLE} or an argument) is not available here; "
            f"available: {', '.join(kernels())}"
        )
    return BoundCore(compiled, chosen)
