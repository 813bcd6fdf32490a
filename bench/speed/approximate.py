"""Recall against time: faiss's indexes that skip codes, over our codes, beside our exact scan.

    python -m bench.speed.approximate                     # 10^6 codes of 300 bits
    python -m bench.speed.approximate --codes 10000000 --bits 64 --without-graph

Codes are those of made-up phrases, each the mean of two of the bundled words (100 dimensions), by
an encoder fitted on the words; 256 other phrases ask. The files are those that `iiq export` writes
as faiss-ivf and faiss-hnsw, read back. CPU seconds of one thread for each query, of all 256 in one
call and of one query a call; recall is the share of the ten returned codes that are as near as the
tenth nearest. Prints Markdown.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import Clock, Codes, command_line, cpu_name, print_head, print_row

K = 10
QUERIES = 256
ALONE = 32  # queries asked one by one
BLOCK_CODES = 1 << 16


def phrases(encoder: Any, vectors: Any, count: int, seed: int) -> Codes:
    """Return the codes of so many phrases, made block by block."""
    rng, codes = np.random.default_rng(seed), []
    for start in range(0, count, BLOCK_CODES):
        first, second = rng.integers(0, len(vectors), (2, min(BLOCK_CODES, count - start)))
        codes.append(encoder.transform((vectors[first] + vectors[second]) / 2))
    return np.concatenate(codes)


def show(
    name: str, setting: str, search: Callable[[Codes], Any], queries: Codes, tenth: Any
) -> None:
    """Print a row: time and recall of a search that returns distances."""
    with Clock() as batch:
        distances = search(queries)
    with Clock() as alone:
        for row in range(ALONE):
            search(queries[row : row + 1])
    recall = (distances <= tenth).mean()
    each = (f"{1000 * batch.cpu / len(queries):.3f}", f"{1000 * alone.cpu / ALONE:.3f}")
    print_row(name, setting, *each, f"{recall:.3f}")


def built(kind: str, vocabulary: Any, folder: str) -> Any:
    """Return an exported index, and say what it cost."""
    import faiss

    path = Path(folder) / kind
    with Clock() as clock:
        vocabulary.export(kind, path, verify=False)
    size = os.path.getsize(path) / len(vocabulary)
    print_row(kind, f"built in {clock.cpu:.0f} CPU s, {size:.0f} bytes a code", "", "", "")
    return faiss.read_index_binary(str(path))


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--bits", type=int, default=300)
    parser.add_argument("--without-graph", action="store_true")
    options = parser.parse_args()
    import faiss

    faiss.omp_set_num_threads(1)
    words = iiq.samples.bundled()
    encoder = iiq.IIQ(options.bits, random_state=0).fit(words.vectors)
    codes = phrases(encoder, words.vectors, options.codes, 0)
    queries = phrases(encoder, words.vectors, QUERIES, 1)
    index = iiq.HammingIndex(codes, options.bits, threads=1)
    names = [str(row) for row in range(len(codes))]
    vocabulary = iiq.BinaryKeyedVectors(names, index)
    tenth = index.search(queries, K)[0][:, -1:]
    print(f"{options.codes} phrases, {options.bits} bits, k = {K}; {cpu_name()}\n")
    print_head("index", "setting", "ms a query, 256", "ms a query, alone", "recall", left=2)
    show("HammingIndex", "exact", lambda q: index.search(q, K)[0], queries, tenth)
    with tempfile.TemporaryDirectory() as folder:
        lists = built("faiss-ivf", vocabulary, folder)
        for share in (256, 64, 16, 4):
            lists.nprobe = max(1, lists.nlist // share)
            setting = f"{lists.nprobe} of {lists.nlist} lists"
            show("faiss-ivf", setting, lambda q: lists.search(q, K)[0], queries, tenth)
        if options.without_graph:
            return
        graph = built("faiss-hnsw", vocabulary, folder)
        for wide in (16, 64, 256, 1024):
            graph.hnsw.efSearch = wide
            setting = f"efSearch {wide}"
            show("faiss-hnsw", setting, lambda q: graph.search(q, K)[0], queries, tenth)


if __name__ == "__main__":
    main()
