"""What the verbs share: arguments they have in common, and how figures and tables are printed."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iiq._support.files import is_encoder
from iiq.cli._arguments import Formatter

if TYPE_CHECKING:
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

Subparsers = Any  # argparse's own type for it is private


def add_verb(
    subparsers: Subparsers, name: str, *, summary: str, example: str, details: str = ""
) -> argparse.ArgumentParser:
    """Add a verb with its one-line help and an example at the end of ``--help``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {details}".strip(),
        epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
        formatter_class=Formatter,
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def positive(text: str) -> int:
    """Return a whole number above 0, or let the parser say what is wrong."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add ``--threads``."""
    parser.add_argument(
        "--threads", type=positive, metavar="N", help="threads to use (default: all)"
    )


def add_scoring(parser: argparse.ArgumentParser) -> None:
    """Add how words are compared: ``--scoring`` and ``--oversample``."""
    parser.add_argument(
        "--scoring",
        choices=["decoded", "hamming", "rescore"],
        metavar="HOW",
        help="compare decoded codes (decoded), their bits (hamming) or kept vectors (rescore; the "
        "default where vectors are kept, else decoded)",
    )
    parser.add_argument(
        "--oversample",
        type=positive,
        metavar="N",
        help="candidates by code for each answer that kept vectors put in order",
    )


def searching(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_scoring`, ``-k`` and ``--threads`` asked for, for ``most_similar``."""
    names = ("topn", "scoring", "oversample", "threads")
    given = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def add_reading(parser: argparse.ArgumentParser, what: str = "the input") -> None:
    """Add how a file of vectors is read: the options of ``iiq.read_vectors``, by the same names."""
    group = parser.add_argument_group(f"reading of {what}")
    group.add_argument("--format", default="auto", help="its format (default: found out)")
    group.add_argument("--limit", type=int, metavar="N", help="read only the first N words")
    group.add_argument("--words", metavar="FILE", help="the words of a matrix that has none")
    group.add_argument("--encoding", default="utf-8", help="of the words (default: utf-8)")
    group.add_argument(
        "--errors", default="strict",
        help="bytes that are not in this encoding: strict (default), replace or ignore",
    )  # fmt: skip
    group.add_argument(
        "--no-check-count", dest="check_count", action="store_false",
        help="take what there is where the header says another number of rows",
    )  # fmt: skip
    group.add_argument(
        "--allow-pickle", action="store_true", help="read pickles (.kv), which can run any code"
    )


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_reading` asked for, for ``iiq.read_vectors``."""
    from iiq.vectors.readers import READING

    return {name: getattr(arguments, name) for name in READING}


def open_vocabulary(path: str) -> BinaryKeyedVectors:
    """Open a compressed vocabulary, or say which verb the file is for."""
    import iiq

    if is_encoder(path):
        raise ValueError(f"{path} is a saved encoder, without words: iiq.load_encoder opens it")
    if os.path.isfile(path):
        with open(path, "rb") as file:
            head = file.read(9)
        if not head.endswith(b"{"):  # no safetensors file, damaged or not
            raise ValueError(
                f"{path} holds no codes that iiq made: make them of word vectors by "
                f"iiq compress {path} OUTPUT (iiq doctor {path} says what to expect)"
            )
    return iiq.load(path)


def refuse_reading(
    arguments: argparse.Namespace, vocabulary: str, heeded: tuple[str, ...] = ()
) -> None:
    """Raise ValueError for options of reading, but for ``heeded``, of a vocabulary."""
    usual = {
        "format": "auto", "limit": None, "words": None, "encoding": "utf-8", "errors": "strict",
        "check_count": True, "allow_pickle": False,
    }  # fmt: skip
    for name, value in reading_options(arguments).items():
        if value != usual[name] and name not in heeded:
            raise ValueError(
                f"--{name.replace('_', '-').replace('check', 'no-check')} says how to read "
                f"vectors, but {vocabulary} is a compressed vocabulary: leave it out"
            )


def is_terminal() -> bool:
    """Return whether a person watches standard error, so that progress is worth showing."""
    return sys.stderr.isatty()


# Control characters and the line separators of Unicode: a file's words must not steer a terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: object) -> str:
    """Return one line of text, its control characters written out as Python has them."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], str(text))


def print_json(value: object) -> None:
    """Print a value as JSON, words as the console can show them, without control characters."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    lines = (
        _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in text.split("\n")
    )
    print("\n".join(lines))


def human_bytes(count: float) -> str:
    """Return a size a person reads: 4.0 MB (1 MB = 1 000 000 bytes)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def bytes_on_disk(path: str | os.PathLike[str]) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    root = Path(path)
    files = root.rglob("*") if root.is_dir() else [root]
    return sum(os.path.getsize(file) for file in files if file.is_file())


def human_count(count: int) -> str:
    """Return a count with thin groups: 341 479."""
    return f"{count:,}".replace(",", " ")


def peak_memory() -> int:
    """Return the most bytes this process has had resident so far; 0 where that is not known."""
    try:
        import resource  # not on Windows
    except ModuleNotFoundError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def format_table(rows: Sequence[Sequence[str]], *, align: str) -> Iterable[str]:
    """Yield the lines of a table: ``align`` has one ``<`` or ``>`` a column."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(align))]
    for row in rows:
        cells = [f"{cell:{a}{w}}" for cell, a, w in zip(row, align, widths, strict=True)]
        yield "  ".join(cells).rstrip()
