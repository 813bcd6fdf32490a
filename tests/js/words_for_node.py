"""Vocabularies of awkward words, which the module in JavaScript is asked about."""

from pathlib import Path

import iiq
from wordlike import vectors

AWKWARD = [
    "", " ", "the", "The", "a - b", "new york", "nul\0", "\0", "line\n", "tab\tin", "é", "e\u0301",
    "12", "-", "+", "<script>alert(1)</script>", "&amp;", "\"'`", "שלום", "مرحبا", "日本語",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\ufeffbom", "\ufffd", "\u202eover", "\u2028",
    "__proto__", "constructor", "toString", "x" * 5000, "\x7f\x80",
]  # fmt: skip


def words_of(n: int) -> list[str]:
    return AWKWARD + [f"word{i}" for i in range(n - len(AWKWARD))]


def saved(path: Path, n: int, d: int, n_bits: int, **parameters) -> iiq.BinaryKeyedVectors:
    """Save vectors of n awkward words with codes of n_bits bits, and open them."""
    source = iiq.WordVectors(words_of(n), vectors(n, d, seed=n_bits))
    seed = {} if parameters.get("method") == "sign" else {"random_state": 0}
    iiq.compress(source, n_bits=n_bits, **seed, **parameters).save(path)
    return iiq.load(path)


def pairs(answer: dict) -> list[tuple[str, float]]:
    return [(one["word"], one["score"]) for one in answer["value"]]
