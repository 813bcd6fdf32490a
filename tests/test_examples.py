"""Every example runs, and prints what its notebook, and so its page, says."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "examples"
sys.path.insert(0, str(FOLDER))
import notebooks  # noqa: E402

NEEDS = {"spacy_pipeline": "spacy", "gensim_program": "gensim"}
HERE = [n for n in notebooks.NAMES if importlib.util.find_spec(NEEDS.get(n, "iiq"))]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def told(notebook):
    """Return the text of the cells, and what they print without its numbers, and these."""
    cells = json.loads(notebook)["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    printed = "".join("".join(o["text"]) for cell in cells for o in cell.get("outputs", []))
    return sources, NUMBER.sub("#", printed), [float(n) for n in NUMBER.findall(printed)]


def test_every_example_is_listed():
    files = {path.stem for path in FOLDER.glob("*.py")} - {"notebooks"}
    assert files == set(notebooks.NAMES) == {path.stem for path in FOLDER.glob("*.ipynb")}
    assert {"gensim_program", "sentences", "near_duplicates", "service"} <= set(HERE)


@pytest.mark.parametrize("name", HERE)
def test_an_example_prints_what_its_notebook_says(name, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", "")
    sources, words, numbers = told(notebooks.notebook(name))
    written = told((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert sources == written[0], "run: python examples/notebooks.py"
    assert words == written[1]
    assert numbers == pytest.approx(written[2], rel=0.05, abs=0.02)


@pytest.mark.parametrize("name", notebooks.NAMES)
def test_a_notebook_is_its_example_wherever_it_runs(name):
    cells = notebooks.cells_of((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    written = told((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert [text for _, text in cells] == written[0]
