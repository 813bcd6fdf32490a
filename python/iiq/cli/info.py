"""``iiq info``: what a compressed vocabulary holds; with --verify, whether it is whole."""

from __future__ import annotations

import argparse
import os
from typing import Any

from iiq.cli import EXIT_NOT_FOUND
from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_verb,
    format_table,
    human_bytes,
    human_count,
    open_vocabulary,
    print_json,
)
from iiq.cli._hints import option

SHOWN_WORDS = 8


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``info``."""
    parser = add_verb(
        subparsers,
        "info",
        summary="say what a compressed vocabulary holds",
        example="iiq info glove.iiq\niiq info glove.iiq --verify",
    )
    parser.add_argument("file", help="a compressed vocabulary")
    parser.add_argument("--verify", action="store_true", help="read it all and check it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the facts; end with 1 if a check fails."""
    vocabulary = open_vocabulary(arguments.file)
    encoder = vocabulary.encoder
    facts: dict[str, Any] = {
        "file": arguments.file,
        "file_bytes": os.path.getsize(arguments.file),
        "words": len(vocabulary),
        "first_words": vocabulary.index_to_key[:SHOWN_WORDS],
        "n_bits": vocabulary.n_bits,
        "bytes_per_code": (vocabulary.n_bits + 7) // 8,
        "method": encoder.method if encoder is not None else None,
        "dim": int(encoder.n_features_in_) if encoder is not None else None,
        "parameters": encoder.get_params() if encoder is not None else {},
        "unusual_parameters": _changed(encoder),
        "n_remove_reason": getattr(encoder, "n_remove_reason_", None),
        "quality": vocabulary.quality,
        "attributes": sorted(vocabulary.expandos),
        "kept_vectors": vocabulary.kept_vectors.kind if vocabulary.kept_vectors else None,
    }
    if arguments.verify:
        with clock("verifying"):
            facts["problems"] = vocabulary.verify()
    if arguments.json:
        print_json(facts)
    else:
        _print_facts(facts)
    return EXIT_NOT_FOUND if facts.get("problems") else 0


def _changed(encoder: Any) -> dict[str, Any]:
    """Return the parameters that shape the codes where they are not the usual ones."""
    if encoder is None:
        return {}
    usual = type(encoder)().get_params()
    return {
        name: value
        for name, value in encoder.get_params().items()
        if name not in ("n_bits", "threads", "verbose", "memory_limit") and value != usual[name]
    }


def _print_facts(facts: dict[str, Any]) -> None:
    rows = [
        ("file", f"{facts['file']}, {human_bytes(facts['file_bytes'])}"),
        ("words", f"{human_count(facts['words'])}: {' '.join(facts['first_words'])} ..."),
        ("codes", f"{facts['n_bits']} bits, {facts['bytes_per_code']} bytes a word"),
    ]
    if facts["method"] is not None:
        ratio = 32 * facts["dim"] / facts["n_bits"]
        whole = 4 * facts["dim"] * facts["words"] / facts["file_bytes"]
        rows.append(("from", f"{facts['dim']} dimensions: codes are {ratio:.3g} times smaller "
                     f"than float32, the file with its words {whole:.3g} times"))  # fmt: skip
        unusual = facts["unusual_parameters"].items()
        given = ", ".join(f"{option(name)} {value}" for name, value in unusual)
        rows.append(("method", f"{facts['method']} ({given})" if given else facts["method"]))
    if facts["n_remove_reason"] is not None:
        rows.append(("directions", facts["n_remove_reason"]))
    if "reconstruction_error" in facts["quality"]:
        left_out = 100 * facts["quality"]["reconstruction_error"]
        rows.append(("decoded codes", f"leave out {left_out:.0f} % of the vectors' squared length"))
    if facts["kept_vectors"]:
        rows.append(("kept vectors", f"{facts['kept_vectors']}: they put the candidates of the "
                     "codes in order"))  # fmt: skip
    if facts["attributes"]:
        rows.append(("attributes", ", ".join(facts["attributes"])))
    for problem in facts.get("problems", []):
        rows.append(("DAMAGED", problem))
    if facts.get("problems") == []:
        rows.append(("verified", "checksums, words and padding bits are as they should be"))
    print("\n".join(format_table(rows, align="<<")))
