"""faiss: codes for its binary indexes, codes and encoder for its float indexes, and back.

faiss has our bit order (least significant first) and, in IndexLSH, our rule that zero becomes
bit 1. Binary indexes take multiples of 8 bits only, so codes are filled up with zeros.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from iiq._support.validate import as_codes, as_int, bytes_per_code
from iiq.codes.decoding import signs_of
from iiq.codes.index import HammingIndex
from iiq.export.engine import LINE_ENDS, FileEngine, words_file
from iiq.export.table import Codes, Table
from iiq.export.verify import Answer

_ROUNDING = 1e-4  # of a projection's size: below it float32 may have the other sign

_CODES_A_LIST = 64  # from which a centre is learned
_NEIGHBOURS = 32  # of a code in the graph


def _faiss() -> Any:
    import faiss

    return faiss


class Faiss(FileEngine):
    """An IndexBinaryFlat (``faiss.read_index_binary``); ``PATH.words.txt`` has the words by id."""

    name = "faiss"
    packages = ("faiss",)
    pad_to = 8
    zero_rule = "IndexLSH: 0 becomes bit 1, as here; real_to_binary: bit 0"
    forbidden = LINE_ENDS

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return the words."""
        return {".words.txt": words_file(table)}

    def write(self, table: Table, path: Path) -> None:
        """Write the index."""
        faiss = _faiss()

        index = faiss.IndexBinaryFlat(self.stored_bits(table))
        for block in table.blocks():
            index.add(block.codes)
        faiss.write_index_binary(index, os.fspath(path))

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search the index that was read back."""
        faiss = _faiss()

        index = faiss.read_index_binary(os.fspath(path))
        return Answer(*index.search(codes, k))


class FaissIVF(Faiss):
    """An IndexBinaryIVF: codes in lists about centres, of which a search reads ``nprobe``.

    There are about ``sqrt(n)`` lists, learned from at most 64 codes each, evenly spaced. As written
    a search reads an eighth of them; ``index.nprobe`` says otherwise, all of them are exact.
    """

    name = "faiss-ivf"
    extra = "faiss"

    def write(self, table: Table, path: Path) -> None:
        """Learn the centres from some codes, and add all."""
        faiss = _faiss()

        bits, n_lists = self.stored_bits(table), max(1, round(len(table) ** 0.5))
        centres = faiss.IndexBinaryFlat(bits)  # held: the index refers to it
        index = faiss.IndexBinaryIVF(centres, bits, n_lists)
        index.cp.min_points_per_centroid = 1  # of few words it warns otherwise
        count = min(len(table), _CODES_A_LIST * n_lists)
        rows = np.linspace(0, len(table) - 1, count).astype(np.int64)
        index.train(table.index.codes_at(rows))
        for block in table.blocks():
            index.add(block.codes)
        index.nprobe = max(1, n_lists // 8)
        faiss.write_index_binary(index, os.fspath(path))

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search all lists, which is exact."""
        faiss = _faiss()

        owner = faiss.read_index_binary(os.fspath(path))
        index = faiss.downcast_IndexBinary(owner)
        index.nprobe = index.nlist
        return Answer(*index.search(codes, k))


