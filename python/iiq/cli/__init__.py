"""The command line: one file a verb, one line a verb in the table below.

Results go to standard output, progress and warnings to standard error. Exit codes: 0 done, 1 asked
for something that is not there (or a check failed), 2 bad usage or bad input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence

from iiq.cli._arguments import Formatter, VerbParser, arranged
from iiq.cli._common import printable
from iiq.cli._hints import in_options, missing_file, unknown_verb
from iiq.cli._version import ShowVersion

VERBS = (
    "demo",
    "compress",
    "info",
    "nn",
    "analogy",
    "eval",
    "compare",
    "convert",
    "doctor",
    "plot",
    "explore",
    "bench",
    "export",
    "completion",
)

EXIT_NOT_FOUND, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130


class NotFound(LookupError):
    """What was asked for is not there: ends the command with exit code 1."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every verb."""
    parser = argparse.ArgumentParser(
        prog="iiq",
        description="Binary codes for word vectors: compress, look up neighbours, evaluate.",
        epilog="iiq VERB --help says more, with an example.",
        formatter_class=Formatter,
    )
    parser.add_argument(
        "--version", action=ShowVersion, nargs=0, help="show versions and kernel sets, and end"
    )
    subparsers = parser.add_subparsers(
        title="verbs", metavar="VERB", required=True, parser_class=VerbParser
    )
    for verb in VERBS:
        importlib.import_module(f"iiq.cli.{verb}").add_parser(subparsers)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command, its options anywhere."""
    parser = build_parser()
    verbs: dict[str, argparse.ArgumentParser] = dict(
        parser._subparsers._group_actions[0].choices  # type: ignore[union-attr, arg-type]
    )
    if not argv:
        parser.print_help(sys.stderr)
        parser.exit(EXIT_BAD_INPUT)
    if argv[0].startswith("-"):
        return parser.parse_args(argv)
    if argv[0] not in verbs:
        parser.error(unknown_verb(argv[0], VERBS))
    verb = verbs[argv[0]]
    return verb.parse_args(arranged(verb, argv[1:]))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    clean = "\r\x1b[K" if sys.stderr.isatty() else ""  # where a clock or a bar may stand
    print(f"{clean}iiq: warning: {printable(in_options(str(message)))}", file=sys.stderr)


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError) and error.filename:
        return missing_file(os.fsdecode(error.filename))
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = in_options(str(error.args[0] if isinstance(error, KeyError) and error.args else error))
    expected = isinstance(error, ValueError | TypeError | KeyError | OSError | ImportError)
    return text if expected and text else f"{type(error).__name__}: {text}".removesuffix(": ")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console may lack the letters of a word
            stream.reconfigure(errors="backslashreplace")
    arguments = parse(sys.argv[1:] if argv is None else argv)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            code: int = arguments.run(arguments)
            sys.stdout.flush()
            return code
        except NotFound as error:
            print(f"iiq: {printable(error)}", file=sys.stderr)
            return EXIT_NOT_FOUND
        except BrokenPipeError:
            # The reader of a pipe went away (`iiq ... | head`): not an error of ours.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except KeyboardInterrupt:
            print("iiq: interrupted", file=sys.stderr)
            return EXIT_INTERRUPTED
        except Exception as error:  # other libraries' own, too: faiss, usearch, duckdb, apsw
            print(f"iiq: error: {printable(_reason(error))}", file=sys.stderr)
            return EXIT_BAD_INPUT
