"""Golden bytes of the files that servers read, by the examples in each engine's documentation."""

import json

import numpy as np
import pytest
from made_up import make

import iiq
from iiq._support import extras
from iiq.export import ENGINES, databases, files
from iiq.export.table import from_strings, to_big, to_strings

# bits 0 and 9 of ten: least significant first 01 02, most significant first 80 40
BITS = np.zeros((1, 10), bool)
BITS[0, [0, 9]] = True


@pytest.fixture
def tiny():
    return iiq.BinaryKeyedVectors(["wörd"], iiq.HammingIndex(iiq.pack(BITS), 10))


GOLDEN = {
    "vespa": '{"put":"id:vocabulary:vocabulary::0",'
    '"fields":{"word":"wörd","code":{"values":"8040"}}}\n',
    "elasticsearch": '{"index":{"_index":"vocabulary","_id":"0"}}\n{"word":"wörd","code":"8040"}\n',
    "opensearch": '{"index":{"_index":"vocabulary","_id":"0"}}\n{"word":"wörd","code":[-128,64]}\n',
    "milvus": '{"rows":[\n{"word":"wörd","code":[1,2]}\n]}\n',
    "qdrant": '{"points":[{"id":0,"vector":{"code":[1,-1,-1,-1,-1,-1,-1,-1,-1,1]},'
    '"payload":{"word":"wörd"}}]}\n',
    "pgvector": "wörd\t1000000001\n",
    "clickhouse": "\x05wörd\x01\x02",
}