class FaissHNSW(Faiss):
    """An IndexBinaryHNSW: a graph over the codes, 32 neighbours each; searches are approximate.

    ``index.hnsw.efSearch`` says how many candidates a search keeps.
    """

    name = "faiss-hnsw"
    extra = "faiss"

    def write(self, table: Table, path: Path) -> None:
        """Build the graph, a block of codes at a time."""
        faiss = _faiss()

        index = faiss.IndexBinaryHNSW(self.stored_bits(table), _NEIGHBOURS)
        for block in table.blocks():
            index.add(block.codes)
        faiss.write_index_binary(index, os.fspath(path))

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search the codes under the graph, exactly."""
        faiss = _faiss()

        owner = faiss.read_index_binary(os.fspath(path))  # owns what is under the graph
        index = faiss.downcast_IndexBinary(owner)
        return Answer(*index.storage.search(codes, k))


class FaissLSH(Faiss):
    """Codes and encoder: IndexPreTransform(LinearTransform, IndexLSH).

    Read by ``faiss.read_index``; ``index.search(vectors, k)`` takes vectors of the source space.
    faiss projects in float32 and takes plain signs: bits of projections within rounding of zero may
    differ, and where an encoder refines codes (the default) queries stay plain signs.
    """

    name = "faiss-lsh"
    extra = "faiss"
    pad_to = 1

    def check(self, table: Table) -> None:
        """Refuse encoders that are no linear map."""
        super().check(table)
        if table.encoder is None:
            raise ValueError(
                "faiss-lsh writes the encoder too, but this vocabulary holds none: use 'faiss'"
            )
        if table.encoder.method == "nlb":
            raise ValueError(
                "faiss-lsh holds linear encoders, but nlb clips its input first: use 'faiss' and "
                "encode queries with vocabulary.encode"
            )

    def write(self, table: Table, path: Path) -> None:
        """Write encoder and codes."""
        faiss = _faiss()

        inner = faiss.IndexLSH(table.n_bits, table.n_bits, False, False)
        for block in table.blocks():
            inner.add_sa_codes(block.codes)
        index = faiss.IndexPreTransform(linear_transform(table.encoder), inner)
        faiss.write_index(index, os.fspath(path))

    def verify(self, table: Table, path: Path) -> str:
        """Check the codes, then the encoder on vectors about the mean."""
        faiss = _faiss()

        checked = super().verify(table, path)
        index = faiss.read_index(os.fspath(path))  # owns the transform below
        transform = faiss.downcast_VectorTransform(index.chain.at(0))
        encoder = table.encoder
        noise = np.random.default_rng(0).standard_normal((64, encoder.n_features_in_))
        vectors = (encoder.mean_ + noise).astype(np.float32)
        wanted = encoder.project(vectors)
        found = transform.apply(vectors)
        worst = float(np.abs(found - wanted).max())
        if worst > _ROUNDING * float(np.abs(wanted).max()):
            raise ValueError(
                f"faiss-lsh: projects a vector {worst:g} away from where the encoder does: "
                "the export is removed"
            )
        return f"{checked}; 64 vectors projected alike"

    def ask(self, table: Table, path: Path, codes: Codes, k: int) -> Answer:
        """Search behind the transform, by +-1 numbers that have these signs."""
        faiss = _faiss()

        chain = faiss.read_index(os.fspath(path))  # owns the index below
        index = faiss.downcast_index(chain.index)
        distances, ids = index.search(signs_of(codes, table.n_bits).astype(np.float32), k)
        return Answer(distances, ids)


def linear_transform(encoder: Any) -> Any:
    """Return a fitted encoder's ``(x - mean) @ projection`` as a faiss LinearTransform.

    Put it before any faiss index of ``n_bits`` dimensions.
    """
    faiss = _faiss()
    projection = np.asarray(encoder.projection_)
    transform = faiss.LinearTransform(*projection.shape, True)
    faiss.copy_array_to_vector(np.ascontiguousarray(projection.T, np.float32).ravel(), transform.A)
    bias = -(np.asarray(encoder.mean_) @ projection)
    faiss.copy_array_to_vector(bias.astype(np.float32), transform.b)
    transform.is_trained = True
    return transform


def read_faiss(path: str | os.PathLike[str], n_bits: int | None = None) -> HammingIndex:
    """Read a faiss index of binary codes.

    Parameters
    ----------
    path : path-like
        A file of IndexBinaryFlat, IndexBinaryIDMap over one (ids are dropped: row i is the i-th
        code), IndexBinaryHNSW, IndexLSH, or a chain of transforms before an IndexLSH.
    n_bits : int, optional
        Bits of a code; default: faiss's dimension, which is a multiple of 8 for binary indexes.

    Raises
    ------
    ValueError
        If the file is no such index, or bits past ``n_bits`` are set.

    Examples
    --------
    ``index = iiq.export.read_faiss("codes.faiss", n_bits=300)``
    """
    faiss = _faiss()
    name = os.fspath(path)
    if not os.path.exists(name):
        raise FileNotFoundError(f"{name}: no such file")
    # What was read owns what it is cast to, so both are held.
    try:
        owner = faiss.read_index_binary(name)
        index = faiss.downcast_IndexBinary(owner)
    except RuntimeError:
        try:
            owner = faiss.read_index(name)
            index = faiss.downcast_index(owner)
        except RuntimeError as error:
            raise ValueError(f"{name}: no faiss index: {error}") from None
    codes, width = _codes_of(index, name)
    del owner
    bits = width if n_bits is None else as_int(n_bits, "n_bits", 1)
    if bytes_per_code(bits) != codes.shape[1]:
        raise ValueError(f"{name} holds codes of {width} bits, got n_bits={bits}")
    return HammingIndex(as_codes(codes, bits, name), bits)


def _codes_of(index: Any, name: str) -> tuple[Codes, int]:
    faiss = _faiss()
    while isinstance(index, faiss.IndexPreTransform):
        index = faiss.downcast_index(index.index)
    if isinstance(index, faiss.IndexBinaryIDMap | faiss.IndexBinaryIDMap2):
        index = faiss.downcast_IndexBinary(index.index)
    if isinstance(index, faiss.IndexBinaryHNSW):
        index = faiss.downcast_IndexBinary(index.storage)
    if isinstance(index, faiss.IndexLSH):
        width, bits = index.code_size, index.nbits
        stored = faiss.vector_to_array(index.codes)
    elif isinstance(index, faiss.IndexBinaryFlat):
        width, bits = index.code_size, index.d
        stored = faiss.vector_to_array(index.xb)
    else:
        raise ValueError(
            f"{name} is a {type(index).__name__}: an IndexBinaryFlat, IndexBinaryHNSW or IndexLSH "
            "can be read; add the codes to one of these first"
        )
    return stored.reshape(-1, width), int(bits)
