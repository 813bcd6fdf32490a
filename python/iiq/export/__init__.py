"""Codes for other engines: one file an engine, one line an engine in the table below.

Every engine is told its own bit order and padding, and what was written is asked the questions that
:class:`iiq.HammingIndex` answers exactly before it takes its place.
"""

from __future__ import annotations

import os

from iiq.export.bulk import Elasticsearch, Milvus, OpenSearch, Qdrant, Vespa
from iiq.export.clickhouse import ClickHouse
from iiq.export.databases import DuckDB, LanceDB, SqliteVec
from iiq.export.engine import Engine, ExportReport
from iiq.export.faiss import Faiss, FaissHNSW, FaissIVF, FaissLSH, read_faiss
from iiq.export.files import Npy, Parquet
from iiq.export.pgvector import PgVector
from iiq.export.table import Table, WordsAndCodes
from iiq.export.usearch import Usearch

ENGINES: dict[str, type[Engine]] = {
    "faiss": Faiss,
    "faiss-lsh": FaissLSH,
    "faiss-ivf": FaissIVF,
    "faiss-hnsw": FaissHNSW,
    "usearch": Usearch,
    "sqlite-vec": SqliteVec,
    "duckdb": DuckDB,
    "lancedb": LanceDB,
    "pgvector": PgVector,
    "parquet": Parquet,
    "npy": Npy,
    "vespa": Vespa,
    "elasticsearch": Elasticsearch,
    "opensearch": OpenSearch,
    "milvus": Milvus,
    "qdrant": Qdrant,
    "clickhouse": ClickHouse,
}

__all__ = ["ENGINES", "Engine", "ExportReport", "export", "read_faiss"]


def export(
    vocabulary: WordsAndCodes,
    engine: str,
    path: str | os.PathLike[str],
    verify: bool = True,
    overwrite: bool = False,
) -> ExportReport:
    """Write words and codes for another engine; see ``BinaryKeyedVectors.export``."""
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    table = Table(vocabulary.index_to_key, vocabulary.index, vocabulary.encoder)
    return ENGINES[engine]().export(table, path, verify=verify, overwrite=overwrite)
