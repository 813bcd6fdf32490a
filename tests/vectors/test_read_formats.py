"""Reading of the formats of other libraries, on files that those libraries write where they can."""

import json
import sqlite3
import struct

import numpy as np
import pytest

from iiq.vectors.readers import iter_vectors, read_vectors
from iiq.vectors.readers.spacy import string_hash
from iiq.vectors.subwords import Subwords, ngram_buckets

WORDS = ["</s>", "the", "king", "été", "new york", "\u00a0", "世界", "x\u0085y"]
VECTORS = np.random.default_rng(0).standard_normal((8, 12)).astype(np.float32)


def same(wv, vectors=VECTORS, words=tuple(WORDS)):
    assert tuple(wv.words) == tuple(words)
    np.testing.assert_array_equal(np.asarray(wv.vectors, np.float32), vectors)


def reads(path, vectors=VECTORS, **options):
    """Check all three ways of reading a file of WORDS."""
    same(read_vectors(path, **options), vectors)
    same(read_vectors(path, limit=3, **options), vectors[:3], WORDS[:3])
    blocks = list(iter_vectors(path, block_rows=5, **options))
    assert [len(some) for some, _ in blocks] == [5, 3]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), vectors)


def test_npz(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, vectors=VECTORS, words=np.array(WORDS))
    reads(path)
    np.savez_compressed(path, np.array([word.encode() for word in WORDS]), VECTORS)
    reads(path)
    np.savez(path, VECTORS)
    reads(path, words=WORDS)
    (tmp_path / "v.words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    reads(path)
    np.savez(path, VECTORS, VECTORS)
    with pytest.raises(ValueError, match=r"expected one matrix .* arr_0 float32\[8, 12\], arr_1"):
        read_vectors(path)
    np.savez(path, VECTORS, np.array(WORDS, dtype=object))
    with pytest.raises(ValueError, match="pass allow_pickle=True"):
        read_vectors(path)
    reads(path, allow_pickle=True)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"v\.npz: damaged or truncated zip"):
        read_vectors(path)


def test_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "numberbatch.h5"
    with h5py.File(path, "w") as file:  # a pandas frame, as ConceptNet Numberbatch is
        group = file.create_group("mat")
        group["axis0"] = np.arange(12)
        group["axis1"] = np.array([word.encode() for word in WORDS])
        group["block0_items"] = np.arange(12)
        group["block0_values"] = (VECTORS * 50).astype(np.int8)
    reads(path, (VECTORS * 50).astype(np.int8))
    with h5py.File(path, "w") as file:
        file["words"] = WORDS
        file["v"] = VECTORS
    reads(path)
    with h5py.File(path, "w") as file:
        file["v"] = VECTORS
    reads(path, words=WORDS)
    with h5py.File(path, "w") as file:
        file["a"] = VECTORS
        file["b"] = VECTORS
    with pytest.raises(ValueError, match=r"one matrix of numbers, got /a float32\[8, 12\], /b"):
        read_vectors(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"numberbatch\.h5: no readable HDF5 file"):
        read_vectors(path)


def magnitude(path, precision=7, dim=12):
    database = sqlite3.connect(path)
    columns = ", ".join(f"dim_{i} INTEGER" for i in range(12))
    database.execute(f"CREATE TABLE magnitude (key TEXT COLLATE NOCASE, {columns})")
    database.execute("CREATE TABLE magnitude_format (key TEXT COLLATE NOCASE, value INTEGER)")
    for setting in (("size", 8), ("dim", dim), ("precision", precision), ("entropy", 3)):
        database.execute("INSERT INTO magnitude_format VALUES (?, ?)", setting)
    for word, row in zip(WORDS, VECTORS, strict=True):
        numbers = [round(float(x) * 10**precision) for x in row]
        database.execute(f"INSERT INTO magnitude VALUES ({'?, ' * 12}?)", (word, *numbers))
    database.commit()
    database.close()


def test_magnitude(tmp_path):
    path = tmp_path / "v.magnitude"
    magnitude(path)
    rounded = np.round(VECTORS.astype(np.float64), 7).astype(np.float32)
    reads(path, rounded)
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data[:-4096])
    with pytest.raises(ValueError, match=r"v\.magnitude"):
        read_vectors(path)
    path.unlink()
    magnitude(path, dim=300)
    with pytest.raises(ValueError, match="dim is 300, but the columns are key, dim_0"):
        read_vectors(path)
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(ValueError, match=r"an SQLite file, but no \.magnitude file"):
        read_vectors(path)


@pytest.fixture(scope="module")
def fasttext_model(tmp_path_factory):
    models = pytest.importorskip("gensim.models")
    from gensim.models.fasttext import save_facebook_model

    sentences = [["the", "king", "of", "été"], ["the", "queen", "of", "世界"], ["</s>", "a"]] * 5
    model = models.FastText(
        sentences, vector_size=10, min_count=1, epochs=1, bucket=50, min_n=2, max_n=4, workers=1
    )
    path = tmp_path_factory.mktemp("fasttext") / "model.bin"
    save_facebook_model(model, str(path))
    return path, model.wv


