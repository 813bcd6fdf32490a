"""What is looked at before a file is written, and on the way: words, numbers, the reader's view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.word_blocks import WordBlocks

LONGEST_WORD = (1 << 16) - 1  # bytes that the readers of lines and of word2vec binary look ahead


def check_words(words: Sequence[str]) -> None:
    """Raise ValueError for words that no file can hold: none, not UTF-8, or the same one twice."""
    if not words:
        raise ValueError("0 words: nothing to write")
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"words must be str, got {word!r:.60} in row {row}: use str(word)")
        first = rows.setdefault(word, row)
        if first != row:
            raise ValueError(
                f"the word {word!r:.60} stands in rows {first} and {row}: readers keep the first "
                "row alone, so drop or rename one (spaces= may have made them the same)"
            )
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        word = next(word for word in words if not _is_text(word))
        raise ValueError(
            f"the word {word!r:.60} can't be written as UTF-8 (half of a surrogate pair): drop or "
            "replace it"
        ) from None


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_words(words: Sequence[str], is_bad: Callable[[str], bool], why: str) -> None:
    """Raise ValueError at the first word for which ``is_bad`` holds; ``why`` says what can't be."""
    for word in words:
        if is_bad(word):
            raise ValueError(f"the word {word!r:.60} {why}")
        if 4 * len(word) > LONGEST_WORD and len(word.encode()) > LONGEST_WORD:
            raise ValueError(
                f"the word {word!r:.60}... has {len(word.encode())} bytes, readers of this format "
                f"take {LONGEST_WORD}: drop or shorten it, or write .kv or a static embedding"
            )


def float_blocks(blocks: WordBlocks) -> WordBlocks:
    """Return the same blocks as finite float32 in C order."""

    def converted() -> Iterator[tuple[Sequence[str], NDArray[np.float32]]]:
        for words, rows in blocks.blocks():
            with np.errstate(over="ignore", invalid="ignore"):
                floats = np.ascontiguousarray(rows, dtype=np.float32)
                total = floats.sum(dtype=np.float64)
            if not np.isfinite(total):
                bad = np.flatnonzero(~np.isfinite(floats).all(axis=1))
                if len(bad):
                    raise ValueError(
                        f"the vector of {words[int(bad[0])]!r:.60} holds NaN, infinity or a "
                        "number too large for float32: remove or replace it"
                    )
            yield list(words), floats

    return blocks._replace(blocks=converted)
