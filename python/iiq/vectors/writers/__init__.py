"""Write words and vectors for other tools: ``write_vectors``. One file a format.

Rows are written in blocks as they come, and a file appears whole or not at all.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.objects import counts_of, is_keyed
from iiq.vectors.word_blocks import WordBlocks, as_word_blocks
from iiq.vectors.writers import gensim, npy, static_embedding, text, word2vec_binary
from iiq.vectors.writers._checks import check_words, float_blocks

__all__ = ["WRITERS", "write_vectors"]

_BLOCK_ROWS = 16384


class Writer(NamedTuple):
    """How one format is written.

    ``check`` takes all words and the first rows and raises ValueError for what would not be read
    back the same; ``write`` takes the blocks, the path and the number of rows.
    """

    check: Callable[[list[str], NDArray[np.float32]], None]
    write: Callable[[WordBlocks, Path, int], None]
    packs: bool = False  # where the name ends in .gz, .bz2 or .xz


WRITERS: dict[str, Writer] = {
    "word2vec": Writer(
        partial(text.check, header=True), partial(text.write, header=True), packs=True
    ),
    "glove": Writer(
        partial(text.check, header=False), partial(text.write, header=False), packs=True
    ),
    "word2vec-binary": Writer(word2vec_binary.check, word2vec_binary.write, packs=True),
    "npy": Writer(npy.check, npy.write),
    "gensim": Writer(lambda words, rows: None, gensim.write),
    "static-embedding": Writer(lambda words, rows: None, static_embedding.write),
}
_ENDINGS = {
    ".txt": "word2vec",
    ".vec": "word2vec",
    ".bin": "word2vec-binary",
    ".npy": "npy",
    ".kv": "gensim",
    "": "static-embedding",
}


def write_vectors(
    vectors: Any,
    path: str | os.PathLike[str],
    *,
    format: str = "auto",
    spaces: str | None = None,
) -> None:
    r"""Write words and vectors to a file that other tools read.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors, gensim KeyedVectors, mapping, (words, matrix), ...
        What :func:`iiq.compress` takes. Of a compressed vocabulary the decoded vectors are written.
    path : path
        The file to write or replace; for "static-embedding" a folder that does not exist yet.
        Text and binary files ending in .gz, .bz2 or .xz are compressed.
    format : str, default "auto"
        A key of ``WRITERS``, or "auto" to take it from the name: .txt and .vec word2vec text, .bin
        word2vec binary, .npy a matrix with NAME.words.txt beside it, .kv gensim's KeyedVectors, no
        ending a sentence-transformers StaticEmbedding.
    spaces : str, optional
        What to put in place of each space in a word: word2vec's formats end a word at a space.

    Raises
    ------
    ValueError
        If the format is unknown, or cannot hold a word so that it is read back the same: the text
        names the word and the fix, and nothing is written.
    FileExistsError
        If the folder of a static embedding is there already.

    Examples
    --------
    >>> import pathlib, tempfile, iiq
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tiny.txt"
    >>> write_vectors((["cat", "dog"], [[1.0, 0.5], [-2.0, 0.25]]), path)
    >>> path.read_text()
    '2 2\ncat 1 0.5\ndog -2 0.25\n'
    """
    path = Path(path)
    writer = WRITERS[_format_of(path, format)]
    if path.suffix in text.PACKERS and not writer.packs:
        raise ValueError(
            f"{path}: only text and word2vec binary are packed: leave out {path.suffix}"
        )
    blocks = _renamed(_word_blocks(vectors), spaces)
    words: list[str] = []
    first = np.empty((0, blocks.dim), dtype=np.float32)
    for some, rows in blocks.blocks():
        first = np.asarray(rows, dtype=np.float32) if not words else first
        words += some
    check_words(words)
    writer.check(words, first)
    if blocks.subwords is not None:
        warnings.warn(
            "the n-grams are left out, no format that is written holds them: missing words will "
            "have no vectors (iiq.compress keeps them)",
            UserWarning,
            stacklevel=2,
        )
    writer.write(float_blocks(blocks), path, len(words))


def _format_of(path: Path, format: str) -> str:
    if format in WRITERS:
        return format
    if format != "auto":
        raise ValueError(f"format must be 'auto' or one of {', '.join(WRITERS)}; got {format!r}")
    ending = path.suffix
    if ending in text.PACKERS:
        ending = path.with_suffix("").suffix
    if ending not in _ENDINGS:
        known = ", ".join(filter(None, _ENDINGS))
        raise ValueError(
            f"{path}: can't tell the format from {ending!r}: end the name in {known}, or "
            f"in nothing for a static embedding, or pass format= ({', '.join(WRITERS)})"
        )
    return _ENDINGS[ending]


def _word_blocks(vectors: Any) -> WordBlocks:
    if isinstance(vectors, WordBlocks):
        return vectors
    if is_keyed(vectors) and hasattr(vectors.vectors, "shape"):
        return _sliced(vectors)
    return as_word_blocks(vectors)


def _sliced(vectors: Any) -> WordBlocks:
    """Return the blocks of KeyedVectors, which may be decoded as they are sliced."""
    words, rows = vectors.index_to_key, vectors.vectors

    def blocks() -> Iterator[tuple[Sequence[str], NDArray[Any]]]:
        for start in range(0, len(words), _BLOCK_ROWS):
            stop = start + _BLOCK_ROWS
            yield words[start:stop], np.asarray(rows[start:stop])

    ngrams = next(
        (found for name in ("subwords", "ngrams", "vectors_ngrams")
         if (found := getattr(vectors, name, None)) is not None), None,
    )  # fmt: skip
    return WordBlocks(blocks, int(rows.shape[1]), counts_of(vectors), ngrams)


def _renamed(blocks: WordBlocks, spaces: str | None) -> WordBlocks:
    """Put ``spaces`` in place of each space in a word."""
    if spaces is None:
        return blocks

    def renamed() -> Iterator[tuple[Sequence[str], NDArray[Any]]]:
        for words, rows in blocks.blocks():
            yield [word.replace(" ", spaces) for word in words], rows

    return blocks._replace(blocks=renamed)
