"""``iiq convert``: any format that is read to any format that is written."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iiq._support.files import is_vocabulary
from iiq._support.validate import as_int
from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_reading,
    add_threads,
    add_verb,
    bytes_on_disk,
    human_bytes,
    is_terminal,
    print_json,
    reading_options,
    refuse_reading,
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``convert``."""
    parser = add_verb(
        subparsers,
        "convert",
        summary="convert word vectors, or decode a compressed vocabulary, to another format",
        example="iiq convert wiki.magnitude wiki.npy\n"
        "iiq convert glove.840B.300d.zip glove.bin --spaces _\n"
        "iiq convert glove.iiq decoded.vec.gz\n"
        "iiq convert old.iiq new.iiq",
        details="The output's format follows its name: .txt or .vec word2vec text, .bin word2vec "
        "binary, .npy a matrix and NAME.words.txt, .kv gensim, no ending a static embedding. "
        "From .iiq to .iiq a vocabulary of an older format is written in today's.",
    )
    parser.add_argument("input", help="word vectors of any format, or a compressed vocabulary")
    parser.add_argument("output", help="the file or folder to write")
    parser.add_argument("--to", default="auto", metavar="FORMAT", help="format of the output")
    parser.add_argument("--spaces", metavar="TEXT", help="put TEXT in place of spaces in words")
    add_threads(parser)
    add_reading(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert, and say what was written."""
    if is_vocabulary(arguments.input):
        refuse_reading(arguments, arguments.input, heeded=("limit",))
    with clock("converting"):
        convert(
            arguments.input,
            arguments.output,
            format=arguments.to,
            spaces=arguments.spaces,
            reading={**reading_options(arguments), "threads": arguments.threads},
            verbose=is_terminal() and not arguments.json,
        )
    size = bytes_on_disk(arguments.output)
    if arguments.json:
        print_json({"input": arguments.input, "output": arguments.output, "output_bytes": size})
    else:
        print(f"{arguments.output}: {human_bytes(size)}")
    return 0


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
        decoded vectors are written, or, to a name ending in .iiq, the vocabulary in
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
    Text and binary files are read and written in blocks, twice, the first time to check the words;
    memory is that of the words and a few blocks.
    """
    from iiq.vectors.word_blocks import file_blocks
    from iiq.vectors.writers import write_vectors

    vectors: Any
    if is_vocabulary(input):
        from iiq.vocabulary.keyed_vectors import load

        vectors = load(input)
        limit = (reading or {}).get("limit")
        if limit is not None:
            vectors = vectors.take(range(min(as_int(limit, "limit", 1), len(vectors))))
        if Path(output).suffix == ".iiq":  # the same vocabulary in today's format
            vectors.save(output)
            return
    else:
        vectors = file_blocks(input, verbose=verbose, **(reading or {}))
    write_vectors(vectors, output, format=format, spaces=spaces)
