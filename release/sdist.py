"""Whether a source distribution is whole and no more: `python -m release.sdist dist`.

It is unpacked and built without the network, by the build dependencies that are installed: with a
compiler into a wheel that holds the core, without one into a pure wheel. Both hold the package's
files as they lie in the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNWANTED = re.compile(r"(^|/)(\.ci|\.github|build|dist|\.venv|__pycache__)/|\.(so|pyd|pyc|whl)$")
LARGEST = 6_000_000


def package_files() -> set[str]:
    """Return the files of the package, as a wheel names them."""
    folder = ROOT / "python"
    found = (path.relative_to(folder).as_posix() for path in (folder / "iiq").rglob("*"))
    return {name for name in found if (folder / name).is_file() and not UNWANTED.search(f"/{name}")}


def build(source: Path, folder: Path, **environment: str) -> set[str]:
    """Build a wheel of an unpacked source without the network; return the names in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "-C", f"build-dir={folder}-build"]
    command += ["--wheel-dir", str(folder), str(source)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the source distribution does not build\n{done.stdout}{done.stderr}")
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def report(archive: Path) -> str:
    """Return a line about a good source distribution; end with its faults otherwise."""
    with tarfile.open(archive) as tar, tempfile.TemporaryDirectory() as name:
        superfluous = [one for one in tar.getnames() if UNWANTED.search(one.partition("/")[2])]
        if superfluous or archive.stat().st_size > LARGEST:
            raise SystemExit(f"{archive}: {archive.stat().st_size} bytes, with {superfluous}")
        tar.extractall(name, filter="data")
        (source,) = Path(name).iterdir()
        compiled = build(source, Path(name) / "compiled", IIQ_REQUIRE_CORE="1")
        pure = build(
            source, Path(name) / "pure", IIQ_REQUIRE_CORE="0", CXX=str(Path(name) / "none")
        )
    for kind, names in {"compiled": compiled, "pure": pure}.items():
        missing = package_files() - names
        if missing:
            raise SystemExit(f"{archive}: its {kind} wheel lacks {sorted(missing)}")
    cores = [sum("_core." in one and one.endswith(".so") for one in x) for x in (compiled, pure)]
    if cores != [1, 0]:
        raise SystemExit(f"{archive}: cores in its wheels: {cores}, want one and none")
    return (
        f"{archive.name}: {archive.stat().st_size / 1e6:.2f} MB, builds with a compiler and without"
    )


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).glob("*.tar.gz")):
        print(report(path))
