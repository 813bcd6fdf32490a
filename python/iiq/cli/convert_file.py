"""From any format that is read to any format that is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iiq._support.files import is_vocabulary
from iiq.vectors.word_blocks import file_blocks
from iiq.vectors.writers import write_vectors


def convert(
    input: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    format: str = "auto",
    spaces: str | None = None,
    reading: Mapping[str, Any] | None = None,
    verbose: bool = False,
) -> None:
    """Convert a file of word vectors, or a compressed vocabulary, to another format.

    Parameters
    ----------
    input : path
        Any file that :func:`iiq.read_vectors` reads; or a vocabulary that iiq saved, of which the
        decoded vectors (+1 and -1) are written, or, to a name ending in .iiq, the vocabulary in
        today's version of its format.
    output : path
        The file or folder to write; see :func:`iiq.writers.write_vectors`.
    format : str, default "auto"
        Format of the output.
    spaces : str, optional
        What to put in place of each space in a word.
    reading : mapping, optional
        Options of :func:`iiq.read_vectors`.
    verbose : bool
        Show progress on standard error.

    Raises
    ------
    ValueError
        If the input is damaged or the output's format can't hold it.

    Notes
    -----
    Text and binary files are read and written in blocks, in constant memory.
    """
    vectors: Any
    if is_vocabulary(input):
        from iiq.vocabulary.keyed_vectors import load

        vectors = load(input)
        if Path(output).suffix == ".iiq":  # the same vocabulary in today's format
            vectors.save(output)
            return
    else:
        vectors = file_blocks(input, verbose=verbose, **(reading or {}))
    write_vectors(vectors, output, format=format, spaces=spaces)
