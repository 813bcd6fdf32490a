"""Files as they are met: layouts that contradict themselves, other systems' habits, other names."""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile

import numpy as np
import pytest

import iiq
from iiq.vectors.readers import iter_vectors, read_vectors
from iiq.vectors.readers.spacy import SYMBOLS, string_hash

ROWS = [f"w{i} 0.5 0.25 0.{i}" for i in range(1, 30)]
TEXT = "".join(row + "\n" for row in ROWS).encode()
WORDS = [f"w{i}" for i in range(1, 30)]
VECTORS = np.float32([[0.5, 0.25, float(f"0.{i}")] for i in range(1, 30)])


def same(wv, n=29):
    assert list(wv.words) == WORDS[:n]
    np.testing.assert_array_equal(wv.vectors, VECTORS[:n])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v.txt"


def refused(path, message, **options):
    with pytest.raises(ValueError, match=message) as caught:
        read_vectors(path, **options)
    assert str(path) in str(caught.value)
    if not path.is_dir():
        with pytest.raises(ValueError, match=message):
            list(iter_vectors(path, **options))


# --- a layout is guessed, and contradicted --------------------------------------------------------


def test_a_header_that_most_lines_contradict(path):
    path.write_bytes(b"29 2\n" + TEXT)
    refused(path, "the header says 2 numbers a row, but most of its first lines end with 3")
    path.write_bytes(b"29 5\n" + TEXT)
    refused(path, "line 2: the line ends with 3 numbers, expected 5 as the header says")
    path.write_bytes(b"3 29\n" + TEXT)  # swapped
    refused(path, "line 2: the line ends with 3 numbers, expected 29 as the header says")
    path.write_bytes(b"20 2\n" + b"".join(b"article %d 0.5 0.25\n" % i for i in range(20)))
    refused(path, "pass format='word2vec' to believe it")
    assert read_vectors(path, format="word2vec").words[:2] == ["article 0", "article 1"]


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize("form", ["%.6f", "%.18e", "%d"])
@pytest.mark.parametrize("header", ["", "40 5\n"])
def test_a_matrix_without_words(path, separator, form, header):
    values = np.random.default_rng(0).standard_normal((40, 5)) * 100
    np.savetxt(path, values, fmt=form, delimiter=separator)
    path.write_text(header + path.read_text())
    refused(path, "holds 5 numbers in a line and no words: pass words=")
    words = [f"word {i}" for i in range(40)]
    wv = read_vectors(path, words=words)
    assert wv.words == words
    np.testing.assert_array_equal(
        wv.vectors, np.loadtxt(path, skiprows=int(bool(header)), dtype="f4")
    )
    assert read_vectors(path, words=words, limit=7).words == words[:7]
    with pytest.raises(ValueError, match="holds 40 vectors, but there are 3 words"):
        read_vectors(path, words=words[:3])
    if not header and form == "%.6f":
        assert read_vectors(path, format="glove").dim == 4


@pytest.mark.parametrize("header", ["", "3 2\n"])
def test_words_that_are_numbers(path, header):
    path.write_text(header + "7 0.5 0.25\n1990 1 2\n3 4.5 -1\n")  # as node2vec writes nodes
    assert read_vectors(path).words == ["7", "1990", "3"]


def test_whole_numbers_that_come_again_are_no_words(path):
    path.write_text("7 0.5 0.25\n1990 1 2\n7 4.5 -1\n")
    refused(path, "holds 3 numbers in a line and no words")


@pytest.mark.parametrize("dim", [200_000, 600_000])
@pytest.mark.parametrize("header", [False, True])
def test_a_first_line_longer_than_what_is_looked_at(path, dim, header):
    line = " ".join(map(str, np.random.default_rng(0).integers(0, 10, dim)))
    rows = "".join(f"w{i} {line}\n" for i in range(3))
    path.write_text((f"3 {dim}\n" if header else "") + rows)
    wv = read_vectors(path)
    assert (wv.dim, wv.words) == (dim, ["w0", "w1", "w2"])


