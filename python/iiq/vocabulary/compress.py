"""Vectors in, compressed vocabulary out: choose a length, fit, encode, join the codes with words.

Vectors in memory and files larger than memory take the same way, block by block.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from iiq._support.validate import as_int
from iiq.codes.decoding import decode, signs_of
from iiq.codes.index import HammingIndex
from iiq.encoders import ENCODERS, Encoder
from iiq.rows.isotropy import isotropy
from iiq.vectors.readers import READING
from iiq.vectors.word_blocks import AllRows, WordBlocks, as_word_blocks, training_sample
from iiq.vectors.word_table import WordTable
from iiq.vocabulary.calibration import calibrate
from iiq.vocabulary.kept_vectors import KINDS as KEPT_KINDS
from iiq.vocabulary.kept_vectors import KeptVectors, Kind
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from iiq.vocabulary.ngram_codes import NgramCodes
from iiq.vocabulary.presets import PresetName, as_preset

FLOAT_BITS = 32
DEFAULT_RATIO = 32
LEAST_CALIBRATED = 100  # words: fewer say little of what a distance stands for
_ISOTROPY_ROWS = 4096
_ISOTROPY_WIDTH = 1024  # beyond it the measure takes longer than the compression


def code_length(dim: int, ratio: float | None, n_bits: int | None) -> int:
    """Return the bits of a code for vectors of ``dim`` float32 numbers.

    Parameters
    ----------
    dim : int
        Numbers in a vector; as float32 they take ``32 * dim`` bits.
    ratio : float, optional
        How many times smaller the code is than the float32 vector: ``n_bits = 32 * dim / ratio``,
        rounded. 32 where neither is given.
    n_bits : int, optional
        The length itself, instead of a ratio.

    Raises
    ------
    ValueError
        If both are given, or the code would have no bit.
    """
    if ratio is not None and n_bits is not None:
        raise ValueError(
            f"got ratio={ratio} and n_bits={n_bits}: they name the same thing, pass one of them"
        )
    if n_bits is not None:
        length = as_int(n_bits, "n_bits", 1)
        if length > FLOAT_BITS * dim:
            warnings.warn(
                f"n_bits={length}: such codes are longer than the float32 vectors themselves, "
                f"{FLOAT_BITS * dim} bits; keep_vectors='int8' keeps these in {8 * dim}",
                stacklevel=2,
            )
        return length
    wanted = float(DEFAULT_RATIO if ratio is None else ratio)
    if not 0 < wanted <= FLOAT_BITS * dim:
        raise ValueError(
            f"ratio must be above 0 and at most {FLOAT_BITS * dim} (one bit a vector of {dim} "
            f"numbers), got {ratio}"
        )
    return max(1, round(FLOAT_BITS * dim / wanted))


def make_encoder(method: str, dim: int, n_bits: int, parameters: dict[str, Any]) -> Encoder:
    """Return the unfitted encoder called ``method`` for ``n_bits`` bits."""
    if method not in ENCODERS:
        raise ValueError(f"method must be one of {', '.join(ENCODERS)}, got {method!r}")
    encoder_class: type[Any] = ENCODERS[method]
    accepted = encoder_class().get_params()
    unknown = sorted(set(parameters) - set(accepted))
    if unknown:
        raise TypeError(
            f"method {method!r} has no parameter {', '.join(unknown)}; "
            f"it has: {', '.join(sorted(accepted))}"
        )
    if "n_bits" in accepted:
        parameters = {"n_bits": n_bits, **parameters}
    elif n_bits != dim:
        raise ValueError(
            f"method {method!r} makes one bit a dimension ({dim} bits), not {n_bits}: "
            "use method 'iiq' or 'lsh' for another length"
        )
    encoder: Encoder = encoder_class(**parameters)
    return encoder


def _fit(encoder: Encoder, source: WordBlocks) -> None:
    parameters = encoder.get_params()
    sample = training_sample(source, parameters.get("train_rows"))
    if sample is None:
        encoder.fit_blocks(AllRows(source))
        return
    if not isinstance(parameters["train_rows"], int):
        # Row numbers are the source's, not the sample's.
        encoder.set_params(train_rows=len(sample.vectors))
    encoder.fit(sample)


def _quality(encoder: Encoder, source: WordBlocks) -> dict[str, Any]:
    """Return what is worth keeping of the fit: the card in the file."""
    card = {**_isotropies(encoder, source), **_reconstruction(encoder, source)}
    if hasattr(encoder, "n_remove_"):
        card["n_remove"] = int(encoder.n_remove_)
    if hasattr(encoder, "n_remove_reason_"):
        card["n_remove_reason"] = encoder.n_remove_reason_
    losses = getattr(encoder, "loss_curve_", None)
    if losses is not None and len(losses):
        card["loss_first"], card["loss_last"] = float(losses[0]), float(losses[-1])
        card["n_iter"] = len(losses)
    return card


def _reconstruction(encoder: Encoder, source: WordBlocks) -> dict[str, Any]:
    """Return the share of the first vectors' squared length that decoded codes leave.

    Of vectors as codes see them: centred, and without the removed directions.
    """
    _, block = next(source.blocks())
    rows = np.asarray(block[:_ISOTROPY_ROWS], dtype=np.float64)
    centred = rows - encoder.mean_
    wanted = centred - (centred @ encoder.removed_) @ encoder.removed_.T  # (n, d)
    left = wanted - decode(encoder.codes_of(block[:_ISOTROPY_ROWS]), encoder.decoder_)
    square = float(np.square(wanted).sum())
    return {"reconstruction_error": float(np.square(left).sum()) / square if square > 0 else 0.0}


def _isotropies(encoder: Encoder, source: WordBlocks) -> dict[str, Any]:
    """Return the isotropy (eq. 3) of the first vectors and of their codes as +-1 numbers."""
    if max(encoder.n_features_in_, encoder.n_bits_) > _ISOTROPY_WIDTH:
        return {}
    _, block = next(source.blocks())
    rows = block[:_ISOTROPY_ROWS]
    signs = signs_of(encoder.codes_of(rows), encoder.n_bits_)
    return {
        "isotropy_before": isotropy(rows).partition_ratio,
        "isotropy_after": isotropy(signs).partition_ratio,
        "isotropy_rows": len(rows),
    }


def _calibration(index: HammingIndex, source: WordBlocks) -> dict[str, Any]:
    """Return which cosine a distance stands for, from the first block of words."""
    _, block = next(iter(source.blocks()))
    if len(block) < LEAST_CALIBRATED:
        return {}
    curve = calibrate(index.to_codes(0, len(block)), index.n_bits, block)
    return {"calibration": curve.to_card()}


def _encode(
    encoder: Encoder, source: WordBlocks, keep_vectors: str | None
) -> tuple[WordTable, HammingIndex, KeptVectors | None]:
    codes, kept = bytearray(), []

    def words() -> Iterator[str]:
        # One pass over the source: the codes are made as the words go by.
        for block_words, block in source.blocks():
            codes.extend(encoder.codes_of(block).data.cast("B"))
            if keep_vectors is not None:
                kept.append(KeptVectors.from_vectors(block, keep_vectors))
            yield from block_words

    table = WordTable.build(words())
    rows = np.frombuffer(codes, dtype=np.uint8).reshape(len(table), -1)
    index = HammingIndex(rows, encoder.n_bits_)
    return table, index, KeptVectors.concatenate(kept) if kept else None


def _compress(
    source: WordBlocks,
    ratio: float | None,
    n_bits: int | None,
    method: str,
    keep_vectors: str | None,
    preset: str | None,
    parameters: dict[str, Any],
) -> BinaryKeyedVectors:
    if preset is not None:
        given = {"ratio": ratio, "n_bits": n_bits, "keep_vectors": keep_vectors}
        chosen = as_preset(preset, given)
        n_bits, keep_vectors = chosen.bits_per_number * source.dim, chosen.keep_vectors
    if keep_vectors is not None and keep_vectors not in KEPT_KINDS:
        raise ValueError(f"keep_vectors must be None or one of {KEPT_KINDS}, got {keep_vectors!r}")
    length = code_length(source.dim, ratio, n_bits)
    encoder = make_encoder(method, source.dim, length, parameters)
    _fit(encoder, source)
    words, index, kept = _encode(encoder, source, keep_vectors)
    ngrams = None
    if source.subwords is not None:
        ngrams = NgramCodes.from_subwords(source.subwords, encoder)
    return BinaryKeyedVectors(
        words,
        index,
        encoder,
        counts=source.counts,
        kept_vectors=kept,
        ngrams=ngrams,
        quality={**_quality(encoder, source), **_calibration(index, source)},
    )


def compress(
    vectors: Any,
    *,
    ratio: float | None = None,
    n_bits: int | None = None,
    method: str = "iiq",
    keep_vectors: Kind | None = None,
    preset: PresetName | None = None,
    n_remove: int | Literal["auto"] | None = None,
    random_state: int | None = None,
    threads: int | None = None,
    limit: int | None = None,
    verbose: bool = False,
    **options: Any,
) -> BinaryKeyedVectors:
    """Compress word vectors into binary codes that answer gensim's questions.

    Parameters
    ----------
    vectors : WordVectors, path, gensim KeyedVectors, mapping of word to vector, or (words, matrix)
        A path is read in blocks, in constant memory beside the codes and the words. Also gensim's
        models, spaCy's pipelines, and tables of pandas, polars or Arrow with the words as their
        index or their one column of texts. Counts and fastText's n-grams come along.
    ratio : float, optional
        How many times smaller a code is than its float32 vector; 32 (one bit a number) by default.
    n_bits : int, optional
        The bits of a code, instead of ``ratio``; below, at or above the dimension.
    method : str, default "iiq"
        A name in ``iiq.ENCODERS``.
    keep_vectors : {None, "int4", "int8", "float16"}
        Keep the vectors too, in 4, 8 or 16 bits a number: codes choose the candidates, the kept
        vectors put them in order (``scoring="rescore"``, then the default of every verb).
    preset : {None, "tiny", "small", "balanced", "faithful"}
        A size by name, instead of ``ratio``, ``n_bits`` and ``keep_vectors``: codes of one bit a
        number, or of two; codes of one bit with vectors kept as int4, or as int8.
    n_remove : int or "auto", optional
        The strongest directions to leave out, of method "iiq"; by default the rule decides.
    random_state : int, optional
        The seed; the same one gives the same bits.
    threads : int, optional
        All cores by default.
    limit : int, optional
        Read only the first words of a path.
    verbose : bool
        Show progress on standard error.
    **options
        Of a path, how to read it: ``format``, ``words``, ``encoding``, ``errors``, ``check_count``
        and ``allow_pickle`` of :func:`iiq.read_vectors`. And the parameters of the encoder, for
        example ``train_rows``, ``n_iter``, ``refine``. With ``train_rows`` a number (default
        50 000) the first rows are learned from, or evenly spaced ones where the words stand in
        alphabetical order.

    Returns
    -------
    BinaryKeyedVectors

    Raises
    ------
    TypeError, ValueError
        If the vectors or a parameter cannot be used; the text names both values and the fix.

    Examples
    --------
    >>> import numpy as np
    >>> vectors = np.random.default_rng(0).standard_normal((50, 8))
    >>> vocabulary = compress(([f"w{i}" for i in range(50)], vectors), n_bits=16, random_state=0)
    >>> len(vocabulary), vocabulary.n_bits, vocabulary.codes.shape
    (50, 16, (50, 2))
    """
    common = {
        "n_remove": n_remove,
        "random_state": random_state,
        "threads": threads,
        "limit": limit,
    }
    given = {name: value for name, value in common.items() if value is not None}
    reading, parameters = _split({**options, **given})
    source = as_word_blocks(vectors, verbose=verbose, **reading)
    parameters = {**_verbose(method, verbose), **parameters}
    return _compress(source, ratio, n_bits, method, keep_vectors, preset, parameters)


def _verbose(method: str, verbose: bool) -> dict[str, Any]:
    """Return the parameter ``verbose`` for a method that has it."""
    known = method in ENCODERS and "verbose" in ENCODERS[method]().get_params()
    return {"verbose": verbose} if known else {}


def _split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell how to read a file from the encoder's parameters."""
    reading = {name: value for name, value in options.items() if name in READING}
    return reading, {name: value for name, value in options.items() if name not in READING}


def compress_file(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    ratio: float | None = None,
    n_bits: int | None = None,
    method: str = "iiq",
    keep_vectors: str | None = None,
    preset: str | None = None,
    verbose: bool = False,
    **options: Any,
) -> BinaryKeyedVectors:
    """Compress a file of word vectors into a file, and return what was written.

    Parameters
    ----------
    path, output : path-like
        The vectors to read, and the compressed vocabulary to write (all or nothing).
    verbose : bool
        Show progress on standard error.

    Other parameters are those of :func:`compress`.
    """
    if Path(output).exists() and Path(path).exists() and os.path.samefile(path, output):
        raise ValueError(f"the output {output} is the input itself: give another name")
    if not Path(output).absolute().parent.is_dir():
        raise FileNotFoundError(f"no such folder: {Path(output).absolute().parent}")
    reading, parameters = _split(options)
    source = as_word_blocks(os.fspath(path), verbose=verbose, **reading)
    parameters = {**_verbose(method, verbose), **parameters}
    vocabulary = _compress(source, ratio, n_bits, method, keep_vectors, preset, parameters)
    vocabulary.save(output)
    return vocabulary
