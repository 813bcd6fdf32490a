"""``iiq plot``: the pictures - loss curve, bits of near and far words, quality against bits."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from iiq.cli import NotFound
from iiq.cli._clock import clock
from iiq.cli._common import Subparsers, add_verb, open_vocabulary, print_json
from iiq.cli._hints import missing_word

FIGURES = ("loss", "words", "frontier")


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``plot``."""
    parser = add_verb(
        subparsers,
        "plot",
        summary="draw a figure as SVG and PNG (pip install 'iiq[plot]')",
        details="loss: the quantization loss of compressed vocabularies, iteration by iteration. "
        "words: the bits of the words nearest to a word and furthest from it. "
        "frontier: quality against bits, from the JSON report of iiq compare.",
        example="iiq plot words glove.iiq --word cook -o cook\n"
        "iiq plot loss glove.iiq -o loss\niiq plot frontier report.json -o frontier",
    )
    parser.add_argument("figure", choices=FIGURES, help="what to draw")
    parser.add_argument("files", nargs="+", metavar="FILE", help="what to draw it of")
    parser.add_argument("--word", help="the word of the figure 'words'")
    parser.add_argument("-n", type=int, default=100, help="words of either kind (default: 100)")
    parser.add_argument("-o", "--output", required=True, help="their name: svg and png, or .pdf")
    parser.set_defaults(run=run)


def _one(arguments: argparse.Namespace) -> str:
    if len(arguments.files) != 1:
        raise ValueError(
            f"the figure {arguments.figure!r} is of one file, got {len(arguments.files)}: "
            f"{', '.join(arguments.files)}"
        )
    return str(arguments.files[0])


def _words(arguments: argparse.Namespace) -> Any:
    import iiq

    vocabulary = open_vocabulary(_one(arguments))
    if arguments.word is None:
        raise ValueError("the figure 'words' needs --word WORD")
    if arguments.word not in vocabulary:
        raise NotFound(missing_word(vocabulary, arguments.word))
    return iiq.plot.neighbours(vocabulary, arguments.word, n=arguments.n)


def _loss(arguments: argparse.Namespace) -> Any:
    import iiq

    curves = {}
    for file in arguments.files:
        curve = getattr(open_vocabulary(file).encoder, "loss_curve_", None)
        if curve is None or len(curve) == 0:
            raise ValueError(f"{file}: its encoder has no loss curve (methods iiq and itq have)")
        curves[Path(file).name] = curve
    return iiq.plot.loss_curve(curves)


def _frontier(arguments: argparse.Namespace) -> Any:
    import iiq

    text = Path(_one(arguments)).read_text(encoding="utf-8")
    return iiq.plot.frontier(iiq.evaluate.Report.from_json(text))


def run(arguments: argparse.Namespace) -> int:
    """Draw the figure and name the files."""
    import iiq

    draw = {"loss": _loss, "words": _words, "frontier": _frontier}[arguments.figure]
    with clock("drawing"):
        files = [str(path) for path in iiq.plot.save(draw(arguments), arguments.output)]
    if arguments.json:
        print_json({"files": files})
    else:
        print("\n".join(f"wrote {file}" for file in files))
    return 0
