"""``iiq compress``: a vector file in, a compressed vocabulary out."""

from __future__ import annotations

import argparse
import time
from typing import Any

from iiq.cli._clock import clock
from iiq.cli._common import (
    Subparsers,
    add_reading,
    add_threads,
    add_verb,
    bytes_on_disk,
    human_bytes,
    human_count,
    is_terminal,
    print_json,
    reading_options,
)


def _auto_or_int(text: str) -> str | int:
    return text if text == "auto" else int(text)


def _all_or_int(text: str) -> int | None:
    return None if text == "all" else int(text)


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``compress``."""
    parser = add_verb(
        subparsers,
        "compress",
        summary="compress a file of word vectors into binary codes",
        example="iiq compress glove.6B.300d.txt glove.iiq --preset balanced\n"
        "iiq compress vectors.bin small.iiq --bits 128 --method itq",
    )
    parser.add_argument("input", help="word vectors: GloVe, word2vec text or binary, .npy, ...")
    parser.add_argument("output", help="the compressed vocabulary to write")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--ratio", type=float, help="times smaller than float32 (default: 32)")
    size.add_argument("--bits", type=int, metavar="N", help="bits of a code, instead of --ratio")
    parser.add_argument("--method", default="iiq", help="iiq (default), itq, lsh, sign or nlb")
    parser.add_argument(
        "--n-remove", type=_auto_or_int, metavar="D", help="top directions to remove (iiq; 'auto')"
    )
    parser.add_argument(
        "--train-rows", type=_all_or_int, metavar="N", default=argparse.SUPPRESS,
        help="rows to learn from, or 'all' (default: the 50 000 most frequent words)",
    )  # fmt: skip
    parser.add_argument("--n-iter", type=int, metavar="T", help="rotation steps (default: 50)")
    parser.add_argument("--seed", type=int, default=0, help="random state (default: 0)")
    parser.add_argument(
        "--keep-vectors", choices=["int4", "int8", "float16"], metavar="KIND",
        help="keep vectors too, as int4, int8 or float16: they put answers in order",
    )  # fmt: skip
    parser.add_argument(
        "--preset", choices=["tiny", "small", "balanced", "faithful"], metavar="NAME",
        help="a size by name, instead of --ratio, --bits and --keep-vectors: tiny, codes of a bit "
        "a number; small, of two; balanced, a bit and the vectors in 4 bits; faithful, in 8 bits",
    )  # fmt: skip
    add_threads(parser)
    add_reading(parser)
    parser.set_defaults(run=run)


def _encoder_parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {
        "n_remove": arguments.n_remove,
        "n_iter": arguments.n_iter,
        "threads": arguments.threads,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    if hasattr(arguments, "train_rows"):
        parameters["train_rows"] = arguments.train_rows
    if arguments.method != "sign":
        parameters["random_state"] = arguments.seed
    return parameters


def run(arguments: argparse.Namespace) -> int:
    """Compress and report what became of the file."""
    from iiq.vocabulary.compress import compress_file

    start = time.perf_counter()
    with clock("compressing"):
        vocabulary = compress_file(
            arguments.input,
            arguments.output,
            ratio=arguments.ratio,
            n_bits=arguments.bits,
            method=arguments.method,
            keep_vectors=arguments.keep_vectors,
            preset=arguments.preset,
            verbose=is_terminal(),
            **reading_options(arguments),
            **_encoder_parameters(arguments),
        )
    seconds = time.perf_counter() - start
    encoder = vocabulary.encoder
    dim = int(encoder.n_features_in_)
    report = {
        "input": arguments.input,
        "output": arguments.output,
        "words": len(vocabulary),
        "dim": dim,
        "n_bits": vocabulary.n_bits,
        "method": arguments.method,
        "n_remove": getattr(encoder, "n_remove_", None),
        "n_remove_reason": getattr(encoder, "n_remove_reason_", None),
        "float32_bytes": 4 * dim * len(vocabulary),
        "code_bytes": vocabulary.codes.nbytes,
        "kept_bytes": 0 if vocabulary.kept_vectors is None else vocabulary.kept_vectors.nbytes,
        "input_bytes": bytes_on_disk(arguments.input),
        "file_bytes": bytes_on_disk(arguments.output),
        "seconds": round(seconds, 3),
    }
    if arguments.json:
        print_json(report)
        return 0
    if report["n_remove_reason"] is not None:
        print(report["n_remove_reason"])
    ratio = report["float32_bytes"] / max(1, report["code_bytes"])
    kept = f"kept vectors {human_bytes(report['kept_bytes'])}, " if report["kept_bytes"] else ""
    print(
        f"{human_count(len(vocabulary))} words, {dim} dimensions -> {vocabulary.n_bits} bits "
        f"in {seconds:.1f} s\n"
        f"float32 vectors {human_bytes(report['float32_bytes'])}, "
        f"codes {human_bytes(report['code_bytes'])} ({ratio:.1f} times smaller), "
        f"{kept}file with words {human_bytes(report['file_bytes'])}: "
        f"{report['input_bytes'] / report['file_bytes']:.1f} times smaller than the "
        f"{human_bytes(report['input_bytes'])} of {arguments.input}\n"
        f"wrote {arguments.output}"
    )
    return 0
