"""A wheel in a new environment without a compiler: `python -m release.smoke WHEEL [PYTHON]`.

The wheel is installed with what it depends on; then the smoke test and the demo run, with nothing
on PATH but the environment's own programs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def report(wheel: Path, python: str = sys.executable) -> str:
    """Return a line about a wheel that works; end with the output of what failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
        programs = folder / "venv" / "bin"
        steps: list[list[str | Path]] = [
            [programs / "python", "-m", "pip", "install", "-q", "--only-binary=:all:", wheel],
            [programs / "python", "-W", "error::RuntimeWarning", ROOT / "tests" / "test_smoke.py"],
            [programs / "iiq", "demo"],
            [programs / "iiq", "--version"],
        ]
        environment = {**os.environ, "PATH": str(programs), "HOME": name}
        environment.pop("PYTHONPATH", None)
        said = ""
        for step in steps:
            done = subprocess.run(
                step, env=environment, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(f"{wheel.name}: {step} failed\n{done.stdout}{done.stderr}")
            said = said or done.stdout.strip()
    return f"  installed alone: {said}; the demo runs"


if __name__ == "__main__":
    print(report(Path(sys.argv[1]).resolve(), *sys.argv[2:3]))
