"""Making the arrays of a word store: the twin of ``csrc/words/``'s pieces, rows and build.

The same bytes as the core makes: every choice is by whole numbers, every tie is broken.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from iiq._numba._jit import jit
from iiq._numba.words import (
    BLOCK_WORDS,
    LEAST_FIRST_END,
    LONGEST_PIECE,
    N_CODES,
    PAGE_BYTES,
    bytes_of_rows,
    encoded,
    hash_of,
)

Array = NDArray[Any]

_SAMPLE_WORDS, _SAMPLE_LETTERS, _ROUNDS = 1 << 14, 64, 5
_CHOSEN = N_CODES - 2  # but the escape and the bare end
_MOST_ENDS = N_CODES - LEAST_FIRST_END - 1
_ESCAPE, _BARE_END, _SYMBOLS = 256, 512, 513
_ESCAPE_COST = 3
_LONGEST_SEGMENT, _ATTEMPTS = 16, 64


class Pieces(NamedTuple):
    """What each code stands for: letters (256,) uint64, the first the lowest; sizes (256,)."""

    letters: Array
    sizes: Array
    first_end: int


class WordStoreBuilder:
    """Makes the arrays of a WordStore."""

    def __init__(self) -> None:
        self._letters = bytearray()
        self._ends = array("Q", [0])

    def add(self, words: Sequence[object]) -> int:
        """Append words; return the place of the first that is no str or has no UTF-8, or -1."""
        for place, word in enumerate(words):
            data = encoded(word)
            if data is None:
                return place
            self._letters += data
            self._ends.append(len(self._letters))
        return -1

    def build(self) -> tuple[Any, ...]:
        """Return the six arrays; or the two rows of a word that stands twice, and the word."""
        letters = np.frombuffer(self._letters, np.uint8)
        ends = np.frombuffer(self._ends, np.uint64).astype(np.int64)
        function = _build_rows(letters, ends)
        if len(function) == 2:
            first, second = function
            return first, second, letters[ends[first] : ends[first + 1]].tobytes().decode()
        seed, bits, segments, row_bits, rows = function
        pieces = train_pieces(letters, ends)
        numbers = np.array(
            [len(ends) - 1, pieces.first_end, seed, bits, segments, row_bits], np.uint64
        )
        stored = np.zeros((N_CODES, 1 + LONGEST_PIECE), np.uint8)
        stored[:, 0] = pieces.sizes
        stored[:, 1:] = pieces.letters.astype("<u8").view(np.uint8).reshape(N_CODES, -1)
        text, starts = _write_text(letters, ends, pieces)
        head = crc32(stored.tobytes(), crc32(numbers.tobytes()))
        checks = np.array([head, *_checks(starts), *_checks(text), *_checks(rows)], np.uint32)
        return numbers, stored, text, starts, rows, checks


def _checks(part: Array) -> list[int]:
    data = part.tobytes()
    return [crc32(data[at : at + PAGE_BYTES]) for at in range(0, len(data), PAGE_BYTES)]


# --- pieces --------------------------------------------------------------------------------------


def train_pieces(letters: Array, ends: Array) -> Pieces:
    """Choose the pieces that write words in few codes; looks at evenly spaced words only."""
    n = len(ends) - 1
    sample = np.arange(min(n, _SAMPLE_WORDS)) * (n // max(1, min(n, _SAMPLE_WORDS)))
    begins = ends[sample]
    stops = np.minimum(ends[sample + 1], begins + _SAMPLE_LETTERS)
    nothing = np.zeros(N_CODES, np.uint64)
    pieces = Pieces(nothing, nothing.astype(np.int64), LEAST_FIRST_END)
    for _ in range(_ROUNDS):
        one = np.zeros(_SYMBOLS, np.int64)
        two = np.zeros((_SYMBOLS, _SYMBOLS), np.int64)
        _count(letters, begins, stops, *pieces, _ranges(pieces), one, two)
        pieces = _choose(*_candidates(pieces, one, two))
    return pieces


def _ranges(pieces: Pieces) -> Array:
    """Return int64 (2, 256, 2): the codes that go on, or end, with each first letter."""
    ranges = np.zeros((2, 256, 2), np.int64)
    for code in range(1, N_CODES):
        if pieces.sizes[code]:
            span = ranges[int(code >= pieces.first_end), int(pieces.letters[code]) & 0xFF]
            span[0] = span[0] or code
            span[1] = code + 1
    return ranges


@jit
def _low_bytes(n: int) -> np.uint64:
    if n >= 8:
        return ~np.uint64(0)
    return (np.uint64(1) << np.uint64(8 * n)) - np.uint64(1)


@jit
def _parse(word: Array, letters: Array, sizes: Array, ranges: Array) -> Array:
    """Return what to write at each letter: a code, 256 + the letter, or 512 at the end."""
    n = len(word)
    choices = np.empty(n + 1, np.int16)
    choices[n] = _BARE_END
    costs = np.zeros(16, np.int64)
    costs[n % 16] = 1
    ahead = np.uint64(0)
    for i in range(n - 1, -1, -1):
        first = word[i]
        ahead = (ahead << np.uint64(8)) | np.uint64(first)
        best = _ESCAPE_COST + costs[(i + 1) % 16]
        choice = _ESCAPE + first
        for code in range(ranges[0, first, 0], ranges[0, first, 1]):
            size = sizes[code]
            if size <= n - i and ahead & _low_bytes(size) == letters[code]:
                cost = 1 + costs[(i + size) % 16]
                if cost < best:
                    best, choice = cost, code
        for code in range(ranges[1, first, 0], ranges[1, first, 1]):
            if sizes[code] == n - i and ahead == letters[code]:
                best, choice = 1, code
        costs[i % 16] = best
        choices[i] = choice
    return choices


@jit
def _count(
    text: Array,
    begins: Array,
    stops: Array,
    letters: Array,
    sizes: Array,
    first_end: int,
    ranges: Array,
    one: Array,
    two: Array,
) -> None:
    for i in range(len(begins)):
        choices = _parse(text[begins[i] : stops[i]], letters, sizes, ranges)
        at, before = 0, -1
        while True:
            symbol = choices[at]
            one[symbol] += 1
            if before >= 0:
                two[before, symbol] += 1
            if symbol == _BARE_END or first_end <= symbol < _ESCAPE:
                break
            at += 1 if symbol >= _ESCAPE else sizes[symbol]
            before = symbol


def _candidates(pieces: Pieces, one: Array, two: Array) -> tuple[Array, Array, Array, Array]:
    """Return letters, sizes, ends and gains of symbols and pairs of them, each once."""
    letters = np.concatenate([pieces.letters, np.arange(256, dtype=np.uint64), [np.uint64(0)]])
    sizes = np.concatenate([pieces.sizes, np.ones(256, np.int64), [0]])
    ends = np.zeros(_SYMBOLS, bool)
    ends[pieces.first_end : N_CODES] = ends[_BARE_END] = True
    single = np.flatnonzero(one[:_BARE_END])
    head, tail = np.nonzero(two)
    fits = sizes[head] + sizes[tail] <= LONGEST_PIECE
    head, tail = head[fits], tail[fits]
    shift = np.where(sizes[tail] > 0, 8 * sizes[head], 0).astype(np.uint64)
    all_letters = np.concatenate([letters[single], letters[head] | letters[tail] << shift])
    all_sizes = np.concatenate([sizes[single], sizes[head] + sizes[tail]])
    all_ends = np.concatenate([ends[single], ends[tail]])
    weight = all_sizes + all_ends
    weight[weight == 1] = _ESCAPE_COST
    gains = np.concatenate([one[single], two[head, tail]]) * weight
    order = np.lexsort((all_ends, all_sizes, all_letters))
    keys = all_letters[order], all_sizes[order], all_ends[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    firsts = np.flatnonzero(is_first)
    sums = np.add.reduceat(gains[order], firsts) if len(firsts) else gains
    return keys[0][firsts], keys[1][firsts], keys[2][firsts], sums


def _choose(letters: Array, sizes: Array, ends: Array, gains: Array) -> Pieces:
    """Keep the candidates of the largest gain; number those that go on, then those that end."""
    order = np.lexsort((ends, sizes, letters, -gains))
    order = order[~ends[order] | (np.cumsum(ends[order]) <= _MOST_ENDS)][:_CHOSEN]
    letters, sizes, ends = letters[order], sizes[order], ends[order]
    order = np.lexsort((letters, -sizes, letters & np.uint64(0xFF), ends))
    n_inner = int((~ends).sum())
    first_end = max(LEAST_FIRST_END, n_inner + 1)
    codes = np.concatenate([1 + np.arange(n_inner), first_end + 1 + np.arange(int(ends.sum()))])
    pieces = Pieces(np.zeros(N_CODES, np.uint64), np.zeros(N_CODES, np.int64), first_end)
    pieces.letters[codes] = letters[order]
    pieces.sizes[codes] = sizes[order]
    return pieces


def _write_text(letters: Array, ends: Array, pieces: Pieces) -> tuple[Array, Array]:
    """Return the codes of all words, and where each block of them begins."""
    n = len(ends) - 1
    text = np.empty(3 * len(letters) + n, np.uint8)
    sizes = _write(letters, ends, *pieces, _ranges(pieces), text)
    word_ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint64)
    starts = np.concatenate([word_ends[:-1][::BLOCK_WORDS], word_ends[-1:]])
    return text[: int(word_ends[-1])].copy(), starts


@jit
def _write(
    text: Array,
    ends: Array,
    letters: Array,
    sizes: Array,
    first_end: int,
    ranges: Array,
    out: Array,
) -> Array:
    """Write the codes of each word; return how many they are."""
    written = np.zeros(len(ends) - 1, np.int64)
    to = 0
    for i in range(len(ends) - 1):
        choices = _parse(text[ends[i] : ends[i + 1]], letters, sizes, ranges)
        begin, at = to, 0
        while True:
            choice = choices[at]
            if _ESCAPE <= choice < _BARE_END:
                letter = choice - _ESCAPE
                out[to], out[to + 1], out[to + 2] = 0, letter >> 4, letter & 15
                to += 3
                at += 1
                continue
            out[to] = first_end if choice == _BARE_END else choice
            to += 1
            if choice >= first_end:
                break
            at += sizes[choice]
        written[i] = to - begin
    return written


# --- rows ----------------------------------------------------------------------------------------


def _build_rows(letters: Array, ends: Array) -> tuple[Any, ...]:
    """Return seed, segment bits, segments, row bits and numbers; or the rows of a duplicate."""
    n = len(ends) - 1
    row_bits = max(1, (n - 1).bit_length()) if n else 1
    bits = min(_LONGEST_SEGMENT, (9 * n.bit_length() + 24) // 16)
    for attempt in range(_ATTEMPTS):
        wanted = (n * (73 + attempt) // 64 >> bits) + 1
        segments = wanted - 2 if wanted > 3 else 1
        hashes = _hash_all(letters, ends, np.uint64(attempt))
        duplicate = _find_duplicate(letters, ends, hashes)
        if duplicate:
            return duplicate
        places = _places(hashes, np.uint64(segments), np.uint64(bits))
        taken, words = _peel(places, segments + 2 << bits)
        if len(taken) == n:
            rows = np.zeros(bytes_of_rows(segments + 2 << bits, row_bits), np.uint8)
            _assign(places, taken, words, row_bits, rows)
            return attempt, bits, segments, row_bits, rows
    raise ValueError("words whose hashes collide again and again")


@jit
def _hash_all(letters: Array, ends: Array, seed: np.uint64) -> Array:
    hashes = np.empty(len(ends) - 1, np.uint64)
    for i in range(len(hashes)):
        hashes[i] = hash_of(letters[ends[i] : ends[i + 1]], seed)
    return hashes


def _find_duplicate(letters: Array, ends: Array, hashes: Array) -> tuple[int, int] | None:
    """Return the two rows of the word whose second row is the first."""
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    seen: dict[tuple[int, bytes], int] = {}
    for row in np.sort(np.unique(np.concatenate([order[same], order[same + 1]]))).tolist():
        word = letters[ends[row] : ends[row + 1]].tobytes()
        first = seen.setdefault((int(hashes[row]), word), row)
        if first != row:
            return first, row
    return None


@jit
def _places(hashes: Array, segments: np.uint64, bits: np.uint64) -> Array:
    """Return the three places of each hash, int64 (n, 3)."""
    places = np.empty((len(hashes), 3), np.int64)
    half, mask = np.uint64(32), (np.uint64(1) << bits) - np.uint64(1)
    for i, h in enumerate(hashes):
        low = (h & np.uint64(0xFFFFFFFF)) * segments
        first = ((h >> half) * segments + (low >> half)) >> half
        for j in range(3):
            segment = first + np.uint64(j)
            places[i, j] = (segment << bits) + ((h >> (np.uint64(j) * bits)) & mask)
    return places


@jit
def _peel(places: Array, n_places: int) -> tuple[Array, Array]:
    """Return the places in the order in which their words were taken away, and the words there."""
    degree = np.zeros(n_places, np.int64)
    words = np.zeros(n_places, np.int64)
    for i in range(len(places)):
        for place in places[i]:
            degree[place] += 1
            words[place] ^= i
    taken = np.empty(len(places), np.int64)
    n_taken = 0
    waiting = [0]
    for start in range(n_places):
        waiting.clear()
        if degree[start] == 1:
            waiting.append(start)
        while waiting:
            place = waiting.pop()
            if degree[place] != 1:
                continue
            taken[n_taken] = place
            n_taken += 1
            degree[place] = 0
            for other in places[words[place]]:
                if other != place:
                    words[other] ^= words[place]
                    degree[other] -= 1
                    if degree[other] == 1:
                        waiting.append(other)
    return taken[:n_taken], words


@jit
def _assign(places: Array, taken: Array, words: Array, row_bits: int, rows: Array) -> None:
    """Give each taken word its row at the place it was taken by, the last taken first."""
    numbers = np.zeros(8 * len(rows) // row_bits + 1, np.int64)
    for place in taken[::-1]:
        value = words[place]
        for other in places[words[place]]:
            if other != place:
                value ^= numbers[other]
        numbers[place] = value
        for bit in range(row_bits):
            at = place * row_bits + bit
            rows[at // 8] |= ((value >> bit) & 1) << (at % 8)
