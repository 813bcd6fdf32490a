"""``iiq explore``: a vocabulary as one web page that answers for itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from iiq.cli._common import (
    Subparsers,
    add_verb,
    human_bytes,
    human_count,
    open_vocabulary,
    positive,
    print_json,
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``explore``."""
    parser = add_verb(
        subparsers,
        "explore",
        summary="write a web page that shows a vocabulary",
        details="The page holds the words and codes; it answers as one types, without server or "
        "network: neighbours, sums of words, a map, bits.",
        example="iiq explore glove.iiq -o glove.html\n"
        "iiq explore large.iiq -o large.html --limit 500000",
    )
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument("-o", "--output", required=True, help="the page to write")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N words")
    parser.add_argument("--title", help="what the page is called (default: the file's name)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page and say how large it is."""
    from iiq.study.explore import explore

    vocabulary = open_vocabulary(arguments.file)
    title = Path(arguments.file).stem if arguments.title is None else arguments.title
    size = explore(vocabulary, arguments.output, limit=arguments.limit, title=title)
    n = min(arguments.limit or len(vocabulary), len(vocabulary))
    if arguments.json:
        print_json({"page": arguments.output, "page_bytes": size, "words": n})
    else:
        print(
            f"{arguments.output}: {human_count(n)} words, {human_bytes(size)}; open it in a browser"
        )
    return 0
