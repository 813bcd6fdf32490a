"""Numba is for NLB and for where there is no compiled core: all else runs without it."""

import subprocess
import sys
import textwrap

import pytest

# What a person does in an afternoon, where nothing can import numba.
AFTERNOON = """
    import sys

    sys.modules["numba"] = sys.modules["llvmlite"] = None

    import numpy as np
    import iiq
    from iiq.cli import main

    folder = sys.argv[1]
    sample = iiq.samples.bundled()
    words, rows = list(sample.words[:2000]), np.asarray(sample.vectors[:2000], np.float32)
    assert "numba" not in iiq.kernels(), iiq.kernels()
    iiq.write_vectors(iiq.WordVectors(words, rows), f"{folder}/v.txt")
    vocabulary = iiq.compress(f"{folder}/v.txt", preset="balanced", random_state=0)
    vocabulary.add_vectors(["zzz"], rows[:1])
    vocabulary.save(f"{folder}/v.iiq")
    vocabulary = iiq.load(f"{folder}/v.iiq")
    assert vocabulary.verify() == []
    for scoring in ("decoded", "hamming", "rescore"):
        vocabulary.most_similar("king", scoring=scoring)
    vocabulary.most_similar_batch(["king", "queen"])
    for method in ("itq", "lsh", "sign"):
        iiq.compress((words, rows), method=method)
    index = iiq.HammingIndex(vocabulary.codes[:], vocabulary.n_bits)
    index.search_asymmetric(vocabulary.encoder.project(rows[:2]), 3)
    index.search(index.to_codes(0, 2), 3)
    iiq.doctor((words, rows))
    for name in ("float16", "int8", "prune"):
        iiq.BASELINES[name]().fit(rows)
    file, text = f"{folder}/v.iiq", f"{folder}/v.txt"
    for command in (
        ["info", file],
        ["nn", file, "king"],
        ["analogy", file, "man", "king", "woman"],
        ["convert", file, f"{folder}/w.txt"],
    ):
        assert main(command) == 0, command
    assert main(["compress", text, f"{folder}/n.iiq", "--method", "nlb", "--bits", "64"]) == 2
"""


def test_all_but_nlb_runs_without_numba(tmp_path):
    script = tmp_path / "afternoon.py"
    script.write_text(textwrap.dedent(AFTERNOON))
    run = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "NLB needs numba, which is not installed: pip install numba" in run.stderr


def test_a_kernel_set_that_is_not_installed_says_so(monkeypatch):
    from iiq._support import native

    monkeypatch.setitem(sys.modules, "numba", None)
    native._bound.cache_clear()  # errors are not kept
    with pytest.raises(ModuleNotFoundError, match="pip install numba"):
        native.core("numba")
