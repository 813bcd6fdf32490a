"""Lists of words that lie beside a matrix: one word a line, with its count or row number or not.

``NAME.npy`` finds its words in ``NAME.words.txt``, ``NAME.vocab.txt`` or ``NAME.txt`` (endings such
as ``.vectors.f16`` are dropped from NAME one by one), else in ``words.txt`` or ``vocab.txt`` in the
same folder. Where every line is another single word and a whole number, the numbers are rows if
they are those of all rows, and counts if they fall: the ``vocab.txt`` of GloVe.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.files import second_of
from iiq._support.words import as_words
from iiq.vectors.readers._opened import (
    Options,
    WordError,
    as_text,
    check_npy_header,
    decode_words,
    library_reads,
    undecodable,
)
from iiq.vectors.readers._streams import decoded_bytes, read_head, read_up_to
from iiq.vectors.readers.foreign import refuse_wide

_WORD_ENDINGS = (".words.txt", ".vocab.txt", ".txt", ".words", ".vocab")
_COMMON_LISTS = ("words.txt", "vocab.txt")
LONGEST_WORD = 1 << 16  # bytes, on average over a list
_NUMBERED = re.compile(rb"([^ \t]+)[ \t]+([0-9]{1,18})")


_VECTOR = re.compile(rb"(?:[ \t]+[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?){2}[ \t]*$")


class WordList(NamedTuple):
    """Words, and how often each occurred where the list says so."""

    words: list[str]
    counts: NDArray[np.int64] | None = None


def words_of(path: Path, options: Options, n_rows: int) -> WordList:
    """Read the words that belong to a matrix's file of ``n_rows`` rows; checks their number."""
    if options.words is None:
        name = _find_word_list(path)
        found = read_word_list(name, options, n_rows)
    elif isinstance(options.words, str | os.PathLike):
        name = Path(options.words)
        found = read_word_list(name, options, n_rows)
    else:
        name, found = None, WordList(as_words(options.words))
    if len(found.words) != n_rows:
        raise ValueError(
            f"{path} holds {n_rows} vectors, but there are {len(found.words)} words"
            f"{'' if name is None else f' in {name}'}: pass words= with one word a row"
        )
    return found


def _find_word_list(path: Path) -> Path:
    tried = [path.name + ending for ending in _WORD_ENDINGS]
    stem = path.name
    while "." in stem:
        stem = stem.rpartition(".")[0]
        tried += [stem + ending for ending in _WORD_ENDINGS]
    tried += _COMMON_LISTS
    for name in tried:
        found = second_of(path, path.parent / name)
        if name != path.name and found.is_file():
            return found
    raise FileNotFoundError(
        f"{path} holds vectors without words, and beside it stands none of "
        f"{', '.join(tried[-7:])}: pass words=, a list or the path of a file with one word a line"
    )


def read_word_list(path: Path, options: Options, n_rows: int) -> WordList:
    """Read a list of ``n_rows`` words: text, .npy, .json or Parquet; no more than these need."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file of words: {path}")
    head = read_head(path, unpack=False)
    if head.startswith(b"PAR1") and _last_bytes(path) == b"PAR1":
        from iiq.vectors.readers.parquet import read_words

        return WordList(read_words(path, options))
    if head.startswith(b"\x93NUMPY"):
        with library_reads(path, "array of words (save it with dtype=str)"):
            with path.open("rb") as file:
                check_npy_header(file)
            return WordList(as_text(np.load(path, allow_pickle=False), path, options))
    refuse_wide(path, head, options)
    data = read_up_to(path, LONGEST_WORD * (n_rows + 1), "list of words")
    data = decoded_bytes(data, path, options)
    if path.suffix == ".json":
        with library_reads(path, "JSON list of words"):
            return WordList(as_words(json.loads(data), f"{path}"))
    try:
        return parse_word_list(
            data, lambda lines: decode_words(lines, options.of_bytes()), n_rows, path
        )
    except WordError as error:
        raise undecodable(path, f"line {error.row + 1}", error, options) from None


def _last_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        return file.read()


def parse_word_list(
    data: bytes,
    decode: Callable[[list[bytes]], list[str]],
    n_rows: int | None = None,
    path: Path | None = None,
) -> WordList:
    """Take a list of words apart: split at newlines alone, since words may hold U+0085 and such.

    Parameters
    ----------
    data : bytes
        The lines, in an encoding that splits as bytes.
    decode : callable
        Decodes a list of words.
    n_rows : int, optional
        How many words there should be: blank lines after them are dropped.
    path : path, optional
        Warn of lines that may be words with counts; silent without it.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    lines = [line.removesuffix(b"\r") for line in data.removesuffix(b"\n").split(b"\n")]
    while n_rows is not None and len(lines) > n_rows and not lines[-1].strip():
        lines.pop()
    if 2 * sum(bool(_VECTOR.search(line)) for line in lines) > len(lines):
        raise ValueError(
            f"{path or 'the list'} holds vectors, not words: its lines end in several numbers, as "
            f"{lines[0][:60]!r} does; pass words= with one word a line"
        )
    numbered = [match for line in lines if (match := _NUMBERED.fullmatch(line))]
    if len(numbered) == len(lines) > 1:
        words = [match[1] for match in numbered]
        numbers = [int(match[2]) for match in numbered]
        if len(set(words)) == len(words):
            if sorted(numbers) == list(range(len(words))):
                return WordList(decode([words[i] for i in np.argsort(numbers)]))
            if all(one >= other for one, other in pairwise(numbers)):
                return WordList(decode(words), np.array(numbers, dtype=np.int64))
            if path is not None:
                first = lines[0].decode(errors="replace")
                warnings.warn(
                    f"{path}: every line ends in a whole number, as {first!r:.60} does, which is "
                    "taken as a part of the word: if it is none, pass words= as a list",
                    UserWarning,
                    stacklevel=2,
                )
    return WordList(decode(lines))
