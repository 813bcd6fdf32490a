"""The file of a vocabulary (docs/file-format.md): round trips, refusals, damage."""

import contextlib
import copy
import json
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq._support import container
from iiq.cli import main
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from iiq.vocabulary.ngram_codes import NgramCodes

STRANGE = ["the", "", "a b", "tab\t", "line\n", "nul\0", "😀", "né", "n" * 5000, "\u2028"]
N = 70


def vocabulary(n_bits=20, kept=None, encoder=True, ngrams=False):
    X = np.random.default_rng(0).standard_normal((N, 12)).astype(np.float32) + 0.5
    words = STRANGE + [f"w{i}" for i in range(N - len(STRANGE))]
    fitted = iiq.IIQ(n_bits, random_state=0, n_iter=3).fit(X)
    return BinaryKeyedVectors(
        words,
        iiq.HammingIndex(fitted.transform(X), n_bits),
        fitted if encoder else None,
        counts=np.arange(N, 0, -1),
        kept_vectors=None if kept is None else KeptVectors.from_vectors(X, kept),
        ngrams=random_ngrams(n_bits) if ngrams else None,
        quality={"isotropy": {"before": 0.4, "after": 0.9}},
    )


def random_ngrams(n_bits):
    generator = np.random.default_rng(4)
    codes = iiq.pack(generator.random((50, n_bits)) < 0.5)
    return NgramCodes(codes, generator.random(50).astype(np.float16), 3, 4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "words.iiq"
    vocabulary(kept="int8", ngrams=True).save(path)
    return path


@pytest.mark.parametrize("n_bits", [1, 7, 16, 20, 33])
@pytest.mark.parametrize("kept", [None, "float16", "int8", "int4"])
def test_round_trip(tmp_path, n_bits, kept):
    kv = vocabulary(n_bits, kept)
    kv.save(tmp_path / "x.iiq")
    opened = iiq.load(tmp_path / "x.iiq")
    assert opened.index_to_key == list(kv.index_to_key)
    assert opened.n_bits == n_bits
    np.testing.assert_array_equal(opened.codes, kv.codes)
    assert opened.quality == kv.quality
    assert opened.get_vecattr("the", "count") == N
    X = np.random.default_rng(1).standard_normal((40, 12)).astype(np.float32)
    np.testing.assert_array_equal(opened.encode(X), kv.encode(X))
    np.testing.assert_array_equal(opened.project(X), kv.project(X))
    for verb in (None, "decoded", "hamming"):
        assert opened.most_similar("w9", scoring=verb) == kv.most_similar("w9", scoring=verb)
    assert opened.verify() == []
    assert [opened.get_index(word) for word in STRANGE] == list(range(len(STRANGE)))


def test_without_an_encoder(tmp_path):
    vocabulary(encoder=False).save(tmp_path / "x")
    opened = BinaryKeyedVectors.load(tmp_path / "x", mmap="r")
    assert opened.encoder is None
    same = vocabulary().most_similar("w9", scoring="hamming")
    assert opened.most_similar("w9", scoring="hamming") == same
    np.testing.assert_array_equal(opened.vectors, opened.signs)


def test_what_is_loaded_can_be_changed_and_saved_over(tmp_path):
    path = tmp_path / "x"
    vocabulary().save(path)
    kv = iiq.load(path)
    kv.add_vectors(["new"], kv["the"][None], {"count": [3]}, space="decoded")
    kv.set_vecattr("the", "count", 99)
    before = path.read_bytes()
    kv.save(path)
    assert path.read_bytes() != before
    again = iiq.load(path)
    assert len(again) == N + 1
    np.testing.assert_array_equal(again["new"], again["the"])
    assert again.get_vecattr("the", "count") == 99
    assert again.verify() == []
    kv.set_vecattr("the", "colour", "red")
    with pytest.raises(TypeError, match="attribute 'colour'"):
        kv.save(path)


def test_the_codes_are_searched_in_the_map(saved):
    kv = iiq.load(saved)
    assert kv.index.blocks.ctypes.data % 64 == 0
    assert not kv.index.blocks.flags.owndata
    assert not kv.index.blocks.flags.writeable


def change(path, target, *, metadata=None, arrays=None):
    """Write the vocabulary of ``path`` again with other metadata or arrays, checksums and all."""
    old, text = container.read(path)
    new = {**old, **(arrays or {})}
    container.write(
        target,
        {name: array for name, array in new.items() if array is not None},
        {**text, **(metadata or {})},
    )
    return target


REFUSED = [
    ({"format": "pt"}, {}, "names the format|name the format 'pt'"),
    ({"format_version": "3"}, {}, "format version 3 .*upgrade iiq"),
    ({"format_version": "1"}, {}, "missing: words.blob, words.offsets"),
    ({"format_version": "two"}, {}, "whole number, got 'two'"),
    ({"format_version": "9" * 99}, {}, "whole number"),
    ({"n_bits": "0"}, {}, "from 1 to"),
    ({"n_bits": "99999999999"}, {}, "from 1 to"),
    ({"n_bits": "200"}, {}, "codes must be uint16"),
    ({"n_bits": "25"}, {}, "codes have 25 bits, but the encoder makes 20"),
    ({"n_codes": "71"}, {}, "71 codes|words but"),
    ({"n_codes": "-1"}, {}, "whole number"),
    ({"n_codes": "٣"}, {}, "whole number"),
    ({"method": "magic"}, {}, "'magic' is unknown"),
    ({"params": "[]"}, {}, "damaged"),
    ({"params": "{"}, {}, "words.iiq|x: "),
    ({"quality": "[1]"}, {}, "quality card"),
    ({"quality": "[" * 100000}, {}, "x: "),
    ({}, {"codes": None}, "missing: codes"),
    ({}, {"words.rows": None}, "missing: words.rows"),
    ({}, {"codes": np.zeros((3, 2, 32), np.uint8)}, "uint8"),
    ({}, {"words.rows": np.arange(69, dtype=np.uint8)}, "word table"),
    ({}, {"words.starts": np.zeros((6, 1), np.uint64)}, "word table"),
    ({}, {"words.pieces": np.zeros((256, 9), np.uint8)}, "word table"),
    ({}, {"attribute.count": np.zeros(3)}, "attribute 'count'"),
    ({}, {"kept.scales": None}, "scales"),
    ({}, {"kept.values": np.zeros((3, 12), np.int8)}, "scales|kept"),
    ({}, {"ngrams.sizes": None}, "damaged: KeyError"),
    ({}, {"ngrams.codes": np.zeros((50, 9), np.uint8)}, "n-gram codes of 9 bytes"),
    ({"ngrams": '{"min_n": 3, "max_n": 1e9}'}, {}, "whole numbers"),
    ({"ngrams": '{"min_n": 3, "max_n": 1000000000}'}, {}, "lengths must be"),
    ({}, {"encoder.projection_": None}, "projection_"),
    ({}, {"encoder.mean_": np.zeros((3, 3))}, "x: "),
    ({}, {"encoder.projection_": np.zeros(3)}, "x: "),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_refused(saved, tmp_path, number):
    metadata, arrays, text = REFUSED[number]
    path = change(saved, tmp_path / "x", metadata=metadata, arrays=arrays)
    with pytest.raises(ValueError, match=text):
        iiq.load(path)


def test_other_safetensors_files_are_refused(tmp_path):
    container.write(tmp_path / "x", {"weights": np.ones(3)}, {"format": "pt"})
    with pytest.raises(ValueError, match="no compressed vocabulary"):
        iiq.load(tmp_path / "x")
    (tmp_path / "text").write_text("the 0.1 0.2 0.3\n" * 9, encoding="utf-8")
    with pytest.raises(ValueError, match="no safetensors file"):
        iiq.load(tmp_path / "text")
    with pytest.raises(FileNotFoundError):
        iiq.load(tmp_path / "none")


def test_scales_are_in_the_file_and_verified(saved, tmp_path):
    kv = iiq.load(saved)
    assert kv.index.scales.exact is None
    assert not kv.index.scales.steps.flags.owndata  # mapped
    lengths = np.linalg.norm(np.asarray(vocabulary().vectors), axis=1)
    low, high = kv.index.scales.bounds(np.arange(N))
    assert (low <= lengths * 1.000001).all()
    assert (lengths <= high * 1.000001).all()
    assert kv.most_similar("w9", topn=N, scoring="decoded") == vocabulary(
        kept="int8", ngrams=True
    ).most_similar("w9", topn=N, scoring="decoded")
    steps = container.read(saved).arrays["codes.scales"].copy()
    steps[5] += 9
    damaged = iiq.load(change(saved, tmp_path / "x", arrays={"codes.scales": steps}))
    assert damaged.verify() == ["codes.scales: not the length of the decoded code of row 5"]
    for arrays, metadata in (
        ({"codes.scales": steps[:7]}, {}),
        ({"codes.scales": steps.astype(np.float32)}, {}),
        ({}, {"scales": "{}"}),
        ({}, {"scales": '{"unit": 0, "most": 1}'}),
    ):
        path = change(saved, tmp_path / "y", arrays=arrays, metadata=metadata)
        with pytest.raises(ValueError, match="y: "):
            iiq.load(path)


def test_a_file_that_another_program_wrote_again(saved, tmp_path):
    """Names in another order, arrays at other places: all works, from an aligned copy."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    with safe_open(saved, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        save_file(arrays, tmp_path / "x", {**file.metadata(), "note": "x" * 11})
    assert iiq.load(tmp_path / "x").most_similar("w9") == iiq.load(saved).most_similar("w9")


def test_verify_finds_what_opening_does_not(saved, tmp_path):
    arrays, _ = container.read(saved)
    codes = arrays["codes"].copy()
    codes[-1, -1, -1] = 1  # a code past the last
    assert (
        "stray"
        in " ".join(iiq.load(change(saved, tmp_path / "x", arrays={"codes": codes})).verify())
        or iiq.load(tmp_path / "x").verify()
    )
    rows = arrays["words.rows"].copy()
    rows[40] ^= 16
    problems = iiq.load(change(saved, tmp_path / "x", arrays={"words.rows": rows})).verify()
    assert any("words" in problem for problem in problems)
    raw = bytearray(saved.read_bytes())
    raw[-3] ^= 4
    (tmp_path / "x").write_bytes(raw)
    assert any("checksum" in problem for problem in iiq.load(tmp_path / "x").verify())


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


SAVER = """
import sys, iiq
kv = iiq.load(sys.argv[1])
print("ready", flush=True)
while True:
    kv.save(sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process by signal")
def test_a_killed_save_leaves_a_whole_file(tmp_path):
    path = tmp_path / "x"
    vocabulary().save(path)
    for delay in (0.0, 0.02, 0.05):
        with subprocess.Popen(
            [sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout.readline() == b"ready\n"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            process.kill()
        assert iiq.load(path).verify() == []


def test_the_quality_card_is_json(saved):
    _, metadata = container.read(saved)
    assert json.loads(metadata["quality"])["isotropy"]["after"] == 0.9
    assert json.loads(metadata["params"])["params"]["n_iter"] == 3


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    n = 50_000
    codes = np.random.default_rng(0).integers(256, size=(n, 40), dtype=np.uint8)
    path = tmp_path_factory.mktemp("large") / "words.iiq"
    BinaryKeyedVectors([f"word{i}" for i in range(n)], iiq.HammingIndex(codes, 320)).save(path)
    return path


def test_opening_builds_nothing(saved, large):
    """What opening and asking allocate does not grow with the vocabulary."""
    iiq.load(saved).most_similar("w9")  # imports
    size = large.stat().st_size
    tracemalloc.start()
    try:
        kv = iiq.load(large)
        opened, peak = tracemalloc.get_traced_memory()
        kv.most_similar("word77", topn=5)
        assert "word78" in kv
        assert kv.index_to_key[79] == "word79"
        assert kv.key_to_index["word80"] == 80
        asked, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 2_200_000
    assert opened < 60_000
    assert peak < 120_000
    assert asked < 120_000


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


def test_copies_hold_no_file(saved):
    other = copy.deepcopy(iiq.load(saved))
    assert other.most_similar("w9") == iiq.load(saved).most_similar("w9")
    with pytest.raises(ValueError, match="not loaded from a file"):
        other.verify()


def spoil_encoder(kv):
    kv.encoder.projection_[0, 0] = np.nan


SPOILT = {
    "an attribute too short": lambda kv: kv.expandos.update(count=np.arange(5)),
    "an encoder of another width": lambda kv: setattr(
        kv, "encoder", iiq.LSH(9, random_state=0).fit(np.eye(8, dtype=np.float32))
    ),
    "an encoder that learned nothing": lambda kv: setattr(kv, "encoder", iiq.LSH(16)),
    "a projection that is no number": spoil_encoder,
    "a card that is no object": lambda kv: setattr(kv, "quality", [1]),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_could_not_be_loaded_is_not_saved(how, tmp_path):
    X = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    words = [f"w{i}" for i in range(50)]
    kv = iiq.compress((words, X), n_bits=16, random_state=0, keep_vectors="float16")
    path = tmp_path / "x"
    kv.save(path)
    whole = path.read_bytes()
    SPOILT[how](kv)
    with pytest.raises(ValueError, match=r"not saved, for it could not be loaded|not fitted"):
        kv.save(path)
    assert path.read_bytes() == whole
    assert iiq.load(path).verify() == []
