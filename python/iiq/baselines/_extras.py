"""Import a package that an extra brings, or say which extra."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, extra: str, user: str) -> Any:
    """Return a module.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the text names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ModuleNotFoundError(
            f"{user} needs the package {module}, which is not installed: "
            f"pip install 'iiq[{extra}]'",
            name=module,
        ) from None


class FaissThreads:
    """Let faiss use so many threads inside a ``with`` block, and restore its setting after."""

    def __init__(self, faiss: Any, threads: int) -> None:
        self._faiss = faiss
        self._threads = threads
        self._before = 0

    def __enter__(self) -> None:
        self._before = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(self._threads)

    def __exit__(self, *_: object) -> None:
        self._faiss.omp_set_num_threads(self._before)
