"""The blocks of docs/engines.md and docs/serving.md that need large packages: `make engines`.

Not collected by pytest: named on its command line, with what the group `engines` installs.
"""

import re
import sys
from base64 import b64decode
from contextlib import chdir
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from made_up import make

import iiq

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = (DOCS / "engines.md").read_text(encoding="utf-8")


def blocks(text, fence):
    return "\n".join(re.findall(rf"^```{fence}\n(.*?)^```", text, re.M | re.S))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return the names that the blocks of a section leave behind."""

    @cache
    def run(engine):
        names = {}
        section = PAGE.split(f"\n## {engine}\n")[1].split("\n## ")[0]
        with chdir(tmp_path_factory.mktemp(engine)):
            exec(blocks(PAGE, "python"), names)
            exec(blocks(section, "py"), names)
        return names

    return run


def check_codes(names):
    """The engine's first hundred lie where exact search says, each word at its distance."""
    vocabulary, code = names["vocabulary"], names["code"]
    wanted = vocabulary.index.search(code[None], 100)[0][0]
    assert [int(h) for _, h in names["nearest"]] == wanted.tolist()
    words = [word for word, _ in names["nearest"]]
    assert len(set(words)) == 100
    rows = [vocabulary.key_to_index[word] for word in words]
    np.testing.assert_array_equal(iiq.hamming(vocabulary.codes[rows], code[None]), wanted)
    assert names["best"][0] == "music"


def check_floats(names):
    """Sums of the query's floats, added up by the engine."""
    vocabulary, query = names["vocabulary"], np.array(names["query"])
    sums = np.where(iiq.unpack(vocabulary.codes, 100), query, -query).sum(axis=1)
    found = np.array([score for _, score in names["by_floats"]])
    np.testing.assert_allclose(found, np.sort(sums)[::-1][:100], rtol=1e-5, atol=1e-5)
    assert names["by_floats"][0][0] == "music"


@pytest.mark.parametrize("engine", ["ClickHouse", "Milvus", "Qdrant"])
def test_an_engine_answers_to_codes(engine, told):
    check_codes(told(engine))


@pytest.mark.parametrize("engine", ["ClickHouse", "Qdrant"])
def test_an_engine_answers_to_floats(engine, told):
    check_floats(told(engine))


def test_clickhouse_reads_odd_words(tmp_path):
    from chdb import query

    vocabulary = make()
    vocabulary.export("clickhouse", tmp_path / "out")
    columns = "'word String, code FixedString(3)'"
    sql = f"select base64Encode(word), hex(code) from file('{tmp_path}/out', RowBinary, {columns})"
    found = [line.split("\t") for line in str(query(sql, "TSV")).splitlines()]
    assert [b64decode(word).decode() for word, _ in found] == list(vocabulary.index_to_key)
    assert [bytes.fromhex(code) for _, code in found] == [c.tobytes() for c in vocabulary.codes]


def test_the_recipe_of_spark(tmp_path, monkeypatch):
    import pandas as pd
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)  # its workers take python3 otherwise
    X = np.random.default_rng(0).standard_normal((500, 16)).astype(np.float32)
    names = {"np": np, "pd": pd, "iiq": iiq}
    recipe = blocks((DOCS / "serving.md").read_text(encoding="utf-8"), "py")
    with chdir(tmp_path), SparkSession.builder.master("local[1]").getOrCreate() as spark:
        frame = pd.DataFrame({"word": [f"w{i}" for i in range(500)], "vector": X.tolist()})
        spark.createDataFrame(frame).write.parquet("vectors/")
        names["spark"] = spark
        exec(recipe, names)
        stored = spark.read.parquet("codes/").toPandas()
    codes = {row.word: bytes(row.code) for row in stored.itertuples()}
    wanted = names["encoder"].transform(X)
    assert codes == {f"w{i}": code.tobytes() for i, code in enumerate(wanted)}
