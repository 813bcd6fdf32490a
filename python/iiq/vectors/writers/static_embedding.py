"""A sentence-transformers StaticEmbedding, which model2vec reads too.

A folder of model.safetensors, tokenizer.json (one token a word, split at white space and
punctuation, ``[UNK]`` for the rest), config.json and modules.json.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

from iiq._support.files import beside, sync_folder
from iiq.vectors.word_blocks import WordBlocks

_UNKNOWN = "[UNK]"
_MODULE = "sentence_transformers.models.StaticEmbedding"
_ALIGNMENT = 8


def write(blocks: WordBlocks, path: Path, n_rows: int) -> None:
    """Write the folder; an unknown word gets zeros."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: remove it, or give another folder")
    with beside(path) as part:
        words = _write_vectors(blocks, part / "model.safetensors")
        _write_json(part / "tokenizer.json", _tokenizer(words))
        _write_json(part / "config.json", {"model_type": "model2vec", "normalize": False})
        modules = [{"idx": 0, "name": "0", "path": ".", "type": _MODULE}]
        _write_json(part / "modules.json", modules)
        os.rename(part, path)
    sync_folder(path.parent)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _tokenizer(words: list[str]) -> dict[str, object]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: row for row, word in enumerate(words)},
            "unk_token": _UNKNOWN,
        },
    }


def _write_vectors(blocks: WordBlocks, path: Path) -> list[str]:
    """Stream the matrix into a safetensors file whose header is filled in at the end."""
    words: list[str] = []
    room = len(_header(1 << 40, blocks.dim))
    with path.open("wb") as file:
        file.write(b" " * room)
        for some, rows in blocks.blocks():
            file.write(rows.astype("<f4", copy=False).data)
            words += some
        if _UNKNOWN not in words:
            file.write(bytes(4 * blocks.dim))
            words.append(_UNKNOWN)
        file.seek(0)
        file.write(_header(len(words), blocks.dim, room))
        file.flush()
        os.fsync(file.fileno())
    return words


def _header(n_rows: int, dim: int, room: int = 0) -> bytes:
    """Return a safetensors header for one matrix, ``room`` bytes long with its length field."""
    tensor = {"dtype": "F32", "shape": [n_rows, dim], "data_offsets": [0, 4 * n_rows * dim]}
    text = json.dumps({"embeddings": tensor}, separators=(",", ":")).encode()
    size = max(len(text) + -(len(text) % _ALIGNMENT) % _ALIGNMENT, room - 8)
    return struct.pack("<Q", size) + text.ljust(size)