def test_fasttext_agrees_with_gensim(fasttext_model):
    path, kv = fasttext_model
    wv = read_vectors(path)
    assert wv.words == kv.index_to_key
    np.testing.assert_array_equal(wv.counts, [kv.get_vecattr(word, "count") for word in wv])
    for word in [*wv.words, "kings", "Königin", "zzz"]:
        if word != "</s>":  # fastText gives it no n-grams, gensim does
            np.testing.assert_allclose(wv.vector_of(word), kv[word], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(wv["</s>"], kv.vectors_vocab[kv.key_to_index["</s>"]])
    assert read_vectors(path, limit=2).words == wv.words[:2]
    ((words, block),) = iter_vectors(path)
    assert words == wv.words
    np.testing.assert_array_equal(block, wv.vectors)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.9])
def test_truncated_fasttext(fasttext_model, tmp_path, share):
    data = fasttext_model[0].read_bytes()
    broken = tmp_path / "model.bin"
    broken.write_bytes(data[: int(share * len(data) / 2)])  # the second half is not read
    with pytest.raises(ValueError, match="truncated or damaged fastText model"):
        read_vectors(broken)


def test_quantized_fasttext_is_refused(fasttext_model, tmp_path):
    data = bytearray(fasttext_model[0].read_bytes())
    pruned = 8 + 12 * 4 + 8 + 12 + 8
    data[pruned : pruned + 8] = struct.pack("<q", 5)
    path = tmp_path / "model.ftz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"quantized fastText model \(\.ftz\)"):
        read_vectors(path)
    data[4:8] = struct.pack("<i", 99)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="version 99 is not known"):
        read_vectors(path)


