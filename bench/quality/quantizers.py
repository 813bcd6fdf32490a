"""IIQ beside product, optimised, residual and RaBitQ quantization at equal bits of a code.

    python -m bench.quality.quantizers VECTORS --data EVAL [--bits 96 48] [--seeds 5]

Each method compresses the vectors as they are and, where it does not clean by itself, the cleaned
ones (centred, without the directions that IIQ removes). Its decoded vectors are judged: similarity
(mean Spearman of covered pairs), and the recall of the ten nearest words by the cleaned floats,
the query being a stored word (decoded) or its cleaned float vector; all x 100. `tables` is what
decoding needs beside the codes, in kilobytes. A figure is the mean over seeds and, behind ±, their
standard deviation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import Clock, command_line, print_head, print_row
from iiq.baselines import ProductQuantizer, RaBitQ, ResidualQuantizer
from iiq.codes.decoding import decode
from iiq.evaluate import Judged, cleaned, judge
from iiq.evaluate.judged import FloatRows, Lookup, unit
from iiq.evaluate.recall import recall_at_k

Floats = NDArray[np.float32]
Numbers = NDArray[np.float64]


class Words(NamedTuple):
    """The words judged, and their rows by word."""

    words: list[str]
    lookup: Lookup


def methods(n_bits: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield the methods by name, unfitted."""
    yield "LSH", iiq.LSH(n_bits, random_state=seed)
    yield "ITQ", iiq.ITQ(n_bits, random_state=seed)
    yield "IIQ", iiq.IIQ(n_bits, random_state=seed)
    yield "IIQ, decoded", iiq.IIQ(n_bits, refine="decoded", random_state=seed)
    if n_bits > 64:
        yield "RaBitQ (64 bits of factors)", RaBitQ(n_bits + 64, random_state=seed)
    yield "PQ", ProductQuantizer(n_bits, random_state=seed)
    yield "OPQ", ProductQuantizer(n_bits, rotate=True, random_state=seed)
    yield "residual", ResidualQuantizer(n_bits, random_state=seed)


def decoded(fitted: Any, vectors: Floats) -> tuple[Floats, int]:
    """Return what a method makes of the vectors, and the bytes of its tables."""
    if hasattr(fitted, "decoder_"):
        codes = fitted.transform(vectors)
        return decode(codes, fitted.decoder_).astype(np.float32), fitted.decoder_.nbytes // 2
    rows = np.asarray(fitted.decode(), dtype=np.float32)
    return rows, int(fitted.stored_bytes - len(rows) * -(-fitted.codes_.nbytes // len(rows)))


def recalls(rows: Floats, truth: Floats) -> tuple[float, float]:
    """Return the recall at 10 of stored words and of float queries."""
    table = unit(rows)
    queries = np.random.default_rng(0).permutation(len(rows))[:500]
    answers = {}
    for name, rows_asked in (("stored", table[queries]), ("float", truth[queries])):
        scores = rows_asked @ table.T
        answers[name] = np.argsort(-scores, axis=1, kind="stable")[:, :11]
    found = recall_at_k(truth, queries, answers, [10])
    stored, asked = (100 * float(found[name, 10].mean()) for name in answers)
    return stored, asked


def figures(model: Any, vectors: Floats, words: Words, truth: Floats, data: str) -> Numbers:
    """Return similarity, both recalls, kilobytes of tables and CPU seconds of a method."""
    with Clock() as clock:
        rows, tables = decoded(model.fit(vectors), vectors)
    judged = Judged(words.words, FloatRows(rows), lookup=words.lookup)
    report = iiq.evaluate.similarity(judged, data=data, n_resamples=0)
    covered = report.where(policy="covered")
    similarity = 100 * next(r.score for r in covered if r.data == "mean")
    return np.array([similarity, *recalls(rows, truth), tables / 1000, clock.cpu])


def table(words: Words, inputs: dict[str, Floats], n_bits: int, seeds: int, data: str) -> None:
    """Print a row a method and input."""
    truth = unit(inputs["cleaned"])
    for name in dict(methods(n_bits, 0)):
        for given, vectors in inputs.items():
            if name.startswith("IIQ") and given == "cleaned":
                continue  # it cleans by itself
            runs = np.array(
                [
                    figures(dict(methods(n_bits, seed))[name], vectors, words, truth, data)
                    for seed in range(seeds)
                ]
            )
            mean, spread = runs.mean(0), runs.std(0, ddof=1) if seeds > 1 else np.zeros(5)
            cells = (f"{m:.1f} ± {s:.1f}" for m, s in zip(mean[:3], spread[:3], strict=True))
            print_row(n_bits, name, given, *cells, f"{mean[3]:.0f}", f"{mean[4]:.0f}")


def main() -> None:
    """Print a row a method, input and length."""
    parser = command_line(__doc__)
    parser.add_argument("vectors", help="a file of word vectors, or bundled")
    parser.add_argument("--data", required=True, help="the folder of evaluation sets")
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--bits", type=int, nargs="+", default=[96, 48])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.vectors == "bundled":
        source = iiq.samples.bundled()
    else:
        source = iiq.read_vectors(arguments.vectors, limit=arguments.words)
    words = Words(list(source.words), Lookup(source.words))
    n_remove = iiq.IIQ(n_iter=1, random_state=0).fit(source).n_remove_
    clean = cleaned(judge(source, lookup=words.lookup), n_remove)
    inputs = {
        "raw": np.asarray(source.vectors, dtype=np.float32),
        "cleaned": np.concatenate(list(clean.blocks())),
    }
    print(
        f"{len(source)} words, {source.dim} dimensions, D = {n_remove}, {arguments.seeds} seeds\n"
    )
    print_head(
        "bits", "method", "input", "similarity", "stored", "float", "tables", "CPU s", left=3
    )
    for n_bits in arguments.bits:
        table(words, inputs, n_bits, arguments.seeds, arguments.data)


if __name__ == "__main__":
    main()