@pytest.mark.parametrize("engine", GOLDEN)
def test_golden(engine, tiny, tmp_path):
    tiny.export(engine, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == GOLDEN[engine]


def test_the_documented_example_of_elasticsearch():
    # [-127, 0, 1, 42, 127] as signed bytes is "8100012a7f" in hexadecimal
    signed = np.array([[-127, 0, 1, 42, 127]], np.int8)
    assert signed.tobytes().hex() == "8100012a7f"
    bits = np.unpackbits(signed.view(np.uint8), axis=1).astype(bool)
    np.testing.assert_array_equal(to_big(iiq.pack(bits)), signed.view(np.uint8))


def test_the_documented_example_of_opensearch():
    # the vector 0, 1, 1, 0, 0, 0, 1, 1 is the byte 99
    assert to_big(iiq.pack([[0, 1, 1, 0, 0, 0, 1, 1]])).view(np.int8)[0, 0] == 99


@pytest.mark.parametrize(
    ("engine", "where", "width"),
    [
        ("elasticsearch", ("mappings", "properties", "code", "dims"), 16),
        ("opensearch", ("mappings", "properties", "code", "dimension"), 16),
        ("qdrant", ("vectors", "code", "size"), 10),
    ],
)
def test_the_schema_beside_has_the_stored_width(engine, where, width, tiny, tmp_path):
    report = tiny.export(engine, tmp_path / "out")
    schema = json.loads((tmp_path / "out.schema.json").read_text())
    for name in where:
        schema = schema[name]
    assert schema == width == report.stored_bits


def test_the_schema_of_vespa_and_milvus(tiny, tmp_path):
    tiny.export("vespa", tmp_path / "feed")
    assert "tensor<int8>(x[2])" in (tmp_path / "feed.schema.sd").read_text()
    tiny.export("milvus", tmp_path / "rows")
    schema = json.loads((tmp_path / "rows.schema.json").read_text())
    assert schema["schema"]["fields"][1]["elementTypeParams"]["dim"] == 16


def test_strings_go_there_and_back():
    codes = make(n=50, n_bits=37).codes
    np.testing.assert_array_equal(from_strings(to_strings(codes, 37), 37), codes)
    with pytest.raises(ValueError, match="37 characters"):
        from_strings(["0" * 36 + "2"], 37)


# -- refusals --------------------------------------------------------------------------------------


def test_an_unknown_engine_lists_the_known(tiny, tmp_path):
    with pytest.raises(ValueError, match=r"faiss, .*clickhouse, got 'pinecone'"):
        tiny.export("pinecone", tmp_path / "out")


def test_what_is_there_stays(tiny, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(FileExistsError, match=r"out exists already: pass overwrite=True"):
        tiny.export("npy", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"
    assert tiny.export("npy", tmp_path / "out", overwrite=True).n_codes == 1


def test_a_companion_that_is_there_stays(tiny, tmp_path):
    (tmp_path / "out.words.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"words\.txt"):
        tiny.export("npy", tmp_path / "out")


def test_a_folder_that_is_missing_is_named(tiny, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        tiny.export("npy", tmp_path / "nowhere" / "out")


def test_a_folder_is_no_file(tiny, tmp_path):
    with pytest.raises(IsADirectoryError):
        tiny.export("npy", tmp_path, overwrite=True)


@pytest.mark.parametrize(("name", "limit"), [("elasticsearch", 4096), ("opensearch", 16000)])
def test_a_width_too_large_is_said_before_writing(name, limit, tmp_path):
    wide = make(n=10, n_bits=limit + 1)
    with pytest.raises(ValueError, match=f"at most {limit} bits, but these have {limit + 1}"):
        wide.export(name, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_word_the_format_cannot_hold_is_named(tmp_path):
    words = ["a", "b\nc", *map(str, range(8))]
    with pytest.raises(ValueError, match=r"cannot hold the word 'b\\nc' \(row 1\)"):
        make(n=10, words=words).export("npy", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_names_the_extra(tiny, tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(extras.importlib, "import_module", missing)
    for name in ("faiss", "faiss-lsh", "duckdb", "lancedb", "sqlite-vec", "usearch", "parquet"):
        extra = ENGINES[name].extra or name
        with pytest.raises(ModuleNotFoundError, match=rf"pip install 'iiq\[{extra}\]'"):
            tiny.export(name, tmp_path / "out")


def test_the_encoder_must_be_there_and_linear(tiny, tmp_path):
    pytest.importorskip("faiss")
    with pytest.raises(ValueError, match="holds none"):
        tiny.export("faiss-lsh", tmp_path / "out")


# -- stores that contradict ------------------------------------------------------------------------


def flipped(codes, *_):
    wrong = np.array(codes)
    wrong[:, 0] ^= 1
    wrong[0, 0] ^= 1
    return wrong


def test_rows_that_differ_are_named_and_removed(vocabulary, tmp_path, monkeypatch):
    read = files.Npy.read

    def damaged(self, path, n_bits):
        for words, codes in read(self, path, n_bits):
            yield words, flipped(codes)

    monkeypatch.setattr(files.Npy, "read", damaged)
    with pytest.raises(ValueError, match=r"npy: row 1 .* has the code \w+, wanted \w+"):
        vocabulary.export("npy", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_failed_export_leaves_what_was_there(vocabulary, tmp_path, monkeypatch):
    (tmp_path / "out").write_text("mine")
    monkeypatch.setattr(files.Npy, "read", lambda self, path, n_bits: iter(()))
    with pytest.raises(ValueError, match="holds 0 rows of the 400 written"):
        vocabulary.export("npy", tmp_path / "out", overwrite=True)
    assert (tmp_path / "out").read_text() == "mine"


def test_distances_that_differ_are_named_and_removed(vocabulary, tmp_path, monkeypatch):
    pytest.importorskip("duckdb")
    reverse = {"0": "1", "1": "1"}

    def wrong(codes, n_bits):
        return [s[:-1] + reverse[s[-1]] for s in to_strings(codes, n_bits)]

    monkeypatch.setattr(databases, "to_strings", wrong)
    with pytest.raises(ValueError, match=r"duckdb: neighbour \d of .* but exact search says"):
        vocabulary.export("duckdb", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_lancedb_table_that_contradicts_is_dropped(vocabulary, tmp_path, monkeypatch):
    lancedb = pytest.importorskip("lancedb")
    make(n=50).export("lancedb", tmp_path / "db")
    monkeypatch.setattr(databases.LanceDB, "verify", lambda *_: (_ for _ in ()).throw(ValueError))
    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        vocabulary.export("lancedb", tmp_path / "db", overwrite=True)
    assert not lancedb.connect(str(tmp_path / "db")).list_tables().tables
    with pytest.raises(ValueError):  # noqa: PT011
        vocabulary.export("lancedb", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_words_in_another_order_are_seen(vocabulary, tmp_path, monkeypatch):
    pytest.importorskip("duckdb")
    ask = databases.DuckDB.ask

    def shifted(self, table, path, codes, k):
        answer = ask(self, table, path, codes, k)
        answer.ids[0][0] = "w300"
        return answer

    monkeypatch.setattr(databases.DuckDB, "ask", shifted)
    with pytest.raises(ValueError, match=r"'w300' is at distance 0 from .* but it is at \d+"):
        vocabulary.export("duckdb", tmp_path / "out")


WORDS = ["a\rb", "c\r", "d\u2028e", "f\x85g", "h\x7fi", " j ", "k\tl", "m\\n"]


@pytest.mark.parametrize("engine", [*GOLDEN, "npy", "parquet", "faiss", "usearch", "duckdb"])
def test_words_with_what_ends_a_line_elsewhere(engine, tmp_path):
    if engine in ("parquet", "faiss", "usearch", "duckdb"):
        pytest.importorskip({"parquet": "pyarrow"}.get(engine, engine))
    words = [word for word in WORDS if engine not in ("faiss", "usearch") or "\r" not in word]
    codes = np.arange(4 * len(words), dtype=np.uint8).reshape(-1, 4)
    kv = iiq.BinaryKeyedVectors(words, iiq.HammingIndex(codes, 32))
    kv.export(engine, tmp_path / "x")
    beside = tmp_path / "x.words.txt"
    if beside.exists():
        lines = "".join(word.replace("\r", "\\r") + "\n" for word in words)
        assert beside.read_bytes() == lines.encode()
        assert len(beside.read_text(encoding="utf-8").splitlines()) >= len(words)
    exact = tmp_path / "x.words.json"
    assert exact.exists() == (engine == "npy")
    if exact.exists():
        assert json.loads(exact.read_bytes()) == WORDS


def test_an_npy_export_is_what_numpy_saves(tmp_path):
    codes = np.arange(12, dtype=np.uint8).reshape(4, 3)
    iiq.BinaryKeyedVectors(list("abcd"), iiq.HammingIndex(codes, 24)).export("npy", tmp_path / "x")
    found = np.load(tmp_path / "x")
    assert (found.dtype, found.shape, found.tobytes()) == (np.uint8, (4, 3), codes.tobytes())
