"""Write words and vectors for other tools: ``write_vectors``. One file a format.

Rows are written in blocks as they come, and a file appears whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.word_blocks import Source, as_word_vectors, memory_source
from iiq.vectors.writers import gensim, npy, static_embedding, text, word2vec_binary
from iiq.vectors.writers._rows import Rows

__all__ = ["WRITERS", "write_vectors"]

_BLOCK_ROWS = 16384

WRITERS: dict[str, Callable[[Rows, Path], None]] = {
    "word2vec": partial(text.write, header=True),
    "glove": partial(text.write, header=False),
    "word2vec-binary": word2vec_binary.write,
    "npy": npy.write,
    "gensim": gensim.write,
    "static-embedding": static_embedding.write,
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
    vectors : WordVectors, BinaryKeyedVectors, gensim KeyedVectors, mapping, (words, matrix), Source
        Of a compressed vocabulary the decoded vectors are written, +1 and -1.
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
        If the format is unknown, or cannot hold a word: the text names the word and the fix.
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
    WRITERS[_format_of(path, format)](Rows(_source(vectors), spaces), path)


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


def _source(vectors: Any) -> Source:
    if isinstance(vectors, Source):
        return vectors
    if hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors"):
        return _sliced(vectors.index_to_key, vectors.vectors, _counts(vectors))
    return memory_source(as_word_vectors(vectors))


def _counts(vectors: Any) -> Any:
    counts = getattr(vectors, "counts", None)
    return getattr(vectors, "expandos", {}).get("count") if counts is None else counts


def _sliced(words: Sequence[str], vectors: Any, counts: Any) -> Source:
    """Make a source of anything that can be sliced, without making it an array first."""

    def blocks() -> Iterator[tuple[Sequence[str], NDArray[Any]]]:
        for start in range(0, len(words), _BLOCK_ROWS):
            stop = start + _BLOCK_ROWS
            yield words[start:stop], np.asarray(vectors[start:stop])

    return Source(blocks, int(vectors.shape[1]), counts)
