"""Questions to the JavaScript module, in one process of Node.js."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ASK = Path(__file__).resolve().parents[2] / "js" / "test" / "ask.mjs"


@pytest.fixture(scope="session")
def node():
    """The path of Node.js; without it there is nothing to ask."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs Node.js: apt install nodejs")
    return found


@pytest.fixture
def ask(tmp_path, node):
    """Return a function that asks files questions in one process of Node."""

    def run(*cases: tuple[Path, list]) -> list:
        path = tmp_path / "questions.json"
        listed = [{"file": str(file), "questions": questions} for file, questions in cases]
        path.write_text(json.dumps({"cases": listed}), encoding="utf-8")
        done = subprocess.run(
            [node, str(ASK), str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
