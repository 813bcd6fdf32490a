"""``iiq analogy``: complete a pair of words after another pair."""

from __future__ import annotations

import argparse

from iiq.cli import NotFound
from iiq.cli._common import (
    Subparsers,
    add_scoring,
    add_threads,
    add_verb,
    open_vocabulary,
    print_json,
    searching,
)
from iiq.cli._hints import missing_word
from iiq.cli.nn import print_neighbours


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``analogy``."""
    parser = add_verb(
        subparsers,
        "analogy",
        summary="answer 'A is to B as C is to ...?'",
        example="iiq analogy glove.iiq man king woman",
    )
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument("a", help="the first word of the known pair")
    parser.add_argument("b", help="the second word of the known pair")
    parser.add_argument("c", help="the first word of the pair to complete")
    parser.add_argument("-k", "--topn", type=int, default=5, help="answers to print (default 5)")
    add_scoring(parser)
    add_threads(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the words nearest to ``b - a + c``."""
    from iiq._support.validate import as_int

    as_int(arguments.topn, "-k", 1)
    vocabulary = open_vocabulary(arguments.file)
    a, b, c = arguments.a, arguments.b, arguments.c
    missing = [word for word in (a, b, c) if word not in vocabulary]
    if missing:
        raise NotFound("; ".join(missing_word(vocabulary, word) for word in missing))
    found = vocabulary.most_similar([b, c], [a], **searching(arguments))
    if arguments.json:
        answers = [{"word": word, "similarity": round(score, 6)} for word, score in found]
        print_json({"a": a, "b": b, "c": c, "answers": answers})
    else:
        print_neighbours(f"{a} : {b} = {c} : ?", found)
    return 0
