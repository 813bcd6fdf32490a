"""``iiq eval``: judge a compressed vocabulary, or float vectors, by the paper's tasks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iiq._support.files import is_vocabulary
from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_reading,
    add_verb,
    format_table,
    is_terminal,
    open_vocabulary,
    print_json,
    reading_options,
    refuse_reading,
)

if TYPE_CHECKING:
    from iiq.evaluate import Report

TASKS = ("similarity", "categorization", "analogy", "classification", "sentiment", "isotropy")
_POLICIES = {"covered": "words that are missing left out", "paper": "missing words are the mean"}
WITH_BAR = ("analogy", "classification", "sentiment")


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``eval``."""
    parser = add_verb(
        subparsers,
        "eval",
        summary="judge a vocabulary by word similarity and other tasks",
        details="Scores are times 100 with their 95 % bootstrap interval.",
        example="iiq eval glove.iiq\niiq eval glove.iiq --data eval\n"
        "iiq eval glove.iiq --sets wordsim353.tsv\n"
        "iiq eval glove.6B.100d.txt --tasks similarity categorization --data eval",
    )
    parser.add_argument("file", help="a compressed vocabulary, or a file of word vectors")
    parser.add_argument(
        "--sets",
        nargs="+",
        metavar="SET",
        help="only these sets: names, or files (.tsv, .csv, .txt)",
    )
    add_evaluation_options(parser, TASKS)
    parser.set_defaults(run=run)


def add_evaluation_options(parser: argparse.ArgumentParser, tasks: tuple[str, ...]) -> None:
    """Add what ``eval`` and ``compare`` have in common."""
    parser.add_argument(
        "--tasks", nargs="+", choices=tasks, metavar="TASK",
        help=f"of {', '.join(tasks)} (default: similarity, or what --sets are for; without "
        "any data the analogies that come with iiq)",
    )  # fmt: skip
    parser.add_argument(
        "--data", metavar="FOLDER", help="folder of data sets (default: the variable IIQ_DATA)"
    )
    parser.add_argument(
        "--policy", choices=["both", "covered", "paper"], metavar="HOW",
        help="missing words: left out (covered, the default of tables), the mean vector (paper), "
        "or both (the default of --long, --markdown and --json)",
    )  # fmt: skip
    parser.add_argument(
        "--view", choices=["decoded", "signs"], default="decoded",
        help="of codes judge the decoded vectors, or +-1 as in the paper (default: decoded)",
    )  # fmt: skip
    parser.add_argument("--long", action="store_true", help="print every row with all it says")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--report", metavar="FILE", help="write every row as JSON to a file too")
    add_reading(parser, "the vectors")


def print_report(report: Report, arguments: argparse.Namespace) -> None:
    """Print a report as the command's options say, and write it where they say."""
    if arguments.report:
        Path(arguments.report).write_text(report.to_json(), encoding="utf-8")
    policy = arguments.policy
    shown = report if policy in (None, "both") else report.where(policy=policy)
    if arguments.json:
        print_json(json.loads(shown.to_json())["rows"])
    elif arguments.markdown:
        print(shown.to_markdown())
    elif arguments.long:
        _print_table(table_of(shown), "<<<<<<>>>><")
    else:
        for one in ("covered", "paper") if policy == "both" else (policy or "covered",):
            _print_short(report, one)


def _print_short(report: Report, policy: str) -> None:
    """Print one policy: a line a data set of one system, else a line a system."""
    from iiq.evaluate.tables import pivot, show

    print(f"{_POLICIES[policy]}; scores x 100 (--long for all rows)")
    methods = {(row.method, row.bits_per_vector, row.view, row.seeds) for row in report}
    if len(methods) > 1:
        lines = pivot(report, policy=policy, best="*{}")
        _print_table(lines, "<" + ">" * (len(lines[0]) - 1))
        print("* the best of the compressed")
        return
    rows = [
        [row.data, row.metric, show(row), f"{100 * row.low:.1f} - {100 * row.high:.1f}",
         f"{row.n}/{row.n_total}" if row.n_total else ""]
        for row in report.where(policy=policy)
    ]  # fmt: skip
    _print_table([["data", "metric", "score", "95 %", "items"], *rows], "<<>>>")


def table_of(report: Report) -> list[list[str]]:
    """Return all rows as text."""
    from iiq.evaluate.tables import table

    return table(report)


def _print_table(lines: list[list[str]], align: str) -> None:
    print("\n".join(format_table(lines, align=align)))


def tasks_of(arguments: argparse.Namespace) -> list[str]:
    """Return the tasks asked for; without, what the files of ``--sets`` are for, or similarity.

    Where there are no data sets at all: the analogies that come with the package.
    """
    from iiq.evaluate.bundled import NAME as BUNDLED
    from iiq.evaluate.datasets import VARIABLE, names_data, task_of

    if arguments.tasks:
        return list(arguments.tasks)
    sets = getattr(arguments, "sets", None) or []
    if sets == [BUNDLED]:
        return ["analogy"]
    if not sets and not names_data(arguments.data):
        print(
            f"iiq: no --data and no {VARIABLE}: by the analogies that come with iiq ({BUNDLED})",
            file=sys.stderr,
        )
        return ["analogy"]
    files = [one for one in sets if Path(one).is_file()]
    return list(dict.fromkeys(task_of(one) for one in files)) or ["similarity"]


def run(arguments: argparse.Namespace) -> int:
    """Judge one file."""
    with clock("judging"):
        report = _judge_by_tasks(arguments)
    print_report(report, arguments)
    return 0


def _judge_by_tasks(arguments: argparse.Namespace) -> Report:
    import iiq
    from iiq import evaluate
    from iiq.evaluate import Report, judge

    vectors: Any
    if is_vocabulary(arguments.file):
        refuse_reading(arguments, arguments.file)
        vectors = open_vocabulary(arguments.file)
    else:
        reading = reading_options(arguments)
        vectors = iiq.read_vectors(arguments.file, verbose=is_terminal(), **reading)
    judged = judge(vectors, view=arguments.view)
    report = Report()
    for task in tasks_of(arguments):
        options: dict[str, Any] = {"verbose": is_terminal()} if task in WITH_BAR else {}
        if task != "isotropy":
            options["data"] = arguments.data
            if arguments.sets and task != "sentiment":
                options["sets"] = arguments.sets
        judge_by = getattr(evaluate, "isotropy_report" if task == "isotropy" else task)
        report += judge_by(judged, **options)
    return report
