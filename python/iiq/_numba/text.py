"""Reading of vectors in text form: the twin of ``csrc/text/vectors.cpp``, in plain Python.

The one file here without Numba: ``float`` is exact and faster than any loop of ours.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

TOO_FEW, NO_WORD, NOT_FINITE = 1, 2, 3

_FIELD = re.compile(rb"[^ \t]+")
_NUMBER = re.compile(
    rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)", re.IGNORECASE
)
_PLAIN = re.compile(rb"[-+.0-9eE \t]*")  # what float() reads as the core does

Damage = tuple[int, int, int, bytes]
Row = NDArray[np.float32]


def parse_vectors(
    text: bytes, dim: int, threads: int
) -> tuple[bytes, NDArray[np.float32], NDArray[np.int64], int, Damage | None]:
    """Parse lines of a word and ``dim`` numbers; ``threads`` is ignored.

    Returns
    -------
    words : bytes, joined by newlines
    vectors : float32 (n, dim)
    lines : int64 (n,), the line of each row, from 0
    n_lines : int, lines in ``text``
    damage : None, or (kind, line, numbers found, field at fault) of the first line that is wrong
    """
    words: list[bytes] = []
    lines: list[int] = []
    all_lines = bytes(text).removesuffix(b"\n").split(b"\n") if text else []
    vectors = np.empty((len(all_lines), dim), dtype=np.float32)
    for number, line in enumerate(all_lines):
        stripped = line.rstrip(b" \t\r")
        if not stripped:
            continue
        word = _plain_row(stripped, dim, vectors[len(words)])
        if word is None:
            found = _any_row(stripped, dim, vectors[len(words)])
            if isinstance(found, tuple):
                kind, count, field = found
                nothing = b"", vectors[:0], np.empty(0, np.int64)
                return *nothing, len(all_lines), (kind, number, count, field)
            word = found
        words.append(word)
        lines.append(number)
    return (
        b"\n".join(words),
        vectors[: len(words)],
        np.array(lines, dtype=np.int64),
        len(all_lines),
        None,
    )


def format_rows(words: bytes, vectors: NDArray[np.float32]) -> bytes:
    """Write lines of words (joined by newlines) and numbers that read back the same."""
    split = words.split(b"\n") if len(vectors) else []
    if len(split) != len(vectors):
        raise ValueError("as many words as rows are needed")
    lines = []
    for word, row in zip(split, vectors, strict=True):
        lines += [word, b" ", " ".join(map(_shortest, row)).encode(), b"\n"]
    return b"".join(lines)


def _shortest(value: np.float32) -> str:
    """Return the shortest decimal that reads back as ``value``, fixed rather than scientific."""
    is_whole = abs(value) >= 1 << 24
    fixed = str(int(value)) if is_whole else np.format_float_positional(value, trim="-")
    scientific = np.format_float_scientific(value, trim="-", exp_digits=2)
    return min(fixed, scientific, key=len)


def _to_float32(fields: list[bytes]) -> Row:
    with np.errstate(over="ignore"):
        return np.array([float(field) for field in fields], dtype=np.float64).astype(np.float32)


def _plain_row(line: bytes, dim: int, row: Row) -> bytes | None:
    """Fill ``row`` from a line of a word and ``dim`` finite numbers; None if it is no such line."""
    word, *fields = line.split(b" ")
    if len(fields) != dim or b"\t" in line or not _PLAIN.fullmatch(line, len(word)):
        return None
    try:
        row[:] = _to_float32(fields)
    except ValueError:
        return None
    return word if np.isfinite(row).all() else None


def _any_row(line: bytes, dim: int, row: Row) -> bytes | tuple[int, int, bytes]:
    """Read a line from its end: the word may hold spaces. Or say what is wrong."""
    fields = list(_FIELD.finditer(line))[-dim:]
    for found, match in enumerate(reversed(fields)):
        if not _NUMBER.fullmatch(match.group()):
            return TOO_FEW, found, match.group() if match.start() else b""  # else it is the word
    if len(fields) < dim:
        return TOO_FEW, len(fields), b""
    if fields[0].start() == 0:
        return NO_WORD, dim, b""
    row[:] = _to_float32([match.group() for match in fields])
    infinite = np.flatnonzero(~np.isfinite(row))
    if len(infinite):
        return NOT_FINITE, dim, fields[infinite[-1]].group()
    return line[: fields[0].start()].strip(b" \t")
