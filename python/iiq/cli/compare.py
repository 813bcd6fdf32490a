"""``iiq compare``: fit methods to one's own vectors and judge them all, in one table."""

from __future__ import annotations

import argparse

from iiq.cli._clock import clock
from iiq.cli._common import Subparsers, add_verb, is_terminal, reading_options
from iiq.cli.eval import add_evaluation_options, print_report, tasks_of

TASKS = (
    "similarity",
    "categorization",
    "analogy",
    "classification",
    "sentiment",
    "neighbours",
    "isotropy",
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``compare``."""
    parser = add_verb(
        subparsers,
        "compare",
        summary="compress by several methods and judge them all",
        details="The float vectors, and the cleaned float vectors, come first.",
        example="iiq compare glove.6B.300d.txt --methods iiq itq --bits 300 150 75 --data eval\n"
        "iiq compare vectors.txt --methods iiq lsh --seeds 5 --plot frontier",
    )
    parser.add_argument("vectors", help="a file of word vectors")
    parser.add_argument(
        "--methods", nargs="+", default=["iiq", "itq", "lsh", "sign"], metavar="METHOD",
        help="of iiq, itq, lsh, sign, nlb, prune, dccl, pq, rq, rabitq, float16, int8 "
        "(default: iiq itq lsh sign)",
    )  # fmt: skip
    parser.add_argument(
        "--bits",
        nargs="+",
        type=int,
        metavar="N",
        help="lengths of a code (default: the dimension)",
    )
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="seeds 0 .. N-1, averaged (default: 1)"
    )
    parser.add_argument("--every-seed", action="store_true", help="print each seed on its own")
    parser.add_argument("--plot", metavar="FILE", help="draw quality against bits as SVG and PNG")
    add_evaluation_options(parser, TASKS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, judge, print."""
    import iiq
    from iiq._support.validate import as_int

    n_seeds = as_int(arguments.seeds, "--seeds", 1)
    reading = reading_options(arguments)
    words = iiq.read_vectors(arguments.vectors, verbose=is_terminal(), **reading)
    tasks = tasks_of(arguments)
    with clock("judging"):
        report = iiq.compare(
            words,
            methods=arguments.methods,
            n_bits=arguments.bits,
            tasks=tasks,
            data=arguments.data,
            seeds=range(n_seeds),
            view=arguments.view,
            verbose=is_terminal(),
        )
    if not arguments.every_seed:
        report = report.summary()
    print_report(report, arguments)
    if arguments.plot:
        first = report.where(task=tasks[0])
        data = "mean" if first.where(data="mean") else first[0].data
        iiq.plot.save(iiq.plot.frontier(first, data=data), arguments.plot)
    return 0