def test_lines_that_end_in_a_carriage_return_alone(path):
    path.write_bytes(TEXT.replace(b"\n", b"\r"))
    same(read_vectors(path))
    same(read_vectors(path, limit=4), 4)
    path.write_bytes(b"29 3\r" + TEXT.replace(b"\n", b"\r"))
    same(read_vectors(path))
    path.write_bytes(TEXT.replace(b"\n", b"\r", 3))
    refused(path, "line 1: a line ends in a carriage return alone, after 'w1 0.5 0.25 0.1'")
    path.write_bytes(b"a\rb 0.5 0.25 1\n" + TEXT)
    assert read_vectors(path).words[0] == "a\rb"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_archive(tmp_path, mode, form):
    path = tmp_path / "download"
    with tarfile.open(path, mode, format=form) as archive:
        info = tarfile.TarInfo("glove.txt")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    refused(path, r"is a tar archive \(.*glove.txt is its first file\): unpack it first")
    refused(path, "is a tar archive", limit=3)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(path, encoding):
    content = TEXT.decode().replace("\n", "\r\n")
    path.write_bytes(content.encode(encoding))
    if encoding != "utf-32":
        refused(path, f"is text in {encoding.upper()}: pass encoding='{encoding}'")
    same(read_vectors(path, encoding=encoding))
    same(read_vectors(path, encoding=encoding, limit=3), 3)
    path.write_bytes(("29 3\n" + content.replace("w1 ", "été ")).encode(encoding))
    assert read_vectors(path, encoding=encoding).words[0] == "été"
    path.write_bytes(content.encode(encoding)[:-3])
    with pytest.raises(ValueError, match=f"is not {encoding} .*: pass the file's encoding"):
        read_vectors(path, encoding=encoding)


