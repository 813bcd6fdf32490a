"""Run the examples and write each as a notebook with what it printed.

    python examples/notebooks.py [NAME ...] [--check]

An example is a Python file whose cells begin with ``# %%``, text with ``# %% [markdown]``. ``--check``
writes nothing: it fails where a notebook is not what its example is, or prints, today.
"""

import argparse
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAMES = ("gensim_program", "spacy_pipeline", "sentences", "near_duplicates", "service")
MARKDOWN = "[markdown]"


def cells_of(text: str) -> list[tuple[str, str]]:
    """Return the cells of an example: their kind, ``markdown`` or ``code``, and their text."""
    cells = []
    for part in re.split(r"^# %%", text, flags=re.M)[1:]:
        kind, _, body = part.partition("\n")
        if kind.strip() == MARKDOWN:
            lines = [line[2:] for line in body.strip().split("\n")]
            cells.append(("markdown", "\n".join(lines)))
        else:
            cells.append(("code", body.strip()))
    return cells


def run(cells: list[tuple[str, str]], name: str) -> list[str]:
    """Run the code, cell after cell, in an empty folder; return what each printed."""
    names: dict[str, object] = {"__name__": name}
    said, old = [], Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "examples").symlink_to(FOLDER)
        here = [str(Path(entry).resolve()) for entry in sys.path if entry]
        os.environ["PYTHONPATH"] = os.pathsep.join(here)  # for the processes of an example
        os.chdir(folder)
        try:
            for kind, text in cells:
                printed = io.StringIO()
                if kind == "code":
                    with contextlib.redirect_stdout(printed):
                        exec(compile(text, f"{name}.py", "exec"), names)
                said.append(printed.getvalue())
        finally:
            os.chdir(old)
    return said


def notebook(name: str) -> str:
    """Return the notebook of an example as JSON, freshly run."""
    cells = cells_of((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    written = []
    for i, ((kind, text), printed) in enumerate(zip(cells, run(cells, name), strict=True)):
        cell: dict[str, object] = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}}
        cell["source"] = text.splitlines(keepends=True)
        if kind == "code":
            lines = printed.splitlines(keepends=True)
            stream = {"name": "stdout", "output_type": "stream", "text": lines}
            cell |= {"execution_count": None, "outputs": [stream] if printed else []}
        written.append(cell)
    whole = {
        "cells": written,
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write, or check, the notebooks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=[], metavar="NAME")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = []
    for name in arguments.names or NAMES:
        path, text = FOLDER / f"{name}.ipynb", notebook(name)
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        sys.exit(
            f"not what the example prints: {', '.join(stale)}; run python examples/notebooks.py"
        )


if __name__ == "__main__":
    main()
