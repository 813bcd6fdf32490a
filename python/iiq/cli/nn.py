"""``iiq nn``: the nearest words of words; without words, a prompt."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iiq.cli import EXIT_NOT_FOUND
from iiq.cli._common import (
    Subparsers,
    add_scoring,
    add_threads,
    add_verb,
    format_table,
    print_json,
    printable,
    searching,
)

if TYPE_CHECKING:
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

Neighbours = list[tuple[str, float]]

PROMPT_HELP = (
    "Type a word for its neighbours, or words joined by + and - (king - man + woman).\n"
    "An empty line or Ctrl-D ends."
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``nn``."""
    parser = add_verb(
        subparsers,
        "nn",
        summary="print the nearest words of words",
        details="Without words it asks for them; '-' reads them from standard input, one a line.",
        example="iiq nn glove.iiq king queen -k 5\niiq nn glove.iiq - < words.txt",
    )
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument("words", nargs="*", metavar="WORD", help="words, or - for standard input")
    parser.add_argument("-k", "--topn", type=int, default=10, help="neighbours a word (default 10)")
    add_scoring(parser)
    add_threads(parser)
    parser.set_defaults(run=run)


def _lines() -> Iterator[str]:
    for number, line in enumerate(sys.stdin):
        word = line.rstrip("\r\n")
        if word := word.removeprefix("\ufeff") if number == 0 else word:
            yield word


def hint(vocabulary: BinaryKeyedVectors, word: str) -> str:
    """Return the sentence for a word that is not there, with another form of it that is."""
    for form in (word.strip(), word.lower(), word.capitalize(), word.upper()):
        if form in vocabulary:
            return printable(f"'{word}' is not in the vocabulary; '{form}' is")
    return printable(f"'{word}' is not in the vocabulary")


def print_neighbours(title: str, neighbours: Neighbours) -> None:
    """Print a word and its neighbours with their similarities, a line each."""
    print(printable(title))
    rows = [(f"{similarity:.3f}", word) for word, similarity in neighbours]
    for line in format_table(rows, align="><") if rows else ():
        print(f"  {line}")


def _answer_all(
    vocabulary: BinaryKeyedVectors, words: Iterable[str], arguments: argparse.Namespace
) -> int:
    answers: dict[str, Neighbours] = {}
    code = 0
    for word in words:
        if word not in vocabulary:
            print(f"iiq: {hint(vocabulary, word)}", file=sys.stderr)
            code = EXIT_NOT_FOUND
            continue
        found = vocabulary.most_similar(word, **searching(arguments))
        if arguments.json:
            answers[word] = found
        else:
            print_neighbours(word, found)
            sys.stdout.flush()
    if arguments.json:
        print_json(
            {
                word: [{"word": other, "similarity": round(score, 6)} for other, score in found]
                for word, found in answers.items()
            }
        )
    return code


def split_terms(line: str) -> tuple[list[str], list[str]]:
    """Split ``king - man + woman`` into the words to add and the words to subtract."""
    positive: list[str] = []
    negative: list[str] = []
    target = positive
    for token in line.split():
        if token == "+":
            target = positive
        elif token == "-":
            target = negative
        else:
            target.append(token)
            target = positive
    return positive, negative


def _prompt(vocabulary: BinaryKeyedVectors, arguments: argparse.Namespace) -> int:
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("readline")  # line editing and history, where the system has it
    print(PROMPT_HELP)
    while True:
        try:
            line = input("iiq> ").strip()
        except EOFError:
            print()
            return 0
        if not line:
            return 0
        positive, negative = ([line], []) if line in vocabulary else split_terms(line)
        missing = [word for word in positive + negative if word not in vocabulary]
        if missing:
            print("\n".join(hint(vocabulary, word) for word in missing))
        elif positive or negative:
            found = vocabulary.most_similar(positive, negative, **searching(arguments))
            print_neighbours(line, found)


def run(arguments: argparse.Namespace) -> int:
    """Answer the words given, those on standard input, or those typed at the prompt."""
    import iiq
    from iiq._support.validate import as_int

    as_int(arguments.topn, "-k", 1)
    vocabulary = iiq.load(arguments.file)
    if arguments.words:
        words = _lines() if arguments.words == ["-"] else arguments.words
        return _answer_all(vocabulary, words, arguments)
    return _prompt(vocabulary, arguments)
