"""faiss with so many threads, and no more."""

from __future__ import annotations

from typing import Any


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
