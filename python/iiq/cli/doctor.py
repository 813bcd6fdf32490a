"""``iiq doctor``: what vectors are like before compressing, and codes after."""

from __future__ import annotations

import argparse
from typing import Any

from iiq._support.files import is_vocabulary
from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_reading,
    add_threads,
    add_verb,
    format_table,
    human_count,
    is_terminal,
    open_vocabulary,
    print_json,
    printable,
    reading_options,
    refuse_reading,
)

BAR = 40  # characters of the longest bar


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``doctor``."""
    parser = add_verb(
        subparsers,
        "doctor",
        summary="examine word vectors before compressing, or codes after",
        details="The quick run tries 16x to 128x on the first 20 000 words.",
        example="iiq doctor glove.6B.100d.txt\niiq doctor glove.iiq --source glove.6B.100d.txt",
    )
    parser.add_argument("file", help="word vectors, or a compressed vocabulary")
    parser.add_argument("--source", metavar="FILE", help="the vectors that codes were made from")
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    add_threads(parser)
    add_reading(parser, "the vectors")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found."""
    coded = is_vocabulary(arguments.file)
    if coded and arguments.source is None:
        refuse_reading(arguments, arguments.file)
    with clock("examining"):
        report = _examine(arguments, coded=coded)
    if arguments.json:
        print_json(report)
    elif coded:
        _print_codes(report)
    else:
        _print_vectors(report)
    return 0


def _examine(arguments: argparse.Namespace, *, coded: bool) -> dict[str, Any]:
    import iiq

    reading = {**reading_options(arguments), "verbose": is_terminal()}
    source = None
    if coded:
        data: Any = open_vocabulary(arguments.file)
        if arguments.source is not None:
            limit = len(data) if reading["limit"] is None else min(reading["limit"], len(data))
            source = iiq.read_vectors(arguments.source, **{**reading, "limit": limit})
    else:
        data = iiq.read_vectors(arguments.file, **reading)
    return iiq.doctor(
        data,
        source,
        threads=arguments.threads,
        random_state=arguments.seed,
        verbose=is_terminal(),
    )


def _print_vectors(report: dict[str, Any]) -> None:
    isotropy = report["isotropy"]
    rows = [
        ("words", human_count(report["words"]) + f", {report['dim']} dimensions"),
        ("mean norm", f"{report['mean_norm']:.4g} (sd {report['sd_norm']:.3g})"),
        ("mean vector", f"{100 * report['mean_share']:.1f} % of the mean squared length"),
        ("isotropy", f"{isotropy['raw']['partition_ratio']:.3f} raw, "
                     f"{isotropy['cleaned']['partition_ratio']:.3f} cleaned (eq. 3; 1 is even)"),
        ("duplicate rows", human_count(report["duplicate_rows"])),
        ("zero rows", human_count(report["zero_rows"])),
        ("order of words", "alphabetical" if report["alphabetical"] else "not alphabetical"),
        ("suggested", f"n_remove {report['n_remove']}, {report['n_bits']} bits"),
    ]  # fmt: skip
    print("\n".join(format_table(rows, align="<<")))
    print("\nshare of variance of the strongest directions (- removed)")
    shares = report["variance_shares"]
    for i, share in enumerate(shares):
        bar = "#" * max(1, round(BAR * share / max(shares[0], 1e-12)))
        print(f"{i + 1:>4} {100 * share:5.1f} % {'-' if i < report['n_remove'] else ' '} {bar}")
    print("\nexpected, from a quick run: neighbours of the cleaned vectors found again")
    table = [("ratio", "bits", "recall@10 of codes", "of float queries")]
    for one in report["expected"]:
        table.append((f"{one['ratio']}x", str(one["n_bits"]), f"{one['recall_at_10']:.2f}",
                      f"{one['recall_at_10_float_query']:.2f}"))  # fmt: skip
    print("\n".join(format_table(table, align=">>>>")))
    print("\npresets: neighbours of the vectors as they are, found again")
    table = [("preset", "bytes a word", "recall@10", "")]
    for one in report["presets"]:
        chosen = "<- recommended" if one["name"] == report["preset"] else ""
        table.append((one["name"], f"{one['bytes_per_word']:g}", f"{one['recall_at_10']:.2f}",
                      chosen))  # fmt: skip
    print("\n".join(format_table(table, align="<>><")))
    print("\n" + "\n".join(f"* {printable(sentence)}" for sentence in report["advice"]))


def _print_codes(report: dict[str, Any]) -> None:
    least, mean, most = report["bit_balance"]
    average, largest = report["bit_correlation"]
    rows = [
        ("codes", f"{human_count(report['codes'])} of {report['n_bits']} bits"),
        ("share of ones", f"{mean:.3f} on average, {least:.3f} to {most:.3f} (0.5 is balanced)"),
        ("correlation of bits", f"{average:.3f} on average, {largest:.3f} at most"),
        ("duplicate codes", f"{human_count(report['duplicate_codes'])} "
                            f"({report['expected_collisions']:.3g} by chance)"),
    ]  # fmt: skip
    if "recall_at_10" in report:
        rows.append(("recall@10", f"{report['recall_at_10']:.2f} of the raw cosine neighbours"))
    print("\n".join(format_table(rows, align="<<")))
    if "calibration" in report:
        print("\nwhat a distance stands for")
        table = [("bits that differ", "cosine of the vectors", "+-")]
        curve = report["calibration"]
        for share, cosine, error in zip(*curve.values(), strict=True):
            table.append((f"{100 * share:.1f} %", f"{cosine:.3f}", f"{error:.3f}"))
        print("\n".join(format_table(table, align=">>>")))
