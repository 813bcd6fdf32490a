"""``iiq nn``: the nearest words of words; without words, a prompt."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from iiq.cli import EXIT_NOT_FOUND
from iiq.cli._common import (
    Subparsers,
    add_scoring,
    add_threads,
    add_verb,
    format_table,
    open_vocabulary,
    print_json,
    printable,
    searching,
)
from iiq.cli._hints import missing_word

if TYPE_CHECKING:
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

Neighbours = list[tuple[str, float]]

PROMPT_HELP = (
    "Type a word for its neighbours, or words joined by + and - (king - man + woman).\n"
    "Tab completes a word; an empty line or Ctrl-D ends."
)
COMPLETED_AMONG = 100_000  # the most frequent words
COMPLETIONS = 100


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``nn``."""
    parser = add_verb(
        subparsers,
        "nn",
        summary="print the nearest words of words",
        details="A WORD may be a sum, in quotes. Without words it asks for them; '-' and a pipe "
        "give one a line.",
        example="iiq nn glove.iiq king queen -k 5\niiq nn glove.iiq 'king - man + woman'\n"
        "iiq nn glove.iiq < words.txt",
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


def print_neighbours(title: str, neighbours: Neighbours) -> None:
    """Print a word and its neighbours with their similarities, a line each."""
    print(printable(title))
    rows = [(f"{similarity:.3f}", word) for word, similarity in neighbours]
    for line in format_table(rows, align="><") if rows else ():
        print(f"  {line}")


def _answer_all(
    vocabulary: BinaryKeyedVectors, lines: Iterable[str], arguments: argparse.Namespace
) -> int:
    answers: dict[str, Neighbours] = {}
    code = 0
    for line in lines:
        positive, negative = terms_of(vocabulary, line)
        missing = [word for word in positive + negative if word not in vocabulary]
        if missing or not positive:
            said = [missing_word(vocabulary, word) for word in missing or [line]]
            print("\n".join(f"iiq: {one}" for one in said), file=sys.stderr)
            code = EXIT_NOT_FOUND
            continue
        found = vocabulary.most_similar(positive, negative, **searching(arguments))
        if arguments.json:
            answers[line] = found
        else:
            print_neighbours(line, found)
            sys.stdout.flush()
    if arguments.json:
        print_json(
            {
                line: [{"word": other, "similarity": round(score, 6)} for other, score in found]
                for line, found in answers.items()
            }
        )
    return code


def terms_of(vocabulary: BinaryKeyedVectors, line: str) -> tuple[list[str], list[str]]:
    """Return the words to add and to subtract: the line itself where it is one word."""
    return ([line], []) if line in vocabulary else split_terms(line)


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


def completions(words: Sequence[str], beginning: str) -> list[str]:
    """Return the first words, in their order, that begin so."""
    return list(islice((word for word in words if word.startswith(beginning)), COMPLETIONS))


def _prepare_readline(vocabulary: BinaryKeyedVectors) -> None:
    """Edit lines, remember them and complete words by Tab, where the system has it."""
    try:
        readline = importlib.import_module("readline")
    except ModuleNotFoundError:
        return
    frequent: list[str] = []
    found: list[str] = []

    def complete(beginning: str, state: int) -> str | None:
        if state == 0:
            if not frequent:
                frequent.extend(vocabulary.index_to_key[:COMPLETED_AMONG])
            found[:] = completions(frequent, beginning)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n")
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")


def _prompt(vocabulary: BinaryKeyedVectors, arguments: argparse.Namespace) -> int:
    _prepare_readline(vocabulary)
    print(PROMPT_HELP)
    while True:
        try:
            line = input("iiq> ").strip()
        except EOFError:
            print()
            return 0
        if not line:
            return 0
        _answer_all(vocabulary, [line], arguments)


def run(arguments: argparse.Namespace) -> int:
    """Answer the words given, those on standard input, or those typed at the prompt."""
    from iiq._support.validate import as_int

    as_int(arguments.topn, "-k", 1)
    vocabulary = open_vocabulary(arguments.file)
    if arguments.words == ["-"] or not (arguments.words or sys.stdin.isatty()):
        return _answer_all(vocabulary, _lines(), arguments)
    if arguments.words:
        return _answer_all(vocabulary, arguments.words, arguments)
    return _prompt(vocabulary, arguments)
