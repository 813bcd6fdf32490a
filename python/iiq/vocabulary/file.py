"""What a saved vocabulary holds, by name: the page ``docs/file-format.md`` in code.

Opening touches the header and little else. What is inside the arrays is checked where it is touched
(words, rows) or by ``verify_file`` (checksums, order, padding bits).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iiq._support import container
from iiq._support.container import Container
from iiq._support.files import INDEX_FORMAT, VOCABULARY_FORMAT
from iiq._support.version import __version__
from iiq.codes.decoding import decoded_lengths
from iiq.codes.index import HammingIndex
from iiq.codes.index_file import read_blocks, read_scales, read_size, read_version, stored_index
from iiq.vectors.word_table import PARTS, WordTable
from iiq.vocabulary import version_1
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.ngram_codes import NgramCodes

if TYPE_CHECKING:
    from iiq.vocabulary.held import Held
    from iiq.vocabulary.vocabulary import Vocabulary

Array = NDArray[Any]

FORMAT_VERSION = 2
_HUGE = 1e30
_CHUNK = 1 << 16
_ROUNDING = 1e-6  # of float32, which scales were measured in


def write_vocabulary(path: str | os.PathLike[str], vectors: Vocabulary) -> None:
    """Write words, codes, encoder, attributes and kept vectors to one file, all or nothing."""
    held = vectors.current()
    words, index, kept = held.words, held.index, held.kept
    made = None if vectors.encoder is None else getattr(vectors.encoder, "n_bits_", 0)
    if made not in (None, index.n_bits):
        raise ValueError(
            f"not saved, for it could not be loaded again: codes have {index.n_bits} bits, but "
            f"the encoder makes {made or 'none: it is not fitted'}"
        )
    arrays, texts = stored_index(index, held.decoded.scaled_index().scales)
    arrays |= {f"words.{name}": part for name, part in words.arrays().items()}
    for name, values in vectors.expandos.items():
        if values.dtype.kind not in "iufb":
            raise TypeError(
                f"attribute {name!r} holds {values.dtype}, only numbers can be saved: "
                f"take it out first (del vectors.expandos[{name!r}])"
            )
        arrays[f"attribute.{name}"] = values[: len(words)]
    if kept is not None:
        arrays["kept.values"] = kept.values
        if kept.scales is not None:
            arrays["kept.scales"] = kept.scales
    if vectors.ngrams is not None:
        arrays["ngrams.codes"] = vectors.ngrams.codes
        arrays["ngrams.sizes"] = vectors.ngrams.sizes
    method, parameters = "none", {}
    if vectors.encoder is not None:
        method = vectors.encoder.method
        parameters, state = vectors.encoder.to_state()
        arrays |= {f"encoder.{name}": np.asarray(part) for name, part in state.items()}
    metadata = {**texts, **_metadata(vectors, held, method, parameters)}
    _check_readable(vectors, Container(arrays, metadata))
    container.write(path, arrays, metadata)


def _check_readable(vectors: Vocabulary, content: Container) -> None:
    """Raise ValueError for what could not be loaded, before a good file is replaced by it."""
    try:
        type(vectors)(**_restore(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"not saved, for it could not be loaded again: {error}; undo what was changed by hand"
        ) from error


def _metadata(
    vectors: Vocabulary, held: Held, method: str, parameters: dict[str, Any]
) -> dict[str, str]:
    texts = {}
    kept = held.kept
    if vectors.ngrams is not None:
        lengths = {"min_n": vectors.ngrams.min_n, "max_n": vectors.ngrams.max_n}
        texts["ngrams"] = json.dumps(lengths)
    if kept is not None and kept.kind == "int4":
        texts["kept"] = json.dumps({"bits": 4, "dim": kept.dim})
    return {
        **texts,
        "format": VOCABULARY_FORMAT,
        "format_version": str(FORMAT_VERSION),
        "library": f"iiq {__version__}",
        "zero_rule": "sgn(0) = +1 = bit 1",
        "method": method,
        "params": json.dumps(parameters),
        "quality": json.dumps(vectors.quality),
    }


def read_vocabulary(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Open a saved vocabulary and return the arguments of BinaryKeyedVectors.

    Raises
    ------
    ValueError
        If the file is damaged, foreign or newer than this library; the text says what was found.
    """
    opened = container.read(path)
    name = os.fspath(path)
    try:
        return _restore(opened)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{name}: damaged: {type(error).__name__}: {error}") from None


