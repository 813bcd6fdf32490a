"""What a vocabulary holds at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from iiq.codes.index import HammingIndex
from iiq.vectors.word_table import WordTable
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.spaces import DecodedSpace


@dataclass(frozen=True)
class Held:
    """What has a row for each word, and belongs together.

    A vocabulary holds one of these and changes by taking another at once, so that threads that ask
    meanwhile see the words and codes of one moment. What they see later is only ever longer.
    """

    words: WordTable
    index: HammingIndex
    kept: KeptVectors | None
    decoded: DecodedSpace
