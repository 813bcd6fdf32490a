"""After compressing: balance and independence of the bits, twins, and neighbours that are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_codes
from iiq.codes.bits import unpack
from iiq.codes.decoding import decoded_lengths
from iiq.codes.index import HammingIndex
from iiq.evaluate.judged import unit
from iiq.evaluate.recall import recall_at_k
from iiq.vocabulary.calibration import calibrate

Codes = NDArray[np.uint8]

ROWS = 50_000  # whose bits are looked at
QUERIES = 200


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
    bits = unpack(packed[:ROWS], n_bits)
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
        report["recall_at_10"] = recall_of_codes(first, n_bits, floats, k, random_state)[0]
        curve = calibrate(first, n_bits, floats, random_state=random_state)
        report["calibration"] = curve.to_card()
    return report


def _correlation(bits: NDArray[np.bool_], ones: NDArray[np.float64]) -> list[float]:
    """Return the mean and the largest magnitude of the correlation of two different bits."""
    n_bits = bits.shape[1]
    if n_bits < 2 or len(bits) < 2:
        return [0.0, 0.0]
    centred = bits.astype(np.float32) - ones.astype(np.float32)
    spread = np.sqrt(np.maximum(ones * (1 - ones), 1e-12))
    matrix = (centred.T @ centred).astype(np.float64) / len(bits) / np.outer(spread, spread)
    apart = np.abs(matrix[~np.eye(n_bits, dtype=bool)])
    return [float(apart.mean()), float(min(apart.max(), 1.0))]


def recall_of_codes(
    codes: Codes,
    n_bits: int,
    floats: NDArray[np.float32],
    k: int,
    seed: int,
    *,
    encoder: Any = None,
    rows: NDArray[np.float32] | None = None,
) -> tuple[float, float]:
    """Return the share of true cosine neighbours found by codes, and by float queries.

    Parameters
    ----------
    codes : ndarray uint8 (n, ceil(n_bits / 8))
    floats : ndarray float32 (n, any)
        Whose cosines are the truth.
    encoder, rows : Encoder and ndarray float32 (n, d), optional
        Where given, ``rows`` are asked against the decoded codes, too.
    """
    unit_floats = unit(floats)
    queries = np.random.default_rng(seed).permutation(len(codes))[:QUERIES]
    index = HammingIndex(codes, n_bits)
    answers = {"code": index.search(codes[queries], k + 1)[1]}
    if encoder is not None and rows is not None:
        decoded = HammingIndex(codes, n_bits, scales=decoded_lengths(codes, encoder.decoder_))
        answers["float"] = decoded.search_asymmetric(encoder.query(rows[queries]), k + 1)[1]
    found = recall_at_k(unit_floats, queries, answers, [k])
    shares = [float(recalls.mean()) for recalls in found.values()]
    return shares[0], shares[-1]
