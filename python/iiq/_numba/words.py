"""Words in few bytes and their rows: the twin of ``csrc/words/store.cpp``, most of it plain Python.

``words_building.py`` is the twin of what makes the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit

Array = NDArray[Any]
Place = tuple[int, int]

BLOCK_WORDS = 16
PAGE_BYTES = 4096
N_CODES, LONGEST_PIECE, LEAST_FIRST_END = 256, 8, 16
READ_AHEAD = 8
_MOST_WORDS = 1 << 32
_MASK = (1 << 64) - 1


@jit
def hash_of(letters: Array, seed: np.uint64) -> np.uint64:
    """Return the 64-bit hash of a word: FNV-1a, mixed."""
    h = np.uint64(0xCBF29CE484222325) ^ seed
    for letter in letters:
        h = (h ^ np.uint64(letter)) * np.uint64(0x100000001B3)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


def bytes_of_rows(n_places: int, row_bits: int) -> int:
    """Return the bytes of numbers of ``row_bits`` bits, read-ahead included."""
    return (n_places * row_bits + 7) // 8 + READ_AHEAD


def pages_of(n_bytes: int) -> int:
    """Return how many pages hold so many bytes."""
    return -(-n_bytes // PAGE_BYTES)


def encoded(word: object) -> bytes | None:
    """Return the UTF-8 of a word; None for what is no str or has none."""
    if not isinstance(word, str):
        return None
    try:
        return word.encode()
    except UnicodeEncodeError:
        return None


class _CheckedBytes:
    """Bytes that are checked the first time they are touched, a page at a time."""

    def __init__(self, data: Array, checks: Array, name: str) -> None:
        self._bytes = data.view(np.uint8).data if data.size else memoryview(b"")
        self._checks = checks
        self._sound = bytearray(len(checks))
        self._name = name

    def read(self, begin: int, end: int) -> memoryview:
        if not 0 <= begin <= end <= len(self._bytes):
            raise ValueError(
                f"damaged word table: {self._name} has {len(self._bytes)} bytes, but bytes "
                f"{begin} to {end} are pointed to"
            )
        for page in range(begin // PAGE_BYTES, pages_of(end)):
            if not self._sound[page]:
                self._check(page)
        return self._bytes[begin:end]

    def _check(self, page: int) -> None:
        begin = page * PAGE_BYTES
        some = self._bytes[begin : begin + PAGE_BYTES]
        if crc32(some) != self._checks[page]:
            raise ValueError(
                f"damaged word table: bytes {begin} to {begin + len(some)} of {self._name} "
                "differ from their checksum"
            )
        self._sound[page] = True


class WordStore:
    """Words and their rows, in the arrays of a file."""

    def __init__(
        self, numbers: Array, pieces: Array, text: Array, starts: Array, rows: Array, checks: Array
    ) -> None:
        if len(numbers) != 6 or pieces.size != N_CODES * (1 + LONGEST_PIECE) or not len(checks):
            raise ValueError("damaged word table: 6 numbers, 256 pieces and checksums are needed")
        self._n, first_end, self._seed, self._bits, self._segments, self._row_bits = map(
            int, numbers
        )
        self._check_sizes(first_end, len(starts), len(rows))
        n_pages = [pages_of(8 * len(starts)), pages_of(len(text)), pages_of(len(rows))]
        if len(checks) != 1 + sum(n_pages):
            raise ValueError(
                f"damaged word table: {1 + sum(n_pages)} checksums are needed, "
                f"there are {len(checks)}"
            )
        if crc32(pieces.tobytes(), crc32(numbers.tobytes())) != checks[0]:
            raise ValueError("damaged word table: numbers and pieces differ from their checksum")
        self._first_end = first_end
        if (pieces[:, 0] > LONGEST_PIECE).any():
            raise ValueError(f"damaged word table: a piece of {pieces[:, 0].max()}")
        self._pieces = [bytes(piece[1 : 1 + piece[0]]) for piece in pieces]
        starts_, text_, rows_ = np.split(checks[1:], np.cumsum(n_pages[:2]))
        self._starts = _CheckedBytes(starts, starts_, "starts")
        self._text = _CheckedBytes(text, text_, "text")
        self._rows = _CheckedBytes(rows, rows_, "rows")

    def _check_sizes(self, first_end: int, n_starts: int, n_rows: int) -> None:
        places = self._segments + 2 << min(self._bits, 64)
        if not (
            self._n <= _MOST_WORDS
            and LEAST_FIRST_END <= first_end < N_CODES
            and self._bits <= 20
            and 1 <= self._segments < _MOST_WORDS
            and 1 <= self._row_bits <= 33
            and n_starts == -(-self._n // BLOCK_WORDS) + 1
            and n_rows == bytes_of_rows(places, self._row_bits)
        ):
            raise ValueError(
                f"damaged word table: {self._n} words and {places} places of {self._row_bits} bits "
                f"do not fit {n_starts} starts and {n_rows} bytes of rows"
            )

    def find(self, word: object) -> int:
        """Return the row of a word; -1 if it is not there, or no word at all."""
        data = encoded(word)
        if data is None or self._n == 0:
            return -1
        row = self._row_of(int(hash_of(np.frombuffer(data, np.uint8), np.uint64(self._seed))))
        if row >= self._n:
            return -1
        begin, end = self._place_of(row)
        return row if self._read_word(begin, end)[0] == data else -1

    def find_many(self, words: Sequence[object]) -> tuple[NDArray[np.int64], int]:
        """Return the rows of words, or -1, and how many are -1."""
        if not isinstance(words, list | tuple):
            raise TypeError("words must be a list or a tuple")
        rows = [self.find(word) for word in words]
        return np.array(rows, dtype=np.int64), rows.count(-1)

    def words_at(self, rows: NDArray[np.int64]) -> list[str]:
        """Return the words of rows."""
        return [self.word_at(row) for row in rows.tolist()]

    def word_at(self, row: int) -> str:
        """Return the word of a row."""
        if not 0 <= row < self._n:
            raise IndexError(f"row {row} of {self._n} words")
        letters, _ = self._read_word(*self._place_of(row))
        try:
            return letters.decode()
        except UnicodeDecodeError:
            raise ValueError(f"damaged word table: word {row} is no UTF-8") from None

    def _row_of(self, h: int) -> int:
        first = h * self._segments >> 64
        row = 0
        for j in range(3):
            place = (first + j << self._bits) + (h >> j * self._bits & (1 << self._bits) - 1)
            at = place * self._row_bits
            number = int.from_bytes(self._rows.read(at // 8, at // 8 + 8), "little") >> at % 8
            row ^= number & (1 << self._row_bits) - 1
        return row

    def _place_of(self, row: int) -> Place:
        at = row // BLOCK_WORDS * 8
        begin, end = np.frombuffer(self._starts.read(at, at + 16), "<u8").tolist()
        codes = self._text.read(begin, end)
        at = 0
        for _ in range(row % BLOCK_WORDS):
            while at < len(codes) and codes[at] < self._first_end:
                at += 1
            at += 1
        if at >= len(codes):
            raise ValueError("damaged word table: a block ends before its last word")
        return begin + at, end

    def _read_word(self, begin: int, end: int) -> tuple[bytes, int]:
        """Return the letters of the word that begins there, and where the next one begins."""
        codes = self._text.read(begin, end)
        parts: list[bytes] = []
        at = 0
        while at < len(codes):
            code = codes[at]
            at += 1
            if code:
                parts.append(self._pieces[code])
                if code >= self._first_end:
                    return b"".join(parts), begin + at
                continue
            high, low = bytes(codes[at : at + 2]).ljust(2, b"\xff")
            if high > 15 or low > 15:
                raise ValueError("damaged word table: half a letter")
            parts.append(bytes([high << 4 | low]))
            at += 2
        raise ValueError("damaged word table: a word without an end")
