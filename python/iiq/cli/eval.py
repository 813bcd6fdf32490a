"""``iiq eval``: judge a compressed vocabulary, or float vectors, by the paper's tasks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iiq._support.files import is_vocabulary
from iiq.cli._common import (
    Subparsers,
    add_reading,
    add_verb,
    format_table,
    is_terminal,
    open_vocabulary,
    print_json,
    reading_options,
)

if TYPE_CHECKING:
    from iiq.evaluate import Report

TASKS = ("similarity", "categorization", "analogy", "classification", "sentiment", "isotropy")
WITH_BAR = ("analogy", "classification", "sentiment")


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``eval``."""
    parser = add_verb(
        subparsers,
        "eval",
        summary="judge a vocabulary by word similarity and other tasks",
        details="Scores are times 100 with their 95 % bootstrap interval.",
        example="iiq eval glove.iiq --data eval\n"
        "iiq eval glove.iiq --sets my_pairs.tsv\n"
        "iiq eval glove.6B.100d.txt --tasks similarity categorization --data eval",
    )
    parser.add_argument("file", help="a compressed vocabulary, or a file of word vectors")
    parser.add_argument(
        "--sets", nargs="+", metavar="SET", help="only these sets, by name or as .tsv files"
    )
    add_evaluation_options(parser, TASKS)
    parser.set_defaults(run=run)


def add_evaluation_options(parser: argparse.ArgumentParser, tasks: tuple[str, ...]) -> None:
    """Add what ``eval`` and ``compare`` have in common."""
    parser.add_argument(
        "--tasks", nargs="+", choices=tasks, default=["similarity"], metavar="TASK",
        help=f"of {', '.join(tasks)} (default: similarity)",
    )  # fmt: skip
    parser.add_argument(
        "--data", metavar="FOLDER", help="folder of data sets (default: the variable IIQ_DATA)"
    )
    parser.add_argument(
        "--policy", choices=["both", "covered", "paper"], default="both",
        help="missing words: left out (covered), the mean vector (paper), or both tables",
    )  # fmt: skip
    parser.add_argument(
        "--view", choices=["decoded", "signs"], default="decoded",
        help="of codes judge the decoded vectors, or +-1 as in the paper (default: decoded)",
    )  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--report", metavar="FILE", help="write every row as JSON to a file too")
    add_reading(parser, "the vectors")


def print_report(report: Report, arguments: argparse.Namespace) -> None:
    """Print a report as the command's options say, and write it where they say."""
    if arguments.report:
        Path(arguments.report).write_text(report.to_json(), encoding="utf-8")
    shown = report if arguments.policy == "both" else report.where(policy=arguments.policy)
    if arguments.json:
        print_json(json.loads(shown.to_json())["rows"])
    elif arguments.markdown:
        print(shown.to_markdown())
    else:
        from iiq.evaluate.report import table

        head, *rows = table(shown)
        for line in format_table([head, *rows], align="<<<<<<>>>><"):
            print(line)


def run(arguments: argparse.Namespace) -> int:
    """Judge one file."""
    import iiq
    from iiq import evaluate
    from iiq.evaluate import Report, judge

    vectors: Any
    if is_vocabulary(arguments.file):
        vectors = open_vocabulary(arguments.file)
    else:
        reading = reading_options(arguments)
        vectors = iiq.read_vectors(arguments.file, verbose=is_terminal(), **reading)
    judged = judge(vectors, view=arguments.view)
    report = Report()
    for task in arguments.tasks:
        options: dict[str, Any] = {"verbose": is_terminal()} if task in WITH_BAR else {}
        if task != "isotropy":
            options["data"] = arguments.data
            if arguments.sets and task != "sentiment":
                options["sets"] = arguments.sets
        judge_by = getattr(evaluate, "isotropy_report" if task == "isotropy" else task)
        report += judge_by(judged, **options)
    print_report(report, arguments)
    return 0
