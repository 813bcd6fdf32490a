"""Searches to compare with: each is built over the same codes and answers the same queries.

A rival is a class with a name, the bytes of a code it holds, how many queries it should be given at
most (slow ones get few) and ``search(queries, k) -> distances (m, k)`` in bits, ascending.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import iiq
from bench.common import Codes, forced
from iiq import _core

# faiss is fastest at these sizes of a code: 75 bits in 16 bytes, 150 in 20, 300 in 40
FAST_FAISS_BYTES = (4, 8, 16, 20, 32, 40, 64)


def best_faiss_bytes(n_bytes: int) -> int:
    """Return the fast size of a code that holds ``n_bytes``; past 64 bytes a multiple of 8."""
    return next((size for size in FAST_FAISS_BYTES if size >= n_bytes), -(-n_bytes // 8) * 8)


def padded(codes: Codes, n_bytes: int) -> Codes:
    """Return codes with zero bytes added up to ``n_bytes``: distances stay the same."""
    wide = np.zeros((len(codes), n_bytes), np.uint8)
    wide[:, : codes.shape[1]] = codes
    return wide


class Ours:
    """HammingIndex with one kernel set forced; the sets share one index."""

    def __init__(self, index: iiq.HammingIndex, kernel_set: str, threads: int = 1) -> None:
        self.name = f"iiq {kernel_set}"
        self.index, self.kernel_set, self.threads = index, kernel_set, threads
        self.bytes_per_code = index.nbytes / len(index)
        self.most_queries = {"scalar": 100, "numba": 50}.get(kernel_set, 10**9)

    def search(self, queries: Codes, k: int) -> Any:
        with forced(self.kernel_set):
            return self.index.search(queries, k, threads=self.threads)[0]


class Reader:
    """Reading the codes of our index and nothing else: what one query cannot be faster than."""

    name = "reading the codes only"
    most_queries = 1

    def __init__(self, index: iiq.HammingIndex) -> None:
        self.blocks = index.blocks
        self.bytes_per_code = index.nbytes / len(index)

    def search(self, queries: Codes, k: int) -> None:
        _core.read_all(self.blocks)


class Faiss:
    """faiss IndexBinaryFlat at its best size of a code."""

    most_queries = 10**9

    def __init__(self, codes: Codes) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.bytes_per_code = best_faiss_bytes(codes.shape[1])
        self.name = f"faiss IndexBinaryFlat {faiss.__version__}"
        self.index = faiss.IndexBinaryFlat(8 * self.bytes_per_code)
        self.index.add(padded(codes, self.bytes_per_code))

    def search(self, queries: Codes, k: int) -> Any:
        return self.index.search(padded(queries, self.bytes_per_code), k)[0]


class Usearch:
    """usearch's exact search of bit vectors."""

    most_queries = 8

    def __init__(self, codes: Codes) -> None:
        import usearch

        self.name = f"usearch exact b1 {usearch.__version__}"
        self.bytes_per_code = -(-codes.shape[1] // 8) * 8
        self.codes = padded(codes, self.bytes_per_code)

    def search(self, queries: Codes, k: int) -> Any:
        from usearch.index import MetricKind, search

        found = search(
            self.codes,
            padded(queries, self.bytes_per_code),
            k,
            MetricKind.Hamming,
            exact=True,
            threads=1,
        )
        distances = found.distances.astype(np.int64)
        return distances[None] if distances.ndim == 1 else distances


class Numpy:
    """XOR, bitwise_count and argpartition over 64-bit columns: the best plain NumPy."""

    most_queries = 4

    def __init__(self, codes: Codes) -> None:
        self.name = f"NumPy {np.__version__}"
        self.bytes_per_code = -(-codes.shape[1] // 8) * 8
        words = padded(codes, self.bytes_per_code).view(np.uint64)
        self.columns = np.ascontiguousarray(words.T)

    def search(self, queries: Codes, k: int) -> Any:
        answers = []
        for query in padded(queries, self.bytes_per_code).view(np.uint64):
            distances = np.zeros(self.columns.shape[1], np.uint16)
            for column, word in zip(self.columns, query, strict=True):
                distances += np.bitwise_count(column ^ word)
            answers.append(np.sort(np.partition(distances, k - 1)[:k]))
        return np.array(answers)


class GensimFloat:
    """gensim's similar_by_vector over float32 vectors as wide as the codes: what the codes replace.

    It is given fewer rows (the vectors are 32 times larger) and its answer is its own.
    """

    most_queries = 4
    rows = 100_000

    def __init__(self, n_bits: int, seed: int) -> None:
        import gensim
        from gensim.models import KeyedVectors

        self.name = f"gensim float32 {gensim.__version__}"
        self.bytes_per_code = 4 * n_bits
        vectors = np.random.default_rng(seed).standard_normal((self.rows, n_bits), np.float32)
        self.model = KeyedVectors(n_bits)
        self.model.add_vectors([str(i) for i in range(self.rows)], vectors)
        self.model.fill_norms()

    def search(self, queries: Codes, k: int) -> None:
        for i in range(len(queries)):
            self.model.similar_by_vector(self.model.vectors[i], topn=k)
