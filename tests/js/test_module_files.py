"""Files of version 1, damaged ones and others, opened by the JavaScript module."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from words_for_node import pairs, saved, words_of

import iiq
from iiq._support import container

ROOT = Path(__file__).resolve().parents[2]
VERSION_1 = ROOT / "tests" / "data" / "version-1.iiq"

# -- version 1 ------------------------------------------------------------------------------------


def test_a_file_of_version_1(ask):
    kv = iiq.load(VERSION_1)
    words = list(kv.index_to_key)
    questions = [
        ["mostSimilar", word, {"k": 12, "scoring": s}]
        for word in words
        for s in ("decoded", "hamming")
    ]
    (answers,) = ask((VERSION_1, [*questions, *(["find", word] for word in words), ["find", "no"]]))
    for (_, word, options), answer in zip(questions, answers, strict=False):
        assert pairs(answer) == kv.most_similar(word, topn=12, scoring=options["scoring"])
    rows = [answer["value"] for answer in answers[len(questions) :]]
    assert rows == [*range(len(words)), -1]


def as_version_1(path: Path, old: Path) -> None:
    """Write a file of today as version 1 held it: a blob, a hash table, no decoder, no lengths."""
    arrays, metadata = container.read(path)
    words = [word.encode() for word in iiq.load(path).index_to_key]
    buckets = np.array([zlib.crc32(word) % 50 for word in words])
    kept = {
        name: values
        for name, values in arrays.items()
        if not name.startswith(("words.", "codes.s", "encoder.decoder_", "encoder.flip"))
    }
    kept["words.blob"] = np.frombuffer(b"".join(words), np.uint8)
    kept["words.offsets"] = np.cumsum([0, *map(len, words)]).astype(np.uint32)
    kept["words.starts"] = np.searchsorted(np.sort(buckets), np.arange(51)).astype(np.uint32)
    kept["words.rows"] = np.argsort(buckets, kind="stable").astype(np.uint32)
    parameters = json.loads(metadata["params"])
    parameters["learned"]["scale_"] = 0.7
    container.write(
        old, kept, {**metadata, "format_version": "1", "params": json.dumps(parameters)}
    )


@pytest.mark.parametrize("n_bits", [20, 64])  # fewer than the dimensions, and more
def test_a_file_of_version_1_whose_decoder_is_made_anew(tmp_path, ask, n_bits):
    saved(tmp_path / "new.iiq", 300, 30, n_bits, method="itq")
    as_version_1(tmp_path / "new.iiq", tmp_path / "old.iiq")
    kv = iiq.load(tmp_path / "old.iiq")
    asked = ["the", "日本語", "word20"]
    (answers,) = ask((tmp_path / "old.iiq", [["mostSimilar", word, {"k": 20}] for word in asked]))
    for word, answer in zip(asked, answers, strict=True):
        every = kv.most_similar(word, topn=len(kv))
        scores = [score for _, score in pairs(answer)]
        # arcsin near 1 makes 1e-8 of the last bit of a product, whose order is the BLAS's own
        np.testing.assert_allclose(scores, [score for _, score in every[:20]], atol=1e-6)
        np.testing.assert_allclose(
            scores, [dict(every)[one] for one, _ in pairs(answer)], atol=1e-6
        )


# -- files that are something else, or damaged ----------------------------------------------------


def change(source: Path, target: Path, *, arrays=None, metadata=None) -> Path:
    """Write a file again with other arrays or metadata; an array of None is left out."""
    held, text = container.read(source)
    changed = {**held, **(arrays or {})}
    changed = {name: values for name, values in changed.items() if values is not None}
    container.write(target, changed, {**text, **(metadata or {})})
    return target


def test_files_that_are_no_vocabularies(tmp_path, ask):
    saved(tmp_path / "words.iiq", 100, 24, 50)
    whole = (tmp_path / "words.iiq").read_bytes()
    arrays, _ = container.read(tmp_path / "words.iiq")
    stray = arrays["codes"].copy()
    stray[0, 3, 5] |= 1 << 15
    text = arrays["words.text"].copy()
    text[7] ^= 1
    nan = arrays["encoder.decoder_"].copy()
    nan[3, 3] = np.nan
    made = {
        "too few": b"abc",
        "truncated": whole[:-9],
        "appended": whole + b"12",
        "no vocabulary that iiq saved": b"king 0.1 0.2 0.3\n" * 20,
        "no readable JSON": struct.pack("<Q", 4) + b"{{{{",
    }
    changed = {
        "name the format undefined": {"metadata": {"format": "other"}},
        "reads up to 2": {"metadata": {"format_version": "3"}},
        "'n_bits' must be": {"metadata": {"n_bits": "many"}},
        "codes must be U16 [4, 3, 32]": {"metadata": {"n_bits": "40"}},
        "arrays are missing: words.text": {"arrays": {"words.text": None}},
        "bits are set past bit 50 of word 5": {"arrays": {"codes": stray}},
        "text differs from its checksum": {"arrays": {"words.text": text}},
        "'decoder_' holds NaN": {"arrays": {"encoder.decoder_": nan}},
        "need unit and most": {"metadata": {"scales": '{"unit": 0}'}},
    }
    cases = {}
    for i, (told, content) in enumerate(made.items()):
        (tmp_path / f"made{i}").write_bytes(content)
        cases[told] = tmp_path / f"made{i}"
    for i, (told, parts) in enumerate(changed.items()):
        cases[told] = change(tmp_path / "words.iiq", tmp_path / f"changed{i}", **parts)
    answers = ask(*((path, []) for path in cases.values()))
    for told, answer in zip(cases, answers, strict=True):
        expected = told.replace("undefined", '"other"')
        assert expected in answer["error"], (told, answer)


def test_a_damaged_byte_is_an_error_or_changes_no_word(tmp_path, ask):
    saved(tmp_path / "words.iiq", 120, 24, 50)
    whole = (tmp_path / "words.iiq").read_bytes()
    rng = np.random.default_rng(5)
    cases = []
    for i in range(150):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        (tmp_path / f"{i}").write_bytes(damaged)
        cases.append((tmp_path / f"{i}", [["wordAt", 5], ["find", "word3"]]))
    wanted = [words_of(120)[5], words_of(120).index("word3")]
    answers = ask(*cases)
    seen = [answer for answer in answers if "error" in answer]
    assert len(seen) > 20
    for answer in answers:
        if "error" not in answer:
            assert [one["value"] for one in answer] == wanted
