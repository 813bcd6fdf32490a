"""The reproduction on made-up data: every step once, none twice, and the page that comes of it."""

import json

import numpy as np
import pytest

from bench.reproduction import page, paper, run
from bench.reproduction.profiles import Profile
from bench.reproduction.steps import Steps
from iiq.evaluate import Report


@pytest.fixture
def profile():
    return Profile(
        seeds={"similarity": 2},
        options={
            "neighbours": {"k": [5], "n_queries": 20},
            "categorization": {"clusterings": ["kmeans"], "n_starts": 1},
            "classification": {"epochs": 1},
        },
        lengths=(0.5, 1, 2),
        slow={"dccl": {"n_epochs": 1}, "nlb": {"n_epochs": 1}},
        slow_seeds=1,
        codebook=16,
        imdb={},
        imdb_runs=1,
        imdb_training=None,
    )


def test_every_step_once_and_a_page(profile, vectors, folder, tmp_path, monkeypatch, capsys):
    build = run.build

    def without_torch(system, *arguments, **view):
        if system.method == "dccl":
            raise ModuleNotFoundError("DCCL needs the package torch")
        return build(system, *arguments, **view)

    monkeypatch.setattr(run, "build", without_torch)
    file = tmp_path / "vectors.npy"
    np.save(file, np.asarray(vectors.vectors))
    (tmp_path / "vectors.words.txt").write_text("\n".join(vectors.words) + "\n")
    out = tmp_path / "out"
    entry = f"tiny={file}"
    run.run_rounds([entry], str(folder), out, profile)
    done = {path.name: path.stat().st_mtime_ns for path in (out / "tiny").glob("*--*.json")}
    assert {"iiq-32--similarity--1.json", "itq-all-rows--classification--0.json"} <= done.keys()
    one = json.loads((out / "tiny" / "iiq-32--similarity--1.json").read_text())
    assert one["settings"]["n_bits"] == 16
    assert one["settings"]["refine"] is None
    ours = json.loads((out / "tiny" / "iiq-32-our-defaults--similarity--1.json").read_text())
    assert ours["settings"] == {"method": "iiq", "n_bits": 16, "view": "decoded"}
    assert ours["rows"][0]["score"] != one["rows"][0]["score"]
    assert one["rows"][0]["seeds"] == [1]
    assert not any(name.startswith("dccl") for name in done)
    assert "dccl: not run: DCCL needs the package torch" in capsys.readouterr().err
    build = None  # a step run again would call it
    run.run_rounds([entry], str(folder), out, profile)
    assert done == {path.name: path.stat().st_mtime_ns for path in (out / "tiny").glob("*--*.json")}

    page.write_page(tmp_path / "docs" / "page.md", out)
    text = (tmp_path / "docs" / "page.md").read_text()
    for part in ("GloVe-42B, HDC: not run", "IIQ-32 beats ITQ", "(page-tables.md)"):
        assert part in text
    tables = (tmp_path / "docs" / "page-tables.md").read_text()
    for part in ("Table 4: classification", "IIQ-32 beats ITQ", "(page.md)"):
        assert part in tables
    for name in ("tiny-loss.svg", "tiny-frontier.png"):
        assert (tmp_path / "docs" / "figures" / name).is_file()


def test_other_settings_are_other_steps(tmp_path):
    steps = Steps(tmp_path)
    steps.write("IIQ, 8 bits", "similarity", 0, {"n_bits": 8}, Report())
    assert steps.path("IIQ, 8 bits", "similarity", 0).name == "iiq-8-bits--similarity--0.json"
    assert steps.has("IIQ, 8 bits", "similarity", 0, {"n_bits": 8})
    assert not steps.has("IIQ, 8 bits", "similarity", 0, {"n_bits": 9})


def test_the_papers_tables_are_whole():
    for task, sets in paper.SETS.items():
        for rows in paper.PAPER[task].values():
            assert all(len(row) == len(sets) for row in rows.values())
