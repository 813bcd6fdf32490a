"""spaCy: the ``vocab`` folder of a pipeline, or the pipeline's folder.

``vectors`` is a .npy matrix, ``key2row`` a msgpack map from a word's hash to its row,
``strings.json`` the words. Many words may share a row (spaCy prunes vectors that way). Words
come in the order of ``key2row``: those that own their row first, in order of frequency.
"""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._opened import (
    Batch,
    Opened,
    Options,
    check_inflation,
    check_npy_header,
    extra,
    library_reads,
)

NAME = "spacy"
_ROWS = 16384
_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
# The names behind the small numbers of the format: parts of speech, kinds of entities, relations.
_NAMES = {
    84: "ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL "
    "SPACE",
    380: "PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME "
    "PERCENT MONEY QUANTITY ORDINAL CARDINAL",
    398: "acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj "
    "csubjpass dep det dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj "
    "nsubjpass num number oprd obj obl parataxis partmod pcomp pobj poss possessive preconj prep "
    "prt punct quantmod",
}
SYMBOLS = {
    first + i: name for first, names in _NAMES.items() for i, name in enumerate(names.split())
}


def _folder(path: Path) -> Path | None:
    for folder in (path, path / "vocab"):
        if all((folder / name).is_file() for name in ("vectors", "key2row", "strings.json")):
            return folder
    return None


def matches(path: Path, head: bytes) -> bool:
    """Whether this folder holds spaCy's vectors."""
    return path.is_dir() and _folder(path) is not None


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open the vectors of a spaCy pipeline."""
    folder = _folder(path)
    if folder is None:
        raise ValueError(
            f"{path} has no files vectors, key2row and strings.json, nor has its vocab/"
        )
    settings = folder / "vectors.cfg"
    with library_reads(settings, "settings of vectors"):
        mode = json.loads(settings.read_text())["mode"] if settings.is_file() else "default"
    if mode != "default":
        raise ValueError(f"{path} holds floret vectors: they have no words, only n-grams")
    words, rows = _words_and_rows(folder)
    with library_reads(folder / "vectors", ".npy file"):
        with (folder / "vectors").open("rb") as file:
            check_npy_header(file)
        matrix = np.load(folder / "vectors", mmap_mode="r", allow_pickle=False)
    if matrix.ndim != 2 or not len(words) or rows.min() < 0 or rows.max() >= len(matrix):
        raise ValueError(
            f"{path}: {len(words)} words with rows up to {rows.max(initial=-1)}, but vectors of "
            f"shape {matrix.shape}: the files do not belong together"
        )
    words, rows = words[: options.limit], rows[: options.limit]
    held = matrix.nbytes + (folder / "key2row").stat().st_size
    check_inflation(path, "vectors", len(words) * matrix[:1].nbytes, held)

    def blocks() -> Iterator[Batch]:
        for start in range(0, len(words), _ROWS):
            some = words[start : start + _ROWS]
            stop = start + len(some)
            yield Batch(some, matrix[rows[start:stop]], np.arange(start, stop))

    return Opened(path, NAME, matrix.shape[1], len(words), blocks)


def _words_and_rows(folder: Path) -> tuple[list[str], NDArray[np.int64]]:
    msgpack = extra("msgpack", "spaCy's vectors")
    with library_reads(folder / "key2row", "msgpack map"):
        key_to_row = dict(msgpack.unpackb((folder / "key2row").read_bytes(), strict_map_key=False))
        np.fromiter(key_to_row.values(), dtype=np.int64, count=len(key_to_row))
    with library_reads(folder / "strings.json", "list of words"):
        strings = json.loads((folder / "strings.json").read_text(encoding="utf-8"))
        word_of = _symbols(folder) | {string_hash(word): word for word in strings}
    named = [(word_of[key], row) for key, row in key_to_row.items() if key in word_of]
    if len(named) < len(key_to_row):
        key = next(key for key in key_to_row if key not in word_of)
        warnings.warn(
            f"{folder}: {len(key_to_row) - len(named)} of {len(key_to_row)} words are left out, "
            f"since strings.json has none for their keys, the first of which is {key}: save the "
            "pipeline again with nlp.to_disk, which writes all strings",
            UserWarning,
            stacklevel=2,
        )
    return [word for word, _ in named], np.array([row for _, row in named], dtype=np.int64)


def _symbols(folder: Path) -> dict[int, str]:
    """Return the words that spaCy knows by small numbers, not by hashes: its own symbols.

    Those of the spaCy that is installed, else those in use since 2.1; none of an older file, whose
    numbers are others.
    """
    for place in (folder, folder.parent):
        if (place / "meta.json").is_file():
            with library_reads(place / "meta.json", "description of a pipeline"):
                about = json.loads((place / "meta.json").read_text(encoding="utf-8"))
            if str(about.get("spacy_version", "")).startswith((">=2.0", "==2.0", "~=2.0", "2.0")):
                return {}
    try:
        from spacy.symbols import IDS
    except ImportError:
        return SYMBOLS
    return {number: name for name, number in IDS.items() if name}


def string_hash(word: str) -> int:
    """Return the 64-bit hash by which spaCy knows a word: MurmurHash64A with seed 1."""
    data = word.encode("utf-8", "surrogatepass")
    state = 1 ^ (len(data) * _MULTIPLIER & _MASK)
    whole = len(data) // 8
    for block in struct.unpack_from(f"<{whole}Q", data):
        mixed = block * _MULTIPLIER & _MASK
        mixed ^= mixed >> 47
        state = (state ^ (mixed * _MULTIPLIER & _MASK)) * _MULTIPLIER & _MASK
    if len(data) % 8:
        state = (state ^ int.from_bytes(data[8 * whole :], "little")) * _MULTIPLIER & _MASK
    state ^= state >> 47
    state = state * _MULTIPLIER & _MASK
    return state ^ (state >> 47)
