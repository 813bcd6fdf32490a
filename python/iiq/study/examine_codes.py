"""After compressing: balance and independence of the bits, twins, and neighbours that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_codes
from iiq.codes.index import HammingIndex
from iiq.vocabulary.calibration import calibrate

Codes = NDArray[np.uint8]

ROWS = 50_000  # whose bits are looked at
QUERIES = 200
_BLOCK = 50


def examine_codes(
    codes: Codes, n_bits: int, vectors: Any = None, *, random_state: int = 0
) -> dict[str, Any]:
    """Examine codes.

    Parameters
    ----------
    codes : ndarray uint8 (n, ceil(n_bits / 8))
    n_bits : int
    vectors : ndarray (n, d), optional
        The float vectors of the same rows, for the recall of their raw cosine neighbours and the
        calibration.
    random_state : int
        Seed of the queries.

    Returns
    -------
    dict
        Figures for JSON: ``codes``, ``n_bits``, ``bit_balance`` (least, mean and largest share of
        ones of a bit), ``bit_correlation`` (mean and largest magnitude between two bits),
        ``duplicate_codes`` (codes that repeat an earlier one), ``expected_collisions`` (what as
        many fair independent bits would give), and with vectors ``recall_at_10`` and
        ``calibration``.
    """
    packed = as_codes(codes, n_bits)
    n = len(packed)
    bits = np.unpackbits(packed[:ROWS], axis=1, count=n_bits, bitorder="little")
    ones = bits.mean(axis=0, dtype=np.float64)
    twins = n - len(np.unique(packed.view(f"V{packed.shape[1]}")))
    report: dict[str, Any] = {
        "codes": n,
        "n_bits": n_bits,
        "bit_balance": [float(ones.min()), float(ones.mean()), float(ones.max())],
        "bit_correlation": _correlation(bits, ones),
        "duplicate_codes": int(twins),
        "expected_collisions": float(n) * (n - 1) / 2 * 2.0**-n_bits,
    }
    if vectors is not None and n > 2:
        k = min(10, n - 1)
        first = packed[:ROWS]
        floats = np.asarray(vectors[:ROWS], dtype=np.float32)
        report["recall_at_10"] = recall(first, n_bits, floats, k, None, None, random_state)[0]
        curve = calibrate(first, n_bits, floats, random_state=random_state)
        report["calibration"] = curve.to_card()
    return report


def _correlation(bits: NDArray[np.uint8], ones: NDArray[np.float64]) -> list[float]:
    """Return the mean and the largest magnitude of the correlation of two different bits."""
    n_bits = bits.shape[1]
    if n_bits < 2 or len(bits) < 2:
        return [0.0, 0.0]
    centred = bits.astype(np.float32) - ones.astype(np.float32)
    spread = np.sqrt(np.maximum(ones * (1 - ones), 1e-12))
    matrix = (centred.T @ centred).astype(np.float64) / len(bits) / np.outer(spread, spread)
    apart = np.abs(matrix[~np.eye(n_bits, dtype=bool)])
    return [float(apart.mean()), float(min(apart.max(), 1.0))]


def recall(
    codes: Codes,
    n_bits: int,
    floats: NDArray[np.float32],
    k: int,
    project: Callable[[Any], NDArray[np.float32]] | None,
    rows: NDArray[np.float32] | None,
    seed: int,
) -> tuple[float, float]:
    """Return the share of true cosine neighbours found by codes, and by float queries.

    ``floats`` (n, any) are the vectors whose cosine is the truth; ``project`` turns ``rows`` into
    float queries, where that is wanted.
    """
    lengths = np.linalg.norm(floats, axis=1, keepdims=True)
    unit = floats / np.where(lengths > 0, lengths, 1)
    queries = np.random.default_rng(seed).permutation(len(codes))[:QUERIES]
    index = HammingIndex(codes, n_bits)
    _, by_code = index.search(codes[queries], k + 1)
    answers = [by_code]
    if project is not None and rows is not None:
        answers.append(index.search_asymmetric(project(rows[queries]), k + 1)[1])
    hits = [0] * len(answers)
    for start in range(0, len(queries), _BLOCK):
        own = queries[start : start + _BLOCK]
        cosines = unit[own] @ unit.T
        cosines[np.arange(len(own)), own] = -np.inf
        least = np.partition(cosines, -k, axis=1)[:, -k] - 1e-6
        for which, found in enumerate(answers):
            for i, query in enumerate(own):
                others = [j for j in found[start + i] if j != query][:k]
                hits[which] += int((cosines[i, others] >= least[i]).sum())
    shares = [hit / (k * len(queries)) for hit in hits]
    return shares[0], shares[-1]
