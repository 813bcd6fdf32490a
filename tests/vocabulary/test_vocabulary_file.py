"""The file of a vocabulary (docs/file-format.md): round trips, refusals, damage."""

import contextlib
import copy
import json
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import iiq
from iiq._support import container
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from tests.vocabulary.made_files import STRANGE, N, change, vocabulary


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
