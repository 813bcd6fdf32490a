"""Reading of compressed files, word2vec binary, .npy and Parquet; gensim is the oracle."""

import bz2
import gzip
import lzma
import zipfile

import numpy as np
import pytest

from iiq.vectors.readers import iter_vectors, read_vectors

WORDS = ["the", "king", "été", "new_york", "\u00a0", "世界", "x\u0085y", "</s>"]
VECTORS = np.random.default_rng(0).standard_normal((len(WORDS), 12)).astype(np.float32)


def lines(words=WORDS, vectors=VECTORS, header=True):
    rows = "".join(
        f"{word} {' '.join(map(repr, row.tolist()))}\n"
        for word, row in zip(words, vectors, strict=True)
    )
    return ((f"{len(words)} {vectors.shape[1]}\n" if header else "") + rows).encode()


def binary(newline=b"\n"):
    rows = zip(WORDS, VECTORS.astype("<f4"), strict=True)
    return b"%d %d\n" % VECTORS.shape + b"".join(
        word.encode() + b" " + row.tobytes() + newline for word, row in rows
    )


def same(wv, n=8):
    assert list(wv.words) == WORDS[:n]
    np.testing.assert_array_equal(wv.vectors, VECTORS[:n])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.txt"  # formats and compressions are found by content, not by name


def zst(data):
    zstandard = pytest.importorskip("zstandard")
    return zstandard.compress(data[:100]) + zstandard.compress(data[100:])


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zst}


@pytest.mark.parametrize("content", [lines(), binary()], ids=["text", "binary"])
@pytest.mark.parametrize("kind", sorted(PACKERS))
def test_compressed(path, kind, content):
    path.write_bytes(PACKERS[kind](content))
    same(read_vectors(path))
    same(read_vectors(path, limit=3), 3)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_truncated_or_damaged_compression(path, kind):
    whole = PACKERS[kind](lines() * 20)
    for broken in (whole[: len(whole) // 2], whole[:40] + b"junk" * 10 + whole[80:]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=rf"file\.txt: damaged or truncated {kind} data"):
            read_vectors(path, check_count=False)


def test_gzip_of_several_members_and_padding(path):
    data = lines()
    members = [gzip.compress(data[start : start + 300]) for start in range(0, len(data), 300)]
    path.write_bytes(b"".join(members) + bytes(100))
    same(read_vectors(path))
    path.write_bytes(b"".join(members) + b"junk")
    with pytest.raises(ValueError, match="damaged or truncated gz data"):
        read_vectors(path)
    wrong = bytearray(members[0])
    wrong[-6] ^= 1  # of the checksum
    path.write_bytes(wrong)
    with pytest.raises(ValueError, match=r"damaged or truncated gz data .*CRC check failed"):
        read_vectors(path, check_count=False)


def test_zip(tmp_path):
    archive = tmp_path / "glove.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("glove.12d.txt", lines(header=False))
    same(read_vectors(archive))
    same(read_vectors(archive / "glove.12d.txt"))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("glove.1d.txt", "a 1\n")
    same(read_vectors(archive / "glove.12d.txt"))
    assert read_vectors(archive / "glove.1d.txt").dim == 1
    with pytest.raises(ValueError, match=r"holds 2 files: name one of them, .*glove\.12d\.txt"):
        read_vectors(archive)
    with pytest.raises(ValueError, match=r"has no member 'x\.txt', it has: glove\.12d\.txt"):
        read_vectors(archive / "x.txt")


@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_word2vec_binary(path, newline):
    path.write_bytes(binary(newline))
    same(read_vectors(path))
    same(read_vectors(path, limit=2), 2)
    blocks = list(iter_vectors(path, block_rows=3))
    assert [len(words) for words, _ in blocks] == [3, 3, 2]


@pytest.mark.parametrize("is_binary", [False, True])
def test_gensim_agrees(path, is_binary):
    gensim = pytest.importorskip("gensim.models")
    kv = gensim.KeyedVectors(12)
    kv.add_vectors(WORDS, VECTORS)
    kv.save_word2vec_format(str(path), binary=is_binary)
    same(read_vectors(path))
    path.write_bytes(binary() if is_binary else lines())
    loaded = gensim.KeyedVectors.load_word2vec_format(str(path), binary=is_binary)
    wv = read_vectors(path)
    assert loaded.index_to_key == wv.words
    np.testing.assert_array_equal(loaded.vectors, wv.vectors)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (binary()[:-30], "the header says 8 rows, but the file has 7 whole ones: it is truncated"),
        (binary().replace("é".encode(), b"\xe9"), r"row 2: the word b'\\xe9t\\xe9' is not utf-8"),
        (binary().replace(VECTORS[1].tobytes(), b"\0\0\xc0\x7f" * 12), "row 1, 'king': NaN"),
        (b"2 3\n" + b"\x01" * (1 << 17), "text|no space in the"),
    ],
)
def test_bad_binary(path, content, message):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_vectors(path)
    assert str(path) in str(caught.value)


