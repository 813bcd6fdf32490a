"""model2vec and sentence-transformers StaticEmbedding: model.safetensors and tokenizer.json.

A token's vector is ``embeddings[mapping[id]] * weights[id]``; mapping and weights may be missing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._arrays import array_source
from iiq.vectors.readers._source import Options, Source, library_reads

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
    return path.suffix == ".safetensors" or (path.is_dir() and _find(path) is not None)


def open_source(path: Path, head: bytes, options: Options) -> Source:
    """Open a static embedding; each token is a word, with its vector as the model uses it."""
    file = _find(path)
    if file is None:
        raise ValueError(
            f"{path}: no static embedding, which is {_FILE} with tokenizer.json beside it; a file "
            "that iiq saved holds codes: open it with iiq.load"
        )
    tokens = _tokens(file.parent / "tokenizer.json")
    vectors = _vectors(file, len(tokens))
    named = [row for row, token in enumerate(tokens) if token is not None]
    if len(named) < len(tokens):
        vectors = vectors[named]
    words = [token for token in tokens if token is not None]
    return array_source(path, NAME, vectors, lambda: words, options)


def _tokens(path: Path) -> list[str | None]:
    """Read the token of each id; None where the tokenizer knows none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        vocabulary = content["model"]["vocab"]
        if isinstance(vocabulary, dict):
            ids = dict(vocabulary)
        else:  # a unigram model lists [token, score]
            ids = {entry[0]: number for number, entry in enumerate(vocabulary)}
        ids.update({token["content"]: token["id"] for token in content.get("added_tokens") or []})
        tokens: list[str | None] = [None] * (max(ids.values()) + 1)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"{path}: no vocabulary in this tokenizer: {error!r}") from None
    for token, number in ids.items():
        tokens[number] = token
    return tokens


def _vectors(path: Path, n_tokens: int) -> NDArray[Any]:
    from safetensors import safe_open

    with library_reads(path, "safetensors file"), safe_open(path, framework="numpy") as file:
        wanted = {"embeddings", "embedding.weight", "mapping", "weights"}
        names = sorted(file.keys())
        tensors = {name: file.get_tensor(name) for name in names if name in wanted}
    vectors = tensors.get("embeddings", tensors.get("embedding.weight"))
    mapping, weights = tensors.get("mapping"), tensors.get("weights")
    if vectors is None:
        raise ValueError(
            f"{path} holds {', '.join(names) or 'nothing'}, expected a tensor embeddings or "
            "embedding.weight: a static embedding has one"
        )
    if mapping is not None:
        with library_reads(path, "mapping of tokens"):
            vectors = vectors[mapping.astype(np.int64)]
    if weights is not None and weights.shape != (len(vectors),):
        raise ValueError(f"{path} holds {len(vectors)} tokens and weights of shape {weights.shape}")
    if vectors.ndim != 2 or len(vectors) < n_tokens:
        raise ValueError(f"{path} holds vectors of shape {vectors.shape} for {n_tokens} tokens")
    vectors = vectors[:n_tokens]
    if weights is not None:
        vectors = vectors * weights[:n_tokens, None].astype(np.float32)
    return np.asarray(vectors)
