"""What is exported, a table of words and codes, and codes in the bit orders that engines use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from iiq.codes.bits import unpack
from iiq.codes.index import HammingIndex
from iiq.vectors.word_table import WordTable

Codes = NDArray[np.uint8]

BLOCK_ROWS = 16384  # codes held decoded at a time


class Block(NamedTuple):
    """Consecutive rows: the number of the first, their words, their codes."""

    start: int
    words: list[str]
    codes: Codes


class WordsAndCodes(Protocol):
    """What can be exported: a BinaryKeyedVectors, or what looks like one."""

    encoder: Any

    @property
    def index_to_key(self) -> WordTable:
        """The words by row."""

    @property
    def index(self) -> HammingIndex:
        """The codes by row."""


@dataclass(frozen=True)
class Table:
    """Words, their codes and the encoder that made these (or None)."""

    words: WordTable
    index: HammingIndex
    encoder: Any = None

    @property
    def n_bits(self) -> int:
        """The bits of a code."""
        return self.index.n_bits

    def __len__(self) -> int:
        return len(self.index)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        """Yield all rows in order, so many at a time."""
        for start in range(0, len(self), rows):
            stop = min(start + rows, len(self))
            yield Block(start, self.words[start:stop], self.index.to_codes(start, stop))


def padded(n_bits: int, multiple: int) -> int:
    """Return ``n_bits`` rounded up to a multiple."""
    return -(-n_bits // multiple) * multiple


def to_big(codes: Codes) -> Codes:
    """Put bit j of a code where the most significant bit of a byte comes first; its own inverse.

    Examples
    --------
    >>> to_big(np.array([[0b00000001, 0b00000010]], np.uint8))  # bits 0 and 9
    array([[128,  64]], dtype=uint8)
    """
    bits = np.unpackbits(codes, axis=1, bitorder="little")
    return np.packbits(bits, axis=1, bitorder="big")


def to_strings(codes: Codes, n_bits: int) -> list[str]:
    """Return each code as n_bits characters 0 and 1, bit 0 first.

    Examples
    --------
    >>> to_strings(np.array([[0b00000001, 0b00000010]], np.uint8), 10)
    ['1000000001']
    """
    text = (unpack(codes, n_bits) + np.uint8(ord("0"))).tobytes().decode("ascii")
    return [text[start : start + n_bits] for start in range(0, len(text), n_bits)]


def from_strings(strings: list[str], n_bits: int) -> Codes:
    """Return the codes of what `to_strings` gave.

    Raises
    ------
    ValueError
        If a string has another length or other characters.
    """
    for text in strings:
        if len(text) != n_bits or text.strip("01"):
            raise ValueError(f"{text!r} is not a string of {n_bits} characters 0 and 1")
    characters = np.frombuffer("".join(strings).encode("ascii"), np.uint8)
    return np.packbits(characters.reshape(-1, n_bits) == ord("1"), axis=1, bitorder="little")