def reference_buckets(word, min_n, max_n, n_buckets):
    """Hash n-grams one by one."""
    if word == "</s>":
        return []
    text = f"<{word}>"
    found = []
    for start in range(len(text)):
        for n in range(min_n, max_n + 1):
            end = start + n
            if end > len(text) or (n == 1 and (start == 0 or end == len(text))):
                continue
            value = 2166136261
            for byte in text[start:end].encode():
                signed = byte - 256 if byte > 127 else byte
                value = ((value ^ (signed & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
            found.append(value % n_buckets)
    return found


@pytest.mark.parametrize(("min_n", "max_n"), [(3, 6), (1, 3), (5, 5), (2, 2), (0, 0), (9, 9)])
def test_ngrams_hash_as_a_plain_loop_does(min_n, max_n):
    words = [*WORDS, "", "a", "naïveté", "\U0001f600ab"]
    buckets, offsets = ngram_buckets(words, min_n, max_n, 1000)
    wanted = [reference_buckets(word, max(1, min_n), max_n, 1000) for word in words]
    assert [list(part) for part in np.split(buckets, offsets[1:-1])] == wanted
    subwords = Subwords(np.eye(1000, 3, dtype=np.float32), min_n, max_n)
    if not wanted[words.index("a")]:
        with pytest.raises(KeyError, match="it has no n-grams"):
            subwords.vector("a")


@pytest.mark.parametrize("size", [8, 40_000])  # gensim writes large arrays to files of their own
def test_gensim(tmp_path, size):
    models = pytest.importorskip("gensim.models")
    kv = models.KeyedVectors(12)
    words = WORDS if size == 8 else [f"w{i}" for i in range(size)]
    vectors = VECTORS if size == 8 else np.resize(VECTORS, (size, 12)) + np.arange(size)[:, None]
    vectors = vectors.astype(np.float32)
    kv.add_vectors(words, vectors)
    for word in words:
        kv.set_vecattr(word, "count", len(word))
    path = tmp_path / "v.kv"
    kv.save(str(path), sep_limit=100_000)
    with pytest.raises(ValueError, match=r"a Python pickle.*allow_pickle=True"):
        read_vectors(path)
    wv = read_vectors(path, allow_pickle=True)
    same(wv, vectors, words)
    np.testing.assert_array_equal(wv.counts, [len(word) for word in words])
    np.testing.assert_array_equal(
        np.concatenate([rows for _, rows in iter_vectors(path, allow_pickle=True)]), vectors
    )


def test_gensim_models(tmp_path, fasttext_model):
    path = tmp_path / "fasttext.model"
    fasttext_model[1].save(str(path))
    wv = read_vectors(path, allow_pickle=True)
    np.testing.assert_array_equal(wv.vectors, fasttext_model[1].vectors)
    np.testing.assert_allclose(wv.vector_of("kings"), fasttext_model[1]["kings"], atol=1e-6)
    pytest.importorskip("gensim.utils").SaveLoad().save(str(path))
    with pytest.raises(ValueError, match="holds a SaveLoad, expected gensim's KeyedVectors"):
        read_vectors(path, allow_pickle=True)
    path.write_bytes(b"\x80\x04garbage")
    with pytest.raises(ValueError, match="no readable pickle"):
        read_vectors(path, allow_pickle=True)


def spacy_folder(folder, words=WORDS, rows=range(8), vectors=VECTORS, mode="default"):
    """Write a vocabulary as spaCy does; tested against spaCy itself below."""
    msgpack = pytest.importorskip("msgpack")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "vectors").open("wb") as file:
        np.save(file, vectors)
    keys = {string_hash(word): row for word, row in zip(words, rows, strict=True)}
    (folder / "key2row").write_bytes(msgpack.packb(keys))
    (folder / "strings.json").write_text(json.dumps(["extra", *words]), encoding="utf-8")
    (folder / "vectors.cfg").write_text(json.dumps({"mode": mode}))


def test_spacy(tmp_path):
    spacy_folder(tmp_path / "model" / "vocab")
    reads(tmp_path / "model")
    reads(tmp_path / "model" / "vocab")
    rows = [0, 1, 2, 3, 4, 0, 1, 7]
    spacy_folder(tmp_path / "pruned", rows=rows)
    reads(tmp_path / "pruned", VECTORS[rows])
    spacy_folder(tmp_path / "wrong", vectors=VECTORS[:4])
    with pytest.raises(ValueError, match=r"8 words with rows up to 7, but .* shape \(4, 12"):
        read_vectors(tmp_path / "wrong")
    spacy_folder(tmp_path / "floret", mode="floret")
    with pytest.raises(ValueError, match="floret vectors: they have no words"):
        read_vectors(tmp_path / "floret")
    (tmp_path / "wrong" / "key2row").write_bytes(b"\xc1")
    with pytest.raises(ValueError, match="key2row: no readable msgpack map"):
        read_vectors(tmp_path / "wrong")


def test_spacy_hash_is_the_known_one():
    # Values that spaCy's own documentation and lexemes show.
    assert string_hash("coffee") == 3197928453018144401
    assert string_hash("I") == 4690420944186131903
    assert string_hash("like") == 18194338103975822726


def test_spacy_itself(tmp_path):
    spacy = pytest.importorskip("spacy", exc_type=ImportError)
    nlp = spacy.blank("en")
    for word, row in zip(WORDS, VECTORS, strict=True):
        nlp.vocab.set_vector(word, row)
    nlp.to_disk(tmp_path / "nlp")
    same(read_vectors(tmp_path / "nlp"))


def tokenizer(path, kind="WordPiece", extra=()):
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    if kind == "Unigram":
        vocabulary = [[word, -1.0] for word in WORDS]
    added = [{"id": number, "content": token} for number, token in extra]
    content = {"model": {"type": kind, "vocab": vocabulary}, "added_tokens": added}
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram"])
@pytest.mark.parametrize("folder", [".", "0_StaticEmbedding"])
def test_static_embedding(tmp_path, kind, folder):
    from safetensors.numpy import save_file

    (tmp_path / folder).mkdir(exist_ok=True)
    file = tmp_path / folder / "model.safetensors"
    save_file({"embedding.weight": VECTORS}, file)
    tokenizer(tmp_path / folder / "tokenizer.json", kind)
    reads(tmp_path)
    reads(file)
    mapping = np.array([3, 2, 1, 0, 3, 2, 1, 0])
    weights = np.linspace(0.5, 2, 8)
    tensors = {"embeddings": VECTORS[:4], "mapping": mapping, "weights": weights}
    save_file(tensors, file)
    reads(tmp_path, VECTORS[mapping] * weights[:, None].astype(np.float32))
    save_file({"embeddings": VECTORS.astype(np.float16)}, file)
    assert read_vectors(tmp_path).vectors.dtype == np.float16
    tokenizer(tmp_path / folder / "tokenizer.json", extra=[(8, "[PAD]")])
    with pytest.raises(
        ValueError, match=r"'\[PAD\]' has the id 8, but there are vectors for 0 to 7"
    ):
        read_vectors(tmp_path)
    save_file({"other": VECTORS}, file)
    with pytest.raises(ValueError, match=r"holds other, expected a tensor embeddings"):
        read_vectors(tmp_path)
    save_file({"embeddings": VECTORS}, file)
    (tmp_path / folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="no vocabulary in this tokenizer"):
        read_vectors(tmp_path)
    (tmp_path / folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"put the model's tokenizer\.json there"):
        read_vectors(file)


def test_model2vec_itself(tmp_path):
    model2vec = pytest.importorskip("model2vec", exc_type=ImportError)
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[UNK]", "king", "queen", "été"]
    ids = {word: number for number, word in enumerate(words)}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    weights = np.array([1.0, 0.5, 2.0, 3.0])
    static = model2vec.StaticModel(VECTORS[:4], model, config={}, weights=weights, normalize=False)
    static.save_pretrained(tmp_path / "model")
    wv = read_vectors(tmp_path / "model")
    assert wv.words == words
    for word in words[1:]:
        np.testing.assert_allclose(wv[word], static.encode(word), rtol=1e-6)


def test_an_unknown_folder(tmp_path):
    with pytest.raises(ValueError, match="is no vectors of a known format"):
        read_vectors(tmp_path)
