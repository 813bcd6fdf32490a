"""Limits of words: what an engine would refuse is refused by name, before anything is written."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
from test_engines import needs, postgres  # noqa: F401

import iiq
from iiq.export import ENGINES


def word_of(n_bytes):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-/"
    return "".join(random.Random(n_bytes).choices(letters, k=n_bytes))


def vocabulary(word):
    index = iiq.HammingIndex(np.eye(3, dtype=np.uint8), 24)
    return iiq.BinaryKeyedVectors(["first", word, "last"], index)


LINES = ["a\nb", "a\rb", "a\r\nb"]
REFUSED = {
    "faiss": LINES,
    "usearch": LINES,
    "npy": ["a\nb", "a\r\nb"],
    "pgvector": ["a\0b", word_of(2693), "é" * 1347],
    "elasticsearch": [word_of(32_767), "世" * 10_923],
    "opensearch": [word_of(32_767)],
    "milvus": [word_of(65_536)],
    "vespa": ["a\0", "a\x08", "\x0bb", "a\x0cb", "a\x1fb", "\ufdd0", "\ufddf", "\U0001fffe",
              "\U0010ffff"],
}  # fmt: skip
HELD = {
    "faiss": ["a\x85b", "a\u2028b", "a\x0bb", word_of(70_000)],
    "usearch": ["a\x85b", "a\u2028b", word_of(70_000)],
    "npy": ["a\rb", "a\x85b", "a\u2028b", "\ufeffa"],
    "pgvector": [word_of(2692), "é" * 1346, "\x01", "\\."],
    "elasticsearch": [word_of(32_766), "a\u2028b"],
    "opensearch": [word_of(32_766)],
    "milvus": [word_of(65_535)],
    "vespa": ["a\tb\nc\rd", "\x7f", "\ufdcf", "\ufde0", "\uffff", "\U0001fffd", word_of(70_000)],
    "sqlite-vec": ["a\0b", word_of(70_000), "a\r\nb"],
    "duckdb": ["a\0b", word_of(70_000), "a\r\nb", "None"],
    "lancedb": ["a\0b", word_of(70_000), "a\r\nb"],
    "parquet": ["a\0b", word_of(70_000), "a\r\nb"],
    "qdrant": ["a\0b", word_of(70_000), "a\r\nb"],
    "clickhouse": ["", "a\0b", word_of(127), word_of(128), word_of(70_000), "a\r\nb"],
}


@pytest.mark.parametrize(("engine", "word"), [(e, w) for e in REFUSED for w in REFUSED[e]])
def test_a_word_past_a_limit(engine, word, tmp_path):
    needs(engine)
    message = re.escape(f"{engine} cannot hold the word {word!r:.20}") + r".*\(row 1\)"
    with pytest.raises(ValueError, match=message):
        vocabulary(word).export(engine, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("engine", "word"), [(e, w) for e in HELD for w in HELD[e]])
def test_a_word_within_its_limits(engine, word, tmp_path):
    needs(engine)
    assert vocabulary(word).export(engine, tmp_path / "out").checked
    if (tmp_path / "out.words.txt").exists() and "\r" not in word:
        with (tmp_path / "out.words.txt").open(encoding="utf-8") as lines:
            assert [line.rstrip("\n") for line in lines] == ["first", word, "last"]


def test_every_engine_is_looked_at():
    of_faiss = {"faiss-lsh", "faiss-ivf", "faiss-hnsw"}  # they take the words that faiss takes
    assert set(ENGINES) - of_faiss == set(HELD)


def test_the_limit_of_postgresql_is_its_own(postgres):  # noqa: F811
    import psycopg

    for word in (word_of(2692), "é" * 1346):
        assert "queries" in vocabulary(word).export("pgvector", postgres, overwrite=True).checked
    with psycopg.connect(postgres) as connection:
        insert = "insert into vocabulary select %s, code from vocabulary where word = 'last'"
        with pytest.raises(psycopg.errors.ProgramLimitExceeded, match=r"exceeds .* maximum 2704"):
            connection.execute(insert, (word_of(2693),))


def test_the_page_says_the_same():
    page = Path(__file__).parents[2].joinpath("docs", "serving.md").read_text("utf-8")
    for engine in ENGINES.values():
        if engine.max_word_bytes is not None:
            row = next(line for line in page.split("\n") if "at most" in line and "bytes (" in line
                       and engine.name in line)  # fmt: skip
            assert f"at most {engine.max_word_bytes} bytes" in row
