"""Damage to the file of a vocabulary, of today's version and of version 1: never a crash."""

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq._support import container
from iiq.cli import main
from tests import damage
from tests.vocabulary.made_files import N, change, vocabulary


def use(path):
    """Ask what a program would; only ValueError, or KeyError for a word, may come of damage."""
    with contextlib.suppress(ValueError, KeyError):
        kv = iiq.load(path)
        for word in ("the", "w9", "😀", "missing"):
            with contextlib.suppress(ValueError, KeyError):
                assert kv.key_to_index.get(word, 0) <= N
                kv.most_similar(word, topn=3)
        with contextlib.suppress(ValueError):
            list(kv.index_to_key)
        with contextlib.suppress(ValueError):
            kv.encode(np.ones((2, 12), np.float32))
        with contextlib.suppress(ValueError):
            kv.most_similar_batch(np.ones((1, 12)), 3, space="source", scoring="rescore")
        kv.verify()


LENGTHS = [0, 1, 100, 2**31, 2**63, 2**64 - 1]


def damaged(raw, generator, header):
    """Return the bytes of a file with one kind of damage."""
    raw = bytearray(raw)
    kind = generator.integers(6)
    end = header if generator.random() < 0.7 else len(raw)
    if kind == 0:
        return raw[: generator.integers(len(raw))]
    if kind == 1:
        for place in generator.integers(end, size=generator.integers(1, 9)):
            raw[place] ^= 1 << generator.integers(8)
    if kind == 2:
        start = generator.integers(len(raw))
        del raw[start : start + generator.integers(1, 99)]
    if kind == 3:
        raw[:8] = struct.pack("<Q", LENGTHS[generator.integers(len(LENGTHS))])
    if kind == 4:  # a number in the header becomes another
        digits = [i for i in range(8, header) if chr(raw[i]).isdigit()]
        for place in generator.choice(digits, size=generator.integers(1, 4)):
            raw[place] = ord("0") + generator.integers(10)
    if kind == 5:  # a run of the file is overwritten
        start = generator.integers(8, len(raw))
        run = raw[start : start + generator.integers(1, 65)]
        raw[start : start + len(run)] = generator.bytes(len(run))
    return raw


def test_damaged_files_never_crash(saved, tmp_path):
    raw = saved.read_bytes()
    header = 8 + struct.unpack("<Q", raw[:8])[0]
    generator = np.random.default_rng(11)
    path = tmp_path / "damaged"
    for _ in range(1500):
        path.write_bytes(damaged(raw, generator, header))
        use(path)


def test_damage_of_every_kind_and_pieces_of_another_file(saved, tmp_path):
    path = tmp_path / "damaged"
    with damage.bounded(seconds=120 * damage.ROUNDS):
        for copy in damage.damaged_copies(saved.read_bytes(), 320, 2, VERSION_1.read_bytes()):
            path.write_bytes(copy)
            use(path)


def test_a_flipped_byte_in_the_words_is_found_or_harmless(saved, tmp_path):
    """Wherever a byte of the words is flipped: the right word, the right row, or ValueError."""
    raw = saved.read_bytes()
    arrays, _ = container.read(saved)
    words = list(iiq.load(saved).index_to_key)
    places = []
    for name, part in arrays.items():
        if name.startswith("words."):
            begin = raw.index(part.tobytes())
            places += range(begin, begin + part.nbytes)
    generator = np.random.default_rng(3)
    for place in generator.choice(places, size=300, replace=False):
        changed = bytearray(raw)
        changed[place] ^= 1 << generator.integers(8)
        (tmp_path / "x").write_bytes(changed)
        with contextlib.suppress(ValueError):
            table = iiq.load(tmp_path / "x").index_to_key
            for row, word in enumerate(words):
                with contextlib.suppress(ValueError):
                    assert table[row] == word
                with contextlib.suppress(ValueError):
                    assert table.find(word) == row
            assert table.find("missing") == -1


def test_numbers_that_are_none_show_where_they_are_touched(tmp_path):
    vocabulary(kept="float16", ngrams=True).save(tmp_path / "whole")
    arrays, _ = container.read(tmp_path / "whole")
    broken = {name: np.full_like(arrays[name], np.nan) for name in ("kept.values", "ngrams.sizes")}
    kv = iiq.load(change(tmp_path / "whole", tmp_path / "x", arrays=broken))
    assert kv.most_similar("w9", scoring="decoded")
    with pytest.raises(ValueError, match="damaged: kept"):
        kv.most_similar("w9")
    with pytest.raises(ValueError, match="damaged: the n-grams of 'missing'"):
        kv.most_similar("missing", scoring="decoded")


def test_every_truncation_is_refused(saved, tmp_path):
    raw = saved.read_bytes()
    path = tmp_path / "short"
    for size in [*range(0, len(raw), 97), len(raw) - 1]:
        path.write_bytes(raw[:size])
        with pytest.raises(ValueError, match="short: "):
            iiq.load(path)


VERSION_1 = Path(__file__).parent.parent / "data" / "version-1.iiq"  # written by iiq 0.1.0
WORDS_1 = ["", "the", "a b", "tab\t", "line\n", "nul\0", "né", "日本語", "😀"]


def test_a_file_of_version_1_opens_and_is_rewritten(tmp_path):
    old = iiq.load(VERSION_1)
    assert list(old.index_to_key) == WORDS_1 + [f"word{i}" for i in range(31)]
    assert [old.get_index(word) for word in WORDS_1] == list(range(9))
    assert old.codes[:3].tolist() == [[37, 164, 11], [188, 92, 10], [95, 255, 12]]
    assert old.get_vecattr("", "count") == 40
    assert old.verify() == []
    main(["convert", str(VERSION_1), str(tmp_path / "new.iiq")])
    new = iiq.load(tmp_path / "new.iiq")
    assert container.read(tmp_path / "new.iiq").metadata["format_version"] == "2"
    assert new.index_to_key == old.index_to_key
    np.testing.assert_array_equal(new.codes, old.codes)
    np.testing.assert_array_equal(new.kept_vectors.values, old.kept_vectors.values)
    np.testing.assert_array_equal(new.ngrams.codes, old.ngrams.codes)
    np.testing.assert_array_equal(new.encoder.projection_, old.encoder.projection_)
    assert new.quality == old.quality == {"made_with": "0.1"}
    assert new.verify() == []


def test_damage_in_a_file_of_version_1(tmp_path):
    raw = VERSION_1.read_bytes()
    header = 8 + struct.unpack("<Q", raw[:8])[0]
    generator = np.random.default_rng(12)
    for _ in range(300):
        (tmp_path / "x").write_bytes(damaged(raw, generator, header))
        use(tmp_path / "x")
    arrays = container.read(VERSION_1).arrays
    for name, values, text in (
        ("words.offsets", arrays["words.offsets"][::-1].copy(), "offsets from 0"),
        ("words.offsets", np.where(np.arange(41) == 5, 99, arrays["words.offsets"]), "ascend"),
        ("words.blob", np.full_like(arrays["words.blob"], 0xFF), "no UTF-8"),
        ("words.blob", arrays["words.blob"].astype(np.int8), "uint8"),
        ("words.blob", None, "missing: words.blob"),
    ):
        wrong = {name: None if values is None else values.astype(values.dtype)}
        if name == "words.offsets":
            wrong[name] = values.astype(np.uint32)
        with pytest.raises(ValueError, match=text):
            iiq.load(change(VERSION_1, tmp_path / "x", arrays=wrong))
