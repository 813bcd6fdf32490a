"""From any format that is read to any format that is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from iiq.vectors.word_blocks import file_source
from iiq.vectors.writers import write_vectors


def convert(
    input: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    format: str = "auto",
    spaces: str | None = None,
    **reading: Any,
) -> None:
    """Convert a file of word vectors, or a compressed vocabulary, to another format.

    Parameters
    ----------
    input : path
        Any file that :func:`iiq.read_vectors` reads; or a vocabulary that iiq saved, of which the
        decoded vectors (+1 and -1) are written.
    output : path
        The file or folder to write; see :func:`iiq.writers.write_vectors`.
    format : str, default "auto"
        Format of the output.
    spaces : str, optional
        What to put in place of each space in a word.
    **reading
        Options of :func:`iiq.read_vectors`; ``input_format`` is its ``format``.

    Raises
    ------
    ValueError
        If the input is damaged or the output's format can't hold it.

    Notes
    -----
    Text and binary files are read and written in blocks, in constant memory.
    """
    if "input_format" in reading:
        reading["format"] = reading.pop("input_format")
    vectors: Any
    if is_vocabulary(Path(input)):
        from iiq.vocabulary.keyed_vectors import load

        vectors = load(input)
    else:
        vectors = file_source(input, **reading)
    write_vectors(vectors, output, format=format, spaces=spaces)


def is_vocabulary(path: Path) -> bool:
    """Return whether a file is a vocabulary that iiq saved: a safetensors file with our mark."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1 << 12)
    return head[8:9] == b"{" and b'"iiq-vocabulary"' in head