def _restore(opened: Container) -> dict[str, Any]:
    arrays, metadata = opened
    version = _check_format(metadata)
    n_codes, n_bits = read_size(metadata)
    blocks = read_blocks(opened, n_codes, n_bits)
    table = version_1.read_words(arrays, n_codes) if version == 1 else _words(arrays)
    attributes = {
        key.removeprefix("attribute."): values
        for key, values in arrays.items()
        if key.startswith("attribute.")
    }
    kept = None
    if "kept.values" in arrays:
        dim = json.loads(metadata["kept"])["dim"] if "kept" in metadata else None
        kept = KeptVectors(arrays["kept.values"], arrays.get("kept.scales"), dim)
    index = HammingIndex.from_blocks(blocks, n_codes, n_bits, scales=read_scales(opened, n_codes))
    encoder = _encoder(opened, n_bits)
    quality = json.loads(metadata.get("quality", "{}"))
    if not isinstance(quality, dict):
        raise ValueError(f"the quality card is no JSON object: {quality!r:.80}")
    return {
        "words": table,
        "index": index,
        "encoder": encoder,
        "kept_vectors": kept,
        "ngrams": _ngrams(opened, encoder if version == 1 else None),
        "quality": quality,
        "expandos": attributes,
        "container": opened,
    }


def _check_format(metadata: dict[str, str]) -> int:
    """Return the version, if this library reads it."""
    if metadata.get("format") == INDEX_FORMAT:
        raise ValueError("a saved index without words: HammingIndex.load opens it")
    return read_version(metadata, "compressed vocabulary", VOCABULARY_FORMAT, FORMAT_VERSION)


def _words(arrays: dict[str, Array]) -> WordTable:
    missing = [f"words.{part}" for part in PARTS if f"words.{part}" not in arrays]
    if missing:
        raise ValueError(f"arrays are missing: {', '.join(missing)}")
    return WordTable(*(arrays[f"words.{part}"] for part in PARTS))


def _encoder(opened: Container, n_bits: int) -> Any:
    method = opened.metadata.get("method", "none")
    if method == "none":
        return None
    from iiq.encoders import ENCODERS, from_state

    if method not in ENCODERS:
        raise ValueError(f"method {method!r:.60} is unknown here; known: {', '.join(ENCODERS)}")
    parameters = json.loads(opened.metadata.get("params", "{}"))
    parameters["params"]["threads"] = None  # the writer's machine is not this one
    state = {
        key.removeprefix("encoder."): part
        for key, part in opened.arrays.items()
        if key.startswith("encoder.")
    }
    for key, part in state.items():
        if part.dtype.kind == "f" and not (np.abs(part) < _HUGE).all():  # NaN, too
            raise ValueError(f"encoder array {key!r} holds NaN, infinity or absurd numbers")
    encoder = from_state(method, parameters, state)
    if encoder.n_bits_ != n_bits:
        raise ValueError(f"codes have {n_bits} bits, but the encoder makes {encoder.n_bits_}")
    return encoder


def _ngrams(opened: Container, encoder_of_1: Any) -> NgramCodes | None:
    """Return the n-grams; version 1 kept the mean size of a projection instead of a multiple."""
    arrays, metadata = opened
    if "ngrams.codes" not in arrays:
        return None
    lengths = json.loads(metadata["ngrams"])
    if not all(type(lengths[key]) is int for key in ("min_n", "max_n")):
        raise ValueError(f"n-gram lengths must be whole numbers, got {lengths!r:.80}")
    sizes = arrays["ngrams.sizes"]
    if encoder_of_1 is not None:
        sizes = version_1.ngram_sizes(sizes, encoder_of_1.scale_)
    return NgramCodes(arrays["ngrams.codes"], sizes, lengths["min_n"], lengths["max_n"])


def verify_file(opened: Container, index: HammingIndex, encoder: Any) -> list[str]:
    """Return what is wrong with an opened file: checksums, word table, padding bits."""
    problems = [f"{name}: differs from its checksum" for name in container.verify(opened)]
    if int(opened.metadata["format_version"]) > 1:
        problems += _word_problems(_words(opened.arrays))
    stray = index.count_stray_bits()
    if stray:
        problems.append(f"codes: {stray} bits are set past n_bits={index.n_bits} or the last code")
    return problems + _scale_problems(index, encoder)


def _scale_problems(index: HammingIndex, encoder: Any) -> list[str]:
    """Say whether each decoded code has the length that its scale says."""
    if index.scales is None or encoder is None:
        return []
    for start in range(0, len(index), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(index)))
        lengths = decoded_lengths(index.codes_at(rows), encoder.decoder_)
        low, high = index.scales.bounds(rows)
        wrong = (lengths < low * (1 - _ROUNDING)) | (lengths > high * (1 + _ROUNDING))
        if wrong.any():
            row = start + int(np.argmax(wrong))
            return [f"codes.scales: not the length of the decoded code of row {row}"]
    return []


def _word_problems(table: WordTable) -> list[str]:
    """Say whether each word is UTF-8, stands once, and is found by its hash."""
    try:
        for start in range(0, len(table), _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, len(table)))
            words = table.words_at(rows)
            lost = np.flatnonzero(table.find_many(words) != rows)
            if len(lost):
                word, row = words[lost[0]], rows[lost[0]]
                return [f"words: {word!r} of row {row} is not found by its hash, or stands twice"]
    except ValueError as error:
        return [f"words: {error}"]
    return []