OTHERS = {
    "sparse": ("w1 1:0.5 7:0.25\nw2 2:1 3:4\n", "sparse vectors .index:value. are not read"),
    "libsvm": ("1 1:0.5 7:0.25\n0 2:1 3:4\n", "sparse vectors"),
    "CSV": ("word,0.5,0.25\nking,1,2\n", "the fields stand apart by ','"),
    "decimal commas": ("king 0,1 0,2\nqueen 0,3 0,4\n", "brackets or decimal commas"),
    "brackets": ("king [0.1 0.2]\nqueen [0.3 0.4]\n", "brackets or decimal commas"),
    "word count": ("the 5611464\n, 4992705\nof 2750306\n", "a list of words and their counts"),
    "header of a table": ("\t0\t1\t2\nking\t1\t2\t3\nq\t3\t4\t5\n", "line 1: 3 numbers but no"),
    "JSON": ('{"king": [0.5, 0.25],\n"queen": [1, 2]}\n', "this looks like JSON"),
    "LFS": ("version https://git-lfs.github.com/spec/v1\noid sha256:12\n", "git lfs pull"),
    "HTML": ("<!DOCTYPE html>\n<html></html>\n", "a page of HTML, not the file"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_files_are_named_for_what_they_are(path, kind):
    content, message = OTHERS[kind]
    path.write_text(content)
    refused(path, message)


# --- sound files that were judged wrongly ---------------------------------------------------------


@pytest.mark.parametrize("name", ["GLOVE.ZIP", "download", "glove.zip.1", "a folder.zip/x y"])
def test_archives_of_any_name(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/two.txt", "a 0.1 0.2\n")
        archive.writestr("three.txt", TEXT)
        archive.writestr("__MACOSX/._three.txt", b"\0\0")
    with pytest.raises(ValueError, match="holds 2 files: name one of them, as in ") as caught:
        read_vectors(path)
    advised = str(caught.value).partition("as in ")[2].partition(" (deep")[0]
    assert read_vectors(advised).dim == 2
    same(read_vectors(path / "three.txt"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("three.txt", TEXT)
        archive.writestr("__MACOSX/._three.txt", b"\0\0")
    same(read_vectors(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
        archive.writestr("archive/version", b"")
    refused(path, "is a file of PyTorch: open it with torch.load")
    with zipfile.ZipFile(path, "w"):
        pass
    refused(path, "holds 0 files")


def test_packed_twice(tmp_path, path):
    import gzip

    path.write_bytes(gzip.compress(gzip.compress(TEXT)))
    refused(path, "holds gz data inside gz: unpack it first")


@pytest.mark.parametrize("reader", ["read_vectors(p).words", "compress(p, n_bits=4).index_to_key"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe(path, reader, packed):
    import gzip

    path.write_bytes(gzip.compress(TEXT) if packed else TEXT)
    code = f"import iiq; p = '/dev/stdin'; print(*iiq.{reader})"
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=cat.stdout, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert run.stdout.split() == WORDS


def test_a_device(path):
    with pytest.raises(ValueError, match="/dev/zero is a device"):
        read_vectors("/dev/zero")


def bfloat16(folder, values):
    data = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": list(values.shape), "data_offsets": [0, len(data)]}
    head = json.dumps({"embedding.weight": entry}).encode()
    head += b" " * (-len(head) % 8)
    file = struct.pack("<Q", len(head)) + head + data
    (folder / "model.safetensors").write_bytes(file)


def test_bfloat16(tmp_path):
    values = np.float32([[1, -2, 0.5], [0.25, 3, -1]])
    bfloat16(tmp_path, values)
    ids = {"king": 0, "queen": 1}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": ids}}))
    wv = read_vectors(tmp_path)
    assert wv.words == ["king", "queen"]
    np.testing.assert_array_equal(wv.vectors, values)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"queen": 1}}}))
    with pytest.warns(UserWarning, match="1 of 2 vectors are left out, since the tokenizer"):
        np.testing.assert_array_equal(read_vectors(tmp_path)["queen"], values[1])


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_pickled_mappings(tmp_path, protocol):
    vectors = {"king": np.float32([1, 2, 3]), "queen": np.float32([1, 2, 4])}
    np.save(tmp_path / "v.npy", vectors)
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(vectors, protocol))
    for name in ("v.npy", "v.pkl"):
        if name == "v.pkl" and protocol == 0:
            continue  # text, like any other
        refused(tmp_path / name, "pass allow_pickle=True")
        wv = read_vectors(tmp_path / name, allow_pickle=True)
        assert wv.words == ["king", "queen"]
        np.testing.assert_array_equal(wv["queen"], [1, 2, 4])
        assert read_vectors(tmp_path / name, allow_pickle=True, limit=1).words == ["king"]
    pair = (["king", "queen"], np.eye(2))
    (tmp_path / "pair.pkl").write_bytes(pickle.dumps(pair))
    assert read_vectors(tmp_path / "pair.pkl", allow_pickle=True).words == ["king", "queen"]
    rows = np.empty(2, dtype=object)
    rows[:] = [np.ones(3), np.zeros(3)]
    np.save(tmp_path / "rows.npy", rows)
    assert read_vectors(tmp_path / "rows.npy", allow_pickle=True, words=["a", "b"]).dim == 3


def test_pickles_of_python_2(tmp_path):
    # What Python 2 writes for {"\xc3\xa9t\xc3\xa9": [1.0, 2.0]}: its text is bytes.
    data = b"\x80\x02}q\x00U\x05\xc3\xa9t\xc3\xa9q\x01]q\x02(G?\xf0\0\0\0\0\0\0G@\0\0\0\0\0\0\0es."
    (tmp_path / "v.pkl").write_bytes(data)
    wv = read_vectors(tmp_path / "v.pkl", allow_pickle=True)
    assert wv.words == ["été"]
    np.testing.assert_array_equal(wv["été"], [1, 2])


def test_types_of_text_in_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    kinds = [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()),
             pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary())]  # fmt: skip
    if hasattr(pa, "string_view"):
        kinds += [pa.string_view(), pa.binary_view()]
    for kind in kinds:
        words = ["été", "king"]
        if "binary" in str(kind):
            words = [word.encode() for word in words]
        try:
            column = pa.array(words, kind)
        except pa.ArrowNotImplementedError:
            column = pa.array(words).dictionary_encode()
        table = pa.table({"w": column, "v": [[1.0, 2.0], [3.0, 4.0]]})
        pq.write_table(table, tmp_path / "v.parquet")
        assert read_vectors(tmp_path / "v.parquet").words == ["été", "king"], kind
    pq.write_table(pa.table({"w": [b"\xe9"], "v": [[1.0]]}), tmp_path / "v.parquet")
    refused(tmp_path / "v.parquet", r"row 0: the word b'\\xe9' is not utf-8")
    assert read_vectors(tmp_path / "v.parquet", encoding="latin-1").words == ["é"]


@pytest.mark.parametrize("name", ["a b", "été", "50%", "v?x#y", "model.safetensors", "x.zip", "-"])
def test_folders_with_odd_names(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "v.txt").write_bytes(TEXT)
    same(read_vectors(folder / "v.txt"))
    np.save(folder / "v.npy", VECTORS)
    same(read_vectors(folder / "v.npy", words=WORDS))
    from tests.vectors.test_read_formats import magnitude, spacy_folder

    magnitude(folder / "v.magnitude")
    assert len(read_vectors(folder / "v.magnitude")) == 8
    with pytest.raises(ValueError, match=r"is no vectors of a known format|no static embedding"):
        read_vectors(folder)
    spacy_folder(folder)
    assert len(read_vectors(folder)) == 8


def test_the_two_kinds_of_files_mixed_up(tmp_path, path):
    path.write_bytes(TEXT)
    iiq.compress(path, n_bits=8, n_remove=0).save(tmp_path / "v.iiq")
    for call in (iiq.read_vectors, iiq.compress):
        with pytest.raises(ValueError, match=r"open it with iiq.load\(path\)"):
            call(tmp_path / "v.iiq")
    with pytest.raises(ValueError, match=r"iiq.compress\(path\)"):
        iiq.load(path)


def test_the_words_of_spacy_that_are_symbols(tmp_path):
    msgpack = pytest.importorskip("msgpack")
    with (tmp_path / "vectors").open("wb") as file:
        np.save(file, np.eye(4, dtype="f4"))
    keys = {string_hash("king"): 0, 380: 1, string_hash("queen"): 2, 100: 3}
    (tmp_path / "key2row").write_bytes(msgpack.packb(keys))
    (tmp_path / "strings.json").write_text(json.dumps(["king", "queen"]))
    assert read_vectors(tmp_path).words == ["king", "PERSON", "queen", "VERB"]
    (tmp_path / "meta.json").write_text(json.dumps({"spacy_version": ">=2.0.0"}))
    with pytest.warns(UserWarning, match="2 of 4 words are left out.*the first of which is 380"):
        assert read_vectors(tmp_path).words == ["king", "queen"]
    assert (SYMBOLS[84], SYMBOLS[397], SYMBOLS[416]) == ("ADJ", "CARDINAL", "dobj")


def test_a_narrow_console(tmp_path):
    words = ["king", "世界", "queen", "naïve", "\U0001f600"]
    vectors = np.random.default_rng(0).standard_normal((5, 8))
    iiq.compress((words, vectors), n_remove=0, random_state=0).save(tmp_path / "v.iiq")
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    for more in ([], ["--json"]):
        command = [sys.executable, "-m", "iiq", "nn", str(tmp_path / "v.iiq"), "king", *more]
        run = subprocess.run(command, capture_output=True, env=environment, check=True)
        assert b"queen" in run.stdout
        assert b"\\u4e16\\u754c" in run.stdout
        if more:
            found = {item["word"] for item in json.loads(run.stdout)["king"]}
            assert found == set(words) - {"king"}


def test_binary_with_more_than_its_header_says(tmp_path):
    path = tmp_path / "v.bin"
    iiq.write_vectors((["a", "b", "c"], np.eye(3)), path)
    path.write_bytes(path.read_bytes().replace(b"3 3\n", b"2 3\n"))
    refused(path, "the header says 2 rows of 3 numbers, but .* bytes and more follow them")
    assert read_vectors(path, check_count=False).words == ["a", "b"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_vectors(path, limit=1).words == ["a"]
