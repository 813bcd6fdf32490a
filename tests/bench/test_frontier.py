"""The quality benchmark end to end, on made-up vectors and pairs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import iiq

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def made_up(tmp_path):
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(300)]
    X = rng.standard_normal((300, 16)).astype(np.float32)
    np.save(tmp_path / "v.npy", X)
    (tmp_path / "v.words.txt").write_text("\n".join(words) + "\n")
    folder = tmp_path / "eval" / "similarity"
    folder.mkdir(parents=True)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    for name in ("MEN", "RG65"):
        pairs = rng.integers(0, 300, (60, 2))
        lines = [f"w{a}\tw{b}\t{unit[a] @ unit[b]:.4f}" for a, b in pairs]
        (folder / f"{name}.tsv").write_text("\n".join(["word1\tword2\tscore", *lines]) + "\n")
    return tmp_path


def run(*arguments, module="frontier"):
    name = f"bench.quality.{module}"
    command = [sys.executable, "-W", "ignore", "-m", name, *map(str, arguments)]
    path = str(Path(iiq.__file__).resolve().parent.parent)
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_measuring_and_showing(made_up):
    out = made_up / "r.jsonl"
    measure = ("measure", "--data", made_up / "eval", "--vectors", f"v={made_up / 'v.npy'}",
               "--out", out, "--seeds", 2, "--parts", "frontier", "flips")  # fmt: skip
    run(*measure)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    longest = [x for x in lines if x["parameters"].get("n_bits") == 154]
    shortest = [x for x in lines if x["parameters"].get("n_bits") == 4]
    assert len(longest) == len(shortest) == 2
    for long, short in zip(longest, shortest, strict=True):
        assert long["similarity"] > short["similarity"]
        assert long["recall"] > short["recall"]
        assert long["recall, stored query"] >= long["recall"]
    run(*measure)
    assert len(out.read_text().splitlines()) == len(lines)
    shown = run("show", out)
    assert "| v | 154 |" in shown
    assert "| decoded |" in shown


def test_the_table_of_goals(made_up):
    np.save(made_up / "s.npy", np.random.default_rng(1).standard_normal((60, 8)))
    shown = run("--data", made_up / "eval", "--words", f"v={made_up / 'v.npy'}", "--sentences",
                f"s={made_up / 's.npy'}", "--seeds", 2, "--refine", "none", "balanced", "lsh",
                module="goals")  # fmt: skip
    rows = [line.split(" | ") for line in shown.splitlines()[2:]]
    assert [row[0].strip("| ") for row in rows] == ["v, 16"] * 3 + ["s, 8"] * 3
    assert [row[1] for row in rows] == ["none", "balanced", "lsh"] * 2
    assert all("±" in cell for cell in rows[1][2:])
    assert rows[4][2:4] == ["-", "-"]


def test_the_regret_of_the_automatic_removal(made_up):
    shown = run("--data", made_up / "eval", "--words", f"v={made_up / 'v.npy'}", "--seeds", 2,
                "--variants", "unit", "alphabetical", "first200",
                "--rows", f"r={made_up / 'v.npy'}", module="removal")  # fmt: skip
    rows = [line.split(" | ") for line in shown.splitlines() if " | 16 | " in line]
    names = [row[0].strip("| ") for row in rows]
    assert names == ["v", "v, unit", "v, alphabetical", "v, first200", "r"]
    assert [row[1] for row in rows] == ["300", "300", "300", "200", "300"]
    assert all(float(row[7]) >= 0 for row in rows[:4])
