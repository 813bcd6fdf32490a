"""The rows on their way to a file: float32 blocks, with words that the format can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.word_blocks import Source


class Rows:
    """The rows of a source for a writer; ``spaces`` replaces each space in a word."""

    def __init__(self, source: Source, spaces: str | None = None) -> None:
        self.dim = source.dim
        self.counts = source.counts
        self._source = source
        self._spaces = spaces

    def blocks(
        self, is_bad: Callable[[str], bool], why: str
    ) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """Yield words and float32 rows.

        Raises
        ------
        ValueError
            At the first word for which ``is_bad`` holds; ``why`` says what the format can't hold.
        """
        for some, block in self._source.blocks():
            words = list(some)
            if self._spaces is not None:
                words = [word.replace(" ", self._spaces) for word in words]
            bad = next((word for word in words if is_bad(word)), None)
            if bad is not None:
                raise ValueError(f"the word {bad!r} {why}")
            yield words, np.ascontiguousarray(block, dtype=np.float32)
