"""What each preset of `iiq.compress` costs and keeps: the tables of docs/choosing.md and README.md.

    python -m bench.quality.presets glove.npy googlenews.npy spacy.npy --data FOLDER

The whole file (codes, words, encoder, kept vectors); recall@10 of the raw float neighbours of words
drawn evenly from the 20 000 most frequent, sought in the whole vocabulary; Google's analogies whose
words are all there, a random sample, the best word that is not in the question; CPU time of one
`most_similar(word)`, one thread, the median. All by the verbs' own answers. ``--oversample``
measures how many candidates the kept vectors need instead.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import command_line, cpu_name, cpu_seconds, print_head, print_row
from iiq.evaluate import load_sets
from iiq.evaluate.judged import Lookup, unit
from iiq.evaluate.recall import recall_at_k
from iiq.vocabulary.presets import PRESETS

FREQUENT = 20_000
QUERIES, K = 500, 10
QUESTIONS = 2000
TIMED = 50
OVERSAMPLES = (5, 10, 20, 50, 100)

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Search = Callable[[Floats, int], Ids]  # from queries (m, d) and k to rows (m, k)


class Judge:
    """The true neighbours and the questions of one set of vectors."""

    def __init__(self, words: iiq.WordVectors, data: str) -> None:
        self.words = words
        self.unit = unit(np.asarray(words.vectors[:], dtype=np.float32))
        self.rows = np.linspace(0, min(FREQUENT, len(words)) - 1, QUERIES).astype(np.int64)
        self.questions = _questions(words, data)

    def recall(self, found: Ids) -> float:
        """Return the percentage of neighbours found, (m, >= K) rows, their own left out."""
        shares = recall_at_k(self.unit, self.rows, {"": found}, [K])
        return 100 * float(shares["", K].mean())

    def analogy(self, vectors: Floats, search: Search) -> float:
        """Return the percentage of questions answered; ``vectors`` are words' own, of length 1."""
        a, b, c, wanted = self.questions.T
        found = search(vectors[b] - vectors[a] + vectors[c], 4)
        asked = self.questions[:, :3]
        right = 0
        for ids, own, target in zip(found, asked, wanted, strict=True):
            right += int(ids[~np.isin(ids, own)][0] == target)
        return 100 * right / len(asked)

    def float_search(self, queries: Floats, k: int) -> Ids:
        """Find the nearest float vectors."""
        parts = []
        for start in range(0, len(queries), 64):
            scores = queries[start : start + 64] @ self.unit.T
            parts.append(_best(scores, k))
        return np.concatenate(parts)


def _questions(words: iiq.WordVectors, data: str) -> Ids:
    """Return rows (m, 4) of a sample of Google's questions."""
    (google,) = load_sets("analogy", data, ["Google"])
    names = [google.column(name) for name in ("word1", "word2", "word3", "target")]
    lookup = Lookup(words.words)
    ids: Ids = np.stack([lookup.rows(column) for column in names], axis=1)
    there = np.flatnonzero((ids >= 0).all(axis=1))
    chosen = np.random.default_rng(0).permutation(there)[:QUESTIONS]
    return np.asarray(ids[np.sort(chosen)])


def _best(scores: Floats, k: int) -> Ids:
    """Return the columns of the k largest scores a row, the largest first."""
    top = np.argpartition(-scores, k, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    best: Ids = np.take_along_axis(top, order, axis=1)
    return best


def answers(vocabulary: iiq.BinaryKeyedVectors, oversample: int | None = None) -> Search:
    """Return the vocabulary's own search for vectors."""
    options: dict[str, Any] = {} if oversample is None else {"oversample": oversample}

    def search(queries: Floats, k: int) -> Ids:
        rows, _ = vocabulary.most_similar_batch(queries, k, output="arrays", threads=1, **options)
        return np.asarray(rows)

    return search


def query_ms(answer: Callable[[int], Any], rows: Ids) -> float:
    """Return the median CPU time of an answer, in milliseconds."""
    answer(int(rows[0]))  # what is made at first use
    times = [cpu_seconds(partial(answer, row)) for row in rows.tolist()]
    return 1e3 * statistics.median(times)


def measure(judge: Judge, vocabulary: iiq.BinaryKeyedVectors) -> tuple[str, str, str]:
    """Return recall, analogy and time of a compressed vocabulary."""
    search = answers(vocabulary)
    found = search(vocabulary[judge.rows.tolist()], K + 1)
    vectors = np.asarray(vocabulary.get_normed_vectors())
    ms = query_ms(lambda row: vocabulary.most_similar(row, threads=1), judge.rows[:TIMED])
    right = judge.analogy(vectors, search)
    return f"{judge.recall(found):.1f}", f"{right:.1f}", f"{ms:.1f}"


def show(name: str, judge: Judge, seed: int) -> None:
    """Print the rows of one set of vectors."""
    n, dim = judge.unit.shape
    full = 4 * n * dim + sum(len(word.encode()) + 1 for word in judge.words.words)
    ms = query_ms(
        lambda row: _best(judge.unit[row : row + 1] @ judge.unit.T, K), judge.rows[:TIMED]
    )
    right = judge.analogy(judge.unit, judge.float_search)
    print_row(f"{name}: float32", *size(full, full), "100", f"{right:.1f}", f"{ms:.1f}")
    for preset in PRESETS:
        vocabulary, n_bytes = saved(judge.words, preset, seed)
        print_row(f"{name}: `{preset}`", *size(n_bytes, full), *measure(judge, vocabulary))


def size(n_bytes: int, full: int) -> tuple[str, str]:
    """Return megabytes, and how many times smaller that is."""
    return f"{n_bytes / 1e6:.1f} MB", f"{full / n_bytes:.1f}x"


def saved(words: iiq.WordVectors, preset: Any, seed: int) -> tuple[iiq.BinaryKeyedVectors, int]:
    """Return the vocabulary of a preset, saved and loaded, and the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.iiq"
        iiq.compress(words, preset=preset, random_state=seed).save(path)
        return iiq.load(path), path.stat().st_size


def show_oversample(name: str, judge: Judge, seed: int) -> None:
    """Print recall and time by the number of candidates for each word wanted."""
    for preset in ("balanced", "faithful"):
        vocabulary, _ = saved(judge.words, preset, seed)
        queries = vocabulary[judge.rows.tolist()]
        cells: list[str] = []
        for count in OVERSAMPLES:
            found = answers(vocabulary, count)(queries, K + 1)
            ask = partial(vocabulary.most_similar, oversample=count, threads=1)
            ms = query_ms(ask, judge.rows[:TIMED])
            cells.append(f"{judge.recall(found):.1f} ({ms:.1f} ms)")
        print_row(f"{name}: `{preset}`", *cells)


def main() -> None:
    """Print the table."""
    parser = command_line(__doc__)
    parser.add_argument("vectors", nargs="+", help="files of word vectors, NAME=FILE")
    parser.add_argument("--data", required=True, help="the folder of evaluation sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--oversample", action="store_true", help="the other table")
    arguments = parser.parse_args()
    print(f"{cpu_name()}, one thread, {iiq.kernels()[0]}, seed {arguments.seed}\n")
    if arguments.oversample:
        print_head("recall@10 (CPU a query), candidates a word", *map(str, OVERSAMPLES))
    else:
        print_head("vectors", "whole file", "smaller", "recall@10", "analogies", "ms a query")
    for item in arguments.vectors:
        name, _, path = item.partition("=")
        judge = Judge(iiq.read_vectors(path or name), arguments.data)
        (show_oversample if arguments.oversample else show)(name, judge, arguments.seed)


if __name__ == "__main__":
    main()
