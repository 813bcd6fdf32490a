"""Before compressing: what the vectors are like, which D and length suit them, what to expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.training_rows import is_alphabetical, training_rows
from iiq.encoders import IIQ
from iiq.encoders.n_remove import choose_n_remove, mean_alignment
from iiq.rows import as_rows
from iiq.rows.directions import principal_directions
from iiq.rows.isotropy import isotropy
from iiq.rows.moments import moments
from iiq.study.examine_codes import recall_of_codes
from iiq.study.examine_presets import advice, recommended, try_presets
from iiq.vectors.word_blocks import TrainingSample

ROWS = 50_000  # of the spectrum: what the encoder learns from by default
QUICK_ROWS = 20_000  # of the quick run
RATIOS = (16, 32, 64, 128)
SHOWN = 20  # directions whose share is reported
_WANTED_RECALL = 0.5  # of float queries, at the length that is suggested


def examine(
    words: Sequence[str],
    vectors: Any,
    *,
    ratios: Sequence[int] = RATIOS,
    threads: int | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> dict[str, Any]:
    """Examine word vectors.

    Parameters
    ----------
    words : sequence of str (n,)
    vectors : ndarray (n, d)
        May be memory-mapped: beyond the first rows it is gone through once, for odd rows.
    ratios : sequence of int
        Compression ratios to try quickly, on the first 20 000 rows with 10 iterations.
    threads : int, optional
    random_state : int
    verbose : bool
        Show progress on standard error.

    Returns
    -------
    dict
        Figures for JSON: ``words``, ``dim``, ``mean_norm``, ``sd_norm``, ``mean_share`` (squared
        length of the mean vector over the mean squared length), ``mean_alignment`` (cosine of the
        mean and the strongest direction), ``variance_shares`` (of the top directions),
        ``isotropy`` (eq. 3 and its estimate, before and after centring and removal),
        ``duplicate_rows``, ``zero_rows``, ``alphabetical``, ``n_remove``, ``n_remove_reason``,
        ``n_bits``, ``expected`` (a dict for each ratio), ``presets`` (a dict for each), ``preset``
        (the one to take) and ``advice`` (sentences).
    """
    from tqdm import tqdm

    sample = _sample(words, vectors)
    rows = sample.vectors
    stats = moments(as_rows(sample))
    values, directions = principal_directions(stats.gram)
    variances = values**2 / stats.n_rows
    n_remove, reason = choose_n_remove(as_rows(sample), stats, variances, directions)
    norms = np.linalg.norm(rows.astype(np.float64), axis=1)
    cleaned = ((rows - stats.mean) @ directions[:, n_remove:]).astype(np.float32)
    duplicates, zeros = odd_rows(vectors)
    report: dict[str, Any] = {
        "words": len(words),
        "dim": rows.shape[1],
        "mean_norm": float(norms.mean()),
        "sd_norm": float(norms.std()),
        "mean_share": float(stats.mean @ stats.mean / (norms**2).mean()) if norms.any() else 0.0,
        "mean_alignment": mean_alignment(stats.mean, directions[:, 0], float(variances.sum())),
        "variance_shares": [float(v) for v in (variances / (variances.sum() or 1.0))[:SHOWN]],
        "isotropy": {"raw": _isotropy(rows), "cleaned": _isotropy(cleaned)},
        "duplicate_rows": duplicates,
        "zero_rows": zeros,
        "alphabetical": is_alphabetical(words[:ROWS]),
        "n_remove": n_remove,
        "n_remove_reason": reason,
    }
    report["expected"] = [
        _try(rows[:QUICK_ROWS], cleaned[:QUICK_ROWS], ratio, n_remove, threads, random_state)
        for ratio in tqdm(ratios, desc="ratios", leave=False, disable=not verbose)
        if 32 * rows.shape[1] >= ratio
    ]
    report["n_bits"] = _suggested_bits(report["expected"], rows.shape[1])
    report["presets"] = try_presets(
        words[:QUICK_ROWS], rows[:QUICK_ROWS], n_remove=n_remove, threads=threads,
        random_state=random_state, verbose=verbose,
    )  # fmt: skip
    chosen = recommended(report["presets"])
    report["preset"] = None if chosen is None else chosen["name"]
    report["advice"] = [*_advice(report), advice(report["presets"], report["dim"])]
    return report


def _sample(words: Sequence[str], vectors: Any) -> TrainingSample:
    """Return the rows an encoder would learn from: the first, or evenly spaced by the alphabet."""
    rows = training_rows(words, ROWS, lambda: len(vectors))
    if isinstance(rows, int):
        return TrainingSample(words[:rows], np.asarray(vectors[:rows], dtype=np.float32))
    return TrainingSample([words[i] for i in rows], np.asarray(vectors[rows], dtype=np.float32))


def odd_rows(vectors: Any) -> tuple[int, int]:
    """Count rows that repeat an earlier row, and rows of zeros."""
    seen: set[bytes] = set()
    zeros = n = 0
    for start in range(0, len(vectors), 1 << 15):
        block = np.ascontiguousarray(vectors[start : start + (1 << 15)])
        zeros += int((~block.any(axis=1)).sum())
        keys = block.view(np.uint8).reshape(len(block), -1)
        seen.update(_digest(row) for row in keys)
        n += len(block)
    return n - len(seen), zeros


def _digest(row: NDArray[np.uint8]) -> bytes:
    import hashlib

    return hashlib.blake2b(row.tobytes(), digest_size=12).digest()


def _isotropy(rows: NDArray[np.float32]) -> dict[str, float]:
    ratio, estimate = isotropy(rows[:QUICK_ROWS])
    return {"partition_ratio": float(ratio), "estimate": float(estimate)}


def _try(
    rows: NDArray[np.float32],
    cleaned: NDArray[np.float32],
    ratio: int,
    n_remove: int,
    threads: int | None,
    seed: int,
) -> dict[str, Any]:
    n_bits = max(1, round(32 * rows.shape[1] / ratio))
    encoder = IIQ(n_bits, n_remove=n_remove, n_iter=10, threads=threads, random_state=seed)
    codes = encoder.fit_transform(rows)
    k = min(10, len(rows) - 1)
    found = (1.0, 1.0)
    if k:
        found = recall_of_codes(codes, n_bits, cleaned, k, seed, encoder=encoder, rows=rows)
    return {
        "ratio": ratio,
        "n_bits": n_bits,
        "recall_at_10": found[0],
        "recall_at_10_float_query": found[1],
    }


def _suggested_bits(expected: list[dict[str, Any]], dim: int) -> int:
    """Return the shortest length of at least 32x that finds half the neighbours, else the best."""
    good = [e for e in expected if e["recall_at_10_float_query"] >= _WANTED_RECALL]
    enough = [e["n_bits"] for e in good if e["ratio"] <= 32]
    if enough:
        return int(min(enough))
    return max((int(e["n_bits"]) for e in expected), default=dim)


def _advice(report: dict[str, Any]) -> list[str]:
    said = []
    if report["alphabetical"]:
        said.append(
            "The words are in alphabetical order: compress learns from evenly spaced rows. Vectors "
            "in order of frequency would do better."
        )
    reason = report["n_remove_reason"]
    said.append(f"{reason[0].upper()}{reason[1:]}.")
    if report["zero_rows"]:
        said.append(f"{report['zero_rows']} rows are zero: their codes mean nothing, drop them.")
    if report["duplicate_rows"]:
        said.append(f"{report['duplicate_rows']} rows repeat an earlier one: so will their codes.")
    if report["n_bits"] > report["dim"]:
        said.append("Neighbours are hard to keep at 32x: codes longer than the vectors pay here.")
    return said
