"""``iiq convert``: any format that is read to any format that is written."""

from __future__ import annotations

import argparse

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
    from iiq.cli.convert_file import convert

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
