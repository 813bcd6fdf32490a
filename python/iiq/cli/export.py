"""``iiq export``: words and codes for a search engine or database, verified."""

from __future__ import annotations

import argparse
import dataclasses

from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_verb,
    format_table,
    human_count,
    open_vocabulary,
    print_json,
)

# The names of iiq.export.ENGINES, here so that --help imports no engine.
ENGINES = (
    "faiss",
    "faiss-lsh",
    "faiss-ivf",
    "faiss-hnsw",
    "usearch",
    "sqlite-vec",
    "duckdb",
    "lancedb",
    "pgvector",
    "parquet",
    "npy",
    "vespa",
    "elasticsearch",
    "opensearch",
    "milvus",
    "qdrant",
    "clickhouse",
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``export``."""
    parser = add_verb(
        subparsers,
        "export",
        summary="write words and codes for a search engine or database",
        example="iiq export glove.iiq glove.duckdb --to duckdb\n"
        "iiq export glove.iiq postgresql://localhost/words --to pgvector",
        details="What was written is asked for neighbours and compared with exact search.",
    )
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument(
        "output", help="file to write; lancedb: folder; pgvector: file or connection string"
    )
    parser.add_argument(
        "--to", required=True, choices=ENGINES, metavar="ENGINE", help=", ".join(ENGINES)
    )
    parser.add_argument("--no-verify", action="store_true", help="do not compare afterwards")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export and say what was written."""
    with clock("exporting"):
        report = open_vocabulary(arguments.file).export(
            arguments.to,
            arguments.output,
            verify=not arguments.no_verify,
            overwrite=arguments.overwrite,
        )
    if arguments.json:
        print_json(dataclasses.asdict(report))
        return 0
    order = {"little": "least", "big": "most"}[report.bit_order]
    rows = [
        ("written", f"{report.path}, for {report.engine}"),
        ("words", human_count(report.n_codes)),
        ("codes", f"{report.n_bits} bits, stored as {report.stored_bits}"),
        ("bit order", f"{order} significant bit first"),
        ("verified", report.checked or "no"),
    ]
    print("\n".join(format_table(rows, align="<<")))
    return 0