def test_binary_without_header(path):
    path.write_bytes(lines(header=False))
    with pytest.raises(ValueError, match="begins with 'rows dim', this one with b'the "):
        read_vectors(path, format="word2vec-binary")


NAMES = [
    ("v.npy", "v.words.txt"),
    ("v.vectors.f16.npy", "v.words.txt"),
    ("v.vectors.npy", "v.vectors.vocab.txt"),
    ("v.npy", "v.txt"),
    ("v.npy", "vocab.txt"),
    ("other.npy", "words.txt"),
]


@pytest.mark.parametrize(("matrix", "words"), NAMES)
@pytest.mark.parametrize("end", ["", "\n"])
def test_npy_finds_its_words(tmp_path, matrix, words, end):
    np.save(tmp_path / matrix, VECTORS)
    (tmp_path / words).write_bytes(("\n".join(WORDS) + end).encode())
    same(read_vectors(tmp_path / matrix))
    same(read_vectors(tmp_path / matrix, limit=3), 3)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8", "i1"])
def test_npy_types(path, dtype):
    values = (VECTORS * 8).astype(dtype)
    np.save(path.with_suffix(".npy"), values)
    wv = read_vectors(path.with_suffix(".npy"), words=WORDS)
    assert wv.vectors.dtype == (np.float16 if dtype == "f2" else np.float32)
    np.testing.assert_array_equal(wv.vectors, values.astype(wv.vectors.dtype))
    is_mapped = isinstance(wv.vectors.base, np.memmap)
    assert is_mapped == (dtype in ("f2", "f4"))
    words, blocks = zip(*iter_vectors(path.with_suffix(".npy"), words=WORDS), strict=True)
    assert words[0] == WORDS
    np.testing.assert_array_equal(blocks[0], values.astype(np.float32))


def test_bad_npy(tmp_path):
    file = tmp_path / "v.npy"
    np.save(file, VECTORS)
    with pytest.raises(FileNotFoundError, match=r"holds vectors without words.*words\.txt"):
        read_vectors(file)
    with pytest.raises(ValueError, match="holds 8 vectors, but there are 2 words"):
        read_vectors(file, words=["a", "b"])
    content = file.read_bytes()
    file.write_bytes(content[:-8])
    with pytest.raises(ValueError, match=r"v\.npy: no readable \.npy file"):
        read_vectors(file, words=WORDS)
    file.write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match="a npy file is read in place, not from gz: unpack it"):
        read_vectors(file, words=WORDS)
    np.save(file, VECTORS[0])
    with pytest.raises(ValueError, match=r"shape \(12,\)"):
        read_vectors(file, words=WORDS)
    np.save(file, np.full((8, 2), np.nan))
    with pytest.raises(ValueError, match="row 0, 'the': NaN"):
        read_vectors(file, words=WORDS)
    np.save(file, np.full((8, 2), np.inf, np.float16))
    with pytest.raises(ValueError, match="row 0, 'the'"):
        read_vectors(file, words=WORDS)


@pytest.mark.parametrize("fixed", [False, True])
def test_parquet(path, fixed):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    kind = pa.list_(pa.float32(), 12) if fixed else pa.list_(pa.float64())
    table = pa.table({"i": range(8), "token": WORDS, "v": pa.array(VECTORS.tolist(), kind)})
    pq.write_table(table, path)
    same(read_vectors(path))
    same(read_vectors(path, limit=3), 3)
    np.save(path.with_suffix(".npy"), VECTORS)
    words = path.with_suffix(".parquet")
    pq.write_table(table, words)
    same(read_vectors(path.with_suffix(".npy"), words=words))


def test_bad_parquet(path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"w": ["a", "b"], "v": [[1.0, 2.0], [3.0]]}), path)
    with pytest.raises(ValueError, match=r"row 1: word 'b' with 1 numbers, expected .* 2 numbers"):
        read_vectors(path)
    pq.write_table(pa.table({"w": ["a"], "u": ["b"], "v": [[1.0]]}), path)
    with pytest.raises(ValueError, match=r"expected one column of text, got 2 among w \(string\)"):
        read_vectors(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="no readable Parquet file"):
        read_vectors(path)


@pytest.mark.parametrize("kind", ["plain", "gz", "xz"])
def test_a_progress_bar_on_request(path, capsys, kind):
    path.write_bytes(lines() if kind == "plain" else PACKERS[kind](lines()))
    read_vectors(path)
    assert capsys.readouterr().err == ""
    read_vectors(path, verbose=True)
    assert "reading file.txt" in capsys.readouterr().err
