"""Break the library in one place after another and see whether a test fails: `make mutants`.

``list.toml`` holds the breaks: in ``file`` the text ``find``, which must stand there once, becomes
``put``; ``test`` is a pytest command line, or ``native NAME`` for the native tests whose name holds
NAME. A break that no test sees *survives*; one with ``harmless`` says why it may.

    python tests/mutants/run.py [TEXT]    only those whose file, find or put holds TEXT
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "mutants"
TREE, BUILD = WORK / "tree", WORK / "build"
LIMIT = 600  # seconds of one test command: beyond it the break is seen, too
NO_TESTS = (2, 3, 4, 5)  # of pytest: usage, interrupted, internal error, none collected


def load(text: str) -> list[dict[str, Any]]:
    """Return the list; every ``find`` must stand once in its file, so that no entry rots."""
    entries: list[dict[str, Any]] = tomllib.loads(
        (ROOT / "tests" / "mutants" / "list.toml").read_text(encoding="utf-8")
    )["mutant"]
    wrong = [
        f"{entry['file']}: stands there {n} times, must stand once: {entry['find']!r}"
        for entry in entries
        if (n := (ROOT / entry["file"]).read_text(encoding="utf-8").count(entry["find"])) != 1
    ]
    if wrong:
        sys.exit("\n".join(wrong))
    return [entry for entry in entries if text in entry["file"] + entry["find"] + entry["put"]]


def copy_tree() -> None:
    """Copy what git knows, and the compiled core, to where it may be broken."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stdout.splitlines()
    for old in TREE.rglob("*"):  # else what was moved is compiled twice
        if old.is_file() and str(old.relative_to(TREE)) not in names:
            old.unlink()
    for name in names:
        source, target = ROOT / name, TREE / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
    core = importlib.util.find_spec("iiq._core")
    if core is None or core.origin is None:
        sys.exit("the compiled core is not there: run make core, or install the package")
    shutil.copy(core.origin, TREE / "python" / "iiq")


def run(command: list[str], **environment: str) -> int:
    """Run a command in the copied tree and return its exit code."""
    env = os.environ | environment
    try:
        done = subprocess.run(
            command, cwd=TREE, env=env, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return 1
    return done.returncode


def build() -> int:
    """Build the native tests of the copied tree."""
    if not (BUILD / "CMakeCache.txt").exists():
        cmake = ["cmake", "-S", str(TREE), "-B", str(BUILD), "-DIIQ_PYTHON=OFF"]
        launcher = shutil.which("ccache")
        if launcher:
            cmake.append(f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}")
        if run([*cmake, "-DIIQ_NATIVE_TESTS=ON"]):
            return 1
    jobs = str(len(os.sched_getaffinity(0)))
    return run(["cmake", "--build", str(BUILD), "-j", jobs, "--target", "iiq_tests"])


def test(command: str) -> int:
    """Run the tests that an entry names."""
    kind, _, rest = command.partition(" ")
    if kind == "native":
        return build() * 99 or run([str(BUILD / "iiq_tests"), *rest.split()])
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    return run([*pytest, *command.split()], PYTHONPATH=str(TREE / "python"))


@cache
def passes_unbroken(command: str) -> bool:
    """Return whether tests pass while nothing is broken: else they tell nothing."""
    return test(command) == 0


def is_seen(entry: dict[str, Any]) -> bool:
    """Break one place, test, and mend it."""
    if not passes_unbroken(entry["test"]):
        sys.exit(f"fails with nothing broken: {entry['test']}")
    path = TREE / entry["file"]
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(entry["find"], entry["put"]), encoding="utf-8")
    try:
        code = test(entry["test"])
    finally:
        path.write_text(whole, encoding="utf-8")
    native = entry["test"].startswith("native")
    if (native and code == 99) or (not native and code in NO_TESTS):
        sys.exit(f"no break but nonsense (exit code {code}): {entry}")
    return code != 0


def main() -> int:
    """Try every entry; print the survivors and the share that was seen."""
    entries = load(sys.argv[1] if len(sys.argv) > 1 else "")
    copy_tree()
    seen = harmless = 0
    start = time.monotonic()
    for entry in entries:
        if is_seen(entry):
            seen += 1
            print(f"seen      {entry['file']}: {entry['put'].strip()!r:.70}", flush=True)
        else:
            harmless += "harmless" in entry
            why = f"harmless: {entry['harmless']}" if "harmless" in entry else "SURVIVES"
            print(f"{why}  {entry['file']}: {entry['put'].strip()!r}", flush=True)
    share = seen / (len(entries) - harmless)
    minutes = (time.monotonic() - start) / 60
    print(
        f"{len(entries)} breaks, {seen} seen, {harmless} harmless, "
        f"{len(entries) - seen - harmless} survive: {share:.0%} seen, in {minutes:.0f} minutes"
    )
    return int(share < 0.9)


if __name__ == "__main__":
    sys.exit(main())
