"""Bulk files for servers: written by each engine's documented rules, read back and compared here.

No server is asked: what is checked is that the file, read by these rules, holds every word and
every bit. ``PATH.schema.*`` beside it creates the collection that the file fits.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from iiq.codes.decoding import signs_of
from iiq.export.engine import FileOfRows
from iiq.export.table import BLOCK_ROWS, Codes, Table, to_big
from iiq.export.verify import Rows

COLLECTION = "vocabulary"
_POINTS_PER_REQUEST = 256


class JsonLines(FileOfRows):
    """A file of JSON values, one a line."""

    schema_ending = ".schema.json"

    @abstractmethod
    def lines(self, table: Table) -> Iterator[str]:
        """Yield the lines, each with its line feed."""

    @abstractmethod
    def documents(self, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield (word, stored code) from the lines."""

    @abstractmethod
    def schema(self, n_bits: int) -> str:
        """Return what creates the collection; n_bits is the stored width."""

    @abstractmethod
    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Return the codes of stored ones."""

    def companions(self, table: Table) -> dict[str, Iterator[str]]:
        """Return the schema."""
        return {self.schema_ending: iter([self.schema(self.stored_bits(table))])}

    def write(self, table: Table, path: Path) -> None:
        """Write the lines."""
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(self.lines(table))

    def read(self, path: Path, n_bits: int) -> Rows:
        """Read the lines back."""
        with open(path, encoding="utf-8", newline="\n") as file:
            documents = self.documents(file)
            while rows := list(islice(documents, BLOCK_ROWS)):
                yield [word for word, _ in rows], self.decode([code for _, code in rows], n_bits)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _from_hex(stored: list[str]) -> Codes:
    width = len(stored[0]) // 2
    return to_big(np.frombuffer(bytes.fromhex("".join(stored)), np.uint8).reshape(-1, width))


class Vespa(JsonLines):
    """A feed of puts: ``tensor<int8>(x[bytes])`` in hexadecimal, most significant bit first.

    ``vespa feed PATH``; closeness by ``distance-metric: hamming``; ``unpack_bits`` in a rank
    profile gives the bits back for float queries.
    """

    name = "vespa"
    # What its parser of documents takes for no text.
    forbidden = r"\0-\x08\x0b\x0c\x0e-\x1f\ufdd0-\ufddf" + "".join(
        f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)
    )
    bit_order = "big"
    pad_to = 8
    zero_rule = "pack_bits and binarize: 0 becomes bit 0"
    schema_ending = ".schema.sd"

    def lines(self, table: Table) -> Iterator[str]:
        """Yield puts; a document's id is its row number."""
        for start, words, codes in table.blocks():
            packed = to_big(codes)
            for row, word in enumerate(words):
                put = f"id:{COLLECTION}:{COLLECTION}::{start + row}"
                code = {"values": packed[row].tobytes().hex()}
                yield _json({"put": put, "fields": {"word": word, "code": code}}) + "\n"

    def documents(self, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield the fields of each put."""
        for line in lines:
            fields = json.loads(line)["fields"]
            yield fields["word"], fields["code"]["values"]

    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Read hexadecimal."""
        return _from_hex(stored)

    def schema(self, n_bits: int) -> str:
        """Return a schema file."""
        return f"""schema {COLLECTION} {{
    document {COLLECTION} {{
        field word type string {{
            indexing: summary | attribute
        }}
        field code type tensor<int8>(x[{n_bits // 8}]) {{
            indexing: attribute | index
            attribute {{
                distance-metric: hamming
            }}
        }}
    }}
    rank-profile hamming {{
        inputs {{
            query(q) tensor<int8>(x[{n_bits // 8}])
        }}
        first-phase {{
            expression: closeness(field, code)
        }}
    }}
}}
"""


class _Bulk(JsonLines):
    """The ``_bulk`` request that Elasticsearch and OpenSearch share."""

    max_word_bytes = 32_766  # of a term of Lucene

    def encode(self, code: Codes) -> Any:
        """Return the JSON value of a code whose bytes are most significant bit first."""
        raise NotImplementedError

    def lines(self, table: Table) -> Iterator[str]:
        """Yield action and document in turn; a document's id is its row number."""
        for start, words, codes in table.blocks():
            packed = to_big(codes)
            for row, word in enumerate(words):
                action = {"index": {"_index": COLLECTION, "_id": str(start + row)}}
                document = {"word": word, "code": self.encode(packed[row])}
                yield f"{_json(action)}\n{_json(document)}\n"

    def documents(self, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield each second line."""
        for line in islice(lines, 1, None, 2):
            document = json.loads(line)
            yield document["word"], document["code"]


class Elasticsearch(_Bulk):
    """A ``_bulk`` request of ``dense_vector`` with ``element_type: bit`` in hexadecimal.

    Padding counts in its score: ``(dims - h) / dims``, dims being the padded width.
    """

    name = "elasticsearch"
    bit_order = "big"
    pad_to = 8
    max_bits = 4096

    def encode(self, code: Codes) -> Any:
        """Return hexadecimal."""
        return code.tobytes().hex()

    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Read hexadecimal."""
        return _from_hex(stored)

    def schema(self, n_bits: int) -> str:
        """Return the body of ``PUT /vocabulary``."""
        code = {
            "type": "dense_vector",
            "element_type": "bit",
            "dims": n_bits,
            "index": True,
            "similarity": "l2_norm",
        }
        properties = {"word": {"type": "keyword"}, "code": code}
        return _pretty({"mappings": {"properties": properties}})


class OpenSearch(_Bulk):
    """A ``_bulk`` request of ``knn_vector`` with ``data_type: binary``, bytes as signed numbers."""

    name = "opensearch"
    bit_order = "big"
    pad_to = 8
    max_bits = 16000

    def encode(self, code: Codes) -> Any:
        """Return signed bytes."""
        return code.view(np.int8).tolist()

    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Read signed bytes."""
        return to_big(np.array(stored, dtype=np.int8).view(np.uint8))

    def schema(self, n_bits: int) -> str:
        """Return the body of ``PUT /vocabulary``."""
        method = {"name": "hnsw", "space_type": "hamming", "engine": "faiss"}
        code = {
            "type": "knn_vector",
            "dimension": n_bits,
            "data_type": "binary",
            "space_type": "hamming",
            "method": method,
        }
        properties = {"word": {"type": "keyword"}, "code": code}
        return _pretty({"settings": {"index.knn": True}, "mappings": {"properties": properties}})


class Milvus(JsonLines):
    """A row-based JSON file for bulk import: BINARY_VECTOR as bytes 0 to 255.

    Milvus's examples disagree about the order of bits; these are the least significant first of its
    Python example. Distances are the same either way, if queries are packed alike.
    """

    name = "milvus"
    max_word_bytes = 65_535  # of a VARCHAR
    pad_to = 8
    max_bits = 262_144

    def lines(self, table: Table) -> Iterator[str]:
        """Yield one JSON value, a row a line."""
        yield '{"rows":[\n'
        for start, words, codes in table.blocks():
            for row, (word, code) in enumerate(zip(words, codes, strict=True), start + 1):
                entity = _json({"word": word, "code": code.tolist()})
                yield f"{entity}{',' if row < len(table) else ''}\n"
        yield "]}\n"

    def documents(self, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield the rows between the first line and the last."""
        for line in lines:
            if line[2:6] == "word":
                entity = json.loads(line.rstrip(",\n"))
                yield entity["word"], entity["code"]

    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Read bytes."""
        return np.array(stored, dtype=np.uint8)

    def schema(self, n_bits: int) -> str:
        """Return the fields of the collection, and an index."""
        word = {
            "fieldName": "word",
            "dataType": "VarChar",
            "isPrimary": True,
            "elementTypeParams": {"max_length": 65535},
        }
        code = {
            "fieldName": "code",
            "dataType": "BinaryVector",
            "elementTypeParams": {"dim": n_bits},
        }
        index = {"fieldName": "code", "metricType": "HAMMING", "indexType": "BIN_IVF_FLAT"}
        fields = {"autoId": False, "fields": [word, code]}
        return _pretty({"collectionName": COLLECTION, "schema": fields, "indexParams": [index]})


class Qdrant(JsonLines):
    """Bodies of ``PUT /collections/vocabulary/points``, one a line: +1 and -1, metric Dot.

    Qdrant takes no packed bits. For such vectors ``dot = n_bits - 2 h``, and its binary
    quantization (0 becomes bit 0; there are no zeros here) loses nothing.
    """

    name = "qdrant"
    max_bits = 65_535
    zero_rule = "binary quantization: 0 becomes bit 0"

    def lines(self, table: Table) -> Iterator[str]:
        """Yield requests of a few hundred points; a point's id is its row number."""
        for start, words, codes in table.blocks(_POINTS_PER_REQUEST):
            signs = signs_of(codes, table.n_bits).astype(np.int8)
            points = [
                {"id": start + row, "vector": {"code": signs[row].tolist()}, "payload": {"word": w}}
                for row, w in enumerate(words)
            ]
            yield _json({"points": points}) + "\n"

    def documents(self, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield each point of each request."""
        for line in lines:
            for point in json.loads(line)["points"]:
                yield point["payload"]["word"], point["vector"]["code"]

    def decode(self, stored: list[Any], n_bits: int) -> Codes:
        """Read signs."""
        signs = np.array(stored, dtype=np.int8)
        if signs.shape[1] != n_bits or not np.isin(signs, (-1, 1)).all():
            raise ValueError(f"qdrant: vectors are not {n_bits} numbers +1 and -1")
        return np.packbits(signs > 0, axis=1, bitorder="little")

    def schema(self, n_bits: int) -> str:
        """Return the body of ``PUT /collections/vocabulary``."""
        code = {"size": n_bits, "distance": "Dot", "on_disk": True}
        quantization = {"binary": {"always_ram": True}}
        return _pretty({"vectors": {"code": code}, "quantization_config": quantization})
