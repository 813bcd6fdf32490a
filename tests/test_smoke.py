"""If only one test file is run, this is the one: it needs the installed wheel and NumPy, a second.

It runs alone too: ``python tests/test_smoke.py``.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import iiq


def test_the_main_job(tmp_path):
    words = [f"word{i}" for i in range(200)]
    vectors = np.random.default_rng(0).normal(size=(200, 20)).astype(np.float32) + 1.0
    vectors[1] = vectors[0] + 0.01
    vocabulary = iiq.compress(iiq.WordVectors(words, vectors), n_bits=37, random_state=0)
    path = Path(tmp_path) / "words.iiq"
    vocabulary.save(path)
    opened = iiq.load(path)
    assert len(opened) == 200
    assert "word3" in opened
    assert opened.n_bits == 37
    assert opened.codes.shape == (200, 5)
    assert opened.most_similar("word0", topn=3)[0][0] == "word1"
    assert np.array_equal(opened.encoder.transform(vectors), opened.codes)


def test_a_code_is_its_golden_bytes():
    bits = np.array([[1, 0, 0, 0, 0, 0, 0, 1, 0, 1], [0] * 10, [1] * 10], dtype=bool)
    codes = iiq.pack(bits)
    assert codes.tolist() == [[0x81, 0x02], [0, 0], [0xFF, 0x03]]
    assert np.array_equal(iiq.unpack(codes, 10), bits)
    assert iiq.hamming(codes[:1], codes[2:]).tolist() == [7]


def test_every_kernel_set_finds_the_same_neighbours(monkeypatch):
    generator = np.random.default_rng(1)
    codes = iiq.pack(generator.random((300, 75)) < 0.5)
    answers = []
    for name in iiq.kernels():
        monkeypatch.setenv("IIQ_KERNELS", name)
        answers.append(iiq.HammingIndex(codes, 75).search(codes[:9], 5))
    for distances, ids in answers:
        assert np.array_equal(distances, answers[0][0])
        assert np.array_equal(ids, answers[0][1])
        assert ids[:, 0].tolist() == list(range(9))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        test_the_main_job(folder)
    test_a_code_is_its_golden_bytes()
    print(f"iiq {iiq.__version__} works; kernel sets: {', '.join(iiq.kernels())}")
    sys.exit(0)
