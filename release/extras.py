"""Each extra of the package resolves, installs and imports: `python -m release.extras [NAME ...]`.

One new environment an extra. Without names: all but those that bring torch, which are large.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a package is imported as, where that is not its name with underscores.
MODULES = {
    "apsw": "apsw",
    "dask": "dask.array, distributed",
    "faiss-cpu": "faiss",
    "msgpack": "msgpack",
    "psycopg": "psycopg",
    "scikit-learn": "sklearn",
}


def extras() -> dict[str, list[str]]:
    """Return the extras of pyproject.toml: name -> requirements."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = tomllib.loads(text)["project"]["optional-dependencies"]
    return found


def module_of(requirement: str) -> str:
    """Return what to import of a requirement: `psycopg[binary]>=3.1` -> psycopg."""
    match = re.match(r"[A-Za-z0-9-]+", requirement)
    assert match is not None
    return MODULES.get(match[0], match[0].replace("-", "_"))


def check(name: str, requirements: list[str]) -> str:
    """Install one extra in an environment of its own and import it; return a line about it."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        steps: list[list[str | Path]] = [
            [sys.executable, "-m", "venv", folder],
            [python, "-m", "pip", "install", "--quiet", f"{ROOT}[{name}]"],
            [python, "-c", f"import iiq, {', '.join(map(module_of, requirements))}"],
        ]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False, cwd=folder)
            if done.returncode:
                return f"{name}: FAILED\n{done.stdout}{done.stderr}"
    return f"{name}: installs and imports"


def main() -> None:
    """Check what is asked for; end with code 1 if any fails."""
    known = extras()
    small = [name for name, wants in known.items() if not any("torch" in one for one in wants)]
    said = []
    for name in sys.argv[1:] or small:
        said.append(check(name, known[name]))
        print(said[-1], flush=True)
    sys.exit(any("FAILED" in line for line in said))


if __name__ == "__main__":
    main()
