"""A tiny made-up folder of data sets and vectors that suit it."""

import numpy as np
import pytest

from iiq.vectors.word_vectors import WordVectors


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(header), *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def vectors():
    """60 words ``w0`` .. ``w59`` of five categories (``w7`` is of category 7 % 5), 16 numbers."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(5, 16))
    table = np.concatenate([centres] * 12) + 0.5 * rng.normal(size=(60, 16)) + 0.3
    return WordVectors([f"w{i}" for i in range(60)], table.astype(np.float32))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder laid out as the real one."""
    root = tmp_path_factory.mktemp("eval")
    rng = np.random.default_rng(8)
    for name, n in (("MEN", 80), ("RG65", 25)):
        pairs = rng.integers(0, 70, (n, 2))  # w60 .. w69 are missing
        scores = rng.integers(0, 11, n) / 2 + 3.0 * (pairs[:, 0] % 5 == pairs[:, 1] % 5)
        rows = [(f"w{a}", f"w{b}", s) for (a, b), s in zip(pairs, scores, strict=True)]
        write(root / "similarity" / f"{name}.tsv", ("word1", "word2", "score"), rows)
    rows = [(f"w{i}", f"c{i % 5}") for i in range(64)]
    write(root / "categorization" / "AP.tsv", ("word", "category"), rows)
    rows = [("all", f"w{i}", f"w{i + 5}", f"w{i + 10}", f"w{i + 15}") for i in range(50)]
    write(root / "analogy" / "Google.tsv", ("category", "word1", "word2", "word3", "target"), rows)
    texts = []
    for i in range(60):
        words = [f"w{5 * j + i % 2}" for j in rng.integers(0, 12, 6)]
        texts.append((i % 2, " ".join([*words, "unknown"])))
    write(root / "classification" / "CR.tsv", ("label", "text"), texts)
    return root
