"""model2vec and sentence-transformers StaticEmbedding: model.safetensors and tokenizer.json.

A token's vector is ``embeddings[mapping[id]] * weights[id]``; mapping and weights may be missing.
"""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._arrays import array_file
from iiq.vectors.readers._opened import Opened, Options, check_inflation, library_reads
from iiq.vectors.readers.word_list import WordList

NAME = "static-embedding"
_FILE = "model.safetensors"
_FOLDERS = (".", "0_StaticEmbedding")


def _find(path: Path) -> Path | None:
    """Return the safetensors file with a tokenizer beside it."""
    if path.is_file():
        return path if (path.parent / "tokenizer.json").is_file() else None
    for name in _FOLDERS:
        file = path / name / _FILE
        if file.is_file() and (file.parent / "tokenizer.json").is_file():
            return file
    return None


def matches(path: Path, head: bytes) -> bool:
    """Whether this is the folder of such a model, or its safetensors file."""
    if path.is_dir():
        return _find(path) is not None
    is_safetensors = head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32
    return path.suffix == ".safetensors" or is_safetensors


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open a static embedding; each token is a word, with its vector as the model uses it."""
    file = _find(path)
    if file is None:
        raise ValueError(
            f"{path}: no static embedding, which is {_FILE} with tokenizer.json beside it: put the "
            "model's tokenizer.json there, or pass (words, matrix)"
        )
    vectors = _vectors(file)
    tokens = _tokens(file.parent / "tokenizer.json", len(vectors))
    rows = sorted(tokens.values())
    if len(rows) < len(vectors):
        warnings.warn(
            f"{path}: {len(vectors) - len(rows)} of {len(vectors)} vectors are left out, since the "
            "tokenizer has no token for them",
            UserWarning,
            stacklevel=2,
        )
        vectors = vectors[rows]
    words = sorted(tokens, key=tokens.__getitem__)
    return array_file(path, NAME, vectors, lambda: WordList(words), options)


def _tokens(path: Path, n_rows: int) -> dict[str, int]:
    """Read the id of each token, a row of the vectors; no two tokens share one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        vocabulary = content["model"]["vocab"]
        if isinstance(vocabulary, dict):
            ids = dict(vocabulary)
        else:  # a unigram model lists [token, score]
            ids = {entry[0]: number for number, entry in enumerate(vocabulary)}
        ids.update({token["content"]: token["id"] for token in content.get("added_tokens") or []})
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(f"{path}: no vocabulary in this tokenizer: {error!r:.200}") from None
    owners: dict[int, str] = {}
    for token, number in ids.items():
        if not isinstance(token, str) or type(number) is not int or not 0 <= number < n_rows:
            raise ValueError(
                f"{path}: token {token!r:.60} has the id {number!r:.60}, but there are vectors for "
                f"0 to {n_rows - 1}: do tokenizer and vectors belong together?"
            )
        if owners.setdefault(number, token) != token:
            raise ValueError(
                f"{path}: the tokens {owners[number]!r:.60} and {token!r:.60} have the same id "
                f"{number}: remove one"
            )
    if not owners:
        raise ValueError(f"{path}: no vocabulary in this tokenizer: it is empty")
    return ids


def _vectors(path: Path) -> NDArray[Any]:
    from safetensors import safe_open

    wanted = {"embeddings", "embedding.weight", "mapping", "weights"}
    with library_reads(path, "safetensors file"), safe_open(path, framework="numpy") as file:
        names = sorted(file.keys())
        tensors = {
            name: _bfloat16(path, name)
            if file.get_slice(name).get_dtype() == "BF16"
            else file.get_tensor(name)
            for name in names
            if name in wanted
        }
    vectors = tensors.get("embeddings", tensors.get("embedding.weight"))
    mapping, weights = tensors.get("mapping"), tensors.get("weights")
    if vectors is None:
        raise ValueError(
            f"{path} holds {', '.join(names[:10]) or 'nothing'}, expected a tensor embeddings or "
            "embedding.weight: a static embedding has one"
        )
    if mapping is not None:
        with library_reads(path, "mapping of tokens"):
            if mapping.size and mapping.min() < 0:
                raise ValueError(f"it names row {mapping.min()}")
            size = mapping.size * vectors[:1].nbytes
            check_inflation(path, "vectors", size, path.stat().st_size)
            vectors = vectors[mapping.astype(np.int64)]
    if weights is not None and weights.shape != (len(vectors),):
        raise ValueError(f"{path} holds {len(vectors)} tokens and weights of shape {weights.shape}")
    if vectors.ndim != 2:
        raise ValueError(f"{path} holds vectors of shape {vectors.shape}, expected (tokens, dim)")
    if weights is not None:
        vectors = vectors * weights[:, None].astype(np.float32)
    return np.asarray(vectors)


def _bfloat16(path: Path, name: str) -> NDArray[np.float32]:
    """Read a tensor of bfloat16, the upper halves of float32, from a file that is checked."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        entry = json.loads(file.read(length))[name]
    begin, end = entry["data_offsets"]
    halves = np.fromfile(path, "<u2", (end - begin) // 2, offset=8 + length + begin)
    wide = (halves.astype(np.uint32) << 16).view(np.float32)
    return wide.reshape(entry["shape"])
