""".npy: a matrix, and its words in a text file beside it.

``NAME.npy`` finds its words, one a line, in ``NAME.words.txt``, ``NAME.vocab.txt`` or ``NAME.txt``
(endings such as ``.vectors.f16`` are dropped from NAME one by one), else in ``words.txt`` or
``vocab.txt`` in the same folder. float16 and float32 files are memory-mapped, never copied.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iiq._support.files import second_of
from iiq.vectors.readers._arrays import array_source
from iiq.vectors.readers._source import (
    Options,
    Source,
    WordError,
    decode_words,
    library_reads,
    undecodable,
)
from iiq.vectors.readers._streams import read_all

NAME = "npy"
_WORD_ENDINGS = (".words.txt", ".vocab.txt", ".txt", ".words", ".vocab")
_COMMON_LISTS = ("words.txt", "vocab.txt")


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a .npy file."""
    return head.startswith(b"\x93NUMPY")


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open a .npy file and its list of words."""
    with library_reads(path, ".npy file"):
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    return array_source(path, NAME, matrix, lambda: words_of(path, options), options)


def words_of(path: Path, options: Options) -> list[str]:
    """Read the words that belong to a matrix's file."""
    if options.words is None:
        return read_word_list(_find_word_list(path), options)
    if isinstance(options.words, str | Path):
        return read_word_list(Path(options.words), options)
    return list(options.words)


def _find_word_list(path: Path) -> Path:
    tried = []
    stem = path.name
    while "." in stem:
        stem = stem.rpartition(".")[0]
        tried += [stem + ending for ending in _WORD_ENDINGS]
    tried += _COMMON_LISTS
    for name in tried:
        found = second_of(path, path.parent / name)
        if found.is_file():
            return found
    raise FileNotFoundError(
        f"{path} holds vectors without words, and beside it stands none of "
        f"{', '.join(tried[-7:])}: pass words=, a list or the path of a file with one word a line"
    )


def read_word_list(path: Path, options: Options) -> list[str]:
    """Read one word a line: split at newlines alone, since words may hold U+0085 and the like."""
    if path.suffix == ".parquet":
        from iiq.vectors.readers.parquet import read_words

        return read_words(path)
    data = read_all(path).removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n")
    lines = data.split(b"\n")
    if all(line.endswith(b"\r") for line in lines[:-1]) and len(lines) > 1:
        lines = [line.removesuffix(b"\r") for line in lines]
    try:
        return decode_words(lines, options)
    except WordError as error:
        raise undecodable(path, f"line {error.row + 1}", error, options) from None
